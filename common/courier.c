#include "courier_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dead.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define STALE_READY_MS                                                                             \
	5000	       /* a claim that no thread takes up is given back before its lease runs out */
#define ZOMBIE_MS 5000 /* half a Kafka session */

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
	if (p->place == PARCEL_AWAY)
		c->away[p->domain] += (unsigned)by;
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

static void parcel_enter(struct courier *c, struct parcel *p, enum parcel_place place)
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

void references_add(struct references *r, const char *delivery, int64_t turn)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->list = xrealloc(r->list, r->cap * sizeof(*r->list));
	}
	snprintf(r->list[r->count].delivery, sizeof(r->list->delivery), "%s", delivery);
	r->list[r->count++].turn = turn;
}

static void parcel_free(struct parcel *p)
{
	job_clear(&p->job);
	claim_clear(&p->claim);
	buf_clear(&p->outcome);
	crypto_wipe(p->token, sizeof(p->token));
	free(p->park);
	free(p);
}

void courier_let_go(struct courier *c, struct parcel *p)
{
	if (c->journal)
		journal_free_entry(c->journal, p->entry);
	p->entry = -1;
	c->gone -= p->gone && p->place != PARCEL_WAITING && p->place != PARCEL_RESTING;
	parcel_leave(c, p);
	stage_finish(c->run, p->work); /* courier_flushed frees it, perhaps at once */
}

void courier_give_back(struct courier *c, struct parcel *p, int64_t ask_at_ms)
{
	if (c->journal)
		journal_free_entry(c->journal, p->entry);
	p->entry = -1;
	p->ask_at_ms = ask_at_ms;
	if (p->place == PARCEL_AWAY)
		references_add(&c->releases, p->job.id, p->claim.claimed_turn);
	if (stage_stopping(c->run))
		stage_disown(p->work);
	if (p->gone || stage_stopping(c->run))
		courier_let_go(c, p);
	else
		parcel_move(c, p, ask_at_ms > now_mono_ms() ? PARCEL_RESTING : PARCEL_WAITING);
}

/* ---- taking jobs over ---- */

static unsigned domain_bucket(const char *address)
{
	const char *domain = strrchr(address, '@');
	unsigned h = 5381;

	for (const char *s = domain ? domain : address; *s; s++)
		h = h * 33 ^ (unsigned char)*s;
	return h % COURIER_DOMAINS;
}

static void dead_letter(struct courier *c, struct work *w, const char *why)
{
	struct dead dead;
	struct err e;
	struct kafka_message m = {
		.topic = stage_topic(c->run, STAGE_TOPIC_DEAD_LETTER),
		.partition = -1,
		.key = w->rec.key,
		.key_len = w->rec.key_len,
		.value = w->rec.value,
		.value_len = w->rec.value_len,
	};

	log_error("ev=dead-letter partition=%d offset=%lld why=\"%s\"", w->rec.partition,
		  (long long)w->rec.offset, why);
	dead_fill(&dead, &w->rec, why);
	m.headers = dead.headers;
	m.header_count = dead.count;
	if (stage_append(c->run, w, &m, &e) < 0)
		stage_die(c->run, e.text);
	stage_finish(c->run, w);
}

static void take_over(struct courier *c, struct work *w)
{
	struct parcel *p = xcalloc(1, sizeof(*p));
	struct err e;

	if (job_read(&w->rec, &p->job, &e) < 0 ||
	    strcmp(p->job.delivery.channel, c->channel->name) != 0) {
		dead_letter(c, w, p->job.root ? "a job of another channel" : e.text);
		job_clear(&p->job);
		free(p);
		return;
	}
	p->courier = c;
	p->work = w;
	p->entry = -1;
	p->read_ms = now_mono_ms();
	p->tenant = tenants_find(c->o.tenants, p->job.delivery.tenant);
	p->domain = domain_bucket(p->job.to);
	p->outcome.max = OUTCOME_MAX_BYTES;
	w->user = p;
	parcel_enter(c, p, PARCEL_WAITING);
}

int courier_handle(struct courier *c, struct work **works, size_t n, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < n; i++)
		take_over(c, works[i]);
	return OK;
}

void courier_flushed(struct courier *c, struct work *w)
{
	struct parcel *p = w->user;

	if (!p)
		return;
	if (p->settle.outcome)
		references_add(&c->drops, p->job.id, p->settle.turn);
	parcel_free(p);
}

static void take_back(struct courier *c, int64_t before_ms)
{
	struct parcel_link *next;

	for (struct parcel_link *l = exchange_take_back(c->exchange, before_ms); l; l = next) {
		next = l->next;
		courier_give_back(c, (struct parcel *)l, now_mono_ms());
	}
}

/* What has not been sent is given back; what is being sent finishes under its lease, and the new
   owner reads the verdict. */
void courier_revoked(struct courier *c, struct work *w)
{
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

static void collect_done(struct courier *c)
{
	struct parcel_link *next;

	for (struct parcel_link *l = exchange_done(c->exchange); l; l = next) {
		next = l->next;
		courier_judge(c, (struct parcel *)l);
	}
}

static void add_all(struct courier *c)
{
	struct guard *g = stage_guard(c->run);

	for (size_t i = 0; i < c->drops.count; i++)
		guard_add_drop(g, c->drops.list[i].delivery, c->drops.list[i].turn);
	for (size_t i = 0; i < c->releases.count; i++)
		guard_add_release(g, c->releases.list[i].delivery, c->releases.list[i].turn);
	for (struct parcel *p = c->lists[PARCEL_SETTLING].first; p; p = p->next)
		guard_add_settle(g, &p->settle);
	for (struct parcel *p = c->lists[PARCEL_ASKED].first; p; p = p->next) {
		courier_prepare_claim(c, p);
		guard_add_claim(g, &p->claim);
	}
}

static void unasked(struct courier *c)
{
	while (c->lists[PARCEL_ASKED].first)
		courier_give_back(c, c->lists[PARCEL_ASKED].first, 0);
}

static void take_answers(struct courier *c)
{
	struct parcel *limited[COURIER_PIPELINE_MAX], *next;
	size_t n = 0;

	c->drops.count = c->releases.count = 0;
	for (struct parcel *p = c->lists[PARCEL_SETTLING].first; p; p = next) {
		next = p->next;
		courier_settled(c, p);
	}
	for (struct parcel *p = c->lists[PARCEL_ASKED].first; p; p = next) {
		next = p->next;
		if (p->claim.answer == CLAIM_LIMITED)
			limited[n++] = p;
		else
			courier_answer_claim(c, p);
	}
	courier_park_limited(c, limited, n);
}

static void ask_redis(struct courier *c, int64_t now)
{
	struct err e;

	courier_choose(c, now);
	if (!c->lists[PARCEL_ASKED].count && !c->lists[PARCEL_SETTLING].count &&
	    c->drops.count < COURIER_PIPELINE_MAX && !c->releases.count)
		return; /* drops alone ride on the next question */
	add_all(c);
	if (guard_run(stage_guard(c->run), &e) < 0) {
		unasked(c);
		courier_tell_unsettled(c);
		return;
	}
	take_answers(c);
}

int64_t courier_tick(struct courier *c)
{
	int64_t now = now_mono_ms(), next = exchange_tick(c->exchange, now, now_boot_ms()), ask;

	collect_done(c);
	if (!route_is_open(c->route) || stage_stopping(c->run) || c->recall)
		take_back(c, INT64_MAX);
	else
		take_back(c, now - STALE_READY_MS);
	c->recall = false;
	if (stage_ready(c->run))
		ask_redis(c, now);
	else
		courier_tell_unsettled(c);
	metric_set(c->in_flight,
		   (double)(c->lists[PARCEL_AWAY].count + c->lists[PARCEL_SETTLING].count));
	metric_set(c->route_up, route_is_open(c->route));
	ask = courier_next_ask(c, now);
	return ask < next ? ask : next;
}

size_t courier_draining(struct courier *c, bool over)
{
	if (over)
		exchange_cut_all(c->exchange);
	return c->lists[PARCEL_AWAY].count + c->lists[PARCEL_SETTLING].count + c->releases.count;
}

const char *courier_waits(struct courier *c)
{
	if (route_is_open(c->route))
		return NULL;
	return route_why(c->route, c->provider_why, sizeof(c->provider_why));
}

/* ---- life ---- */

static void work(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct courier *c = ctx;

	c->channel->work(c->channel->ctx, w, (struct parcel *)first);
}

static void open_metrics(struct courier *c)
{
	static const struct metric_family in_flight = { METRIC_GAUGE, "beckon_in_flight",
							"Deliveries claimed and not settled." };
	static const struct metric_family route_up = {
		METRIC_GAUGE, "beckon_route_up",
		"1 while the route is open, 0 while it is closed and probed."
	};
	static const struct metric_family send = {
		METRIC_HISTOGRAM, "beckon_send_seconds",
		"From a session taking a message up to the relay's last word."
	};
	const char *labels[] = { "route", c->channel->provider, NULL };

	c->in_flight = metrics_series(stage_metrics(c->run), &in_flight, NULL);
	c->route_up = metrics_series(stage_metrics(c->run), &route_up, labels);
	c->send_seconds = metrics_series(stage_metrics(c->run), &send, NULL);
}

struct courier *courier_open(struct run *r, const struct channel *channel,
			     const struct courier_options *o)
{
	struct courier *c = xcalloc(1, sizeof(*c));
	struct exchange_options x = {
		.sessions = o->sessions,
		.wake_fd = stage_wake_fd(r),
		.deadline_ms = o->deadline_ms,
		.zombie_ms = ZOMBIE_MS,
		.work = work,
		.ctx = c,
	};

	c->run = r;
	c->channel = channel;
	c->o = *o;
	c->journal = stage_journal(r);
	c->exchange = exchange_new(&x);
	c->route = route_new(channel->provider, channel->probe, channel->ctx, stage_wake_fd(r));
	snprintf(c->source, sizeof(c->source), "beckon/%s", channel->name);
	open_metrics(c);
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
	exchange_free(c->exchange);
	route_free(c->route);
	for (int i = 0; i < PARCEL_PLACES; i++)
		for (struct parcel *p = c->lists[i].first, *next; p; p = next) {
			next = p->next;
			parcel_free(p);
		}
	free(c->drops.list);
	free(c->releases.list);
	free(c);
}
