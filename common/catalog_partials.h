/*
 * catalog_partials - a directory of partials, read at once and handed to the template compiler.
 *
 * A partial is a file `name` or `name.mustache`; hidden files and directories are passed over. At
 * most CATALOG_PARTIALS_MAX of them, each at most TEMPLATE_SIZE_MAX bytes.
 */
#ifndef BECKON_CATALOG_PARTIALS_H
#define BECKON_CATALOG_PARTIALS_H

#include <stddef.h>

#include "err.h"

#define CATALOG_PARTIALS_MAX 1024

struct catalog_partials;

/* ERR_FATAL where dir or a file in it cannot be read, ERR_INVALID where a bound is hit. */
int catalog_partials_open(struct catalog_partials **out, const char *dir, struct err *e);
void catalog_partials_free(struct catalog_partials *p); /* takes NULL */

/* The find of struct template_partials: ctx is a struct catalog_partials (NULL = there are none).
 */
const char *catalog_partials_find(void *ctx, const char *name, size_t *len);

#endif
