/*
 * later_pack - an item as the arguments of a script, and back.
 *
 * Headers travel as one string: for each the length of its name, its name and a NUL, the length of its
 * value (0xffffffff = none) and its value. Lengths are four bytes, little-endian.
 */
#ifndef BECKON_LATER_PACK_H
#define BECKON_LATER_PACK_H

#include <stdbool.h>

#include "buf.h"
#include "guard_call.h"
#include "later.h"

/* Adds due, topic, key, value, headers, reason, tenant. packed is scratch; it lives as long as the call. */
void later_pack(struct guard_call *c, const struct later_item *item, struct buf *packed);

/* Reads packed headers: out (room for RECORD_HEADERS_MAX) points into them. False where they are no such list. */
bool later_unpack(const char *packed, size_t len, struct header *out, size_t *count);

#endif
