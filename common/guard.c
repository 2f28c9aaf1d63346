#include "guard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "guard_call.h"
#include "mem.h"
#include "now.h"
#include "redis.h"

#include "guard_claim_lua.h"
#include "guard_decide_lua.h"
#include "guard_epoch_lua.h"
#include "guard_event_lua.h"
#include "guard_limit_lua.h"
#include "guard_prologue_lua.h"
#include "guard_release_lua.h"
#include "guard_settle_lua.h"
#include "guard_slot_lua.h"
#include "guard_state_lua.h"
#include "later_cancel_lua.h"
#include "later_drop_lua.h"
#include "later_lease_lua.h"
#include "later_park_lua.h"
#include "later_put_lua.h"
#include "later_stats_lua.h"

#define EPOCH_ID_MAX 64
#define DRAWN_BYTES 16
#define DRAWN_SIZE (CRYPTO_BASE64URL_LEN(DRAWN_BYTES) + 1)
#define SCRIPT_PARTS_MAX 4

/* A script is its parts, one after the other. */
static const struct {
	const char *name, *parts[SCRIPT_PARTS_MAX];
} script_table[SCRIPT_COUNT] = {
	[SCRIPT_EPOCH] = { "guard_epoch", { guard_epoch_lua } },
	[SCRIPT_EVENT] = { "guard_event", { guard_prologue_lua, guard_event_lua } },
	[SCRIPT_DECIDE] = { "guard_decide", { guard_prologue_lua, guard_slot_lua, guard_decide_lua } },
	[SCRIPT_CLAIM] = { "guard_claim", { guard_prologue_lua, guard_state_lua, guard_limit_lua, guard_claim_lua } },
	[SCRIPT_SETTLE] = { "guard_settle", { guard_prologue_lua, guard_state_lua, later_put_lua, guard_settle_lua } },
	[SCRIPT_RELEASE] = { "guard_release", { guard_prologue_lua, guard_release_lua } },
	[SCRIPT_PARK] = { "later_park", { guard_prologue_lua, later_put_lua, later_park_lua } },
	[SCRIPT_CANCEL] = { "later_cancel", { guard_prologue_lua, later_cancel_lua } },
	[SCRIPT_LEASE] = { "later_lease", { guard_prologue_lua, later_lease_lua } },
	[SCRIPT_DROP] = { "later_drop", { guard_prologue_lua, later_drop_lua } },
	[SCRIPT_STATS] = { "later_stats", { guard_prologue_lua, later_stats_lua } },
};

/* A call that waits for guard_run, in the order of adding. */
struct operation {
	const char *name;
	guard_fill *fill; /* NULL = nobody wants the reply */
	void *out;
};

struct guard {
	struct guard_options o; /* strings are ours */
	struct redis *redis;
	struct redis_script scripts[SCRIPT_COUNT];
	char epoch[EPOCH_ID_MAX];
	bool ready;
	struct operation *ops;
	size_t nops, cap;
};

/* ---- life ---- */

/* A name that nobody else has. */
static const char *draw(char id[DRAWN_SIZE])
{
	unsigned char bytes[DRAWN_BYTES];

	crypto_random(bytes, sizeof(bytes));
	crypto_base64url(bytes, sizeof(bytes), id);
	return id;
}

static char *source_of(enum guard_script s)
{
	autobuf source = BUF_INIT(0);

	for (size_t i = 0; i < SCRIPT_PARTS_MAX && script_table[s].parts[i]; i++)
		buf_str(&source, script_table[s].parts[i]);
	return buf_take(&source);
}

int guard_new(struct guard **out, const struct guard_options *o, struct err *e)
{
	struct redis_options redis = { .url = o->redis_url, .password = o->redis_password, .name = o->client_name,
				       .timeout_ms = o->timeout_ms };
	struct guard *g = xcalloc(1, sizeof(*g));
	char drawn[DRAWN_SIZE];
	int r;

	for (enum guard_script s = 0; s < SCRIPT_COUNT; s++)
		g->scripts[s] = (struct redis_script){ script_table[s].name, source_of(s), "" };
	g->o = *o;
	g->o.prefix = xstrdup(o->prefix ? o->prefix : "beckon:");
	g->o.holder = xstrdup(o->holder ? o->holder : draw(drawn));
	if ((r = redis_new(&g->redis, &redis, g->scripts, SCRIPT_COUNT, e)) < 0) {
		guard_free(g);
		return r;
	}
	*out = g;
	return OK;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	redis_free(g->redis);
	for (enum guard_script s = 0; s < SCRIPT_COUNT; s++)
		free((char *)g->scripts[s].source);
	free((char *)g->o.prefix);
	free((char *)g->o.holder);
	free(g->ops);
	free(g);
}

struct redis *guard_redis(struct guard *g)
{
	return g->redis;
}

const struct guard_options *guard_options(const struct guard *g)
{
	return &g->o;
}

/* ---- the epoch ---- */

/* Reads the epoch, adopts it where Redis came back under another run_id, and writes `create` where there
   is none ("" = do not). */
static int epoch_read(struct guard *g, const char *create, bool *created, struct err *e)
{
	const char *argv[] = { g->o.prefix, redis_run_id(g->redis), create };
	size_t len;

	redis_add_script(g->redis, &g->scripts[SCRIPT_EPOCH], 3, argv, NULL);
	if (redis_run(g->redis, e) < 0)
		return ERR_AGAIN;
	const struct redis_reply *v = redis_reply(g->redis, 0);
	const char *id = redis_str(redis_at(v, 0), &len);

	if (redis_type(v) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "redis: %s", redis_str(v, NULL));
	if (len == 0)
		return err_set(e, ERR_AGAIN, "redis: epoch missing; run beckon init");
	if (len >= sizeof(g->epoch))
		return err_set(e, ERR_AGAIN, "redis: the epoch is none of ours: %zu characters", len);
	memcpy(g->epoch, id, len + 1);
	*created = redis_int(redis_at(v, 1)) == 1;
	return OK;
}

static int connect_and_read(struct guard *g, const char *create, bool *created, struct err *e)
{
	assert(g->nops == 0); /* what is queued was written for another epoch */
	g->ready = false;
	if (!redis_connected(g->redis) && redis_connect(g->redis, e) < 0)
		return ERR_AGAIN;
	if (epoch_read(g, create, created, e) < 0)
		return ERR_AGAIN;
	g->ready = true;
	return OK;
}

int guard_ready(struct guard *g, struct err *e)
{
	bool created;

	return connect_and_read(g, "", &created, e);
}

bool guard_is_ready(const struct guard *g)
{
	return g->ready && redis_connected(g->redis);
}

int guard_init_epoch(struct guard *g, bool *created, struct err *e)
{
	char id[DRAWN_SIZE];

	return connect_and_read(g, draw(id), created, e);
}

/* ---- calls ---- */

void call_bytes(struct guard_call *c, const char *bytes, size_t len)
{
	assert(c->n < CALL_ARGS_MAX);
	c->argv[c->n] = bytes ? bytes : "";
	c->len[c->n++] = bytes ? len : 0;
}

void call_str(struct guard_call *c, const char *s)
{
	call_bytes(c, s, s ? strlen(s) : 0);
}

/* Adds the n characters that were just printed at the end of text. */
static void call_printed(struct guard_call *c, int n)
{
	assert(n >= 0 && c->used + (size_t)n < sizeof(c->text));
	call_bytes(c, c->text + c->used, (size_t)n);
	c->used += (size_t)n;
}

void call_int(struct guard_call *c, int64_t v)
{
	call_printed(c, snprintf(c->text + c->used, sizeof(c->text) - c->used, "%lld", (long long)v));
}

void call_coords(struct guard_call *c, const struct coords *at)
{
	call_printed(c, snprintf(c->text + c->used, sizeof(c->text) - c->used, "%s/%d/%lld", at->topic,
				 (int)at->partition, (long long)at->offset));
}

void call_fields(struct guard_call *c, const struct guard_field *fields, size_t n)
{
	assert(n <= CALL_FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		call_str(c, fields[i].name);
		call_bytes(c, fields[i].value, fields[i].len);
	}
}

void call_limit(struct guard_call *c, const struct guard_limit *l)
{
	call_str(c, l->name);
	call_int(c, l->interval_us);
	call_int(c, l->burst);
}

void call_begin(struct guard_call *c, const struct guard *g)
{
	c->n = 0;
	c->used = 0;
	call_str(c, g->o.prefix);
	call_str(c, g->epoch);
	call_str(c, redis_run_id(g->redis));
	call_int(c, now_skew_ms());
}

static void operation_add(struct guard *g, const char *name, guard_fill *fill, void *out)
{
	if (g->nops == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		g->ops = xrealloc(g->ops, g->cap * sizeof(*g->ops));
	}
	g->ops[g->nops++] = (struct operation){ name, fill, out };
}

void call_add(struct guard *g, enum guard_script s, const struct guard_call *c, guard_fill *fill, void *out)
{
	redis_add_script(g->redis, &g->scripts[s], c->n, (const char **)c->argv, c->len);
	operation_add(g, script_table[s].name, fill, out);
}

void call_add_command(struct guard *g, int argc, const char **argv)
{
	redis_add(g->redis, argc, argv, NULL);
	operation_add(g, argv[0], NULL, NULL);
}

/* ---- running ---- */

/* Did Redis do what was asked? */
static int reply_check(const struct operation *op, const struct redis_reply *v, struct err *e)
{
	if (redis_type(v) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "redis: %s: %s", op->name, redis_str(v, NULL));
	if (strcmp(redis_str(redis_at(v, 0), NULL), "epoch") == 0)
		return err_set(e, ERR_AGAIN, "redis: epoch missing or changed");
	return OK;
}

static int run_checked(struct guard *g, size_t n, struct err *e)
{
	if (redis_run(g->redis, e) < 0)
		return ERR_AGAIN;
	for (size_t i = 0; i < n; i++)
		if (reply_check(&g->ops[i], redis_reply(g->redis, i), e) < 0)
			return ERR_AGAIN;
	return OK;
}

int guard_run(struct guard *g, struct err *e)
{
	size_t n = g->nops;

	g->nops = 0;
	if (n == 0)
		return OK;
	if (run_checked(g, n, e) < 0) {
		g->ready = false;
		return ERR_AGAIN;
	}
	for (size_t i = 0; i < n; i++)
		if (g->ops[i].fill)
			g->ops[i].fill(redis_reply(g->redis, i), g->ops[i].out);
	return OK;
}
