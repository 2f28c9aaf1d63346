#include "later_group.h"

#include "guard_call.h"
#include "redis.h"

struct listing {
	void (*each)(void *ctx, const char *name);
	void *ctx;
};

static void groups_fill(const struct redis_reply *v, void *out)
{
	const struct listing *l = out;

	for (size_t i = 0; i < redis_len(v); i++)
		l->each(l->ctx, redis_str(redis_at(v, i), NULL));
}

int later_groups(struct guard *g, void (*each)(void *ctx, const char *name), void *ctx,
		 struct err *e)
{
	struct listing listing = { each, ctx };
	struct guard_call call;

	call_begin(&call);
	guard_add_call(g, SCRIPT_LATER_GROUPS, &call, groups_fill, &listing);
	return guard_run(g, e);
}

static void forward_fill(const struct redis_reply *v, void *out)
{
	*(bool *)out = redis_int(v) > 0;
}

int later_forward(struct guard *g, const char *name, size_t max, bool *left, struct err *e)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, name);
	call_int(&call, (int64_t)max);
	guard_add_call(g, SCRIPT_LATER_FORWARD, &call, forward_fill, left);
	return guard_run(g, e);
}
