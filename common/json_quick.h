/*
 * json_quick - the JSON that we mostly meet, as jansson's values, for a third of the instructions.
 *
 * Reads objects, arrays, strings, integers and words of UTF-8 without any oddity. Of everything
 * else, good or bad, it says nothing: whoever asks goes on to the library's own parser, which also
 * says what is wrong. What it does read is exactly what jansson reads with JSON_REJECT_DUPLICATES;
 * a test holds both against each other.
 */
#ifndef BECKON_JSON_QUICK_H
#define BECKON_JSON_QUICK_H

#include <jansson.h>
#include <stddef.h>

#define JSON_QUICK_DEPTH_MAX 32 /* levels of arrays and objects; deeper is odd */

/* Any JSON value (RFC 8259), the caller's. NULL = odd or no JSON: ask the library. */
json_t *json_quick(const char *bytes, size_t len);

#endif
