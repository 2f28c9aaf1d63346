/*
 * dead - the headers of a dead letter, in the binary form that Spring for Apache Kafka writes.
 *
 * Tools that redrive Spring's dead letters understand ours: numbers are big-endian, int32 for the
 * partition, int64 for offset and timestamp. The record's own headers come first and unchanged;
 * readers take the last of a name. Key and value are the caller's: as they came.
 */
#ifndef BECKON_DEAD_H
#define BECKON_DEAD_H

#include <stddef.h>

#include "record.h"

#define DEAD_HEADERS_MAX (RECORD_HEADERS_MAX + 8)
#define DEAD_TRUNCATED_BYTES RECORD_MAX_BYTES /* what goes when the broker refuses it for size */

/* Holds the numbers that its headers point at: must not be moved once filled. */
struct dead {
	struct header headers[DEAD_HEADERS_MAX];
	size_t count;
	unsigned char partition[4], offset[8], timestamp[8];
	char original_bytes[24];
};

/* Fills d from the record. why names attribute and rule, never a value; it and everything of r
   are borrowed and must outlive d. */
void dead_fill(struct dead *d, const struct record *r, const char *why);

/* Adds header beckon-truncated with the whole value's size in bytes, in decimal. Once, after
   dead_fill; the caller then sends the value's first DEAD_TRUNCATED_BYTES. */
void dead_mark_truncated(struct dead *d, const struct record *r);

#endif
