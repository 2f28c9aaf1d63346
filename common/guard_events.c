/* The dispatcher's questions: event claim and decide. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

/* A copy; NULL where there is none. */
static char *copy(const struct redis_reply *v)
{
	size_t len;
	const char *s = redis_str(v, &len);

	return redis_type(v) == REDIS_NIL ? NULL : xmemdup(s, len + 1);
}

/* The order of guard_event.lua's reply. */
enum {
	EVENT_ANSWER,
	EVENT_NOW,
	EVENT_PLAN,
	EVENT_SLOT,
	EVENT_FIRST,
	EVENT_KEPT,
	EVENT_PARKED,
	EVENT_CLAIMED,
	EVENT_VERSION,
	EVENT_STATE,
	EVENT_GENERATION,
	EVENT_TURN,
	EVENT_EXPIRES,
	EVENT_RECIPIENT,
	EVENT_DECLINED,
	EVENT_SENT,
	EVENT_REMINDERS,
	EVENT_TIMER,
	EVENT_KIND,
	EVENT_ADDRESS,
	EVENT_KID,
	EVENT_EARLY,
	EVENT_CHANNEL,
	EVENT_LADDER,
	EVENT_RECEIPT
};

/* Which of the reply's strings is which. */
static const struct {
	int at;
	size_t offset;
} event_strings[] = {
	{ EVENT_FIRST, offsetof(struct event_claim, first) },
	{ EVENT_STATE, offsetof(struct event_claim, state) },
	{ EVENT_RECIPIENT, offsetof(struct event_claim, recipient_hash) },
	{ EVENT_DECLINED, offsetof(struct event_claim, declined) },
	{ EVENT_KIND, offsetof(struct event_claim, kind) },
	{ EVENT_ADDRESS, offsetof(struct event_claim, address) },
	{ EVENT_KID, offsetof(struct event_claim, kid) },
	{ EVENT_CHANNEL, offsetof(struct event_claim, channel) },
	{ EVENT_LADDER, offsetof(struct event_claim, ladder) },
	{ EVENT_KEPT, offsetof(struct event_claim, kept) },
};

static const char **string_of(struct event_claim *c, size_t i)
{
	return (const char **)((char *)c + event_strings[i].offset);
}

/* All of them in one piece of memory; "" where there is none. */
static void take_strings(struct event_claim *c, const struct redis_reply *v)
{
	size_t sizes[ARRAY_LEN(event_strings)], total = 0;
	char *to;

	for (size_t i = 0; i < ARRAY_LEN(event_strings); i++) {
		redis_str(redis_at(v, event_strings[i].at), &sizes[i]);
		total += sizes[i] ? sizes[i] + 1 : 0;
	}
	to = c->text = total ? xmalloc(total) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(event_strings); i++) {
		*string_of(c, i) = sizes[i] ? to : "";
		if (!sizes[i])
			continue;
		memcpy(to, redis_str(redis_at(v, event_strings[i].at), NULL), sizes[i] + 1);
		to += sizes[i] + 1;
	}
	redis_str(redis_at(v, EVENT_KEPT), &c->kept_len);
	if (!c->kept_len)
		c->kept = NULL;
}

static void event_fill(const struct redis_reply *v, void *out)
{
	struct event_claim *c = out;

	c->answer = (enum event_answer)redis_int(redis_at(v, EVENT_ANSWER));
	c->now_ms = redis_int(redis_at(v, EVENT_NOW));
	c->plan = c->answer == EVENT_DECIDED ? copy(redis_at(v, EVENT_PLAN)) : NULL;
	c->slot_ms = c->answer == EVENT_DECIDED ? redis_int(redis_at(v, EVENT_SLOT)) : 0;
	take_strings(c, v);
	c->known = redis_type(redis_at(v, EVENT_VERSION)) != REDIS_NIL;
	c->version = redis_int(redis_at(v, EVENT_VERSION));
	c->generation = redis_int(redis_at(v, EVENT_GENERATION));
	c->turn = redis_int(redis_at(v, EVENT_TURN));
	c->expires_ms = redis_int(redis_at(v, EVENT_EXPIRES));
	c->sent_ms = redis_int(redis_at(v, EVENT_SENT));
	c->reminders = redis_int(redis_at(v, EVENT_REMINDERS));
	c->timer_turn = redis_int(redis_at(v, EVENT_TIMER));
	c->early = redis_int(redis_at(v, EVENT_EARLY)) == 1;
	c->receipt_ms = redis_int(redis_at(v, EVENT_RECEIPT));
	c->parked_turn = redis_int(redis_at(v, EVENT_PARKED));
	c->claimed_turn = redis_int(redis_at(v, EVENT_CLAIMED));
}

void event_claim_assume_new(struct event_claim *c, int64_t now_ms)
{
	c->answer = EVENT_NEW;
	c->now_ms = now_ms;
	for (size_t i = 0; i < ARRAY_LEN(event_strings); i++)
		*string_of(c, i) = "";
	c->kept = NULL;
}

void guard_add_event_claim(struct guard *g, struct event_claim *c)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, c->event_hash);
	call_str(&call, c->invite);
	if (c->coords.topic)
		call_coords(&call, &c->coords);
	else
		call_str(&call, NULL);
	call_str(&call, c->about);
	guard_add_call(g, SCRIPT_EVENT, &call, event_fill, c);
}

void event_claim_clear(struct event_claim *c)
{
	free(c->plan);
	free(c->text);
	c->plan = c->text = NULL;
	event_claim_assume_new(c, c->now_ms);
}

static void decide_fill(const struct redis_reply *v, void *out)
{
	struct decide *d = out;

	d->answer = (enum decide_answer)redis_int(redis_at(v, 0));
	d->now_ms = redis_int(redis_at(v, 1));
	d->slot_ms = redis_int(redis_at(v, 2));
	d->other = copy(redis_at(v, 3));
}

/* "" where it is 0. */
static void call_turn(struct guard_call *call, int64_t v)
{
	if (v)
		call_int(call, v);
	else
		call_str(call, NULL);
}

static void call_more(struct guard_call *call, const struct decide_more *m, struct buf *mark,
		      struct buf *packed)
{
	const struct later_item *arm = m->arm;

	if (m->forward_turn)
		later_pack_header(m->forward_mark, mark);
	if (arm)
		later_pack(arm, arm->turn, packed);
	call_str(call, m->give_up_address);
	call_str(call, m->waiting);
	call_int(call, m->waiting_max);
	call_turn(call, m->forward_turn);
	call_bytes(call, mark->data, mark->len);
	call_str(call, m->timer);
	call_turn(call, arm ? arm->turn : 0);
	call_turn(call, arm ? arm->due_ms : 0);
	call_bytes(call, packed->data, packed->len);
	call_str(call, m->waiting_too);
}

static void write_spans(const struct decide *d, struct buf *out)
{
	for (size_t i = 0; i < d->nspans; i++) {
		if (i)
			buf_byte(out, ',');
		buf_int(out, d->spans[i].open_ms);
		buf_byte(out, '-');
		buf_int(out, d->spans[i].close_ms);
	}
}

void guard_add_decide(struct guard *g, struct decide *d)
{
	autobuf mark = BUF_INIT(256), packed = BUF_INIT(LATER_PACKED_MAX_BYTES);
	autobuf spans = BUF_INIT(0);
	struct guard_call call;

	call_begin(&call);
	call_str(&call, d->event_hash);
	call_str(&call, d->invite);
	call_coords(&call, &d->coords);
	if (d->unclaimed)
		call_str(&call, NULL);
	else
		call_int(&call, d->version);
	call_str(&call, d->plan);
	call_bytes(&call, d->first,
		   d->first ? strcspn(d->first, "\n") : 0); /* lines part what e: holds */
	call_str(&call, d->address);
	call_bytes(&call, d->data, d->data_len);
	call_int(&call, d->not_before_ms);
	call_limit(&call, &d->limit);
	write_spans(d, &spans);
	call_bytes(&call, spans.data, spans.len);
	call_str(&call, d->more ? "1" : NULL);
	if (d->more)
		call_more(&call, d->more, &mark, &packed);
	call_fields(&call, d->set, d->nset);
	guard_add_call(g, SCRIPT_DECIDE, &call, decide_fill, d);
}

void decide_clear(struct decide *d)
{
	free(d->other);
	d->other = NULL;
}
