#include "later_pack.h"

#include <assert.h>
#include <string.h>

#define NO_VALUE UINT32_MAX

static void put_length(struct buf *b, uint32_t n)
{
	char bytes[4] = { (char)n, (char)(n >> 8), (char)(n >> 16), (char)(n >> 24) };

	buf_add(b, bytes, sizeof(bytes));
}

void later_pack(struct guard_call *c, const struct later_item *item, struct buf *packed)
{
	assert(item->header_count <= RECORD_HEADERS_MAX);
	for (size_t i = 0; i < item->header_count; i++) {
		const struct header *h = &item->headers[i];
		size_t name = strlen(h->name);

		put_length(packed, (uint32_t)name);
		buf_add(packed, h->name, name + 1);
		put_length(packed, h->value ? (uint32_t)h->len : NO_VALUE);
		if (h->value)
			buf_add(packed, h->value, h->len);
	}
	assert(!packed->full);
	call_int(c, item->due_ms);
	call_str(c, item->topic);
	call_str(c, item->key);
	call_bytes(c, item->value, item->value_len);
	call_bytes(c, packed->data, packed->len);
	call_str(c, item->reason);
	call_str(c, item->tenant);
}

/* What is left to be read. */
struct rest {
	const char *at;
	size_t len;
};

static bool take(struct rest *r, size_t n, const char **out)
{
	if (n > r->len)
		return false;
	*out = r->at;
	r->at += n;
	r->len -= n;
	return true;
}

static bool take_length(struct rest *r, uint32_t *n)
{
	const char *b;

	if (!take(r, 4, &b))
		return false;
	*n = (uint32_t)(unsigned char)b[0] | (uint32_t)(unsigned char)b[1] << 8 | (uint32_t)(unsigned char)b[2] << 16 |
	     (uint32_t)(unsigned char)b[3] << 24;
	return true;
}

static bool take_header(struct rest *r, struct header *h)
{
	const char *value = NULL;
	uint32_t name, len;

	if (!take_length(r, &name) || !take(r, (size_t)name + 1, &h->name) || h->name[name] != '\0' ||
	    !take_length(r, &len) || (len != NO_VALUE && !take(r, len, &value)))
		return false;
	h->value = value;
	h->len = value ? len : 0;
	return true;
}

bool later_unpack(const char *packed, size_t len, struct header *out, size_t *count)
{
	struct rest rest = { packed, len };
	size_t n = 0;

	for (; rest.len > 0; n++)
		if (n == RECORD_HEADERS_MAX || !take_header(&rest, &out[n]))
			return false;
	*count = n;
	return true;
}
