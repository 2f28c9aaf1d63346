/*
 * ways - which providers a tenant's messages to a country take, in which order and share.
 *
 * The setting `routes` is a list of {tenant, country, prefer, providers}; "*" (or nothing) is any
 * tenant, any country. The most fitting rule holds: tenant and country, the tenant, the country,
 * neither. Where no rule fits every provider serves, on its own terms. With `prefer: cost` the
 * cheapest for the number comes first, and the others follow. Pure.
 */
#ifndef BECKON_WAYS_H
#define BECKON_WAYS_H

#include <jansson.h>

#include "courier.h"
#include "err.h"
#include "tariff.h"

#define WAYS_MAX 256 /* rules */

struct ways;

/* A provider's own terms; its place in the list is its route. */
struct ways_provider {
	const char *name; /* borrowed while ways are loaded */
	int order, weight;
};

/* routes: [{tenant: acme, country: RU, prefer: order, providers: [smsc, {name: twilio, order: 2,
   weight: 1, limit: 10/s}]}]; NULL = none. An order that is not said is the place in the list. At
   most ROUTING_MAX providers. ERR_FATAL with the rule's number. */
int ways_load(struct ways **out, const json_t *routes, const struct ways_provider *list, size_t n,
	      struct err *e);
void ways_free(struct ways *w); /* takes NULL */

/* Fills rule and ways; out->region is the caller's. True: ways_by_cost is to say their order. */
bool ways_find(const struct ways *w, const char *tenant, const char *region,
	       struct channel_aim *out);

/* Orders the ways by what each asks, prices by route; those who ask the same by their former order.
   Last are those of which nothing is known, and those whose currency is not that of the first. */
void ways_by_cost(struct channel_aim *aim, const struct cost *prices);

#endif
