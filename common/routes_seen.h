/*
 * routes_seen - how relays and SMS providers do, as all couriers tell of it, put together.
 *
 * Each courier writes a report of its own routes into Redis every few seconds, and at once when one
 * of them closes, opens, is paused or passed over: routes:<service>/<slot>, for 20 s. Here they are
 * read and made one list, an item a route: couriers that see it alike are counted together, and the
 * worst that one of them sees is what the route's state is. Nobody decides anything on it.
 */
#ifndef BECKON_ROUTES_SEEN_H
#define BECKON_ROUTES_SEEN_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"
#include "redis.h"

#define ROUTES_VERSION 1			  /* of a report */
#define ROUTES_TOLD_MAX_BYTES ((size_t)256 << 10) /* a report */
#define ROUTES_SEEN_MAX 500			  /* processes that are asked about */

/* The best first: of what several couriers see the worst is told. */
enum route_state {
	ROUTE_UP,
	ROUTE_PASSED_OVER, /* open, but others are taken */
	ROUTE_PROBING,	   /* open again: a few messages at a time, until one is taken over */
	ROUTE_PAUSED,
	ROUTE_CLOSED, /* its connection is tried again and again */
	ROUTE_STATES
};
extern const char *const route_state_words[ROUTE_STATES];

/* *out: an array, a new reference; items as schemas/openapi.yaml has them (Route). ERR_AGAIN: Redis
   is away. */
int routes_seen(struct redis *r, const char *prefix, json_t **out, struct err *e);

/* The same of reports: an object, process name -> its report. Pure. What is no report of this
   version is passed over. */
json_t *routes_merge(const json_t *reports);

#endif
