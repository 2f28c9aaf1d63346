#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

char *buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
	size_t need = b->len + n + 1;

	if (b->full || n > max || b->len + n > max) {
		b->full = true;
		return NULL;
	}
	if (need > b->cap) {
		b->cap = need < 256 ? 256 : need + need / 2;
		b->data = xrealloc(b->data, b->cap);
	}
	return b->data + b->len;
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
	buf_add(b, &c, 1);
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

static void json_escape(struct buf *b, unsigned char c)
{
	static const char names[128] = { ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
					 ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };

	if (names[c])
		buf_fmt(b, "\\%c", names[c]);
	else
		buf_fmt(b, "\\u%04x", c);
}

void buf_json_n(struct buf *b, const char *s, size_t n)
{
	size_t from = 0;

	buf_byte(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(b, s + from, i - from);
		json_escape(b, c);
		from = i + 1;
	}
	buf_add(b, s + from, n - from);
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
	size_t max = b->max;

	free(b->data);
	*b = (struct buf){ .max = max };
}

char *buf_take(struct buf *b)
{
	char *data = b->data ? b->data : xstrdup("");

	b->data = NULL;
	buf_clear(b);
	return data;
}
