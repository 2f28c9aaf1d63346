/* Who makes Redis anew: one of many, by a lease; and what it empties first. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "guard_call.h"
#include "guard_refill.h"
#include "mem.h"
#include "redis.h"

#include "guard_rebuild_lua.h"

#define ID_BYTES 16
#define SCAN_COUNT "2000"
#define PATIENCE_MS 5000 /* a MiB at once, and a disk that others use; less than the lease */

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
	const char *unwatch = "UNWATCH"; /* we have changed it ourselves */

	int_text(lease, a->lease_ms);
	int_text(done, a->done);
	int_text(total, a->total);
	redis_add(r, (int)ARRAY_LEN(argv), argv, NULL);
	redis_add(r, 1, &unwatch, NULL);
	if (a->lease_ms)
		refill_watch(g);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	*out = (enum refill_answer)redis_int(redis_reply(r, 0));
	redis_patience(r, a->lease_ms && *out == REFILL_MINE ? PATIENCE_MS : 0);
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

/* Queues the removal of found keys but those that begin with `spared`; returns how many. */
static int64_t remove_found(struct guard *g, const struct redis_reply *keys, const char *spared)
{
	size_t n = redis_len(keys), len, spared_len = strlen(spared);
	autofree const char **argv = xcalloc(n + 1, sizeof(*argv));
	autofree size_t *lens = xcalloc(n + 1, sizeof(*lens));
	int words = 0;

	argv[words] = "UNLINK";
	lens[words++] = 6;
	for (size_t i = 0; i < n; i++) {
		const char *key = redis_str(redis_at(keys, i), &len);

		if (len >= spared_len && !memcmp(key, spared, spared_len))
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

/* All whose name begins with `begin`, but those that begin with `spare`. */
static int wipe(struct guard *g, const char *begin, const char *spare, int64_t *cursor,
		int64_t *removed, struct err *e)
{
	struct redis *r = guard_redis(g);
	autofree char *from = xasprintf("%s%s", guard_options(g)->prefix, begin);
	autofree char *pattern = pattern_of(from);
	autofree char *spared = xasprintf("%s%s", guard_options(g)->prefix, spare);
	char at[INT_TEXT_SIZE];
	const char *argv[] = { "SCAN", at, "MATCH", pattern, "COUNT", SCAN_COUNT };

	int_text(at, *cursor);
	redis_add(r, (int)ARRAY_LEN(argv), argv, NULL);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	const struct redis_reply *v = redis_reply(r, 0);

	*cursor = redis_int(redis_at(v, 0));
	if (redis_len(redis_at(v, 1)) && !*begin)
		redis_add_multi(r); /* by whoever has the lease */
	*removed += remove_found(g, redis_at(v, 1), spared);
	return refill_run(g, e);
}

int refill_wipe(struct guard *g, int64_t *cursor, int64_t *removed, struct err *e)
{
	return wipe(g, "", "rebuild", cursor, removed, e);
}

int refill_wipe_view(struct guard *g, int64_t *cursor, struct err *e)
{
	int64_t removed = 0;

	return wipe(g, "v", "vf", cursor, &removed, e);
}
