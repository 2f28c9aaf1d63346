#include "later.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard_call.h"
#include "later_pack.h"
#include "mem.h"
#include "redis.h"

#define ANSWER_MAX_BYTES (1u << 20) /* of one answer; more follows with the next */

int later_park(struct guard *g, const struct later_item *items, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		autobuf packed = BUF_INIT(LATER_PACKED_MAX_BYTES);
		struct guard_call call;

		later_pack(&items[i], items[i].turn, &packed);
		call_begin(&call);
		call_str(&call, items[i].id);
		call_int(&call, items[i].turn);
		call_int(&call, items[i].due_ms);
		call_bytes(&call, packed.data, packed.len);
		call_str(&call, items[i].group);
		if (items[i].group && items[i].group_limit)
			call_limit(&call, items[i].group_limit);
		guard_add_call(g, SCRIPT_LATER_PARK, &call, NULL, NULL);
	}
	return guard_run(g, e);
}

int later_cancel(struct guard *g, const char *id, struct err *e)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, id);
	guard_add_call(g, SCRIPT_LATER_CANCEL, &call, NULL, NULL);
	return guard_run(g, e);
}

void later_add_drop(struct guard *g, const struct later_ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct guard_call call;

		call_begin(&call);
		call_str(&call, refs[i].id);
		call_int(&call, refs[i].turn);
		guard_add_call(g, SCRIPT_LATER_DROP, &call, NULL, NULL);
	}
}

int later_drop(struct guard *g, const struct later_ref *refs, size_t n, struct err *e)
{
	later_add_drop(g, refs, n);
	return guard_run(g, e);
}

/* ---- leasing ---- */

/* One block holds the header list, the packed item and its id; it is read twice, since the first
   time tells how many headers there are. */
static bool item_fill(const struct redis_reply *id, const struct redis_reply *packed,
		      struct later_leased *out)
{
	struct header headers[RECORD_HEADERS_MAX];
	size_t id_len, len, headers_bytes;
	const char *id_at = redis_str(id, &id_len), *at = redis_str(packed, &len);
	char *bytes;

	*out = (struct later_leased){ 0 };
	if (!later_unpack(at, len, &out->item, headers))
		return false;
	headers_bytes = out->item.header_count * sizeof(*headers);
	out->memory = xmalloc(headers_bytes + len + 1 + id_len + 1);
	bytes = (char *)out->memory + headers_bytes;
	memcpy(bytes, at, len + 1);
	memcpy(bytes + len + 1, id_at, id_len + 1);
	out->item.id = bytes + len + 1;
	return later_unpack(bytes, len, &out->item, out->memory);
}

/* What cannot be read was written by a newer version: it stays for that one. */
static void lease_fill(const struct redis_reply *v, void *out)
{
	struct later_lease *l = out;

	l->n = l->unreadable = 0;
	l->now_ms = redis_int(redis_at(v, 0));
	l->next_ms =
		redis_type(redis_at(v, 1)) == REDIS_NIL ? INT64_MAX : redis_int(redis_at(v, 1));
	for (size_t i = 2; i + 2 < redis_len(v) && l->n < l->max; i += 3) {
		if (!item_fill(redis_at(v, i), redis_at(v, i + 2), &l->items[l->n])) {
			l->unreadable++;
			continue;
		}
		l->items[l->n++].next_ms = redis_int(redis_at(v, i + 1));
	}
}

void later_add_lease(struct guard *g, struct later_lease *l)
{
	struct guard_call call;

	assert(l->max <= LATER_LEASE_MAX);
	call_begin(&call);
	call_int(&call, l->lease_ms);
	call_int(&call, l->ahead_ms);
	call_int(&call, (int64_t)l->max);
	call_int(&call, ANSWER_MAX_BYTES);
	guard_add_call(g, SCRIPT_LATER_LEASE, &call, lease_fill, l);
}

int later_lease(struct guard *g, struct later_lease *l, struct err *e)
{
	later_add_lease(g, l);
	return guard_run(g, e);
}

void later_leased_clear(struct later_leased *l)
{
	free(l->memory);
	*l = (struct later_leased){ 0 };
}

/* ---- listing ---- */

struct listed {
	struct later_cursor *at;
	struct later_leased *out;
	size_t n;
	bool any;
};

/* What cannot be read is passed over, and the cursor with it. */
static void list_fill(const struct redis_reply *v, void *out)
{
	struct listed *l = out;

	l->any = redis_len(v) > 0;
	for (size_t i = 0; i + 2 < redis_len(v); i += 3) {
		int64_t next_ms = redis_int(redis_at(v, i + 1));

		if (next_ms != l->at->from_ms)
			*l->at = (struct later_cursor){ .from_ms = next_ms };
		l->at->skip++;
		if (!item_fill(redis_at(v, i), redis_at(v, i + 2), &l->out[l->n]))
			continue;
		l->out[l->n++].next_ms = next_ms;
	}
}

int later_list(struct guard *g, struct later_cursor *at, size_t max, struct later_leased *out,
	       size_t *n, struct err *e)
{
	struct listed listed = { .at = at, .out = out, .any = true };

	while (listed.any && !listed.n) {
		struct guard_call call;

		call_begin(&call);
		call_int(&call, at->from_ms);
		call_int(&call, at->skip);
		call_int(&call, (int64_t)max);
		call_int(&call, ANSWER_MAX_BYTES);
		guard_add_call(g, SCRIPT_LATER_LIST, &call, list_fill, &listed);
		if (guard_run(g, e) < 0)
			return ERR_AGAIN;
	}
	*n = listed.n;
	return OK;
}

/* ---- numbers ---- */

static void stats_fill(const struct redis_reply *v, void *out)
{
	struct later_stats *s = out;

	*s = (struct later_stats){ .waiting = redis_int(redis_at(v, 0)),
				   .overdue = redis_int(redis_at(v, 1)),
				   .oldest_overdue_ms = redis_int(redis_at(v, 2)) };
	for (size_t i = 3; i + 1 < redis_len(v) && s->nreasons < LATER_REASONS_MAX; i += 2) {
		struct later_reason *r = &s->reasons[s->nreasons++];

		snprintf(r->name, sizeof(r->name), "%s", redis_str(redis_at(v, i), NULL));
		r->waiting = redis_int(redis_at(v, i + 1));
	}
}

int later_stats(struct guard *g, struct later_stats *out, struct err *e)
{
	struct guard_call call;

	call_begin(&call);
	guard_add_call(g, SCRIPT_LATER_STATS, &call, stats_fill, out);
	return guard_run(g, e);
}
