/* The relays or providers of a channel, each with its sessions, and which lanes a job may take. */
#include "courier_priv.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ZOMBIE_MS 5000 /* half a Kafka session */

static void work(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct pool *p = ctx;

	p->courier->channel->work(p->terms->ctx, w, (struct parcel *)first);
}

static void wake(void *ctx)
{
	struct pool *p = ctx;

	p->courier->channel->wake(p->terms->ctx);
}

static void pool_open(struct courier *c, struct pool *p, const struct channel_route *terms)
{
	bool many = c->channel->wake != NULL;
	struct exchange_options x = {
		.sessions = many ? 1 : terms->sessions,
		.wake_fd = stage_wake_fd(c->run),
		.deadline_ms = c->o.deadline_ms,
		.zombie_ms = ZOMBIE_MS,
		.work = work,
		.wake = many ? wake : NULL,
		.ctx = p,
	};

	p->courier = c;
	p->terms = terms;
	p->exchange = exchange_new(&x);
	p->route = route_new(terms->name, c->channel->probe, terms->ctx, x.wake_fd);
}

void pools_open(struct courier *c)
{
	for (size_t i = 0; i < c->channel->nroutes; i++) {
		pool_open(c, &c->pools[i], &c->channel->routes[i]);
		c->sessions += c->channel->routes[i].sessions;
	}
	c->npools = c->channel->nroutes;
	if (!c->channel->aim)
		courier_aim(c, NULL);
}

static void free_aims(struct lanes *aims)
{
	for (struct lanes *next; aims; aims = next) {
		next = aims->next;
		free(aims);
	}
}

static void free_lanes(struct lane *lanes)
{
	for (struct lane *next; lanes; lanes = next) {
		next = lanes->next;
		free(lanes);
	}
}

void pools_close(struct courier *c)
{
	for (size_t i = 0; i < c->npools; i++) {
		exchange_free(c->pools[i].exchange);
		route_free(c->pools[i].route);
	}
	free_aims(c->aims);
	free_lanes(c->all_lanes);
}

bool pool_is_open(const struct pool *p)
{
	return route_is_open(p->route);
}

size_t pool_room(const struct pool *p)
{
	size_t sessions = p->terms->sessions, taken = p->away_count + p->asked_count;
	/* so that each session, or the one thread, finds the next while the loop turns */
	size_t most = sessions + (p->courier->channel->wake ? sessions / 4 + 1 : sessions);

	if (p->trial)
		most = TRIAL_MESSAGES;
	return taken < most ? most - taken : 0;
}

/* ---- what a job is aimed at ---- */

/* Every route, on its own terms. */
static void aim_at_all(const struct channel *channel, struct channel_aim *a)
{
	for (size_t i = 0; i < channel->nroutes; i++) {
		const struct channel_route *r = &channel->routes[i];

		a->ways[i] = (struct channel_way){ i, r->order, r->weight, { 0 } };
	}
	a->nways = channel->nroutes;
}

static struct lanes *find(struct courier *c, const struct channel_aim *a)
{
	for (struct lanes *l = c->aims; l; l = l->next)
		if (l->rule == a->rule && !strcmp(l->region, a->region))
			return l;
	return NULL;
}

static struct lanes *make(struct courier *c, const struct channel_aim *a)
{
	struct lanes *l = xcalloc(1, sizeof(*l));

	l->rule = a->rule;
	memcpy(l->region, a->region, sizeof(l->region));
	for (size_t i = 0; i < a->nways; i++) {
		const struct channel_way *way = &a->ways[i];

		l->list[i] = lane_of(&c->pools[way->route], a->region, way->limit);
		l->routing[i] = (struct routing){ .order = way->order,
						  .weight = way->weight,
						  .open = true };
	}
	l->n = a->nways;
	l->next = c->aims;
	c->aims = l;
	lanes_look(c);
	return l;
}

struct lanes *courier_aim(struct courier *c, const struct job *job)
{
	struct channel_aim aim = { .nways = 0 };
	struct lanes *known;

	if (!c->channel->aim && c->aims)
		return c->aims;
	if (c->channel->aim)
		c->channel->aim(c->channel->ctx, job, &aim);
	else
		aim_at_all(c->channel, &aim);
	known = find(c, &aim);
	return known ? known : make(c, &aim);
}
