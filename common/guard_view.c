#include "guard_view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guard_call.h"
#include "mem.h"
#include "redis.h"

#define ASK_WORDS_MAX 16

static void place(struct guard_call *c, const struct guard_view_place *p)
{
	call_str(c, p->status);
	call_str(c, p->code);
	call_str(c, p->batch);
}

static void fill(const struct redis_reply *v, void *out)
{
	((struct guard_view *)out)->lost = redis_int(v) != 0;
}

void guard_add_view(struct guard *g, struct guard_view *v)
{
	struct guard_call c;

	assert(v->nlines <= GUARD_VIEW_LINES_MAX);
	call_begin(&c);
	call_str(&c, v->tenant);
	call_str(&c, v->invite);
	call_int(&c, v->version);
	call_bytes(&c, v->value, v->len);
	call_int(&c, v->updated_ms);
	place(&c, &v->now);
	place(&c, &v->before);
	for (size_t i = 0; i < v->nlines; i++)
		call_bytes(&c, v->lines[i].bytes, v->lines[i].len);
	guard_add_call(g, SCRIPT_VIEW, &c, fill, v);
}

static void fill_gone(const struct redis_reply *v, void *out)
{
	((struct guard_view_gone *)out)->lost = redis_int(v) != 0;
}

void guard_add_view_gone(struct guard *g, struct guard_view_gone *v)
{
	struct guard_call c;

	call_begin(&c);
	call_str(&c, v->tenant);
	call_str(&c, v->invite);
	call_int(&c, v->version);
	place(&c, &v->was);
	guard_add_call(g, SCRIPT_VIEW_GONE, &c, fill_gone, v);
}

void guard_view_ask(struct guard *g, int argc, const char **argv)
{
	autofree char *key = xasprintf("%s%s", guard_options(g)->prefix, argv[1]);
	const char *words[ASK_WORDS_MAX];

	assert(argc <= ASK_WORDS_MAX);
	memcpy(words, argv, (size_t)argc * sizeof(*words));
	words[1] = key;
	redis_add(guard_redis(g), argc, words, NULL);
}

void guard_view_send(struct guard *g)
{
	redis_send(guard_redis(g));
}

int guard_view_hear(struct guard *g, struct err *e)
{
	struct redis *r = guard_redis(g);

	return redis_hear(r, e) < 0 ? ERR_AGAIN : redis_check(r, e);
}

int guard_view_read(struct guard *g, struct err *e)
{
	guard_view_send(g);
	return guard_view_hear(g, e);
}

const struct redis_reply *guard_view_answer(struct guard *g, size_t i)
{
	return redis_reply(guard_redis(g), i);
}
