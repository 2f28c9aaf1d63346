#include "guard_refill.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

#define GATHERED_BYTES                                                                             \
	((size_t)1 << 20) /* of one command; a buffer holds some of the longest more */
#define WORDS_MAX (2 * CALL_FIELDS_MAX + 8)

/* ---- commands ---- */

/* "<prefix><kind><rest>"; the caller frees it. */
static char *key_of(const struct guard *g, const char *const key[2], size_t *len)
{
	const char *parts[] = { guard_options(g)->prefix, key[0], key[1] };
	size_t lens[ARRAY_LEN(parts)], at = 0;
	char *out;

	*len = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		*len += lens[i] = strlen(parts[i]);
	out = xmalloc(*len + 1);
	for (size_t i = 0; i < ARRAY_LEN(parts); at += lens[i++])
		memcpy(out + at, parts[i], lens[i]);
	out[*len] = '\0';
	return out;
}

/* One command, and the texts that are made for it. Not to be moved. */
struct command {
	const char *argv[WORDS_MAX];
	size_t len[WORDS_MAX];
	int n;
	char *key;
	char number[3][INT_TEXT_SIZE];
	int numbers;
};

static void bytes(struct command *c, const char *s, size_t len)
{
	assert(c->n < WORDS_MAX);
	c->argv[c->n] = s;
	c->len[c->n++] = len;
}

static void word(struct command *c, const char *s)
{
	bytes(c, s, strlen(s));
}

static void number(struct command *c, int64_t v)
{
	char *text = c->number[c->numbers++];

	bytes(c, text, int_text(text, v));
}

/* "NAME <key>", in a transaction with what is queued beside it */
static void begin(const struct guard *g, struct command *c, const char *name,
		  const char *const key[2])
{
	size_t len;

	c->n = c->numbers = 0;
	c->key = key_of(g, key, &len);
	word(c, name);
	bytes(c, c->key, len);
}

static void end(struct guard *g, struct command *c)
{
	redis_add_multi(guard_redis(g));
	redis_add(guard_redis(g), c->n, c->argv, c->len);
	free(c->key);
}

/* SET; ms 0 = for ever. */
static void set(struct guard *g, const char *const key[2], struct guard_field value, int64_t ms)
{
	struct command c;

	begin(g, &c, "SET", key);
	bytes(&c, value.value, value.len);
	if (ms) {
		word(&c, "PX");
		number(&c, ms > 0 ? ms : 1);
	}
	end(g, &c);
}

static void set_text(struct guard *g, const char *const key[2], const char *value, int64_t ms)
{
	set(g, key, (struct guard_field){ NULL, value, strlen(value) }, ms);
}

static void set_buf(struct guard *g, const char *const key[2], const struct buf *value, int64_t ms)
{
	set(g, key, (struct guard_field){ NULL, value->data, value->len }, ms);
}

/* ---- what is gathered ---- */

static void flush_lasting(struct guard *g, struct refill_batch *b)
{
	if (!b->nlasting)
		return;
	redis_add_multi(guard_redis(g));
	redis_add_words(guard_redis(g), (const char *[]){ "MSET" }, 1,
			(struct redis_words){ &b->lasting, 2 * b->nlasting });
	buf_reset(&b->lasting);
	b->nlasting = 0;
}

static void gather(struct guard *g, struct refill_batch *b, const char *const key[2],
		   const char *value, size_t value_len)
{
	size_t len;
	autofree char *name = key_of(g, key, &len);

	redis_word(&b->lasting, name, len);
	redis_word(&b->lasting, value, value_len);
	b->nlasting++;
	if (b->lasting.len >= GATHERED_BYTES)
		flush_lasting(g, b);
}

static void flush_due(struct guard *g, struct refill_batch *b)
{
	autofree char *key = xasprintf("%slater", guard_options(g)->prefix);
	struct command c;

	if (!b->ndue)
		return;
	redis_add_multi(guard_redis(g));
	redis_add_words(guard_redis(g), (const char *[]){ "ZADD", key }, 2,
			(struct redis_words){ &b->due, 2 * b->ndue });
	for (size_t i = 0; i < REFILL_REASONS_MAX && b->reasons[i].n; i++) {
		begin(g, &c, "HINCRBY", (const char *[]){ "later:reasons", "" });
		word(&c, b->reasons[i].name);
		number(&c, b->reasons[i].n);
		end(g, &c);
		b->reasons[i] = (struct refill_reason){ 0 };
	}
	buf_reset(&b->due);
	b->ndue = 0;
}

void refill_flush(struct guard *g, struct refill_batch *b)
{
	flush_lasting(g, b);
	flush_due(g, b);
}

void refill_batch_clear(struct refill_batch *b)
{
	buf_clear(&b->lasting);
	buf_clear(&b->due);
	*b = (struct refill_batch){ 0 };
}

/* ---- running ---- */

/* Behind each transaction the lease is watched, so that the next one is refused where it has ended
   or is somebody else's: whoever slept through it must not write into what the other has made. */
void refill_watch(struct guard *g)
{
	autofree char *lock = xasprintf("%srebuild", guard_options(g)->prefix);
	const char *argv[] = { "WATCH", lock };

	redis_add(guard_redis(g), ARRAY_LEN(argv), argv, NULL);
}

/* A transaction that is refused answers nothing. */
static bool is_refused(const struct redis *r)
{
	size_t n = redis_replies(r);

	return n > 1 && redis_type(redis_reply(r, n - 2)) == REDIS_NIL;
}

static int hear(struct redis *r, struct err *e)
{
	if (!redis_under_way(r))
		return OK;
	if (redis_hear(r, e) < 0 || redis_check(r, e) < 0)
		return ERR_AGAIN;
	return is_refused(r) ? err_set(e, ERR_AGAIN, "the lease of the rebuild was lost") : OK;
}

int refill_send(struct guard *g, struct err *e)
{
	struct redis *r = guard_redis(g);

	if (hear(r, e) < 0) { /* what comes next would be watched by nobody */
		redis_forget(r);
		return ERR_AGAIN;
	}
	if (redis_end_multi(r))
		refill_watch(g);
	redis_send(r);
	return OK;
}

int refill_run(struct guard *g, struct err *e)
{
	return refill_send(g, e) < 0 ? ERR_AGAIN : hear(guard_redis(g), e);
}

void refill_forget(struct guard *g)
{
	struct err e;

	hear(guard_redis(g), &e);
	redis_forget(guard_redis(g));
}

/* ---- what is written ---- */

void refill_state(struct guard *g, const char *invite, const struct guard_field *fields, size_t n)
{
	struct command c;

	begin(g, &c, "HSET", (const char *[]){ "d:", invite });
	for (size_t i = 0; i < n; i++) {
		word(&c, fields[i].name);
		bytes(&c, fields[i].value, fields[i].len);
	}
	end(g, &c);
}

void refill_kept(struct guard *g, struct refill_batch *b, const char *invite, const char *data,
		 size_t len)
{
	const char *key[] = { "r:", invite };
	struct command c;

	if (data) {
		gather(g, b, key, data, len);
		return;
	}
	flush_lasting(g, b); /* it may be among these */
	begin(g, &c, "DEL", key);
	end(g, &c);
}

void refill_address(struct guard *g, struct refill_batch *b, const char *address,
		    const char *invite)
{
	gather(g, b, (const char *[]){ "a:", address }, invite, strlen(invite));
}

void refill_token(struct guard *g, const char *token_sha256, const char *delivery, int64_t ms)
{
	set_text(g, (const char *[]){ "k:", token_sha256 }, delivery, ms > 0 ? ms : 1);
}

/* As guard_settle.lua writes it, but for when an SMS was sent: nobody told that. */
void refill_receipt(struct guard *g, const char *name, const char *delivery,
		    const char *recipient_hash, int64_t ms)
{
	autobuf text = BUF_INIT(0);

	buf_str(&text, delivery);
	buf_byte(&text, ' ');
	buf_str(&text, recipient_hash);
	set_buf(g, (const char *[]){ "m:", name }, &text, ms > 0 ? ms : 1);
}

/* As guard_decide.lua writes it. */
void refill_event(struct guard *g, const struct refill_event *ev)
{
	autobuf text = BUF_INIT(0);

	buf_str(&text, ev->coords.topic);
	buf_byte(&text, '/');
	buf_int(&text, ev->coords.partition);
	buf_byte(&text, '/');
	buf_int(&text, ev->coords.offset);
	buf_byte(&text, '\n');
	buf_int(&text, ev->slot_ms);
	buf_byte(&text, '\n');
	buf_str(&text, ev->first);
	buf_byte(&text, '\n');
	buf_str(&text, ev->plan);
	set_buf(g, (const char *[]){ "e:", ev->hash }, &text,
		ev->memory_ms > 0 ? ev->memory_ms : 1);
}

/* As guard_record.lua reads it: held by nobody, and of no record. */
void refill_claim(struct guard *g, const struct refill_claim *c)
{
	autobuf line = BUF_INIT(0);

	buf_str(&line, "1|");
	buf_int(&line, c->turn);
	buf_byte(&line, '|');
	buf_str(&line, c->verdict);
	buf_str(&line, "|||0|0|");
	buf_int(&line, c->first_ms);
	buf_byte(&line, '|');
	buf_str(&line, c->kid ? c->kid : "");
	buf_byte(&line, '|');
	buf_int(&line, c->doubts);
	buf_str(&line, "|0|");
	set_buf(g, (const char *[]){ "c:", c->delivery }, &line, c->memory_ms);
}

static void count(struct refill_batch *b, const char *reason)
{
	struct refill_reason *r = b->reasons;

	while (r->n && strcmp(r->name, reason) != 0)
		r++;
	assert(r < b->reasons + REFILL_REASONS_MAX && strlen(reason) < sizeof(r->name));
	text_put(r->name, sizeof(r->name), reason);
	r->n++;
}

/* As park() of later_put.lua does. */
void refill_later(struct guard *g, struct refill_batch *b, const struct later_item *item)
{
	autobuf packed = BUF_INIT(LATER_PACKED_MAX_BYTES);
	char text[INT_TEXT_SIZE];

	later_pack(item, item->turn, &packed);
	gather(g, b, (const char *[]){ "l:", item->id }, packed.data, packed.len);
	redis_word(&b->due, text, int_text(text, item->due_ms));
	redis_word(&b->due, item->id, strlen(item->id));
	b->ndue++;
	count(b, item->reason ? item->reason : "");
}

void refill_limit(struct guard *g, const char *name, int64_t line_us, int64_t ms)
{
	char text[INT_TEXT_SIZE];

	int_text(text, line_us);
	set_text(g, (const char *[]){ "g:", name }, text, ms > 0 ? ms : 1);
}

int refill_read_kept(struct guard *g, struct refill_batch *b, const char *invite, char **data,
		     size_t *len, struct err *e)
{
	autofree char *key = xasprintf("%sr:%s", guard_options(g)->prefix, invite);
	const char *argv[] = { "GET", key };
	const struct redis_reply *v;
	const char *found;

	refill_flush(g, b);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	redis_add(guard_redis(g), (int)ARRAY_LEN(argv), argv, NULL);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	v = redis_reply(guard_redis(g), 0);
	found = redis_str(v, len);
	*data = redis_type(v) == REDIS_NIL ? NULL : xmemdup(found, *len + 1);
	return OK;
}
