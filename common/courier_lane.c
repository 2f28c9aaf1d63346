/* The routes of a channel, each with its sessions, its metrics and what is known of it. */
#include "courier_priv.h"

#include <string.h>

#include "codes.h"
#include "now.h"

#define ZOMBIE_MS 5000 /* half a Kafka session */

static void work(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct lane *l = ctx;

	l->courier->channel->work(l->terms->ctx, w, (struct parcel *)first);
}

static void open_metrics(struct lane *l, struct metrics *m)
{
	static const struct metric_family in_flight = { METRIC_GAUGE, "beckon_in_flight",
							"Deliveries claimed for a session." };
	static const struct metric_family up = {
		METRIC_GAUGE, "beckon_route_up",
		"1 while the route is open, 0 while it is closed and probed."
	};
	static const struct metric_family send = {
		METRIC_HISTOGRAM, "beckon_send_seconds",
		"From a session taking a message up to the relay's last word."
	};
	static const struct metric_family errors = { METRIC_COUNTER, "beckon_route_errors_total",
						     "Messages that a relay sent back for later." };
	static const struct metric_family passed_over = {
		METRIC_GAUGE, "beckon_route_passed_over",
		"1 while another route is taken, since this one sent back much or its limit is "
		"used up."
	};
	const char *labels[] = { "route", l->terms->name, NULL };

	l->in_flight = metrics_series(m, &in_flight, labels);
	l->up = metrics_series(m, &up, labels);
	l->send_seconds = metrics_series(m, &send, labels);
	l->errors = metrics_series(m, &errors, labels);
	l->passed_over = metrics_series(m, &passed_over, labels);
}

static void lane_open(struct courier *c, struct lane *l, const struct channel_route *terms)
{
	struct exchange_options x = {
		.sessions = terms->sessions,
		.wake_fd = stage_wake_fd(c->run),
		.deadline_ms = c->o.deadline_ms,
		.zombie_ms = ZOMBIE_MS,
		.work = work,
		.ctx = l,
	};

	l->courier = c;
	l->terms = terms;
	l->exchange = exchange_new(&x);
	l->route = route_new(terms->name, c->channel->probe, terms->ctx, x.wake_fd);
	open_metrics(l, stage_metrics(c->run));
}

void lanes_open(struct courier *c)
{
	for (size_t i = 0; i < c->channel->nroutes; i++) {
		const struct channel_route *terms = &c->channel->routes[i];

		lane_open(c, &c->lanes[i], terms);
		c->routing[i] = (struct routing){ .order = terms->order, .weight = terms->weight };
		c->sessions += terms->sessions;
	}
	c->nlanes = c->channel->nroutes;
	lanes_look(c);
}

void lanes_close(struct courier *c)
{
	for (size_t i = 0; i < c->nlanes; i++) {
		exchange_free(c->lanes[i].exchange);
		route_free(c->lanes[i].route);
	}
}

bool lane_is_open(const struct lane *l)
{
	return route_is_open(l->route);
}

void lanes_look(struct courier *c)
{
	int64_t now = now_mono_ms();
	bool some = false;

	for (size_t i = 0; i < c->nlanes; i++)
		some |= lane_is_open(&c->lanes[i]) && !courier_lane_is_paused(c, &c->lanes[i]);
	for (size_t i = 0; i < c->nlanes; i++) {
		const struct lane *l = &c->lanes[i];

		/* where nothing else is open a paused one is asked for: who asks is parked */
		c->routing[i].open = lane_is_open(l) && !(some && courier_lane_is_paused(c, l));
		c->routing[i].strained = strain_holds(&l->strain, now);
		c->routing[i].full = now < l->full_until_ms;
	}
	c->serving = routing_serving(c->routing, c->nlanes);
}

size_t lane_room(const struct lane *l)
{
	size_t most = 2 * l->terms->sessions, taken = l->away_count + l->asked_count;

	return taken < most ? most - taken : 0;
}

bool lane_full(struct lane *l, int64_t ms)
{
	struct courier *c = l->courier;

	l->full_until_ms = now_mono_ms() + ms;
	lanes_look(c);
	return c->serving && !(c->serving & 1u << (l - c->lanes));
}

/* Back for later, and neither the mailbox nor ourselves are why. */
static bool sent_back(const struct mail_result *r)
{
	const struct code *code = r->code ? codes_find(r->code) : NULL;

	if (r->reach == REACH_TAKEN)
		return false;
	if (r->reach == REACH_IN_DOUBT)
		return true;
	return code && code->class == 'T' && strcmp(code->name, "mailbox_full") != 0;
}

void lane_note(struct lane *l, const struct parcel *p)
{
	if (p->result.reach == REACH_TAKEN)
		route_proved(l->route);
	if (p->send_ms)
		metric_observe(l->send_seconds, (double)p->send_ms / 1000.0);
	if (!sent_back(&p->result))
		return;
	metric_add(l->errors, 1);
	strain_note(&l->strain, now_mono_ms());
}

void lanes_publish(struct courier *c)
{
	for (size_t i = 0; i < c->nlanes; i++) {
		metric_set(c->lanes[i].in_flight, (double)c->lanes[i].away_count);
		metric_set(c->lanes[i].up, lane_is_open(&c->lanes[i]));
		metric_set(c->lanes[i].passed_over,
			   (c->routing[i].strained || c->routing[i].full) &&
				   !(c->serving & 1u << i));
	}
}
