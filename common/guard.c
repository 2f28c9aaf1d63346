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

#include "guard_address_lua.h"
#include "guard_claim_lua.h"
#include "guard_decide_lua.h"
#include "guard_drop_lua.h"
#include "guard_epilogue_lua.h"
#include "guard_epoch_lua.h"
#include "guard_event_lua.h"
#include "guard_limit_lua.h"
#include "guard_prologue_lua.h"
#include "guard_receipt_lua.h"
#include "guard_record_lua.h"
#include "guard_release_lua.h"
#include "guard_settle_lua.h"
#include "guard_slot_lua.h"
#include "guard_view_gone_lua.h"
#include "guard_view_lua.h"
#include "later_cancel_lua.h"
#include "later_drop_lua.h"
#include "later_lease_lua.h"
#include "later_forward_lua.h"
#include "later_groups_lua.h"
#include "later_list_lua.h"
#include "later_park_lua.h"
#include "later_put_lua.h"
#include "later_stats_lua.h"

#define EPOCH_ID_MAX 64
#define DRAWN_BYTES 16
#define DRAWN_SIZE (CRYPTO_BASE64URL_LEN(DRAWN_BYTES) + 1)
#define SCRIPT_PARTS_MAX 6

/* A script is its parts, one after the other. */
/* clang-format off */
#define BATCHED(...) { guard_prologue_lua, __VA_ARGS__, guard_epilogue_lua }
/* clang-format on */

static const struct {
	const char *name, *parts[SCRIPT_PARTS_MAX];
} script_table[SCRIPT_COUNT] = {
	[SCRIPT_EVENT] = { "guard_event", BATCHED(guard_event_lua) },
	[SCRIPT_DECIDE] = { "guard_decide", BATCHED(guard_slot_lua, later_put_lua,
						    guard_address_lua, guard_decide_lua) },
	[SCRIPT_CLAIM] = { "guard_claim",
			   BATCHED(guard_record_lua, guard_limit_lua, guard_claim_lua) },
	[SCRIPT_SETTLE] = { "guard_settle", BATCHED(guard_record_lua, later_put_lua,
						    guard_address_lua, guard_settle_lua) },
	[SCRIPT_RELEASE] = { "guard_release", BATCHED(guard_record_lua, guard_release_lua) },
	[SCRIPT_DROP] = { "guard_drop", BATCHED(guard_drop_lua) },
	[SCRIPT_LATER_PARK] = { "later_park", BATCHED(later_put_lua, later_park_lua) },
	[SCRIPT_LATER_CANCEL] = { "later_cancel", BATCHED(later_put_lua, later_cancel_lua) },
	[SCRIPT_LATER_LEASE] = { "later_lease", BATCHED(later_lease_lua) },
	[SCRIPT_LATER_DROP] = { "later_drop", BATCHED(later_put_lua, later_drop_lua) },
	[SCRIPT_LATER_LIST] = { "later_list", BATCHED(later_list_lua) },
	[SCRIPT_LATER_STATS] = { "later_stats", BATCHED(later_stats_lua) },
	[SCRIPT_LATER_GROUPS] = { "later_groups", BATCHED(later_groups_lua) },
	[SCRIPT_LATER_FORWARD] = { "later_forward", BATCHED(guard_slot_lua, later_forward_lua) },
	[SCRIPT_VIEW] = { "guard_view", BATCHED(guard_view_lua) },
	[SCRIPT_VIEW_GONE] = { "guard_view_gone", BATCHED(guard_view_gone_lua) },
	[SCRIPT_RECEIPT] = { "guard_receipt", BATCHED(guard_receipt_lua) },
	[SCRIPT_EPOCH] = { "guard_epoch", { guard_epoch_lua } },
};

/* What waits for guard_run, in the order of adding, and where its reply will be. */
struct operation {
	guard_fill *fill; /* NULL = nobody asks */
	void *out;
	size_t reply, at;
};

struct guard {
	struct guard_options o; /* strings are ours */
	struct redis *redis;
	struct redis_script scripts[SCRIPT_COUNT];
	char epoch[EPOCH_ID_MAX];
	bool ready;
	bool refused;		  /* Redis answered with an error: it is full, a replica, ... */
	struct guard_batch batch; /* not yet queued */
	size_t nqueued;
	struct operation *ops;
	size_t nops, cap;
	bool awaited; /* heard already: what came of it */
	int answer;
	struct err why;
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
	struct redis_options redis = { .url = o->redis_url,
				       .password = o->redis_password,
				       .name = o->client_name,
				       .timeout_ms = o->timeout_ms };
	struct guard *g = xcalloc(1, sizeof(*g));
	char drawn[DRAWN_SIZE];
	int r;

	for (enum guard_script s = 0; s < SCRIPT_COUNT; s++)
		g->scripts[s] = (struct redis_script){ script_table[s].name, source_of(s), "" };
	g->batch.words = (struct buf)BUF_INIT(0);
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
	batch_clear(&g->batch);
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

/* Reads the epoch, adopts it where Redis came back under another run_id, and writes `create` where
   there is none ("" = do not). After a refusal it is written as it is: who can only be read from is
   not whole. */
static int epoch_read(struct guard *g, const char *create, bool *created, struct err *e)
{
	const char *argv[] = { g->o.prefix, redis_run_id(g->redis), create,
			       redis_fails_over(g->redis) ? "1" : "0", g->refused ? "1" : "0" };
	size_t len;

	redis_add_script(g->redis, &g->scripts[SCRIPT_EPOCH], (int)ARRAY_LEN(argv), argv, NULL);
	if (redis_run(g->redis, e) < 0)
		return ERR_AGAIN;
	const struct redis_reply *v = redis_reply(g->redis, 0);
	const char *id = redis_str(redis_at(v, 0), &len);

	if (redis_type(v) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "redis: %s", redis_str(v, NULL));
	if (len == 0)
		return err_set(
			e, ERR_AGAIN,
			"redis: epoch missing; run beckon rebuild, or init where all is new");
	if (len >= sizeof(g->epoch))
		return err_set(e, ERR_AGAIN, "redis: the epoch is none of ours: %zu characters",
			       len);
	g->refused = false;
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

	if (redis_under_way(g->redis)) /* its answer will tell */
		return g->ready ? OK : err_set(e, ERR_AGAIN, "redis: it is being made anew");
	return connect_and_read(g, "", &created, e);
}

bool guard_is_ready(const struct guard *g)
{
	return g->ready && redis_connected(g->redis);
}

const char *guard_epoch(const struct guard *g)
{
	return g->epoch;
}

int guard_init_epoch(struct guard *g, bool *created, struct err *e)
{
	char id[DRAWN_SIZE];

	return connect_and_read(g, draw(id), created, e);
}

/* ---- running ---- */

static void send_batch(struct guard *g)
{
	char number[4][INT_TEXT_SIZE];
	const int64_t values[4] = { now_skew_ms(), g->o.incarnation, g->o.event_memory_s * 1000,
				    g->o.delivery_memory_s * 1000 };
	const char *head[BATCH_HEAD] = { g->o.prefix, g->epoch,	   redis_run_id(g->redis),
					 number[0],   g->o.holder, number[1],
					 number[2],   number[3] };

	if (g->batch.operations == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		int_text(number[i], values[i]);
	batch_send(&g->batch, g->redis, &g->scripts[g->batch.script], head);
	batch_reset(&g->batch);
	g->nqueued++;
}

void guard_add_call(struct guard *g, enum guard_script s, const struct guard_call *c,
		    guard_fill *fill, void *out)
{
	if (!batch_takes(&g->batch, s))
		send_batch(g);
	if (g->nops == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		g->ops = xrealloc(g->ops, g->cap * sizeof(*g->ops));
	}
	g->ops[g->nops++] = (struct operation){ fill, out, g->nqueued, g->batch.operations };
	batch_add(&g->batch, s, c);
}

/* Did Redis do what was asked? */
static int reply_check(struct guard *g, const struct redis_reply *v, struct err *e)
{
	g->refused = redis_type(v) == REDIS_ERROR;
	if (g->refused)
		return err_set(e, ERR_AGAIN, "redis: %s", redis_str(v, NULL));
	if (strcmp(redis_str(redis_at(v, 0), NULL), "epoch") == 0)
		return err_set(e, ERR_AGAIN, "redis: epoch missing or changed");
	return OK;
}

static int hear_checked(struct guard *g, struct err *e)
{
	if (redis_hear(g->redis, e) < 0)
		return ERR_AGAIN;
	for (size_t i = 0; i < redis_replies(g->redis); i++)
		if (reply_check(g, redis_reply(g->redis, i), e) < 0)
			return ERR_AGAIN;
	return OK;
}

void guard_send(struct guard *g)
{
	send_batch(g);
	if (g->nops)
		redis_send(g->redis);
}

static int hear(struct guard *g, struct err *e)
{
	size_t n = g->nops;
	int r = n ? hear_checked(g, e) : OK;

	g->nops = g->nqueued = 0;
	if (r < 0) {
		g->ready = false;
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		const struct operation *op = &g->ops[i];

		if (op->fill)
			op->fill(redis_at(redis_reply(g->redis, op->reply), op->at), op->out);
	}
	return OK;
}

bool guard_answered(const struct guard *g)
{
	return !redis_under_way(g->redis) || redis_answered(g->redis);
}

void guard_await(struct guard *g)
{
	if (!redis_under_way(g->redis))
		return;
	g->awaited = true;
	g->answer = hear(g, &g->why);
}

int guard_hear(struct guard *g, struct err *e)
{
	if (!g->awaited)
		return hear(g, e);
	g->awaited = false;
	return g->answer < 0 ? err_set(e, g->answer, "%s", g->why.text) : OK;
}

/* Of what was awaited before guard_hear tells still: that is another question's answer. */
int guard_run(struct guard *g, struct err *e)
{
	guard_send(g);
	return hear(g, e);
}
