#include "guard_refill.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

#include "guard_rebuild_lua.h"

#define ID_BYTES 16
#define SCAN_COUNT "2000"
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

/* ---- who does it ---- */

struct asking {
	const char *by, *what, *id, *phase;
	int64_t lease_ms, done, total;
};

static int ask(struct guard *g, const struct asking *a, enum refill_answer *out, struct err *e)
{
	char lease[INT_TEXT_SIZE], done[INT_TEXT_SIZE], total[INT_TEXT_SIZE];
	struct redis *r = guard_redis(g);
	const char *argv[] = { "EVAL",		guard_rebuild_lua, "0",	  guard_options(g)->prefix,
			       a->by,		a->what,	   lease, a->id,
			       redis_run_id(r), a->phase,	   done,  total };

	int_text(lease, a->lease_ms);
	int_text(done, a->done);
	int_text(total, a->total);
	redis_add(r, (int)ARRAY_LEN(argv), argv, NULL);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	*out = (enum refill_answer)redis_int(redis_reply(r, redis_replies(r) - 1));
	return OK;
}

int refill_hold(struct guard *g, bool first, int64_t lease_ms, const struct refill_progress *mine,
		enum refill_answer *out, struct err *e)
{
	struct asking a = { .by = mine->by,
			    .what = first ? "take" : "keep",
			    .id = "",
			    .phase = mine->phase,
			    .lease_ms = lease_ms,
			    .done = mine->done,
			    .total = mine->total };

	return ask(g, &a, out, e);
}

int refill_finish(struct guard *g, const char *by, enum refill_answer *out, struct err *e)
{
	unsigned char drawn[ID_BYTES];
	char id[CRYPTO_BASE64URL_LEN(ID_BYTES) + 1];
	struct asking a = { .by = by, .what = "finish", .id = id, .phase = "" };

	crypto_random(drawn, sizeof(drawn));
	crypto_base64url(drawn, sizeof(drawn), id);
	return ask(g, &a, out, e);
}

int refill_leave(struct guard *g, const char *by, struct err *e)
{
	struct asking a = { .by = by, .what = "drop", .id = "", .phase = "" };
	enum refill_answer answer;

	return ask(g, &a, &answer, e);
}

int refill_look(struct guard *g, struct refill_progress *out, struct err *e)
{
	struct redis *r = guard_redis(g);
	autofree char *key = xasprintf("%srebuild:progress", guard_options(g)->prefix);
	const char *argv[] = { "HMGET", key, "by", "phase", "done", "total" };

	redis_add(r, (int)ARRAY_LEN(argv), argv, NULL);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	const struct redis_reply *v = redis_reply(r, 0);

	text_put(out->by, sizeof(out->by), redis_str(redis_at(v, 0), NULL));
	text_put(out->phase, sizeof(out->phase), redis_str(redis_at(v, 1), NULL));
	out->done = redis_int(redis_at(v, 2));
	out->total = redis_int(redis_at(v, 3));
	return OK;
}

int refill_condemn(struct guard *g, struct err *e)
{
	autofree char *key = xasprintf("%sepoch", guard_options(g)->prefix);
	const char *argv[] = { "DEL", key };

	redis_add(guard_redis(g), 2, argv, NULL);
	return refill_run(g, e);
}

/* Queues the removal of found keys; returns how many. */
static int64_t remove_found(struct guard *g, const struct redis_reply *keys, const char *lock)
{
	size_t n = redis_len(keys), len, lock_len = strlen(lock);
	autofree const char **argv = xcalloc(n + 1, sizeof(*argv));
	autofree size_t *lens = xcalloc(n + 1, sizeof(*lens));
	int words = 0;

	argv[words] = "UNLINK";
	lens[words++] = 6;
	for (size_t i = 0; i < n; i++) {
		const char *key = redis_str(redis_at(keys, i), &len);

		if (len >= lock_len && !memcmp(key, lock, lock_len))
			continue;
		argv[words] = key;
		lens[words++] = len;
	}
	if (words > 1)
		redis_add(guard_redis(g), words, argv, lens);
	return words - 1;
}

/* In a pattern these stand for more than themselves. */
static char *pattern_of(const char *prefix)
{
	autobuf out = BUF_INIT(0);

	for (; *prefix; prefix++) {
		if (strchr("*?[]\\^", *prefix))
			buf_byte(&out, '\\');
		buf_byte(&out, *prefix);
	}
	buf_byte(&out, '*');
	return buf_take(&out);
}

int refill_wipe(struct guard *g, int64_t *cursor, int64_t *removed, struct err *e)
{
	struct redis *r = guard_redis(g);
	autofree char *pattern = pattern_of(guard_options(g)->prefix);
	autofree char *lock = xasprintf("%srebuild", guard_options(g)->prefix);
	char at[INT_TEXT_SIZE];
	const char *argv[] = { "SCAN", at, "MATCH", pattern, "COUNT", SCAN_COUNT };

	int_text(at, *cursor);
	redis_add(r, (int)ARRAY_LEN(argv), argv, NULL);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	const struct redis_reply *v = redis_reply(r, 0);

	*cursor = redis_int(redis_at(v, 0));
	*removed += remove_found(g, redis_at(v, 1), lock);
	return refill_run(g, e);
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

/* As park() of later_put.lua does. */
void refill_later(struct guard *g, const struct later_item *item)
{
	autobuf packed = BUF_INIT(LATER_PACKED_MAX_BYTES);
	struct command c;

	later_pack(item, item->turn, &packed);
	set(g, (const char *[]){ "l:", item->id },
	    (struct guard_field){ NULL, packed.data, packed.len }, 0);
	begin(g, &c, "ZADD", (const char *[]){ "later", "" });
	number(&c, item->due_ms);
	word(&c, item->id);
	end(g, &c);
	begin(g, &c, "HINCRBY", (const char *[]){ "later:reasons", "" });
	word(&c, item->reason ? item->reason : "");
	word(&c, "1");
	end(g, &c);
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
