/*
 * ways - which providers a tenant's messages to a country take, in which order and share.
 *
 * The setting `routes` is a list of {tenant, country, providers}; "*" (or nothing) is any tenant,
 * any country. The most fitting rule holds: tenant and country, the tenant, the country, neither.
 * Where no rule fits every provider serves, on its own terms. Pure.
 */
#ifndef BECKON_WAYS_H
#define BECKON_WAYS_H

#include <jansson.h>

#include "courier.h"
#include "err.h"
#include "provider.h"

#define WAYS_MAX 256 /* rules */

struct ways;

/* routes: [{tenant: acme, country: RU, providers: [smsc, {name: twilio, order: 2, weight: 1, limit:
   10/s}]}]; NULL = none. An order that is not said is the place in the list. ERR_FATAL with the
   rule's number. */
int ways_load(struct ways **out, const json_t *routes, const struct providers *p, struct err *e);
void ways_free(struct ways *w); /* takes NULL */

/* Fills rule and ways; out->region is the caller's. */
void ways_find(const struct ways *w, const char *tenant, const char *region,
	       struct channel_aim *out);

#endif
