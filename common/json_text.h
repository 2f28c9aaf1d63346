/*
 * json_text - JSON from outside, parsed within bounds.
 *
 * jansson's parser recurses, keeps the last of duplicate keys and can read a NUL byte as the end:
 * so depth and bytes are checked before it, and duplicates are refused by it. \u0000 inside a
 * string is let through (json_string_length tells): whoever validates refuses it by name.
 */
#ifndef BECKON_JSON_TEXT_H
#define BECKON_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"

#define JSON_TEXT_DEPTH_MAX 32 /* levels of arrays and objects */

/* Any JSON value (RFC 8259). The caller decrefs *out. ERR_INVALID with a text that names position
   and rule, never the content; *out is then untouched. The caller bounds len. */
int json_text_parse(const char *bytes, size_t len, json_t **out, struct err *e);

#endif
