#include "courier_priv.h"

#include <string.h>

#include "now.h"

#define UNDER_WAY_AGAIN_MS 50
#define WAITING_PER_SESSION 3

static bool serves(const struct courier *c, size_t i)
{
	return c->serving & 1u << i;
}

static size_t room(const struct courier *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nlanes && !stage_stopping(c->run) && !stage_paused(c->run); i++)
		n += serves(c, i) ? lane_room(&c->lanes[i]) : 0;
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
	return c->gone && (in_list(&c->lists[PARCEL_AWAY], p->job.id) ||
			   in_list(&c->lists[PARCEL_SETTLING], p->job.id));
}

/* May one more of p's domain be asked for? Always up to half of the lane's sessions; beyond that,
   `more`, only while the domain answers: one that never does would else hold every session as soon
   as nobody else waits. */
static bool may_ask(const struct lane *l, const struct parcel *p, bool more, int64_t now)
{
	if (l->away[p->domain] + l->asked[p->domain] < (l->terms->sessions + 1) / 2)
		return true;
	return more && now - l->courier->answered_ms[p->domain] < COURIER_QUICK_MS;
}

/* The lane that takes p; NULL = none has room for it. */
static struct lane *take_lane(struct courier *c, const struct parcel *p, bool more, int64_t now)
{
	unsigned able = 0;
	int chosen;

	for (size_t i = 0; i < c->nlanes; i++)
		if (serves(c, i) && lane_room(&c->lanes[i]) && may_ask(&c->lanes[i], p, more, now))
			able |= 1u << i;
	chosen = routing_take(c->routing, c->nlanes, able);
	return chosen < 0 ? NULL : &c->lanes[chosen];
}

static void ask_for(struct courier *c, struct parcel *p, struct lane *l)
{
	p->lane = l;
	l->asked[p->domain]++;
	l->asked_count++;
	parcel_move(c, p, PARCEL_ASKED);
}

/* Moves up to n waiting parcels to be asked for; returns how many more there was room for. */
static size_t choose(struct courier *c, size_t n, bool more, int64_t now)
{
	struct parcel *next;

	for (struct parcel *p = c->lists[PARCEL_WAITING].first; p && n; p = next) {
		struct lane *l = NULL;

		next = p->next;
		if (is_under_way(c, p)) {
			p->ask_at_ms = now + UNDER_WAY_AGAIN_MS;
			parcel_move(c, p, PARCEL_RESTING);
		} else if ((l = take_lane(c, p, more, now))) {
			ask_for(c, p, l);
			n--;
		}
	}
	return n;
}

/* First those whose domain has less than half of the sessions; what room is left is for the others.
 */
void courier_choose(struct courier *c, int64_t now)
{
	struct parcel *next;
	size_t n;

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
	c->held_back = n > 0;
	for (const struct parcel *p = c->lists[PARCEL_ASKED].first; p; p = p->next)
		p->lane->asked[p->domain] = p->lane->asked_count = 0;
}

/* In how many ms somebody is to be asked for; what cannot be asked now is woken by what changes
 * that. */
int64_t courier_next_ask(const struct courier *c, int64_t now)
{
	int64_t next = INT64_MAX;

	if (!room(c) || !stage_ready(c->run))
		return next;
	if (c->lists[PARCEL_WAITING].count && !c->held_back)
		return 0;
	for (const struct parcel *p = c->lists[PARCEL_RESTING].first; p; p = p->next)
		if (p->ask_at_ms - now < next)
			next = p->ask_at_ms > now ? p->ask_at_ms - now : 0;
	return next;
}

/* A few jobs a session are enough to be never without one. Where all that wait are held back, more
   are read: somebody of another domain may be behind them. */
size_t courier_appetite(struct courier *c)
{
	size_t enough = WAITING_PER_SESSION * c->sessions, waiting = c->lists[PARCEL_WAITING].count;

	if (c->held_back)
		return SIZE_MAX;
	return waiting < enough / 2 ? enough - waiting : 0; /* by the dozen, not one by one */
}
