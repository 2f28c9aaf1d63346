/*
 * later_pack - an item as the bytes that wait, and back.
 *
 * "<turn>|1|<due>|" and then topic, key, reason, tenant, headers and value, each behind its length
 * in four bytes, little-endian. Headers are a list of name and value of the same make; the length
 * 0xffffffff is a value that is none. Every text has a NUL behind it, so that what is read may
 * point into the bytes.
 */
#ifndef BECKON_LATER_PACK_H
#define BECKON_LATER_PACK_H

#include <stdbool.h>

#include "buf.h"
#include "later.h"

#define LATER_PACKED_MAX_BYTES ((size_t)1 << 20) /* a record's value and headers, with room */

/* turn is the one to wait under, whatever the item says. */
void later_pack(const struct later_item *item, int64_t turn, struct buf *out);

/* A header as it stands in packed bytes: appended to them it is the item's last. */
void later_pack_header(struct header h, struct buf *out);

/* Reads packed bytes into item, which points into them and into headers (room for
   RECORD_HEADERS_MAX); id is left alone. False where they are no item. */
bool later_unpack(const char *packed, size_t len, struct later_item *item, struct header *headers);

#endif
