/*
 * web_rate - how often one address may ask: a table of fixed size, without memory of the idle.
 *
 * Buckets are found by a hash of the name under a key drawn at start, so that nobody can pick names
 * that meet. Where two meet, they share: a bound, no promise. Any thread.
 */
#ifndef BECKON_WEB_RATE_H
#define BECKON_WEB_RATE_H

#include <stdint.h>

struct web_rate;

/* per_s on average, burst at once; both over 0. */
struct web_rate *web_rate_new(int64_t per_s, int64_t burst);
void web_rate_free(struct web_rate *r); /* takes NULL */

/* 0: it may. Else in how many ms it may. Of an IPv6 address the first 64 bits count. */
int64_t web_rate_take(struct web_rate *r, const char *address, int64_t now_ms);

/* The same, and nothing is counted. */
int64_t web_rate_look(struct web_rate *r, const char *address, int64_t now_ms);

#endif
