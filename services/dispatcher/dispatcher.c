#include "dispatcher.h"

#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "batch.h"
#include "crash.h"
#include "log.h"
#include "mem.h"
#include "records.h"
#include "tell.h"

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		ask_clear(&b->asks[i]);
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
	struct batch b = { d->asks, xcalloc(n, sizeof(uint64_t)), n };

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
	code = batch_settle(d, &b, e);
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
