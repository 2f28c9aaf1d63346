/*
 * limit - which limits a delivery is asked for, and how long one that is refused waits: pure.
 *
 * All of them are questions in one claim (guard.h): every one is charged, or none. Fleet-wide are
 * the recipient's, a relay's and `limits.domain`, `limits.global`; a tenant's own domain limit is
 * its own. Carriers cut off a number that gets the same text 20 times an hour, or any text 100
 * times, so SMS has limits of recipient and content below that where a tenant sets none.
 */
#ifndef BECKON_LIMIT_H
#define BECKON_LIMIT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "guard.h"
#include "ids.h"
#include "job.h"
#include "tenant.h"

#define LIMIT_MAX 7
#define LIMIT_NAME_SIZE (16 + IDS_NAME_MAX + 2 * IDS_HASH_SIZE)
#define LIMIT_PARK_MIN_MS 1000
#define LIMIT_PARK_MAX_MS 60000

/* What holds for the whole fleet. */
struct limit_fleet {
	struct tenant_rate global, domain;
};

/* A relay or provider, as far as limits go, and what it takes for one region. */
struct limit_relay {
	const char *name;
	struct tenant_rate rate;
	const char *region_name; /* "<name>/<region>" */
	struct tenant_rate region_rate;
};

struct limit_list {
	struct guard_limit list[LIMIT_MAX];
	size_t n;
	char names[LIMIT_MAX][LIMIT_NAME_SIZE];
};

/* Fills l, which points into itself, with what job is asked for; relay may be NULL. */
void limit_find(struct limit_list *l, const struct job *job, const struct tenant *tenant,
		const struct limit_fleet *fleet, const struct limit_relay *relay);

/* The domain of an address in lower case, hashed: a name of bounded length. */
void limit_domain_hash(const char *address, char out[IDS_HASH_SIZE]);

/* What a person would see of a request's data, but for the link, hashed: two requests with the same
   content look the same. */
void limit_content_hash(const char *kind, const json_t *data, char out[IDS_HASH_SIZE]);

/* How long a delivery that a limit refused is parked, 1 to 60 s: until the end of the line before
   that limit (claim.line_ms), or somewhere in the rest of the minute where the line is longer. */
int64_t limit_park_ms(const struct claim *c, uint32_t random);

#endif
