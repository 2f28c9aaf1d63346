/* One invite, batches, numbers and changes: a few plain reads each. */
#include <stdlib.h>
#include <string.h>

#include "guard_view.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "view_load.h"
#include "view_query.h"

#define CHANGES_DEFAULT 1000
#define ERROR_FIELD "error:"

static void ask(struct guard *g, const char *command, const char *kind, const char *of)
{
	autofree char *key = xasprintf("%s%s", kind, of);
	const char *argv[] = { command, key };

	guard_view_ask(g, 2, argv);
}

/* ---- one invite ---- */

/* The line of an outcome that was appended twice stands there twice, unless its bytes are the same.
 */
static bool is_there(const json_t *history, const json_t *line)
{
	size_t i;
	json_t *other;

	json_array_foreach (history, i, other) {
		if (json_equal(json_object_get(other, "id"), json_object_get(line, "id")))
			return true;
	}
	return false;
}

static int by_moment(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	const char *at = json_string_value(json_object_get(*x, "at"));
	const char *other = json_string_value(json_object_get(*y, "at"));

	return strcmp(at ? at : "", other ? other : "");
}

/* By the moment of telling: the topic's order is that of its partitions alone. */
static json_t *history_of(const struct redis_reply *v)
{
	size_t n = 0;
	autofree json_t **lines = xcalloc(redis_len(v) + 1, sizeof(*lines));
	json_t *history = json_array();

	for (size_t i = 0; i < redis_len(v); i++) {
		json_t *line = json_loads(redis_str(redis_at(v, i), NULL), 0, NULL);

		if (line)
			lines[n++] = line;
	}
	qsort(lines, n, sizeof(*lines), by_moment);
	for (size_t i = 0; i < n; i++) {
		if (!is_there(history, lines[i]))
			json_array_append(history, lines[i]);
		json_decref(lines[i]);
	}
	return history;
}

struct taking {
	json_t *row;
	bool masked;
};

static void take(void *ctx, const char *invite, const json_t *state, const json_t *kept)
{
	struct taking *t = ctx;

	(void)invite;
	t->row = view_row(state, kept, t->masked);
}

int view_one(struct guard *g, const struct view_name *name, json_t **out, struct err *e)
{
	struct taking t = { NULL, name->masked };
	struct view_load load = {
		.tenant = name->tenant, .names = &name->invite, .n = 1, .each = take, .ctx = &t
	};
	autofree char *key = xasprintf("vh:%s/%s", name->tenant, name->invite);
	const char *argv[] = { "LRANGE", key, "0", "-1" };

	*out = NULL;
	if (view_load(g, &load, e) < 0)
		return ERR_AGAIN;
	if (!t.row)
		return OK;
	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0) {
		json_decref(t.row);
		return ERR_AGAIN;
	}
	json_object_set_new(t.row, "history", history_of(guard_view_answer(g, 0)));
	*out = t.row;
	return OK;
}

/* ---- numbers ---- */

/* {counts, errors, total} from a hash of counts. */
static json_t *numbers_of(const struct redis_reply *v)
{
	json_t *counts = json_object(), *errors = json_object();
	int64_t total = 0;

	for (int s = 0; s < VIEW_STATUSES; s++)
		json_object_set_new(counts, view_statuses[s], json_integer(0));
	for (size_t i = 0; i + 1 < redis_len(v); i += 2) {
		const char *name = redis_str(redis_at(v, i), NULL);
		int64_t n = redis_int(redis_at(v, i + 1));

		if (!strncmp(name, ERROR_FIELD, sizeof(ERROR_FIELD) - 1)) {
			if (n)
				json_object_set_new(errors, name + sizeof(ERROR_FIELD) - 1,
						    json_integer(n));
		} else if (json_object_get(counts, name)) {
			json_object_set_new(counts, name, json_integer(n));
			total += n;
		}
	}
	return json_pack("{sososI}", "counts", counts, "errors", errors, "total",
			 (json_int_t)total);
}

int view_summary(struct guard *g, const char *tenant, json_t **out, struct err *e)
{
	ask(g, "HGETALL", "vc:", tenant);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	*out = numbers_of(guard_view_answer(g, 0));
	return OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int view_tenants(struct guard *g, json_t **out, struct err *e)
{
	const struct redis_reply *v;

	ask(g, "SMEMBERS", "vs", "");
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	v = guard_view_answer(g, 0);
	autofree const char **names = xcalloc(redis_len(v) + 1, sizeof(*names));

	for (size_t i = 0; i < redis_len(v); i++)
		names[i] = redis_str(redis_at(v, i), NULL);
	qsort(names, redis_len(v), sizeof(*names), by_name);
	*out = json_array();
	for (size_t i = 0; i < redis_len(v); i++)
		json_array_append_new(*out, json_string(names[i]));
	return OK;
}

/* ---- batches ---- */

static int64_t count_of(const json_t *counts, enum view_status s)
{
	return json_integer_value(json_object_get(counts, view_statuses[s]));
}

/* Nothing is finished while anything waits. */
static const char *batch_state(const json_t *numbers)
{
	const json_t *counts = json_object_get(numbers, "counts");
	int64_t total = json_integer_value(json_object_get(numbers, "total"));

	if (count_of(counts, VIEW_WAITING))
		return "sending";
	if (count_of(counts, VIEW_ERROR))
		return "finished_with_errors";
	return total && count_of(counts, VIEW_NOT_INVITED) == total ? "held" : "finished";
}

static json_t *batch_of(const char *name, int64_t updated_ms, const struct redis_reply *v)
{
	json_t *b = numbers_of(v);
	char time[NOW_TEXT_SIZE];

	json_object_set_new(b, "batch", json_string(name));
	json_object_set_new(b, "updated_at", json_string(now_text(updated_ms, time)));
	json_object_set_new(b, "state", json_string(batch_state(b)));
	return b;
}

static void ask_batch(struct guard *g, const char *tenant, const char *batch)
{
	autofree char *of = xasprintf("%s/%s", tenant, batch);

	ask(g, "HGETALL", "vc:", of);
}

/* Names and moments of the batches that changed last. */
struct batch_name {
	char *name;
	int64_t updated_ms;
};

static int ask_names(struct guard *g, const char *tenant, size_t limit, struct batch_name *out,
		     size_t *n, struct err *e)
{
	autofree char *key = xasprintf("vl:%s", tenant);
	autofree char *last = xasprintf("%zu", limit - 1);
	const char *argv[] = { "ZREVRANGE", key, "0", last, "WITHSCORES" };
	const struct redis_reply *v;

	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	v = guard_view_answer(g, 0);
	for (*n = 0; 2 * *n + 1 < redis_len(v) && *n < limit; ++*n)
		out[*n] = (struct batch_name){ xstrdup(redis_str(redis_at(v, 2 * *n), NULL)),
					       redis_int(redis_at(v, 2 * *n + 1)) };
	return OK;
}

int view_batches(struct guard *g, const char *tenant, size_t limit, json_t **out, struct err *e)
{
	size_t max = limit && limit < VIEW_LIMIT_MAX ? limit : VIEW_LIMIT_MAX, n = 0;
	autofree struct batch_name *names = xcalloc(max, sizeof(*names));
	int r = ask_names(g, tenant, max, names, &n, e);

	for (size_t i = 0; i < n; i++)
		ask_batch(g, tenant, names[i].name);
	if (r == OK)
		r = guard_view_read(g, e);
	*out = r == OK ? json_array() : NULL;
	for (size_t i = 0; i < n; i++) {
		if (r == OK)
			json_array_append_new(*out, batch_of(names[i].name, names[i].updated_ms,
							     guard_view_answer(g, i)));
		free(names[i].name);
	}
	return r;
}

int view_batch(struct guard *g, const char *tenant, const char *batch, json_t **out, struct err *e)
{
	autofree char *key = xasprintf("vl:%s", tenant);
	const char *argv[] = { "ZSCORE", key, batch };

	*out = NULL;
	guard_view_ask(g, ARRAY_LEN(argv), argv);
	ask_batch(g, tenant, batch);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	if (redis_type(guard_view_answer(g, 0)) != REDIS_NIL)
		*out = batch_of(batch, redis_int(guard_view_answer(g, 0)), guard_view_answer(g, 1));
	return OK;
}

/* ---- changes ---- */

static void ask_last(struct guard *g, const char *tenant)
{
	autofree char *key = xasprintf("vc:%s", tenant);
	const char *argv[] = { "HGET", key, "changes" };

	guard_view_ask(g, ARRAY_LEN(argv), argv);
}

static int ask_since(struct guard *g, struct view_changes *c, struct err *e)
{
	ask_last(g, c->tenant);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	c->since = redis_int(guard_view_answer(g, 0));
	text_put(c->epoch, sizeof(c->epoch), guard_epoch(g));
	return OK;
}

int view_changed(struct guard *g, struct view_changes *c, struct err *e)
{
	autofree char *key = xasprintf("vz:%s", c->tenant);
	autofree char *from = xasprintf("(%lld", (long long)c->since);
	size_t max = c->max ? c->max : CHANGES_DEFAULT;
	autofree char *most = xasprintf("%zu", max);
	const char *argv[] = {
		"ZRANGEBYSCORE", key, from, "+inf", "WITHSCORES", "LIMIT", "0", most
	};
	const struct redis_reply *v;
	int64_t last;

	c->invites = NULL;
	c->reset = c->since >= 0 && strcmp(c->epoch, guard_epoch(g)) != 0;
	if (c->since < 0 || c->reset) {
		if (ask_since(g, c, e) < 0)
			return ERR_AGAIN;
		c->invites = json_array();
		return OK;
	}
	ask_last(g, c->tenant); /* first: what changes in between is told next time */
	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	last = redis_int(guard_view_answer(g, 0));
	v = guard_view_answer(g, 1);
	c->invites = json_array();
	for (size_t i = 0; i + 1 < redis_len(v); i += 2) {
		json_array_append_new(c->invites, json_string(redis_str(redis_at(v, i), NULL)));
		c->since = redis_int(redis_at(v, i + 1));
	}
	if (c->skips && json_array_size(c->invites) == max && last > c->since)
		c->since = last;
	return OK;
}
