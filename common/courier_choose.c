#include "courier_priv.h"

#include <string.h>

#include "now.h"

#define UNDER_WAY_AGAIN_MS 50
#define WAITING_PER_SESSION 3
#define LOOK_FURTHER_MS 10     /* nobody may be asked for so long: as many again are read */
#define REQUESTS_PER_WAITING 2 /* of a channel whose sessions are only requests */

static size_t room(const struct courier *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->npools && !stage_stopping(c->run) && !stage_paused(c->run); i++)
		n += c->pools[i].serving ? pool_room(&c->pools[i]) : 0;
	return n < COURIER_PIPELINE_MAX ? n : COURIER_PIPELINE_MAX;
}

static bool in_list(const struct parcel_list *l, const char *delivery)
{
	for (const struct parcel *p = l->first; p; p = p->next)
		if (p->gone && !strcmp(p->job.id, delivery))
			return true;
	return false;
}

/* A partition that was taken away has come back, and this delivery is still being sent under the
   claim of that time: the claim would be given again, and the message sent twice. */
static bool is_under_way(const struct courier *c, const struct parcel *p)
{
	return c->gone && (in_list(&c->lists[PARCEL_ASKED], p->job.id) ||
			   in_list(&c->lists[PARCEL_ANSWERED], p->job.id) ||
			   in_list(&c->lists[PARCEL_AWAY], p->job.id) ||
			   in_list(&c->lists[PARCEL_SETTLING], p->job.id));
}

/* May one more of p's domain be asked for? Always up to half of the lane's sessions; beyond that,
   `more`, only while the domain answers: one that never does would else hold every session as soon
   as nobody else waits. */
static bool may_ask(const struct lane *l, const struct parcel *p, bool more, int64_t now)
{
	const struct pool *pool = l->pool;

	if (pool->away[p->domain] + pool->asked[p->domain] < (pool->terms->sessions + 1) / 2)
		return true;
	return more && now - pool->courier->answered_ms[p->domain] < COURIER_QUICK_MS;
}

/* Those of `from` that have room for p. */
static unsigned able(const struct parcel *p, unsigned from, bool more, int64_t now)
{
	struct lane *const *list = p->lanes->list;
	unsigned able = 0;

	for (size_t i = 0; i < p->lanes->n; i++)
		if (from & 1u << i && lane_room(list[i]) && may_ask(list[i], p, more, now))
			able |= 1u << i;
	return able;
}

/* The lane that takes p; NULL = none has room for it. */
static struct lane *take_lane(const struct parcel *p, bool more, int64_t now)
{
	struct lanes *s = p->lanes;
	bool any = !p->refused_by && !p->job.provider[0];
	unsigned from = any && s->trials ? able(p, s->trials, more, now) : 0;
	int chosen;

	if (!from)
		from = able(p, lanes_serving(s, p), more, now);
	chosen = routing_take(s->routing, s->n, from);
	return chosen < 0 ? NULL : s->list[chosen];
}

static void count_asked(const struct parcel *p)
{
	p->lane->pool->asked[p->domain]++;
	p->lane->pool->asked_count++;
	p->lane->asked_count++;
}

/* Those whose answers are there will be away at once, most of them. */
static void count_answered(const struct courier *c)
{
	for (const struct parcel *p = c->lists[PARCEL_ANSWERED].first; p; p = p->next)
		if (p->lane)
			count_asked(p);
}

static void ask_for(struct courier *c, struct parcel *p, struct lane *l)
{
	p->lane = l;
	count_asked(p);
	parcel_move(c, p, PARCEL_ASKED);
}

/* No way is open to where p is to go, or the one that it is bound to is not, although some are to
   elsewhere: it asks all the same, and is parked. */
static bool is_cut_off(const struct courier *c, struct parcel *p)
{
	if ((!c->channel->aim && !p->job.provider[0]) || lanes_serving(p->lanes, p) ||
	    p->lanes->trials)
		return false;
	p->refused_by = 0; /* who has refused it may take it by and by */
	return !lanes_serving(p->lanes, p);
}

static void forget_asked(const struct parcel_list *l)
{
	for (const struct parcel *p = l->first; p; p = p->next) {
		if (!p->lane)
			continue;
		p->lane->pool->asked[p->domain] = 0;
		p->lane->pool->asked_count = p->lane->asked_count = 0;
	}
}

/* Moves up to n waiting parcels to be asked for; returns how many more there was room for. */
static size_t choose(struct courier *c, size_t n, bool more, int64_t now)
{
	struct parcel *next;

	for (struct parcel *p = c->lists[PARCEL_WAITING].first; p && n; p = next) {
		struct lane *l = NULL;
		int64_t wait_ms = courier_template_wait(c, p, now);

		next = p->next;
		if (is_under_way(c, p)) {
			p->ask_at_ms = now + UNDER_WAY_AGAIN_MS;
			parcel_move(c, p, PARCEL_RESTING);
		} else if (wait_ms) {
			p->ask_at_ms = now + wait_ms;
			parcel_move(c, p, PARCEL_RESTING);
		} else if ((l = take_lane(p, more, now))) {
			ask_for(c, p, l);
			n--;
		} else if (is_cut_off(c, p)) {
			p->lane = NULL;
			parcel_move(c, p, PARCEL_ASKED);
			n--;
		}
	}
	return n;
}

static void note_held_back(struct courier *c, bool held_back, int64_t now)
{
	if (!held_back)
		c->held_back_ms = 0;
	else if (!c->held_back_ms)
		c->held_back_ms = now;
}

/* First those whose domain has less than half of the sessions; what room is left is for the others.
 */
void courier_choose(struct courier *c, int64_t now)
{
	struct parcel *next;
	size_t n;

	count_answered(c);
	lanes_look(c);
	n = room(c);
	for (struct parcel *p = c->lists[PARCEL_RESTING].first; p; p = next) {
		next = p->next;
		if (p->ask_at_ms <= now)
			parcel_move(c, p, PARCEL_WAITING);
	}
	if (c->domains_waiting > 1)
		n = choose(c, n, false, now);
	n = choose(c, n, true, now);
	note_held_back(c, n > 0 && c->lists[PARCEL_WAITING].count, now);
	forget_asked(&c->lists[PARCEL_ASKED]);
	forget_asked(&c->lists[PARCEL_ANSWERED]);
}

/* In how many ms somebody is to be asked for; what cannot be asked now is woken by what changes
 * that. */
int64_t courier_next_ask(const struct courier *c, int64_t now)
{
	int64_t next = INT64_MAX;

	if (!room(c) || !stage_ready(c->run))
		return next;
	if (c->held_back_ms)
		next = (now - c->held_back_ms) / 2 + LOOK_FURTHER_MS;
	else if (c->lists[PARCEL_WAITING].count)
		return 0;
	for (const struct parcel *p = c->lists[PARCEL_RESTING].first; p; p = p->next)
		if (p->ask_at_ms - now < next)
			next = p->ask_at_ms > now ? p->ask_at_ms - now : 0;
	return next;
}

/* A few jobs a session are enough to be never without one; fewer than sessions where those are only
   requests: a turn ends a part of them, and each job that waits is memory.
   Where all that wait are held back, more are read, the more the longer: somebody of another domain
   may be behind them, but mostly the first answer lets them go. */
size_t courier_appetite(void *service)
{
	struct courier *c = courier_of(service);
	size_t enough = c->channel->wake ? c->sessions / REQUESTS_PER_WAITING + 1
					 : c->sessions * WAITING_PER_SESSION;
	size_t waiting = c->lists[PARCEL_WAITING].count;

	if (c->held_back_ms)
		enough *= 1 + (size_t)(now_mono_ms() - c->held_back_ms) / LOOK_FURTHER_MS;
	return waiting < enough / 2 ? enough - waiting : 0; /* by the dozen, not one by one */
}
