#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "secret.h"

#define FIRST_BYTES 256
#define FIRST_SECRET_BYTES 16384 /* pages cost the same, few or many */

/* Moving leaves nothing behind. */
static void grow_secret(struct buf *b, size_t cap)
{
	char *data = secret_new(cap);

	if (b->data)
		memcpy(data, b->data, b->len);
	secret_free(b->data, b->cap);
	b->data = data;
	b->cap = cap;
}

static void grow(struct buf *b, size_t cap)
{
	if (b->secret) {
		grow_secret(b, cap < FIRST_SECRET_BYTES ? FIRST_SECRET_BYTES : cap);
		return;
	}
	b->cap = cap < FIRST_BYTES ? FIRST_BYTES : cap;
	b->data = xrealloc(b->data, b->cap);
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
	size_t need = b->len + n + 1;

	if (b->full || n > max || b->len + n > max) {
		b->full = true;
		return NULL;
	}
	if (need > b->cap)
		grow(b, need + need / 2);
	return b->data + b->len;
}

void buf_room(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;

	if (n > max || b->len + n > max || b->len + n + 1 <= b->cap)
		return;
	grow(b, b->len + n + 1);
	b->data[b->len] = '\0';
}

void buf_commit(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *to = buf_reserve(b, n);

	if (!to)
		return;
	if (n)
		memcpy(to, bytes, n);
	buf_commit(b, n);
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_byte(struct buf *b, char c)
{
	char *to = buf_reserve(b, 1);

	if (!to)
		return;
	*to = c;
	buf_commit(b, 1);
}

size_t int_text(char out[INT_TEXT_SIZE], int64_t v)
{
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char digits[INT_TEXT_SIZE];
	size_t at = sizeof(digits), n;

	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		digits[--at] = '-';
	n = sizeof(digits) - at;
	memcpy(out, digits + at, n);
	out[n] = '\0';
	return n;
}

void buf_int(struct buf *b, int64_t v)
{
	char text[INT_TEXT_SIZE];

	buf_add(b, text, int_text(text, v));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	if ((size_t)n < sizeof(small)) {
		buf_add(b, small, (size_t)n);
		return;
	}
	char *to = buf_reserve(b, (size_t)n);

	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_commit(b, (size_t)n);
}

/* What a JSON string (RFC 8259 7) cannot hold as it is, and DEL. */
static const bool json_special[256] = {
	[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x7f] = true
};

static void json_escape(struct buf *b, unsigned char c)
{
	static const char names[128] = { ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
					 ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't' };

	if (names[c])
		buf_fmt(b, "\\%c", names[c]);
	else
		buf_fmt(b, "\\u%04x", c);
}

/* How many leading bytes stand in a JSON string as they are. */
static size_t json_plain(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && !json_special[(unsigned char)s[i]])
		i++;
	return i;
}

void buf_json_n(struct buf *b, const char *s, size_t n)
{
	size_t plain = json_plain(s, n);
	char *to = buf_reserve(b, n + 2);

	if (!to)
		return;
	to[0] = '"';
	if (plain)
		memcpy(to + 1, s, plain);
	buf_commit(b, 1 + plain);
	while (plain < n) {
		json_escape(b, (unsigned char)s[plain]);
		s += plain + 1;
		n -= plain + 1;
		plain = json_plain(s, n);
		buf_add(b, s, plain);
	}
	buf_byte(b, '"');
}

void buf_json(struct buf *b, const char *s)
{
	buf_json_n(b, s, strlen(s));
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_clear(struct buf *b)
{
	if (b->secret)
		secret_free(b->data, b->cap);
	else
		free(b->data);
	*b = (struct buf){ .max = b->max, .secret = b->secret };
}

char *buf_take(struct buf *b)
{
	char *data = b->data ? b->data : xstrdup("");

	assert(!b->secret);
	b->data = NULL;
	buf_clear(b);
	return data;
}
