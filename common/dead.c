#include "dead.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void big_endian(unsigned char *out, size_t bytes, uint64_t v)
{
	for (size_t i = bytes; i-- > 0; v >>= 8)
		out[i] = (unsigned char)v;
}

static void add(struct dead *d, const char *name, const void *value, size_t len)
{
	assert(d->count < DEAD_HEADERS_MAX);
	d->headers[d->count++] = (struct header){ name, value, len };
}

static void add_text(struct dead *d, const char *name, const char *text)
{
	add(d, name, text, strlen(text));
}

void dead_fill(struct dead *d, const struct record *r, const char *why)
{
	assert(r->header_count <= RECORD_HEADERS_MAX);
	d->count = 0;
	for (size_t i = 0; i < r->header_count; i++)
		d->headers[d->count++] = r->headers[i];
	big_endian(d->partition, sizeof(d->partition), (uint32_t)r->partition);
	big_endian(d->offset, sizeof(d->offset), (uint64_t)r->offset);
	big_endian(d->timestamp, sizeof(d->timestamp), (uint64_t)r->timestamp_ms);
	add_text(d, "kafka_dlt-original-topic", r->topic);
	add(d, "kafka_dlt-original-partition", d->partition, sizeof(d->partition));
	add(d, "kafka_dlt-original-offset", d->offset, sizeof(d->offset));
	add(d, "kafka_dlt-original-timestamp", d->timestamp, sizeof(d->timestamp));
	add_text(d, "kafka_dlt-original-timestamp-type", "LogAppendTime");
	add_text(d, "kafka_dlt-exception-fqcn", "dev.beckon.UnreadableEvent");
	add_text(d, "kafka_dlt-exception-message", why);
}

void dead_mark_truncated(struct dead *d, const struct record *r)
{
	snprintf(d->original_bytes, sizeof(d->original_bytes), "%zu", r->value_len);
	add_text(d, "beckon-truncated", d->original_bytes);
}
