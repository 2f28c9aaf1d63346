/*
 * json_write - members of JSON objects, appended to a buffer as they come.
 *
 * For the records that every message costs: no tree is built and nothing is allocated. A comma
 * comes by itself where a member or the end of one stands before.
 */
#ifndef BECKON_JSON_WRITE_H
#define BECKON_JSON_WRITE_H

#include <stdint.h>

#include "buf.h"

/* Names are ours: plain ASCII that needs no escape. Between open and close: an object's members. */
void json_write_open(struct buf *b, const char *name); /* NULL: the outermost object */
void json_write_close(struct buf *b);
void json_write_name(struct buf *b, const char *name); /* the caller appends the value */
void json_write_text(struct buf *b, const char *name, const char *value); /* NULL or "": nothing */
void json_write_int(struct buf *b, const char *name, int64_t value);

#endif
