/*
 * yamldoc - a YAML file as a JSON value.
 *
 * Mappings, sequences and scalars. A plain scalar that is true, false, null or a decimal integer
 * in its shortest form becomes that JSON value, so that its text can always be told again; every
 * other scalar stays text. Refused, with file, line and column: keys given twice ("a.b" and b
 * below a are the same), keys that are not scalars, aliases, tags, NUL, a second document, and
 * anything over the bounds below.
 */
#ifndef BECKON_YAMLDOC_H
#define BECKON_YAMLDOC_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"

#define YAMLDOC_MAX_BYTES ((size_t)1 << 20)
#define YAMLDOC_MAX_DEPTH 16

/* A document: its value, and the line on which the value of each key begins: "a.b" -> 7, and
   "a.list[0].c" -> 9. An empty document is null. */
struct yamldoc {
	json_t *value;
	json_t *lines;
};

/* Reads a file, or text with a name to be used in errors. ERR_FATAL: the file cannot be read;
   ERR_INVALID: "<name>:<line>:<column>: why". On failure y is untouched. */
int yamldoc_read(struct yamldoc *y, const char *path, struct err *e);
int yamldoc_parse(struct yamldoc *y, const char *name, const char *text, size_t len, struct err *e);

/* The line of the value at a dotted path; 0 = not known. */
int yamldoc_line(const struct yamldoc *y, const char *path);

void yamldoc_clear(struct yamldoc *y);

#endif
