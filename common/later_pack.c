#include "later_pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NO_VALUE UINT32_MAX
#define FORMAT_VERSION 1

/* ---- writing ---- */

static void put_length(struct buf *b, uint32_t n)
{
	char bytes[4] = { (char)n, (char)(n >> 8), (char)(n >> 16), (char)(n >> 24) };

	buf_add(b, bytes, sizeof(bytes));
}

/* NULL is told from "". */
static void put_bytes(struct buf *b, const void *bytes, size_t n)
{
	put_length(b, bytes ? (uint32_t)n : NO_VALUE);
	if (bytes)
		buf_add(b, bytes, n);
	buf_byte(b, '\0');
}

static void put_text(struct buf *b, const char *s)
{
	put_bytes(b, s, s ? strlen(s) : 0);
}

void later_pack_header(struct header h, struct buf *out)
{
	put_text(out, h.name);
	put_bytes(out, h.value, h.len);
}

void later_pack(const struct later_item *item, int64_t turn, struct buf *out)
{
	assert(item->header_count <= RECORD_HEADERS_MAX);
	buf_fmt(out, "%lld|%d|%lld|", (long long)turn, FORMAT_VERSION, (long long)item->due_ms);
	put_text(out, item->topic);
	put_text(out, item->key);
	put_text(out, item->reason);
	put_text(out, item->tenant);
	put_bytes(out, item->value, item->value_len);
	for (size_t i = 0; i < item->header_count; i++)
		later_pack_header(item->headers[i], out);
	assert(!out->full);
}

/* ---- reading ---- */

/* What is left to be read. */
struct rest {
	const char *at;
	size_t len;
	bool good;
};

static int64_t take_number(struct rest *r)
{
	const char *bar = memchr(r->at, '|', r->len);
	char *end = NULL;

	if (!r->good || !bar) {
		r->good = false;
		return 0;
	}
	int64_t n = strtoll(r->at, &end, 10);

	r->good = end == bar;
	r->len -= (size_t)(bar + 1 - r->at);
	r->at = bar + 1;
	return n;
}

static const char *take_bytes(struct rest *r, size_t *len)
{
	const unsigned char *b = (const unsigned char *)r->at;

	*len = 0;
	if (!r->good || !(r->good = r->len >= 5))
		return NULL;
	uint32_t n =
		(uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	size_t used = n == NO_VALUE ? 0 : n;

	r->good = used <= r->len - 5 && b[4 + used] == '\0';
	if (!r->good)
		return NULL;
	r->at += used + 5;
	r->len -= used + 5;
	*len = used;
	return n == NO_VALUE ? NULL : (const char *)b + 4;
}

static const char *take_text(struct rest *r)
{
	size_t len;
	const char *s = take_bytes(r, &len);

	return s ? s : "";
}

bool later_unpack(const char *packed, size_t len, struct later_item *item, struct header *headers)
{
	struct rest r = { packed, len, true };
	size_t n = 0;

	item->turn = take_number(&r);
	r.good = take_number(&r) == FORMAT_VERSION && r.good;
	item->due_ms = take_number(&r);
	item->topic = take_text(&r);
	item->key = take_text(&r);
	item->reason = take_text(&r);
	item->tenant = take_bytes(&r, &(size_t){ 0 });
	item->value = take_bytes(&r, &item->value_len);
	for (; r.good && r.len > 0 && n < RECORD_HEADERS_MAX; n++) {
		headers[n].name = take_text(&r);
		headers[n].value = take_bytes(&r, &headers[n].len);
	}
	item->headers = headers;
	item->header_count = n;
	return r.good && r.len == 0;
}
