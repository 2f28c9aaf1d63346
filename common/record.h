/*
 * record - a Kafka record as everybody above the wrapper sees it: plain bytes and coordinates.
 *
 * Borrowed memory: whoever hands one out says how long it lives.
 */
#ifndef BECKON_RECORD_H
#define BECKON_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_MAX_BYTES (64u << 10) /* a larger value goes unparsed to the dead-letter topic */
#define RECORD_HEADERS_MAX 32

struct header {
	const char *name;
	const void *value; /* may be NULL */
	size_t len;	   /* bytes */
};

struct record {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms; /* the broker's append time */
	const void *key;
	size_t key_len;
	const void *value; /* NULL = tombstone */
	size_t value_len;
	const struct header *headers;
	size_t header_count; /* at most RECORD_HEADERS_MAX are kept */
};

#endif
