/* The courier's questions: claim and settle, and what goes with them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

#define TOLD_HEAD 128 /* bytes: verdict, incarnation and holder, mostly */

/* The order of guard_claim.lua's reply. */
enum {
	CLAIM_ANSWER,
	CLAIM_NOW,
	CLAIM_WAIT,
	CLAIM_FIRST,
	CLAIM_DOUBTS,
	CLAIM_TURN,
	CLAIM_KID,
	CLAIM_LIMIT,
	CLAIM_OUTCOME,
	CLAIM_LINE
};

static void claim_fill(const struct redis_reply *v, void *out)
{
	struct claim *c = out;
	const char *outcome = redis_str(redis_at(v, CLAIM_OUTCOME), &c->outcome_len);
	const char *limit = redis_str(redis_at(v, CLAIM_LIMIT), NULL);

	c->answer = (enum claim_answer)redis_int(redis_at(v, CLAIM_ANSWER));
	c->now_ms = redis_int(redis_at(v, CLAIM_NOW));
	c->wait_ms = redis_int(redis_at(v, CLAIM_WAIT));
	c->line_ms = redis_int(redis_at(v, CLAIM_LINE));
	c->first_ms = redis_int(redis_at(v, CLAIM_FIRST));
	c->doubts = redis_int(redis_at(v, CLAIM_DOUBTS));
	c->claimed_turn = redis_int(redis_at(v, CLAIM_TURN));
	text_put(c->pinned_kid, sizeof(c->pinned_kid), redis_str(redis_at(v, CLAIM_KID), NULL));
	snprintf(c->limited_by, sizeof(c->limited_by), "%.*s", (int)strcspn(limit, ":"), limit);
	c->outcome = c->outcome_len ? xmemdup(outcome, c->outcome_len + 1) : NULL;
}

void guard_add_claim(struct guard *g, struct claim *c)
{
	int64_t token_memory_s =
		c->token_memory_s ? c->token_memory_s : guard_options(g)->delivery_memory_s;
	struct guard_call call;

	assert(c->nlimits <= CALL_LIMITS_MAX);
	call_begin(&call);
	call_str(&call, c->delivery);
	call_str(&call, c->invite);
	call_int(&call, c->generation);
	call_int(&call, c->turn);
	call_coords(&call, &c->coords);
	call_int(&call, c->lease_ms);
	call_str(&call, c->kid);
	call_str(&call, c->token_sha256);
	call_int(&call, token_memory_s * 1000);
	call_int(&call, c->held_by ? c->held_until_ms : 0);
	call_str(&call, c->held_by);
	for (size_t i = 0; i < c->nlimits; i++)
		if (c->limits[i].interval_us > 0)
			call_limit(&call, &c->limits[i]);
	guard_add_call(g, SCRIPT_CLAIM, &call, claim_fill, c);
}

void claim_clear(struct claim *c)
{
	free(c->outcome);
	c->outcome = NULL;
	c->outcome_len = 0;
}

static void settle_fill(const struct redis_reply *v, void *out)
{
	struct settle *s = out;

	s->answer = (enum settle_answer)redis_int(redis_at(v, 0));
	s->now_ms = redis_int(redis_at(v, 1));
}

/* What o: holds: who settled this turn and how, by which a repeated call knows itself, and the
   outcome. Long strings are put together here, since each costs Lua a hash over all its bytes. */
static void told_build(const struct guard *g, const struct settle *s, struct buf *told)
{
	const struct guard_options *o = guard_options(g);

	buf_room(told, TOLD_HEAD + s->outcome_len);
	buf_str(told, s->verdict);
	buf_byte(told, '/');
	buf_int(told, o->incarnation);
	buf_byte(told, '/');
	buf_str(told, o->holder);
	buf_byte(told, '\n');
	if (s->outcome)
		buf_add(told, s->outcome, s->outcome_len);
	assert(!told->full);
}

void guard_add_settle(struct guard *g, struct settle *s)
{
	autobuf packed = BUF_INIT(LATER_PACKED_MAX_BYTES), told = BUF_INIT(0),
		timer = BUF_INIT(LATER_PACKED_MAX_BYTES);
	struct guard_call call;

	assert((strcmp(s->verdict, "parked") == 0) == (s->park != NULL));
	if (s->park)
		later_pack(s->park, s->turn + 1, &packed);
	if (s->timer)
		later_pack(s->timer, s->timer->turn, &timer);
	told_build(g, s, &told);
	call_begin(&call);
	call_str(&call, s->delivery);
	call_str(&call, s->invite);
	call_int(&call, s->generation);
	call_int(&call, s->turn);
	call_str(&call, s->verdict);
	call_int(&call, s->doubt);
	call_bytes(&call, told.data, told.len);
	call_str(&call, s->give_up_address);
	call_str(&call, s->park ? s->park->id : NULL);
	call_int(&call, s->park ? s->park->due_ms : 0);
	call_bytes(&call, packed.data, packed.len);
	call_str(&call, s->timer ? s->timer->id : NULL);
	call_int(&call, s->timer ? s->timer->due_ms : 0);
	call_bytes(&call, timer.data, timer.len);
	call_str(&call, s->receipts);
	call_str(&call, s->receipts_about);
	call_fields(&call, s->set, s->nset);
	guard_add_call(g, SCRIPT_SETTLE, &call, settle_fill, s);
}

void guard_add_release(struct guard *g, const char *delivery, int64_t turn, bool unheard)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, delivery);
	call_int(&call, turn);
	call_int(&call, unheard);
	guard_add_call(g, SCRIPT_RELEASE, &call, NULL, NULL);
}

void guard_add_drop(struct guard *g, const char *delivery, int64_t turn)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, delivery);
	call_int(&call, turn);
	guard_add_call(g, SCRIPT_DROP, &call, NULL, NULL);
}
