/*
 * api_segments - how many SMS a list would become, and of how many segments, before it is sent.
 *
 * Counted is what goes out as SMS at once, with the template that holds now and a made-up link,
 * which is as long as a real one. What a ladder may send later is not. What they cost is told by
 * currency, as far as providers' prices are known (tariffs.h).
 */
#ifndef BECKON_API_SEGMENTS_H
#define BECKON_API_SEGMENTS_H

#include <jansson.h>
#include <stdint.h>

#include "catalog.h"
#include "routing.h"
#include "tariffs.h"
#include "tenant.h"

struct segments_of {
	const struct catalog *catalog;
	const struct tenant *tenant;
	const struct tariffs *tariffs; /* NULL = nothing is known of any cost */
	int64_t now_ms;
	json_int_t messages, segments, most; /* so far; most: of the longest message */
	json_int_t unpriced;		     /* messages of which no price is known */
	struct cost costs[ROUTING_MAX];	     /* one a currency; a provider has one */
};

/* data: of an invite.requested. One that goes by e-mail, or has no text, changes nothing. */
void segments_add(struct segments_of *s, const json_t *data);

/* {messages, segments, most, cap, costs, unpriced}; NULL: none would go by SMS. A new object. */
json_t *segments_told(const struct segments_of *s);

#endif
