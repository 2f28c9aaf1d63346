/*
 * template - Mustache, logic-less, compiled once.
 *
 * The whole core of the Mustache specification: variables, sections, inverted sections, partials,
 * comments, set delimiters, dotted names with context precedence, standalone-tag white space.
 * Data is never parsed again: braces inside a value are text. A variable that is missing is an
 * error with file, line and column unless the tag is optional: {{name?}}, {{{name?}}},
 * {{&name?}}; sections over a missing name are simply empty. null, false, 0, "" and [] are falsey,
 * null counts as missing. Bounds: TEMPLATE_DEPTH_MAX levels of sections and partials,
 * TEMPLATE_SIZE_MAX bytes for each source, TEMPLATE_EXPANDED_MAX with all partials in place,
 * TEMPLATE_STEPS_MAX steps of one rendering; the caller's buffer bounds the output.
 */
#ifndef BECKON_TEMPLATE_H
#define BECKON_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

#define TEMPLATE_DEPTH_MAX 32
#define TEMPLATE_SIZE_MAX ((size_t)256 << 10)
#define TEMPLATE_EXPANDED_MAX ((size_t)1 << 20) /* bytes */
#define TEMPLATE_STEPS_MAX ((size_t)1 << 25) /* nodes run and contexts searched: about a second */
#define TEMPLATE_NAME_MAX 128		     /* bytes of a partial's name */

enum template_escape { TEMPLATE_ESCAPE_NONE, TEMPLATE_ESCAPE_HTML };

struct template;

/* Finds a partial's source by name; NULL = there is none. Returned memory belongs to the resolver
   and lives until template_compile returns. */
struct template_partials {
	const char *(*find)(void *ctx, const char *name, size_t *len);
	void *ctx;
	bool lenient; /* a partial that does not exist is empty; otherwise an error */
};

/* Compiles source (UTF-8; copied). name is used in messages as file name. partials may be NULL =
   there are none. Recursive partials compile; their depth is bounded when rendering. ERR_INVALID
   with "<name>:<line>:<column>: why"; columns count characters, both from 1. */
int template_compile(struct template **out, const char *name, const char *source, size_t len,
		     enum template_escape escape, const struct template_partials *partials,
		     struct err *e);
void template_free(struct template *t);

/* Appends the rendering of t with vars (any JSON value, usually an object; borrowed) to out.
   lenient: plain Mustache, a missing variable is empty. Thread-safe: t is never written.
   ERR_INVALID where a variable is missing or is a list or an object, a bound is hit, or out is
   full; out then holds what it held before. */
int template_render(const struct template *t, const json_t *vars, bool lenient, struct buf *out,
		    struct err *e);

#endif
