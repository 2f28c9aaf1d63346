/*
 * tenant_fields - the settings of a tenant as a table: their names, what each may hold, where it
 * goes. The one place that knows contract.md's list.
 */
#ifndef BECKON_TENANT_FIELDS_H
#define BECKON_TENANT_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "tenant.h"

/* Sets what object says over what t has; t borrows its strings. ERR_FATAL with key, value and rule;
   t is then half set. An address is never repeated. */
int tenant_set(struct tenant *t, const json_t *object, struct err *e);

/* A setting that is an object, and yet one value: nothing of the common one remains. */
bool tenant_is_whole(const char *setting);

#endif
