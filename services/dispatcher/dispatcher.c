#include "dispatcher.h"

#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "ask.h"
#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "records.h"
#include "tell.h"

#define ROUNDS_MAX                                                                                 \
	32 /* in a row in which nothing was decided: races lost so often end in asking for the     \
	      batch again */

/* What is left to do with the works of one batch. */
struct batch {
	struct ask *asks;
	uint64_t *keys; /* hashes of their invites */
	size_t n;
};

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		ask_clear(&b->asks[i]);
	free(b->asks);
	free(b->keys);
}

/* ---- reading ---- */

/* FNV-1a. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
	return h;
}

static struct batch read_all(struct dispatcher *d, struct work **works, size_t n, bool have_waited)
{
	struct batch b = { xcalloc(n, sizeof(struct ask)), xcalloc(n, sizeof(uint64_t)), n };

	for (size_t i = 0; i < n; i++) {
		struct ask *a = &b.asks[i];

		ask_read(a, works[i]);
		b.keys[i] = hash_of(a->key);
		if (a->step == ASK_NAMELESS)
			a->plan = (struct plan){ .word = WORD_REFUSED,
						 .code = a->req.code,
						 .where = a->req.where };
		if (a->step != ASK_CLAIM)
			continue;
		a->tenant = tenants_find(stage_tenants(d->run), a->req.tenant);
		if (records_astray(d, a))
			a->step = ASK_ASTRAY;
		else
			admission_holds(d, a, have_waited);
	}
	return b;
}

/* ---- claim, decide, record ---- */

static int take_claim(const struct dispatcher *d, struct ask *a, struct err *e)
{
	ask_find_kept(a, d->settings.recipient_key);
	switch (a->claim.answer) {
	case EVENT_NEW:
		a->step = ASK_DECIDE;
		return OK;
	case EVENT_DUPLICATE:
		a->step = ASK_DUPLICATE;
		return OK;
	case EVENT_DECIDED:
		a->step = ASK_PLANNED;
		a->replayed = true;
		a->slot_ms = a->claim.slot_ms;
		a->now_ms = a->claim.now_ms;
		return ask_take_plan(a, e) < 0 ? ERR_FATAL : OK;
	}
	return OK;
}

/* What Redis calls now, by its last answer. */
static int64_t redis_now(const struct dispatcher *d)
{
	return now_mono_ms() + d->redis_ahead_ms + now_skew_ms();
}

static void learn_clock(struct dispatcher *d, int64_t redis_now_ms)
{
	d->redis_ahead_ms = redis_now_ms - now_skew_ms() - now_mono_ms();
	d->knows_clock = true;
}

static bool is_open(const struct ask *a)
{
	return a->step == ASK_CLAIM || a->step == ASK_DECIDE;
}

/* An invite's events are decided one after the other: each finds what the one before it has left.
 */
static bool is_behind(const struct batch *b, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (b->keys[k] == b->keys[i] && is_open(&b->asks[k]))
			return true;
	return false;
}

/* Most invitations are new: as if Redis had said so. */
static void assume_new(const struct dispatcher *d, struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct ask *a = &b->asks[i];

		if (a->step != ASK_CLAIM || a->req.type != REQUEST_INVITE || is_behind(b, i))
			continue;
		a->assumed = true;
		a->step = ASK_DECIDE;
		event_claim_assume_new(&a->claim, redis_now(d));
		ask_find_kept(a, d->settings.recipient_key);
	}
}

static int claim_all(struct dispatcher *d, struct batch *b, struct err *e)
{
	autofree bool *claimed = xcalloc(b->n, sizeof(*claimed));
	struct guard *g = stage_guard(d->run);
	size_t n = 0;
	int code;

	for (size_t i = 0; i < b->n; i++) {
		if (b->asks[i].step != ASK_CLAIM || is_behind(b, i))
			continue;
		claimed[i] = true;
		n++;
		guard_add_event_claim(g, &b->asks[i].claim);
	}
	if (!n)
		return OK;
	if ((code = guard_run(g, e)) < 0)
		return code;
	crash_point("event-claimed");
	for (size_t i = 0; i < b->n; i++)
		if (claimed[i] && (code = take_claim(d, &b->asks[i], e)) < 0)
			return code;
	return OK;
}

/* Later ones of the same invite wait with it: none overtakes another. */
static void wait_for_password(struct dispatcher *d, struct batch *b, size_t i)
{
	admission_wait(d, &b->asks[i], ASK_PASSWORD);
	for (size_t k = i + 1; k < b->n; k++) {
		struct ask *a = &b->asks[k];

		if (is_open(a) && !strcmp(a->key, b->asks[i].key))
			admission_wait(d, a, "");
	}
}

static bool is_suppressed(const struct dispatcher *d, const struct ask *a,
			  const struct kept_person *who)
{
	return who->recipient_hash[0] &&
	       suppressions_find(stage_suppressions(d->run), a->req.tenant, who->recipient_hash,
				 a->claim.now_ms);
}

/* Of a ladder's phone it is asked when it is to be climbed, not before. */
static void find_suppressed(const struct dispatcher *d, struct ask *a)
{
	a->suppressed = is_suppressed(d, a, &a->kept.person);
	if (a->req.type >= REQUEST_EXPIRY_DUE && is_suppressed(d, a, &a->kept.second))
		a->kept.second.code = "suppressed";
}

static void decide_all(struct dispatcher *d, struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->asks[i].step != ASK_DECIDE)
			continue;
		find_suppressed(d, &b->asks[i]);
		ask_decide(&b->asks[i], d->settings.allow_reserved, d->seals);
		if (ask_wants_password(&b->asks[i]))
			wait_for_password(d, b, i);
	}
}

static int record_all(struct dispatcher *d, struct batch *b, struct err *e)
{
	struct guard *g = stage_guard(d->run);
	int code;

	for (size_t i = 0; i < b->n; i++) {
		if (b->asks[i].step != ASK_DECIDE)
			continue;
		ask_prepare_decide(&b->asks[i], stage_topic(d->run, STAGE_TOPIC_REQUESTED));
		guard_add_decide(g, &b->asks[i].dec);
	}
	if ((code = guard_run(g, e)) < 0)
		return code;
	crash_point("decided");
	for (size_t i = 0; i < b->n; i++)
		if (b->asks[i].step == ASK_DECIDE) {
			learn_clock(d, b->asks[i].dec.now_ms);
			ask_take_decided(&b->asks[i]);
		}
	return OK;
}

static size_t count_open(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += is_open(&b->asks[i]);
	return n;
}

/* What waits is parked before the invite's next event is decided, which may be to remove it. */
static int park_all(struct dispatcher *d, struct batch *b, struct err *e)
{
	struct parked *parked = xcalloc(b->n, sizeof(*parked));
	autofree struct later_item *items = xcalloc(b->n, sizeof(*items));
	size_t n = 0;
	int code = OK;

	for (size_t i = 0; i < b->n; i++) {
		struct ask *a = &b->asks[i];

		if (a->parked || !records_has_job(a) || !records_waits(a))
			continue;
		a->parked = true;
		records_park(d, a, &parked[n]);
		items[n] = parked[n].item;
		n++;
	}
	if (n)
		code = later_park(stage_guard(d->run), items, n, e);
	for (size_t i = 0; i < n; i++)
		parked_clear(&parked[i]);
	free(parked);
	if (n)
		crash_point("parked");
	return code;
}

static int settle_plans(struct dispatcher *d, struct batch *b, struct err *e)
{
	size_t open = count_open(b), before;
	int code = OK;

	if (d->knows_clock)
		assume_new(d, b);
	for (int lost = 0; code == OK && open > 0; lost = open < before ? 0 : lost + 1) {
		if (lost == ROUNDS_MAX)
			return err_set(e, ERR_AGAIN, "races were lost %d times", ROUNDS_MAX);
		if ((code = claim_all(d, b, e)) == OK) {
			decide_all(d, b);
			code = record_all(d, b, e);
		}
		if (code == OK)
			code = park_all(d, b, e);
		before = open;
		open = count_open(b);
	}
	return code;
}

/* ---- appending ---- */

/* Too large even for our own producer: its first 64 KiB go, and say so. */
static int dead_letter(struct dispatcher *d, struct ask *a, struct err *e)
{
	a->work->user = d; /* may be cut if the broker refuses it */
	log_warn("ev=dead-letter partition=%d offset=%lld why=\"%s\"", a->work->rec.partition,
		 (long long)a->work->rec.offset, a->wrong.text);
	metric_add(d->dead, 1);
	if (tell_dead(d->run, a->work, a->wrong.text, false, e) == OK)
		return OK;
	return tell_dead(d->run, a->work, a->wrong.text, true, e);
}

/* Only a dead letter may be cut, and only once; no other record can be done without. */
bool dispatcher_refused(void *ctx, struct work *w)
{
	struct err e;

	if (!w->user)
		return false;
	w->user = NULL;
	return tell_dead(((struct dispatcher *)ctx)->run, w,
			 "larger than the dead-letter topic takes", true, &e) == OK;
}

static int append_one(struct dispatcher *d, struct ask *a, struct err *e)
{
	if (a->step == ASK_DEAD)
		return dead_letter(d, a, e);
	if (a->step != ASK_ASTRAY)
		return records_append(d, a, e);
	metric_add(d->forwarded, 1);
	return records_forward(d, a, e);
}

static int append_all(struct dispatcher *d, struct batch *b, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->asks[i].step == ASK_WAITING)
			continue;
		if (append_one(d, &b->asks[i], e) < 0)
			return ERR_FATAL;
		stage_finish(d->run, b->asks[i].work);
	}
	return OK;
}

/* What events have waited for goes with them, and back with those that wait once more. */
static void take_draws(struct batch *b)
{
	bool any = false;

	for (size_t i = 0; i < b->n; i++) {
		struct ask *a = &b->asks[i];

		a->draw = a->work->user;
		a->work->user = NULL;
		if (!a->draw)
			continue;
		a->minted = draw_password(a->draw);
		a->told = draw_told(a->draw);
		any = true;
	}
	if (any)
		crash_point("minted");
}

static void give_draws_back(struct batch *b, int code)
{
	for (size_t i = 0; i < b->n; i++) {
		struct ask *a = &b->asks[i];

		if (code == OK && a->step != ASK_WAITING)
			continue;
		a->work->user = a->draw;
		a->draw = NULL;
	}
}

/* Nothing is appended before Redis has answered everything, so a batch it cannot answer is handed
   over again whole. */
static int handle(struct dispatcher *d, struct work **works, size_t n, bool have_waited,
		  struct err *e)
{
	int code = dispatcher_know_partitions(d, e);
	struct batch b;

	if (code < 0)
		return code;
	b = read_all(d, works, n, have_waited);
	if (have_waited)
		take_draws(&b);
	code = settle_plans(d, &b, e);
	if (code == OK)
		code = append_all(d, &b, e);
	if (have_waited && code != ERR_FATAL)
		give_draws_back(&b, code);
	for (size_t i = 0; i < b.n; i++)
		if (b.asks[i].step == ASK_WAITING)
			admission_end(d, &b.asks[i], code == OK);
	batch_clear(&b);
	metric_set(d->minting, (double)draws_count(d->draws));
	return code;
}

int dispatcher_handle(void *ctx, struct work **works, size_t n, struct err *e)
{
	return handle(ctx, works, n, false, e);
}

int64_t dispatcher_tick(void *ctx)
{
	struct dispatcher *d = ctx;
	struct work *works[STAGE_BATCH_MAX];
	struct err e;
	size_t n;
	int code;

	if (!lobby_count(d->lobby))
		return INT64_MAX;
	if (!stage_ready(d->run) || stage_stopping(d->run))
		return ADMISSION_AGAIN_MS;
	n = admission_ready(d, works, STAGE_BATCH_MAX);
	code = n ? handle(d, works, n, true, &e) : OK;
	if (code == ERR_AGAIN)
		lobby_take_back(d->lobby);
	else if (code < 0)
		stage_die(d->run, e.text);
	return n == STAGE_BATCH_MAX ? 0 : ADMISSION_AGAIN_MS;
}

/* Of what only waits nothing is stored: whoever has the partition now reads it. */
void dispatcher_revoked(void *ctx, struct work *w)
{
	struct dispatcher *d = ctx;

	if (admission_leaves(d, w))
		stage_finish(d->run, w);
}

size_t dispatcher_draining(void *ctx, bool over)
{
	struct dispatcher *d = ctx;
	struct work *w;

	(void)over;
	while ((w = lobby_any(d->lobby))) {
		admission_leaves(d, w);
		stage_disown(w);
		stage_finish(d->run, w);
	}
	return 0;
}
