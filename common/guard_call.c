#include "guard_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "redis.h"

#define BATCH_OPERATIONS_MAX 64 /* Redis serves nobody else meanwhile: under a millisecond */
#define BATCH_BYTES_MAX ((size_t)128 << 10) /* not begun beyond */

/* ---- one operation ---- */

void call_begin(struct guard_call *c)
{
	c->n = 0;
	c->used = 0;
}

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
	call_printed(c,
		     snprintf(c->text + c->used, sizeof(c->text) - c->used, "%lld", (long long)v));
}

void call_coords(struct guard_call *c, const struct coords *at)
{
	call_printed(c, snprintf(c->text + c->used, sizeof(c->text) - c->used, "%s/%d/%lld",
				 at->topic, (int)at->partition, (long long)at->offset));
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

/* ---- many of them ---- */

bool batch_takes(const struct guard_batch *b, enum guard_script s)
{
	return b->operations == 0 || (b->script == s && b->operations < BATCH_OPERATIONS_MAX &&
				      b->bytes.len < BATCH_BYTES_MAX);
}

static void batch_arg(struct guard_batch *b, const char *bytes, size_t len)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 256;
		b->ends = xrealloc(b->ends, b->cap * sizeof(*b->ends));
	}
	buf_add(&b->bytes, bytes, len);
	assert(!b->bytes.full);
	b->ends[b->n++] = b->bytes.len;
}

void batch_add(struct guard_batch *b, enum guard_script s, const struct guard_call *c)
{
	char count[12];

	b->script = s;
	b->operations++;
	snprintf(count, sizeof(count), "%zu", c->n);
	batch_arg(b, count, strlen(count));
	for (size_t i = 0; i < c->n; i++)
		batch_arg(b, c->argv[i], c->len[i]);
}

void batch_send(const struct guard_batch *b, struct redis *r, struct redis_script *script,
		const char *const head[BATCH_HEAD])
{
	autofree const char **argv = xcalloc(BATCH_HEAD + b->n, sizeof(*argv));
	autofree size_t *len = xcalloc(BATCH_HEAD + b->n, sizeof(*len));

	for (size_t i = 0; i < BATCH_HEAD; i++) {
		argv[i] = head[i];
		len[i] = strlen(head[i]);
	}
	for (size_t i = 0, at = 0; i < b->n; at = b->ends[i++]) {
		argv[BATCH_HEAD + i] = b->bytes.data + at;
		len[BATCH_HEAD + i] = b->ends[i] - at;
	}
	redis_add_script(r, script, (int)(BATCH_HEAD + b->n), argv, len);
}

void batch_reset(struct guard_batch *b)
{
	b->operations = b->n = 0;
	buf_reset(&b->bytes);
}

void batch_clear(struct guard_batch *b)
{
	buf_clear(&b->bytes);
	free(b->ends);
}
