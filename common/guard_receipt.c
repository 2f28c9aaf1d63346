#include "guard_receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard_call.h"
#include "mem.h"
#include "redis.h"

#define HEAD_LINES 3 /* of what is kept, before its bytes */

/* "<delivery> <recipient hash>", and of an SMS " <when> <route>". */
static void read_found(const char *line, struct receipt_found *out)
{
	size_t len = strcspn(line, " ");

	*out = (struct receipt_found){ "", "" };
	if (len >= sizeof(out->delivery))
		return;
	snprintf(out->delivery, sizeof(out->delivery), "%.*s", (int)len, line);
	if (!line[len])
		return;
	line += len + 1;
	snprintf(out->recipient_hash, sizeof(out->recipient_hash), "%.*s", (int)strcspn(line, " "),
		 line);
}

static void find_fill(const struct redis_reply *v, void *out)
{
	struct receipt_find *f = out;

	read_found(redis_str(redis_at(v, 0), NULL), &f->found);
	f->kept = redis_int(redis_at(v, 1)) == 1;
}

void guard_add_receipt_find(struct guard *g, struct receipt_find *f)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, "find");
	call_str(&call, f->names);
	call_str(&call, f->delivery);
	call_str(&call, f->keep);
	call_int(&call, GUARD_RECEIPT_KEEP_MS);
	call_int(&call, GUARD_RECEIPTS_MAX);
	guard_add_call(g, SCRIPT_RECEIPT, &call, find_fill, f);
}

static void take_fill(const struct redis_reply *v, void *out)
{
	const struct redis_reply *found = redis_at(v, 0);
	struct receipt_take *t = out;

	t->count = redis_len(found) / 2;
	t->list = t->count ? xcalloc(t->count, sizeof(*t->list)) : NULL;
	for (size_t i = 0; i < t->count; i++) {
		struct receipt_kept *k = &t->list[i];

		k->whole = xstrdup(redis_str(redis_at(found, 2 * i), NULL));
		k->bytes = k->whole;
		for (int line = 0; line < HEAD_LINES; line++)
			k->bytes += strcspn(k->bytes, "\n") + 1;
		k->names = xstrdup(k->whole + strcspn(k->whole, "\n") + 1);
		k->names[strcspn(k->names, "\n")] = '\0';
		read_found(redis_str(redis_at(found, 2 * i + 1), NULL), &k->found);
	}
	t->looked = (size_t)redis_int(redis_at(v, 1));
	t->lost = (size_t)redis_int(redis_at(v, 2));
}

void guard_add_receipt_take(struct guard *g, struct receipt_take *t)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, "take");
	call_int(&call, (int64_t)t->max);
	call_int(&call, GUARD_RECEIPT_LEASE_MS);
	guard_add_call(g, SCRIPT_RECEIPT, &call, take_fill, t);
}

void receipt_take_clear(struct receipt_take *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->list[i].whole);
		free(t->list[i].names);
	}
	free(t->list);
	t->list = NULL;
	t->count = 0;
}

void guard_add_receipt_drop(struct guard *g, const char *whole)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, "drop");
	call_str(&call, whole);
	guard_add_call(g, SCRIPT_RECEIPT, &call, NULL, NULL);
}

void guard_add_receipt_delivered(struct guard *g, const char *names, bool early)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, "delivered");
	call_str(&call, names);
	call_int(&call, early);
	call_int(&call, GUARD_RECEIPT_SLOW_MS);
	guard_add_call(g, SCRIPT_RECEIPT, &call, NULL, NULL);
}

static void speed_fill(const struct redis_reply *v, void *out)
{
	struct receipt_speed *s = out;

	s->delivered = (unsigned)redis_int(redis_at(v, 0));
	s->slow = (unsigned)redis_int(redis_at(v, 1));
}

void guard_add_receipt_speed(struct guard *g, struct receipt_speed *s)
{
	struct guard_call call;

	call_begin(&call);
	call_str(&call, "speed");
	call_str(&call, s->route);
	guard_add_call(g, SCRIPT_RECEIPT, &call, speed_fill, s);
}
