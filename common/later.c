#include "later.h"

#include <stdlib.h>
#include <string.h>

#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

#define LEASE_MAX_BYTES (8u << 20) /* of one answer; more follows with the next lease */
#define DROP_CHUNK 100             /* items dropped by one call */

int later_park(struct guard *g, const struct later_item *items, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		autobuf packed = BUF_INIT(0);
		struct guard_call call;

		call_begin(&call, g);
		call_str(&call, items[i].id);
		call_int(&call, items[i].turn);
		later_pack(&call, &items[i], &packed);
		call_add(g, SCRIPT_PARK, &call, NULL, NULL);
	}
	return guard_run(g, e);
}

int later_cancel(struct guard *g, const char *id, struct err *e)
{
	struct guard_call call;

	call_begin(&call, g);
	call_str(&call, id);
	call_add(g, SCRIPT_CANCEL, &call, NULL, NULL);
	return guard_run(g, e);
}

int later_drop(struct guard *g, const struct later_ref *refs, size_t n, struct err *e)
{
	for (size_t from = 0; from < n; from += DROP_CHUNK) {
		struct guard_call call;

		call_begin(&call, g);
		for (size_t i = from; i < n && i < from + DROP_CHUNK; i++) {
			call_str(&call, refs[i].id);
			call_int(&call, refs[i].turn);
		}
		call_add(g, SCRIPT_DROP, &call, NULL, NULL);
	}
	return guard_run(g, e);
}

/* ---- leasing ---- */

/* The order of an item in later_lease.lua's reply. */
enum { ITEM_TURN, ITEM_DUE, ITEM_TOPIC, ITEM_KEY, ITEM_VALUE, ITEM_HEADERS, ITEM_REASON, ITEM_TENANT, ITEM_ID,
       ITEM_PARTS };

/* Puts a part at *to and moves *to behind it. */
static const char *part_copy(const struct redis_reply *v, char **to, size_t *len)
{
	char *at = *to;
	const char *s = redis_str(v, len);

	memcpy(at, s, *len + 1);
	*to += *len + 1;
	return at;
}

/* One block holds the header list and then every part. An item whose headers are damaged goes without. */
static void item_fill(const struct redis_reply *v, struct later_leased *out)
{
	const char *part[ITEM_PARTS] = { 0 };
	size_t len[ITEM_PARTS], size = RECORD_HEADERS_MAX * sizeof(struct header), count = 0;

	for (size_t i = 0; i < ITEM_PARTS; i++) {
		redis_str(redis_at(v, i), &len[i]);
		size += len[i] + 1;
	}
	struct header *headers = out->memory = xmalloc(size);
	char *to = (char *)(headers + RECORD_HEADERS_MAX);

	for (size_t i = 0; i < ITEM_PARTS; i++)
		part[i] = part_copy(redis_at(v, i), &to, &len[i]);
	if (!later_unpack(part[ITEM_HEADERS], len[ITEM_HEADERS], headers, &count))
		count = 0;
	out->item = (struct later_item){
		.id = part[ITEM_ID],
		.turn = redis_int(redis_at(v, ITEM_TURN)),
		.due_ms = redis_int(redis_at(v, ITEM_DUE)),
		.topic = part[ITEM_TOPIC],
		.key = part[ITEM_KEY],
		.value = part[ITEM_VALUE],
		.value_len = len[ITEM_VALUE],
		.headers = headers,
		.header_count = count,
		.reason = part[ITEM_REASON],
		.tenant = len[ITEM_TENANT] ? part[ITEM_TENANT] : NULL,
	};
}

struct leased {
	struct later_leased *out;
	size_t max, n;
	int64_t next_due_ms, now_ms;
};

static void lease_fill(const struct redis_reply *v, void *out)
{
	struct leased *l = out;

	l->now_ms = redis_int(redis_at(v, 0));
	l->next_due_ms = redis_type(redis_at(v, 1)) == REDIS_NIL ? INT64_MAX : redis_int(redis_at(v, 1));
	for (l->n = 0; l->n + 2 < redis_len(v) && l->n < l->max; l->n++)
		item_fill(redis_at(v, l->n + 2), &l->out[l->n]);
}

int later_lease(struct guard *g, int64_t lease_ms, size_t max, struct later_leased *out, size_t *n,
		int64_t *next_due_ms, int64_t *now_ms, struct err *e)
{
	struct leased leased = { .out = out, .max = max };
	struct guard_call call;

	call_begin(&call, g);
	call_int(&call, lease_ms);
	call_int(&call, (int64_t)max);
	call_int(&call, LEASE_MAX_BYTES);
	call_add(g, SCRIPT_LEASE, &call, lease_fill, &leased);
	if (guard_run(g, e) < 0)
		return ERR_AGAIN;
	*n = leased.n;
	*next_due_ms = leased.next_due_ms;
	*now_ms = leased.now_ms;
	return OK;
}

void later_leased_clear(struct later_leased *l)
{
	free(l->memory);
	*l = (struct later_leased){ 0 };
}

/* ---- numbers ---- */

static void stats_fill(const struct redis_reply *v, void *out)
{
	struct later_stats *s = out;

	s->waiting = redis_int(redis_at(v, 0));
	s->overdue = redis_int(redis_at(v, 1));
	s->oldest_overdue_ms = redis_int(redis_at(v, 2));
}

int later_stats(struct guard *g, struct later_stats *out, struct err *e)
{
	struct guard_call call;

	call_begin(&call, g);
	call_add(g, SCRIPT_STATS, &call, stats_fill, out);
	return guard_run(g, e);
}
