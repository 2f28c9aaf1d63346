#include "guard_call.h"

#include <assert.h>
#include <string.h>

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

/* Adds the n characters that were just written at the end of text. */
static void call_written(struct guard_call *c, size_t n)
{
	call_bytes(c, c->text + c->used, n);
	c->used += n;
}

void call_int(struct guard_call *c, int64_t v)
{
	assert(c->used + INT_TEXT_SIZE <= sizeof(c->text));
	call_written(c, int_text(c->text + c->used, v));
}

void call_coords(struct guard_call *c, const struct coords *at)
{
	size_t topic = strlen(at->topic);
	char *start = c->text + c->used, *to = start + topic;

	assert(c->used + topic + 2 * INT_TEXT_SIZE + 2 <= sizeof(c->text));
	memcpy(start, at->topic, topic);
	*to++ = '/';
	to += int_text(to, at->partition);
	*to++ = '/';
	to += int_text(to, at->offset);
	call_written(c, (size_t)(to - start));
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
				      b->words.len < BATCH_BYTES_MAX);
}

static void batch_word(struct guard_batch *b, const char *bytes, size_t len)
{
	redis_word(&b->words, bytes, len);
	b->n++;
}

void batch_add(struct guard_batch *b, enum guard_script s, const struct guard_call *c)
{
	char count[INT_TEXT_SIZE];

	b->script = s;
	b->operations++;
	batch_word(b, count, int_text(count, (int64_t)c->n));
	for (size_t i = 0; i < c->n; i++)
		batch_word(b, c->argv[i], c->len[i]);
	assert(!b->words.full);
}

void batch_send(const struct guard_batch *b, struct redis *r, struct redis_script *script,
		const char *const head[BATCH_HEAD])
{
	redis_add_script_words(r, script, head, BATCH_HEAD,
			       (struct redis_words){ &b->words, b->n });
}

void batch_reset(struct guard_batch *b)
{
	b->operations = b->n = 0;
	buf_reset(&b->words);
}

void batch_clear(struct guard_batch *b)
{
	buf_clear(&b->words);
}
