/* The routes of a channel: which of them take messages, and what is known of each. */
#include "courier_priv.h"

#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define SLOW_MS 5000	   /* an answer that takes longer */
#define SPEED_MS 5000	   /* between two questions how quickly messages are delivered */
#define SPEED_OLD_MS 60000 /* an older answer says nothing */

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
		"1 while another route is taken, since this one sent back much, is slow, or its "
		"limit is used up."
	};
	const char *labels[] = { "route", l->name, NULL };

	l->in_flight = metrics_series(m, &in_flight, labels);
	l->up = metrics_series(m, &up, labels);
	l->send_seconds = metrics_series(m, &send, labels);
	l->errors = metrics_series(m, &errors, labels);
	l->passed_over = metrics_series(m, &passed_over, labels);
}

struct lane *lane_of(struct pool *pool, const char *region, struct tenant_rate limit)
{
	struct courier *c = pool->courier;
	struct lane *l;

	for (l = c->all_lanes; l; l = l->next)
		if (l->pool == pool && !strcmp(l->region, region))
			return l;
	l = xcalloc(1, sizeof(*l));
	l->pool = pool;
	l->limit = limit;
	l->speed.route = l->name;
	text_put(l->region, sizeof(l->region), region);
	snprintf(l->name, sizeof(l->name), region[0] ? "%s/%s" : "%s", pool->terms->name, region);
	open_metrics(l, stage_metrics(c->run));
	l->next = c->all_lanes;
	c->all_lanes = l;
	return l;
}

bool lane_is_open(const struct lane *l)
{
	return pool_is_open(l->pool) && !quarrel_holds(&l->quarrel, now_mono_ms());
}

size_t lane_room(const struct lane *l)
{
	size_t room = pool_room(l->pool), taken = l->away_count + l->asked_count;

	if (!l->trial)
		return room;
	return room && taken < TRIAL_MESSAGES ? TRIAL_MESSAGES - taken : 0;
}

/* ---- how quick they are ---- */

bool lane_is_slow(const struct courier *c, const struct lane *l, int64_t now)
{
	if (!c->channel->aim)
		return false;
	return slowness_holds(&l->slowness, now) ||
	       (now - c->speed_ms < SPEED_OLD_MS && slowness_is(l->speed.delivered, l->speed.slow));
}

void lanes_ask_speed(struct courier *c, int64_t now)
{
	if (!c->channel->aim || (c->speed_ms && now - c->speed_ms < SPEED_MS))
		return;
	c->speed_ms = now;
	for (struct lane *l = c->all_lanes; l; l = l->next)
		if (l->pool->terms->receipts)
			guard_add_receipt_speed(stage_guard(c->run), &l->speed);
}

/* ---- which of them take messages ---- */

static bool on_trial(const struct lane *l)
{
	return l->trial || l->pool->trial;
}

static void look_at(struct courier *c, struct lanes *s, int64_t now)
{
	bool some = false;

	for (size_t i = 0; i < s->n; i++)
		some |= lane_is_open(s->list[i]) && !courier_lane_is_paused(c, s->list[i]);
	s->trials = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct lane *l = s->list[i];

		/* where nothing else is open a paused one is asked for: who asks is parked */
		s->routing[i].open = lane_is_open(l) && !(some && courier_lane_is_paused(c, l));
		s->routing[i].strained = strain_holds(&l->strain, now) || lane_is_slow(c, l, now);
		s->routing[i].full = now < l->full_until_ms;
		if (on_trial(l) && !s->routing[i].strained)
			s->trials |= 1u << i;
	}
	s->trials &= routing_serving(s->routing, s->n);
	for (size_t i = 0; i < s->n; i++)
		s->routing[i].strained |= on_trial(s->list[i]);
	s->serving = routing_serving(s->routing, s->n);
}

/* Whatever was in trouble, and is not any more, begins with a few. */
static void begin_trials(struct courier *c, int64_t now)
{
	for (size_t i = 0; i < c->npools; i++)
		c->pools[i].trial |= c->channel->aim && !pool_is_open(&c->pools[i]);
	for (struct lane *l = c->all_lanes; l; l = l->next)
		l->trial |= c->channel->aim &&
			    (strain_holds(&l->strain, now) || quarrel_holds(&l->quarrel, now));
}

void lanes_look(struct courier *c)
{
	int64_t now = now_mono_ms();

	begin_trials(c, now);
	for (size_t i = 0; i < c->npools; i++)
		c->pools[i].serving = false;
	for (struct lanes *s = c->aims; s; s = s->next) {
		look_at(c, s, now);
		for (size_t i = 0; i < s->n; i++)
			s->list[i]->pool->serving |= (s->serving | s->trials) >> i & 1;
	}
}

static bool may_take(const struct lane *l, const struct parcel *p)
{
	const struct pool *pool = l->pool;

	if (p->job.provider[0] && strcmp(p->job.provider, pool->terms->name) != 0)
		return false;
	return !(p->refused_by & 1u << (pool - pool->courier->pools));
}

unsigned lanes_serving(const struct lanes *s, const struct parcel *p)
{
	struct routing routing[ROUTING_MAX];

	if (!p->refused_by && !p->job.provider[0])
		return s->serving;
	memcpy(routing, s->routing, sizeof(routing));
	for (size_t i = 0; i < s->n; i++)
		routing[i].open &= may_take(s->list[i], p);
	return routing_serving(routing, s->n);
}

bool lanes_pass_on(struct parcel *p)
{
	const struct pool *pool = p->lane->pool;

	p->refused_by |= 1u << (pool - pool->courier->pools);
	return lanes_serving(p->lanes, p) != 0;
}

/* ---- what a try says of a lane ---- */

bool lane_full(struct courier *c, const struct parcel *p, int64_t ms)
{
	struct lane *l = p->lane;
	unsigned serving;

	l->full_until_ms = now_mono_ms() + ms;
	lanes_look(c);
	serving = lanes_serving(p->lanes, p);
	for (size_t i = 0; i < p->lanes->n; i++)
		if (p->lanes->list[i] == l && serving & 1u << i)
			return false;
	return serving != 0;
}

/* A provider's probe is a connection; what it thinks of us is told by messages alone. */
static bool is_unseen(const struct lane *l, const char *code)
{
	const struct code *known = codes_find(code ? code : "connect_failed");

	return l->pool->courier->channel->aim && known && known->class == 'C';
}

void lane_close(struct lane *l, const char *code, const char *why)
{
	bool region = l->region[0] && code && !strcmp(code, "region_not_enabled");

	route_note_error(l, code, false);
	if (lane_is_open(l))
		log_warn("ev=route-closed route=%s%s%s code=%s why=\"%s\"", l->pool->terms->name,
			 region ? "/" : "", region ? l->region : "", code ? code : "-", why);
	if (region)
		quarrel_note(&l->quarrel, now_mono_ms());
	else if (is_unseen(l, code))
		route_close_unseen(l->pool->route, why);
	else
		route_close(l->pool->route, why);
}

void courier_hurry(struct courier *c)
{
	for (size_t i = 0; i < c->npools; i++)
		route_hurry(c->pools[i].route);
	for (struct lane *l = c->all_lanes; l; l = l->next)
		l->quarrel = (struct quarrel){ 0 };
}

/* Back for later, and neither the mailbox nor ourselves are why. */
static bool sent_back(const struct mail_result *r)
{
	const struct code *code = r->code ? codes_find(r->code) : NULL;

	if (r->reach == REACH_TAKEN)
		return false;
	if (r->reach == REACH_IN_DOUBT)
		return true;
	return code && code->class == 'T' && strcmp(code->name, "mailbox_full") != 0 &&
	       strcmp(code->name, "handset_unreachable") != 0;
}

static void proved(struct lane *l)
{
	route_note_taken(l);
	route_proved(l->pool->route);
	if (l->trial || l->pool->trial)
		log_info("ev=route-proved route=%s", l->pool->terms->name);
	l->quarrel.pause_ms = 0;
	l->trial = l->pool->trial = false;
}

void lane_note(struct lane *l, const struct parcel *p)
{
	int64_t now = now_mono_ms();

	if (p->result.reach == REACH_TAKEN)
		proved(l);
	if (p->send_ms)
		metric_observe(l->send_seconds, (double)p->send_ms / 1000.0);
	if (p->result.reply.code || p->result.reach == REACH_IN_DOUBT)
		slowness_note(&l->slowness, now, p->send_ms > SLOW_MS);
	if (p->result.reach != REACH_TAKEN)
		route_note_error(l, p->result.code, sent_back(&p->result));
	if (!sent_back(&p->result))
		return;
	metric_add(l->errors, 1);
	strain_note(&l->strain, now);
}

bool lane_passed_over(const struct courier *c, const struct lane *l)
{
	bool any = false;

	for (const struct lanes *s = c->aims; s; s = s->next)
		for (size_t i = 0; i < s->n; i++) {
			if (s->list[i] != l)
				continue;
			if (s->serving & 1u << i)
				return false;
			any |= s->routing[i].strained || s->routing[i].full;
		}
	return any;
}

void lanes_publish(struct courier *c)
{
	for (struct lane *l = c->all_lanes; l; l = l->next) {
		metric_set(l->in_flight, (double)l->away_count);
		metric_set(l->up, lane_is_open(l));
		metric_set(l->passed_over, lane_passed_over(c, l));
	}
}
