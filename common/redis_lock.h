/*
 * redis_lock - of all the processes of a fleet one at a time changes what it has to read before.
 *
 * Kafka takes whatever is appended: who reads a record of a compacted topic, makes the next version
 * of it and appends that, holds this lock meanwhile, or another's change would be lost. Readers
 * never need it. It ends by itself, should its holder die.
 */
#ifndef BECKON_REDIS_LOCK_H
#define BECKON_REDIS_LOCK_H

#include "crypto.h"
#include "err.h"

#define REDIS_LOCK_MS 30000 /* longer than reading and writing take */
#define REDIS_LOCK_MARK_BYTES 12

struct redis;

struct redis_lock {
	struct redis *redis; /* borrowed; NULL = nothing is held */
	char *key, mark[CRYPTO_HEX_LEN(REDIS_LOCK_MARK_BYTES) + 1];
};

/* What is changed: "settings/acme". Connects where r is not; waits five seconds for another holder.
   ERR_AGAIN: Redis is away, or the other holds it still. */
int redis_lock_take(struct redis_lock *l, struct redis *r, const char *prefix, const char *what,
		    struct err *e);
void redis_lock_give(struct redis_lock *l); /* zeroed is fine */

#endif
