/*
 * providers - all entries of the setting `providers`, opened.
 */
#ifndef BECKON_PROVIDERS_H
#define BECKON_PROVIDERS_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"
#include "provider.h"
#include "routing.h"

#define PROVIDERS_MAX ROUTING_MAX

struct providers {
	struct provider *list[PROVIDERS_MAX];
	size_t count;
};

/* list: the JSON of `providers`, 1 to PROVIDERS_MAX entries, each under a name of its own. */
int providers_open(struct providers *out, const json_t *list, const char *dir, struct err *e);
void providers_close(struct providers *p);

#endif
