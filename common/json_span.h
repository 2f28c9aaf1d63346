/*
 * json_span - members of JSON text that is known to be good, without making a tree of it.
 *
 * For values that we wrote or checked ourselves and read by the hundred thousand: a few
 * instructions a byte, where a parser's tree costs a hundred and fifty. Text that is no JSON gives
 * nothing or nonsense, but is never read beyond its end.
 */
#ifndef BECKON_JSON_SPAN_H
#define BECKON_JSON_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* A value within the text: an object with its braces, a string with its quotes. Borrowed. */
struct json_span {
	const char *at;
	size_t len; /* 0 = there is none */
};

/* Does the text begin as an object and end where that does? */
bool json_span_is_object(const char *text, size_t len);

/* Goes through an object's members or an array's items; through anything else not at all. */
struct json_walk {
	const char *at, *end;
	bool object;
};
struct json_walk json_walk_open(struct json_span container);

/* False: there is no other. name is without its quotes and as it stands; empty in an array. */
bool json_walk_next(struct json_walk *w, struct json_span *name, struct json_span *value);

/* Fills values[i] with the member names[i] of an object; one that it has not is empty. */
void json_span_members(struct json_span object, const char *const *names, size_t n,
		       struct json_span *values);

/* Appends a string's characters; nothing where it is no string. */
void json_span_text(struct json_span string, struct buf *out);

/* 0 where it is no integer. */
int64_t json_span_int(struct json_span value);

#endif
