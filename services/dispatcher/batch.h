/*
 * batch - the events that are in hand at once, until each has a plan that is stored.
 */
#ifndef BECKON_BATCH_H
#define BECKON_BATCH_H

#include "ask.h"
#include "dispatcher.h"

struct batch {
	struct ask *asks; /* the dispatcher's own */
	uint64_t *keys;	  /* hashes of their invites */
	size_t n;
};

/* Brings every ask from ASK_CLAIM to a plan that Redis has, or to a duplicate; what is to wait is
   parked there. ERR_AGAIN: Redis cannot be asked now; the whole batch may be settled again. */
int batch_settle(struct dispatcher *d, struct batch *b, struct err *e);

#endif
