/*
 * redis_greeting - what is said first on a new connection, whether the answers will do, and where
 * Sentinels say that the primary is.
 *
 * Sentinels are asked in the order of the URL, without a password and without TLS; what one says is
 * checked with ROLE, since it may not have heard of a new primary yet.
 */
#ifndef BECKON_REDIS_GREETING_H
#define BECKON_REDIS_GREETING_H

#include <stddef.h>

#include "err.h"
#include "redis_url.h"

#define REDIS_RUN_ID_SIZE 41 /* 40 hex digits */

struct pipeline;

/* Everything a new connection needs but the scripts; password and name may be NULL. */
void greeting_add(const struct redis_url *u, const char *password, const char *name,
		  struct pipeline *p);

/* ERR_AGAIN where one of the first n commands, the greeting, has failed, or where this is no
 * primary. */
int greeting_check(const struct redis_url *u, const struct pipeline *p, size_t n,
		   char run_id[REDIS_RUN_ID_SIZE], struct err *e);

/* Where the primary is, by the first Sentinel that knows. ERR_AGAIN: none does. */
int redis_sentinel_ask(const struct redis_url *u, int timeout_ms, struct redis_place *out,
		       struct err *e);

#endif
