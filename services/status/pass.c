#include "pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"

#define TOKEN_MARGIN_MS                                                                            \
	((int64_t)86400 * 1000) /* as the claim's: a late click is told "expired"                  \
				 */

static struct pass_invite *invite_of(struct pass *p, const char *key)
{
	struct pass_invite *i = table_find(&p->invites, key);

	if (i)
		return i;
	i = xcalloc(1, sizeof(*i) + strlen(key) + 1);
	memcpy(i->name, key, strlen(key) + 1);
	i->key = i->name;
	table_add(&p->invites, i);
	return i;
}

static struct pass_event *event_of(struct pass *p, const struct fact *f)
{
	char hash[IDS_HASH_SIZE];
	struct pass_event *ev;

	ids_event_hash((struct ids_event){ f->request_source, f->request_id }, hash);
	ev = table_find(&p->events, hash);
	if (ev)
		return ev;
	ev = xcalloc(1, sizeof(*ev));
	memcpy(ev->hash, hash, sizeof(hash));
	ev->key = ev->hash;
	table_add(&p->events, ev);
	return ev;
}

static const char *known_word(const char *name)
{
	enum outcome_word w = name ? outcome_word_find(name) : WORD_COUNT;

	return w == WORD_COUNT ? NULL : outcome_words[w].name;
}

static const char *known_code(const char *name)
{
	const struct code *c = name ? codes_find(name) : NULL;

	return c ? c->name : NULL;
}

/* The plan that the dispatcher has told: plan.h says what its parts are. */
static void take_plan(struct pass_event *ev, const struct fact *f)
{
	bool parked = f->word == WORD_DEFERRED;

	if (ev->by_dispatcher)
		return; /* told again */
	ev->by_dispatcher = true;
	ev->word = parked ? WORD_QUEUED : f->word;
	ev->generation = f->word == WORD_REFUSED ? 0 : f->generation;
	ev->n = f->n > 0 ? (int32_t)f->n : 0;
	ev->turn = f->delivery ? f->turn : 0;
	ev->sms = f->sms;
	ev->ladder = f->ladder;
	ev->beside = f->beside;
	ev->slot_ms = parked ? f->not_before_ms : f->told_ms;
	ev->prev = known_word(f->prev);
	ev->code = parked ? NULL : known_code(f->code);
	ev->other = f->holder ? xstrdup(f->holder) : NULL;
	ev->where = f->reason && !parked ? xstrdup(f->reason) : NULL;
}

static void take_event(struct pass *p, const struct fact *f)
{
	struct pass_event *ev;

	if (!f->request_id || !f->request_source || f->word == WORD_DUPLICATE)
		return;
	ev = event_of(p, f);
	ev->told_ms = f->told_ms;
	if (f->word == WORD_SUPERSEDED) {
		ev->superseded = f->generation;
		ev->superseded_sms = f->sms;
	} else if (f->by_dispatcher) {
		take_plan(ev, f);
	} else if (!ev->by_dispatcher) { /* what comes of a delivery that was never told */
		ev->word = WORD_QUEUED;
		ev->generation = f->generation;
		ev->n = f->n > 0 ? (int32_t)f->n : 0;
		ev->turn = 1; /* a ladder's: the first that is known of */
		ev->sms = f->sms;
		ev->ladder = ev->beside = f->ladder;
		ev->slot_ms = f->told_ms;
	}
}

static void take_token(struct pass *p, const struct fact *f)
{
	int64_t end_ms = f->expires_ms ? f->expires_ms + TOKEN_MARGIN_MS
				       : f->told_ms + p->o->delivery_memory_ms;

	if (f->token_sha256 && f->delivery && end_ms > p->now_ms)
		refill_token(p->o->guard, f->token_sha256, f->delivery, end_ms - p->now_ms);
}

void pass_told(struct pass *p, const struct record *r)
{
	struct fact f;
	struct err e;

	if (fact_read(r, &f, &e) < 0)
		return;
	fold_fact(&invite_of(p, f.key)->fold, &f);
	take_event(p, &f);
	take_token(p, &f);
	fact_clear(&f);
}

/* ---- what is kept ---- */

int pass_read_kept(struct pass *p, struct pass_invite *i, struct err *e)
{
	return i->kept ? OK
		       : refill_read_kept(p->o->guard, &p->batch, i->key, &i->kept, &i->kept_len,
					  e);
}

/* ---- forgetting ---- */

void pass_free_invite(struct pass_invite *i)
{
	fold_clear(&i->fold);
	free(i->address);
	free(i->kept);
	free(i);
}

/* All from the one at `at` on. */
static void forget_invites(struct table_of *t, size_t at)
{
	struct pass_invite *i;

	while ((i = table_next(t, &at)))
		pass_free_invite(i);
	table_forget(t);
}

static void forget_events(struct pass *p)
{
	struct pass_event *ev;

	for (size_t at = 0; (ev = table_next(&p->events, &at));) {
		free(ev->other);
		free(ev->where);
		free(ev);
	}
	table_forget(&p->events);
}

void pass_turn(struct pass *p)
{
	table_forget(&p->ending);
	p->ending = p->invites;
	p->at = 0;
	p->invites = (struct table_of){ 0 };
	forget_events(p);
}

void pass_clear(struct pass *p)
{
	struct pass_line *l;

	forget_invites(&p->invites, 0);
	forget_invites(&p->ending, p->at);
	p->at = 0;
	forget_events(p);
	refill_batch_clear(&p->batch);
	for (size_t at = 0; (l = table_next(&p->lines, &at));)
		free(l);
	table_forget(&p->lines);
}
