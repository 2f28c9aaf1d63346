/* Reading replies without ever meeting a surprise: whatever is not there is a nil. */
#include "redis.h"

#include <stdlib.h>

#include <hiredis/hiredis.h>

static const redisReply nil = { .type = REDIS_REPLY_NIL };

static const redisReply *of(const struct redis_reply *v)
{
	return (const redisReply *)v;
}

enum redis_type redis_type(const struct redis_reply *v)
{
	static const enum redis_type types[] = {
		[REDIS_REPLY_STRING] = REDIS_STRING, [REDIS_REPLY_STATUS] = REDIS_STRING,
		[REDIS_REPLY_INTEGER] = REDIS_INT,   [REDIS_REPLY_ARRAY] = REDIS_ARRAY,
		[REDIS_REPLY_ERROR] = REDIS_ERROR,   [REDIS_REPLY_NIL] = REDIS_NIL,
	};
	int type = of(v)->type;

	return type > 0 && type < (int)(sizeof(types) / sizeof(types[0])) ? types[type] : REDIS_NIL;
}

int64_t redis_int(const struct redis_reply *v)
{
	char *end;

	if (of(v)->type == REDIS_REPLY_INTEGER)
		return of(v)->integer;
	if (redis_type(v) != REDIS_STRING)
		return 0;
	int64_t n = strtoll(of(v)->str, &end, 10);

	return *end == '\0' ? n : 0;
}

const char *redis_str(const struct redis_reply *v, size_t *len)
{
	enum redis_type type = redis_type(v);
	bool text = type == REDIS_STRING || type == REDIS_ERROR;

	if (len)
		*len = text ? of(v)->len : 0;
	return text ? of(v)->str : "";
}

size_t redis_len(const struct redis_reply *v)
{
	return redis_type(v) == REDIS_ARRAY ? of(v)->elements : 0;
}

const struct redis_reply *redis_at(const struct redis_reply *v, size_t i)
{
	return (const struct redis_reply *)(i < redis_len(v) ? of(v)->element[i] : &nil);
}

/* The first error among them, of a transaction's too; NULL = none. */
static const struct redis_reply *find_error(const struct redis_reply *v)
{
	if (redis_type(v) == REDIS_ERROR)
		return v;
	for (size_t i = 0; i < redis_len(v); i++)
		if (redis_type(redis_at(v, i)) == REDIS_ERROR)
			return redis_at(v, i);
	return NULL;
}

int redis_check(const struct redis *r, struct err *e)
{
	for (size_t i = 0; i < redis_replies(r); i++) {
		const struct redis_reply *error = find_error(redis_reply(r, i));

		if (error)
			return err_set(e, ERR_AGAIN, "redis: %s", redis_str(error, NULL));
	}
	return OK;
}
