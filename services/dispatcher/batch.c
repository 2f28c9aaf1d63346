/* Claim, decide, record: what a batch's events lead to, stored in Redis. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "crash.h"
#include "mem.h"
#include "now.h"
#include "records.h"

#define ROUNDS_MAX                                                                                 \
	32 /* in a row in which nothing was decided: races lost so often end in asking for the     \
	      batch again */

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

static void find_suppressed(const struct dispatcher *d, struct ask *a)
{
	a->suppressed = is_suppressed(d, a, &a->kept.person);
	a->second_suppressed = is_suppressed(d, a, &a->kept.second);
}

static void decide_all(struct dispatcher *d, struct batch *b)
{
	const struct ask_terms terms = { d->settings.allow_reserved, d->seals,
					 d->settings.recipient_key };

	for (size_t i = 0; i < b->n; i++) {
		if (b->asks[i].step != ASK_DECIDE)
			continue;
		find_suppressed(d, &b->asks[i]);
		ask_decide(&b->asks[i], &terms);
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

static bool waits(const struct ask *a)
{
	return !a->parked && records_has_job(a) && records_waits(a);
}

static bool any_waits(const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (waits(&b->asks[i]))
			return true;
	return false;
}

/* What waits is parked before the invite's next event is decided, which may be to remove it. */
static int park_all(struct dispatcher *d, struct batch *b, struct err *e)
{
	struct parked *parked;
	autofree struct later_item *items = NULL;
	size_t n = 0;
	int code;

	if (!any_waits(b))
		return OK;
	parked = xcalloc(b->n, sizeof(*parked));
	items = xcalloc(b->n, sizeof(*items));
	for (size_t i = 0; i < b->n; i++) {
		struct ask *a = &b->asks[i];

		if (!waits(a))
			continue;
		a->parked = true;
		records_park(d, a, &parked[n]);
		items[n] = parked[n].item;
		n++;
	}
	code = later_park(stage_guard(d->run), items, n, e);
	for (size_t i = 0; i < n; i++)
		parked_clear(&parked[i]);
	free(parked);
	crash_point("parked");
	return code;
}

int batch_settle(struct dispatcher *d, struct batch *b, struct err *e)
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
