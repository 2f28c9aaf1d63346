/* What is asked of Redis, a question a turn, and what its answers start. */
#include "courier_priv.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define LONG_QUESTION 16 /* operations: while Redis works on so many there is enough else to do */

/* ---- what is to be told ---- */

void references_add(struct references *r, const char *delivery, int64_t turn, bool unheard)
{
	struct reference *one;

	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->list = xrealloc(r->list, r->cap * sizeof(*r->list));
	}
	one = &r->list[r->count++];
	*one = (struct reference){ .turn = turn, .unheard = unheard };
	snprintf(one->delivery, sizeof(one->delivery), "%s", delivery);
}

static void references_forget(struct references *r, size_t n)
{
	r->count -= n;
	if (r->count)
		memmove(r->list, r->list + n, r->count * sizeof(*r->list));
}

/* ---- asking ---- */

/* Those that wait to be settled, but for those that are already and wait to be told. */
static size_t add_settles(struct courier *c)
{
	size_t skip = c->settled, added = 0;

	for (struct parcel *p = c->lists[PARCEL_SETTLING].first; p; p = p->next) {
		if (skip) {
			skip--;
			continue;
		}
		guard_add_settle(stage_guard(c->run), &p->settle);
		added++;
	}
	return added;
}

/* Returns of how many operations. */
static size_t add_all(struct courier *c)
{
	struct guard *g = stage_guard(c->run);

	c->question = (struct question){ true, 0, c->drops.count, c->releases.count };
	for (size_t i = 0; i < c->drops.count; i++)
		guard_add_drop(g, c->drops.list[i].delivery, c->drops.list[i].turn);
	for (size_t i = 0; i < c->releases.count; i++)
		guard_add_release(g, c->releases.list[i].delivery, c->releases.list[i].turn,
				  c->releases.list[i].unheard);
	c->question.settles = add_settles(c);
	for (struct parcel *p = c->lists[PARCEL_ASKED].first; p; p = p->next) {
		courier_prepare_claim(c, p);
		guard_add_claim(g, &p->claim);
	}
	lanes_ask_speed(c, now_mono_ms());
	return c->question.settles + c->drops.count + c->releases.count +
	       c->lists[PARCEL_ASKED].count;
}

/* Drops alone ride on the next question. */
static bool has_to_ask(const struct courier *c)
{
	return c->lists[PARCEL_ASKED].count || c->lists[PARCEL_SETTLING].count > c->settled ||
	       c->drops.count >= COURIER_PIPELINE_MAX || c->releases.count;
}

/* Returns of how many operations the question is. */
static size_t send(struct courier *c, int64_t now)
{
	size_t operations;

	courier_choose(c, now);
	if (!has_to_ask(c))
		return 0;
	operations = add_all(c);
	guard_send(stage_guard(c->run));
	return operations;
}

/* ---- the answers ---- */

static void unasked(struct courier *c)
{
	struct parcel *p;

	while ((p = c->lists[PARCEL_ASKED].first)) {
		p->unheard = true;
		courier_give_back(c, p, 0);
	}
}

/* Waits for the answers; what they start is take_answers'. */
static void hear(struct courier *c)
{
	struct parcel *p;
	struct err e;

	if (!c->question.under_way)
		return;
	c->question.under_way = false;
	if (guard_hear(stage_guard(c->run), &e) < 0) {
		unasked(c);
		return;
	}
	references_forget(&c->drops, c->question.drops);
	references_forget(&c->releases, c->question.releases);
	c->settled = c->question.settles;
	while ((p = c->lists[PARCEL_ASKED].first))
		parcel_move(c, p, PARCEL_ANSWERED);
}

static void take_answers(struct courier *c)
{
	struct parcel *limited[COURIER_PIPELINE_MAX], *p;
	size_t n = 0, asked = c->lists[PARCEL_ANSWERED].count, away = c->lists[PARCEL_AWAY].count;

	for (; c->settled; c->settled--)
		courier_settled(c, c->lists[PARCEL_SETTLING].first);
	for (struct parcel *next = c->lists[PARCEL_ANSWERED].first; (p = next);) {
		next = p->next;
		p->unheard = false;
		if (p->claim.answer != CLAIM_LIMITED)
			courier_answer_claim(c, p);
		else if (!strcmp(p->claim.limited_by, "relay") && lane_full(c, p, p->claim.wait_ms))
			courier_give_back(c, p, now_mono_ms()); /* another relay takes it */
		else
			limited[n++] = p;
	}
	courier_park_limited(c, limited, n);
	if (c->lists[PARCEL_AWAY].count - away < asked)
		c->held_back_ms = 0; /* who did not leave keeps nobody of its domain waiting */
}

void courier_hear(struct courier *c)
{
	hear(c);
	take_answers(c);
}

void courier_ask(struct courier *c, int64_t now)
{
	size_t operations = 0;

	hear(c);
	if (stage_ready(c->run))
		operations = send(c, now);
	else
		courier_tell_unsettled(c);
	take_answers(c);
	if (operations && operations < LONG_QUESTION)
		courier_hear(c);
}
