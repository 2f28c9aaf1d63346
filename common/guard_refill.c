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

#define WORDS_MAX (2 * CALL_FIELDS_MAX + 8)

/* ---- commands ---- */

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

/* "NAME <prefix><kind><rest>", in a transaction with what is queued beside it */
static void begin(const struct guard *g, struct command *c, const char *name, const char *key[2])
{
	c->n = c->numbers = 0;
	c->key = xasprintf("%s%s%s", guard_options(g)->prefix, key[0], key[1]);
	word(c, name);
	word(c, c->key);
}

static void end(struct guard *g, struct command *c)
{
	redis_add_multi(guard_redis(g));
	redis_add(guard_redis(g), c->n, c->argv, c->len);
	free(c->key);
}

/* SET; ms 0 = for ever. */
static void set(struct guard *g, const char *key[2], struct guard_field value, int64_t ms)
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

static void set_text(struct guard *g, const char *key[2], const char *value, int64_t ms)
{
	set(g, key, (struct guard_field){ NULL, value, strlen(value) }, ms);
}

static int hear(struct redis *r, struct err *e)
{
	if (!redis_under_way(r))
		return OK;
	return redis_hear(r, e) < 0 ? ERR_AGAIN : redis_check(r, e);
}

int refill_send(struct guard *g, struct err *e)
{
	struct redis *r = guard_redis(g);
	int result = hear(r, e);

	redis_send(r);
	return result;
}

int refill_run(struct guard *g, struct err *e)
{
	struct redis *r = guard_redis(g);
	int before = refill_send(g, e);
	struct err later;

	return hear(r, before < 0 ? &later : e) < 0 ? ERR_AGAIN : before;
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

void refill_kept(struct guard *g, const char *invite, const char *data, size_t len)
{
	const char *key[] = { "r:", invite };
	struct command c;

	if (data) {
		set(g, key, (struct guard_field){ NULL, data, len }, 0);
		return;
	}
	begin(g, &c, "DEL", key);
	end(g, &c);
}

void refill_address(struct guard *g, const char *address, const char *invite)
{
	set_text(g, (const char *[]){ "a:", address }, invite, 0);
}

void refill_token(struct guard *g, const char *token_sha256, const char *delivery, int64_t ms)
{
	set_text(g, (const char *[]){ "k:", token_sha256 }, delivery, ms > 0 ? ms : 1);
}

/* As guard_settle.lua writes it. */
void refill_receipt(struct guard *g, const char *name, const char *delivery,
		    const char *recipient_hash, int64_t ms)
{
	autofree char *text = xasprintf("%s %s", delivery, recipient_hash);

	set_text(g, (const char *[]){ "m:", name }, text, ms > 0 ? ms : 1);
}

/* As guard_decide.lua writes it. */
void refill_event(struct guard *g, const struct refill_event *ev)
{
	autofree char *text = xasprintf("%s/%d/%lld\n%lld\n%s\n%s", ev->coords.topic,
					(int)ev->coords.partition, (long long)ev->coords.offset,
					(long long)ev->slot_ms, ev->first, ev->plan);

	set_text(g, (const char *[]){ "e:", ev->hash }, text,
		 ev->memory_ms > 0 ? ev->memory_ms : 1);
}

/* As guard_record.lua reads it: held by nobody, and of no record. */
void refill_claim(struct guard *g, const struct refill_claim *c)
{
	autofree char *line =
		xasprintf("1|%lld|%s|||0|0|%lld|%s|%lld|0|", (long long)c->turn, c->verdict,
			  (long long)c->first_ms, c->kid ? c->kid : "", (long long)c->doubts);

	set_text(g, (const char *[]){ "c:", c->delivery }, line, c->memory_ms);
}

static void count(struct refill_due *due, const char *reason)
{
	struct refill_reason *r = due->reasons;

	while (r->n && strcmp(r->name, reason) != 0)
		r++;
	assert(r < due->reasons + REFILL_REASONS_MAX && strlen(reason) < sizeof(r->name));
	text_put(r->name, sizeof(r->name), reason);
	r->n++;
}

/* As park() of later_put.lua does. */
void refill_later(struct guard *g, const struct later_item *item, struct refill_due *due)
{
	autobuf packed = BUF_INIT(LATER_PACKED_MAX_BYTES);
	char text[INT_TEXT_SIZE];

	later_pack(item, item->turn, &packed);
	set(g, (const char *[]){ "l:", item->id },
	    (struct guard_field){ NULL, packed.data, packed.len }, 0);
	redis_word(&due->words, text, int_text(text, item->due_ms));
	redis_word(&due->words, item->id, strlen(item->id));
	due->n++;
	count(due, item->reason ? item->reason : "");
}

void refill_due(struct guard *g, struct refill_due *due)
{
	autofree char *key = xasprintf("%slater", guard_options(g)->prefix);
	struct command c;

	if (!due->n)
		return;
	redis_add_multi(guard_redis(g));
	redis_add_words(guard_redis(g), (const char *[]){ "ZADD", key }, 2,
			(struct redis_words){ &due->words, 2 * due->n });
	for (size_t i = 0; i < REFILL_REASONS_MAX && due->reasons[i].n; i++) {
		begin(g, &c, "HINCRBY", (const char *[]){ "later:reasons", "" });
		word(&c, due->reasons[i].name);
		number(&c, due->reasons[i].n);
		end(g, &c);
	}
	buf_clear(&due->words);
	*due = (struct refill_due){ 0 };
}

void refill_limit(struct guard *g, const char *name, int64_t line_us, int64_t ms)
{
	char text[INT_TEXT_SIZE];

	int_text(text, line_us);
	set_text(g, (const char *[]){ "g:", name }, text, ms > 0 ? ms : 1);
}

void refill_ask_kept(struct guard *g, const char *invite)
{
	autofree char *key = xasprintf("%sr:%s", guard_options(g)->prefix, invite);
	const char *argv[] = { "GET", key };

	redis_add(guard_redis(g), (int)ARRAY_LEN(argv), argv, NULL);
}

const char *refill_kept_answer(struct guard *g, size_t i, size_t *len)
{
	const struct redis_reply *v = redis_reply(guard_redis(g), i);
	const char *found = redis_str(v, len);

	return redis_type(v) == REDIS_NIL ? NULL : found;
}

int refill_read_kept(struct guard *g, const char *invite, char **data, size_t *len, struct err *e)
{
	const char *found;

	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	refill_ask_kept(g, invite);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	found = refill_kept_answer(g, 0, len);
	*data = found ? xmemdup(found, *len + 1) : NULL;
	return OK;
}
