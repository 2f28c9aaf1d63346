#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "redis.h"

/* ---- asking ---- */

/* One command of two or more words; the reply lives until the next. */
static const struct redis_reply *ask(struct redis *r, int argc, const char **argv, struct err *e)
{
	redis_add(r, argc, argv, NULL);
	if (redis_run(r, e) < 0)
		return NULL;
	if (redis_type(redis_reply(r, 0)) != REDIS_ERROR)
		return redis_reply(r, 0);
	err_set(e, ERR_AGAIN, "redis: %s", redis_str(redis_reply(r, 0), NULL));
	return NULL;
}

static void fill(struct link_facts *f, const struct redis_reply *v)
{
	f->known = redis_type(redis_at(v, 0)) != REDIS_NIL;
	snprintf(f->state, sizeof(f->state), "%s", redis_str(redis_at(v, 0), NULL));
	f->generation = redis_int(redis_at(v, 1));
	f->expires_ms = redis_int(redis_at(v, 2));
}

static int read_time(struct redis *r, struct link_facts *f, struct err *e)
{
	const char *argv[] = { "TIME" };
	const struct redis_reply *v = ask(r, 1, argv, e);

	if (!v)
		return ERR_AGAIN;
	f->now_ms =
		redis_int(redis_at(v, 0)) * 1000 + redis_int(redis_at(v, 1)) / 1000 + now_skew_ms();
	return OK;
}

int facts_holder(struct guard *g, const char *prefix, const char *address_key,
		 char holder[IDS_KEY_SIZE], struct err *e)
{
	autofree char *address = xasprintf("%sa:%s", prefix, address_key);
	const char *get[] = { "GET", address };
	const struct redis_reply *v = ask(guard_redis(g), 2, get, e);

	if (!v)
		return ERR_AGAIN;
	snprintf(holder, IDS_KEY_SIZE, "%s", redis_str(v, NULL));
	return OK;
}

int facts_read(struct guard *g, const char *prefix, const char *key, struct link_facts *out,
	       struct err *e)
{
	struct redis *r = guard_redis(g);
	autofree char *state = xasprintf("%sd:%s", prefix, key);
	const char *fields[] = { "HMGET", state, "state", "gen", "exp", "ak" };
	const struct redis_reply *v;
	struct link_facts f = { 0 };

	if (read_time(r, &f, e) || !(v = ask(r, ARRAY_LEN(fields), fields, e)))
		return ERR_AGAIN;
	fill(&f, v);
	autofree char *address = xstrdup(redis_str(redis_at(v, 3), NULL));

	if (facts_holder(g, prefix, address, f.holder, e))
		return ERR_AGAIN;
	*out = f;
	return OK;
}

int facts_kept(struct guard *g, const char *prefix, const char *key, json_t **data, struct err *e)
{
	autofree char *name = xasprintf("%sr:%s", prefix, key);
	const char *get[] = { "GET", name };
	const struct redis_reply *v = ask(guard_redis(g), 2, get, e);
	const char *text;
	size_t len;

	if (!v)
		return ERR_AGAIN;
	text = redis_str(v, &len);
	*data = NULL;
	if (len)
		json_text_parse(text, len, data, NULL);
	return OK;
}

int facts_of_token(struct guard *g, const char *prefix, const char *token_sha256,
		   char delivery[IDS_DELIVERY_SIZE], struct err *e)
{
	autofree char *key = xasprintf("%sk:%s", prefix, token_sha256);
	const char *get[] = { "GET", key };
	const struct redis_reply *v = ask(guard_redis(g), 2, get, e);

	if (!v)
		return ERR_AGAIN;
	snprintf(delivery, IDS_DELIVERY_SIZE, "%s", redis_str(v, NULL));
	return OK;
}

/* ---- links ---- */

const char *link_token(const char *link, char *out, size_t size)
{
	static const char name[] = "token=";
	const char *at = link;

	for (const char *p = link; (p = strstr(p, name)); p++)
		if (p > link && (p[-1] == '?' || p[-1] == '&'))
			at = p + sizeof(name) - 1;
	snprintf(out, size, "%.*s", (int)strcspn(at, at == link ? "\r\n" : "&#\r\n"), at);
	return out;
}
