#include "courier_priv.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "now.h"

#define STALE_READY_MS 5000 /* a claim no thread takes up is given back before its lease ends */

/* ---- places ---- */

static void list_remove(struct parcel_list *l, struct parcel *p)
{
	*(p->prev ? &p->prev->next : &l->first) = p->next;
	*(p->next ? &p->next->prev : &l->last) = p->prev;
	l->count--;
}

static void list_add(struct parcel_list *l, struct parcel *p)
{
	p->next = NULL;
	p->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = p;
	l->last = p;
	l->count++;
}

/* Counts p in or out of its place, by its recipient's domain. */
static void count_place(struct courier *c, const struct parcel *p, int by)
{
	if (p->place == PARCEL_AWAY && p->lane) {
		p->lane->pool->away[p->domain] += (unsigned)by;
		p->lane->pool->away_count += (size_t)by;
		p->lane->away_count += (size_t)by;
	}
	if (p->place != PARCEL_WAITING)
		return;
	c->waiting[p->domain] += (unsigned)by;
	if (c->waiting[p->domain] == (by > 0))
		c->domains_waiting += (unsigned)by;
}

static void parcel_leave(struct courier *c, struct parcel *p)
{
	list_remove(&c->lists[p->place], p);
	count_place(c, p, -1);
}

void parcel_enter(struct courier *c, struct parcel *p, enum parcel_place place)
{
	p->place = place;
	list_add(&c->lists[place], p);
	count_place(c, p, 1);
}

/* The one mover: a parcel is in exactly one list. */
void parcel_move(struct courier *c, struct parcel *p, enum parcel_place to)
{
	parcel_leave(c, p);
	parcel_enter(c, p, to);
}

static void parcel_free(struct parcel *p)
{
	job_clear(&p->job);
	claim_clear(&p->claim);
	buf_clear(&p->outcome);
	crypto_wipe(p->token, sizeof(p->token));
	free(p->park);
	free(p->timer);
	free(p->receipts);
	free(p->receipts_about);
	tenants_free(p->tenants);
	pauses_free(p->pauses);
	catalog_free(p->catalog);
	free(p);
}

/* Whose outcome Redis keeps until Kafka has it; the rest of the parcel need not wait for that. */
struct left {
	int64_t turn;
	char delivery[];
};

static struct left *leave_behind(const struct parcel *p)
{
	size_t size = strlen(p->job.id) + 1;
	struct left *l = xmalloc(sizeof(*l) + size);

	l->turn = p->settle.turn;
	memcpy(l->delivery, p->job.id, size);
	return l;
}

void courier_let_go(struct courier *c, struct parcel *p)
{
	struct work *w = p->work;

	if (c->journal)
		journal_free_entry(c->journal, p->entry);
	p->entry = -1;
	if (p->unheard) /* or the next owner waits for the lease, and tells a doubt of nothing */
		references_add(&c->releases, p->job.id, p->job.turn, true);
	c->gone -= p->gone && p->place != PARCEL_WAITING && p->place != PARCEL_RESTING;
	parcel_leave(c, p);
	w->user = p->settle.outcome ? leave_behind(p) : NULL;
	parcel_free(p);
	stage_finish(c->run, w);
}

void courier_give_back(struct courier *c, struct parcel *p, int64_t ask_at_ms)
{
	if (c->journal)
		journal_free_entry(c->journal, p->entry);
	p->entry = -1;
	p->ask_at_ms = ask_at_ms;
	if (p->place == PARCEL_AWAY)
		references_add(&c->releases, p->job.id, p->claim.claimed_turn, p->unheard);
	if (stage_stopping(c->run))
		stage_disown(p->work);
	if (p->gone || stage_stopping(c->run))
		courier_let_go(c, p);
	else
		parcel_move(c, p, ask_at_ms > now_mono_ms() ? PARCEL_RESTING : PARCEL_WAITING);
}

void courier_flushed(void *service, struct work *w)
{
	struct courier *c = courier_of(service);
	struct left *l = w->user;

	if (l)
		references_add(&c->drops, l->delivery, l->turn, false);
	free(l);
}

static bool lane_is_closed(const void *ctx, const struct parcel_link *l)
{
	(void)ctx;
	return !lane_is_open(((const struct parcel *)l)->lane);
}

static void take_back(struct courier *c, struct pool *pool, int64_t before_ms,
		      bool (*wanted)(const void *, const struct parcel_link *))
{
	struct parcel_link *next;

	for (struct parcel_link *l = exchange_take_back(pool->exchange, before_ms, wanted, NULL); l;
	     l = next) {
		next = l->next;
		courier_give_back(c, (struct parcel *)l, now_mono_ms());
	}
}

/* What has not been sent is given back; what is being sent finishes under its lease, and the new
   owner reads the verdict. */
void courier_revoked(void *service, struct work *w)
{
	struct courier *c = courier_of(service);
	struct parcel *p = w->user;

	p->gone = true;
	if (p->place == PARCEL_WAITING || p->place == PARCEL_RESTING)
		courier_let_go(c, p);
	else
		c->gone++;
	c->recall =
		true; /* not from here: what is let go there may be the next of the caller's list */
}

/* ---- the turn ---- */

static void collect_done(struct courier *c, struct pool *pool)
{
	struct parcel_link *next;

	for (struct parcel_link *l = exchange_done(pool->exchange); l; l = next) {
		next = l->next;
		courier_judge(c, (struct parcel *)l);
	}
}

static int64_t tick_pools(struct courier *c, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < c->npools; i++) {
		struct pool *p = &c->pools[i];
		int64_t pool_next = exchange_tick(p->exchange, now, now_boot_ms());
		bool all;

		next = pool_next < next ? pool_next : next;
		collect_done(c, p);
		all = !pool_is_open(p) || stage_stopping(c->run) || stage_paused(c->run) ||
		      c->recall;
		take_back(c, p, all ? INT64_MAX : now - STALE_READY_MS, NULL);
		if (c->channel->aim && !all)
			take_back(c, p, INT64_MAX, lane_is_closed);
	}
	return next;
}

int64_t courier_tick(void *service)
{
	struct courier *c = courier_of(service);
	int64_t now = now_mono_ms(), next, ask;

	if (c->settings_count != stage_settings_count(c->run))
		c->recall = true; /* what is ready may be paused now */
	c->settings_count = stage_settings_count(c->run);
	if (c->recall)
		courier_hear(c); /* what becomes ready by that is recalled too */
	next = tick_pools(c, now);
	c->recall = false;
	courier_ask(c, now);
	lanes_publish(c);
	ask = c->question.under_way ? 0 : courier_next_ask(c, now);
	return ask < next ? ask : next;
}

/* What may have been claimed without our hearing of it is given back before we leave. */
static void let_go_unheard(struct courier *c, struct parcel_list *l)
{
	struct parcel *next;

	for (struct parcel *p = l->first; p; p = next) {
		next = p->next;
		if (!p->unheard)
			continue;
		stage_disown(p->work);
		courier_let_go(c, p);
	}
}

size_t courier_draining(void *service, bool over)
{
	struct courier *c = courier_of(service);
	let_go_unheard(c, &c->lists[PARCEL_WAITING]);
	let_go_unheard(c, &c->lists[PARCEL_RESTING]);
	for (size_t i = 0; i < c->npools && over; i++)
		exchange_cut_all(c->pools[i].exchange);
	return c->lists[PARCEL_ASKED].count + c->lists[PARCEL_AWAY].count +
	       c->lists[PARCEL_SETTLING].count + c->releases.count;
}

const char *courier_waits(void *service)
{
	struct courier *c = courier_of(service);
	size_t used = 0;

	for (size_t i = 0; i < c->npools; i++)
		if (pool_is_open(&c->pools[i]))
			return NULL;
	c->why[0] = '\0';
	for (size_t i = 0; i < c->npools && used + 2 < sizeof(c->why); i++) {
		if (i)
			used += (size_t)snprintf(c->why + used, sizeof(c->why) - used, "; ");
		route_why(c->pools[i].route, c->why + used, sizeof(c->why) - used);
		used += strlen(c->why + used);
	}
	return c->why;
}

/* ---- life ---- */

struct courier *courier_open(struct run *r, const struct channel *channel,
			     const struct courier_options *o)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->run = r;
	c->channel = channel;
	c->o = *o;
	c->journal = stage_journal(r);
	pools_open(c);
	snprintf(c->source, sizeof(c->source), "beckon/%s", channel->name);
	if (c->journal && journal_former_count(c->journal))
		log_warn("ev=left-behind deliveries=%zu", journal_former_count(c->journal));
	return c;
}

void courier_keyring(struct courier *c, const struct keyring *ring)
{
	c->o.ring = ring;
}

void courier_close(struct courier *c)
{
	if (!c)
		return;
	pools_close(c);
	for (int i = 0; i < PARCEL_PLACES; i++)
		for (struct parcel *p = c->lists[i].first, *next; p; p = next) {
			next = p->next;
			parcel_free(p);
		}
	free(c->drops.list);
	free(c->releases.list);
	free(c);
}
