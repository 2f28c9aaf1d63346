/*
 * rates - how often things were told within the last minute, by name. Pure.
 *
 * A ring of seconds for each name; names beyond RATES_MAX are counted together as "…".
 */
#ifndef BECKON_CLI_RATES_H
#define BECKON_CLI_RATES_H

#include <stddef.h>
#include <stdint.h>

#define RATES_MAX 64
#define RATES_SECONDS 60
#define RATES_NAME_SIZE 64

struct rate {
	char name[RATES_NAME_SIZE];
	unsigned ring[RATES_SECONDS]; /* by second */
	uint64_t total;
};

struct rates {
	struct rate list[RATES_MAX];
	size_t count;
	int64_t second; /* up to which the rings are cleared */
};

/* One more of this name in the second of now_ms; time never goes back. */
void rates_add(struct rates *r, const char *name, int64_t now_ms);

/* Forgets what is older than a minute. To be called before the next two. */
void rates_turn(struct rates *r, int64_t now_ms);
unsigned rate_minute(const struct rate *one);
/* Per second over the last n whole seconds before now. */
double rate_per_s(const struct rates *r, const struct rate *one, int n);

const struct rate *rates_find(const struct rates *r, const char *name); /* NULL = none told */

#endif
