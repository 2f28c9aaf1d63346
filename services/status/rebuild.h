/*
 * rebuild - Redis made anew from the topics, step by step.
 *
 * Where the epoch is missing nobody acts. One of those who could rebuild is elected by a lease; it
 * waits until everything that was being sent has told what became of it, empties what a former try
 * left, reads what was told and asked, writes what the scripts would have written, and last the
 * epoch, with which everybody goes on. It begins again where Redis fails meanwhile, where the lease
 * is lost, and where something was told after all. A topic of outcomes that is empty is a new
 * installation: that is for `beckon init`.
 *
 * rebuild_step does a little and returns, so that a loop stays a loop. Memory is bounded by the
 * share of invites that is in hand, not by how many there are.
 */
#ifndef BECKON_REBUILD_H
#define BECKON_REBUILD_H

#include "guard_refill.h"
#include "kafka.h"
#include "pass.h"

struct rebuild;

struct rebuild_options {
	struct pass_options pass; /* with the guard, which is not shared with another thread */
	struct kafka_properties kafka;
	const char *topic_status;
	int64_t wait_ms; /* in which all that is being sent has told its end */
	int64_t share;	 /* requests in hand at a time, about; at the most twice as many */
	const char *by;	 /* unique among those who could do it; shown */
};

/* Strings and kafka are borrowed until rebuild_close. */
struct rebuild *rebuild_open(const struct rebuild_options *o);
void rebuild_close(struct rebuild *r); /* gives the lease up; takes NULL */

enum rebuild_answer {
	REBUILD_WHOLE,	/* there is an epoch: nothing to do */
	REBUILD_EMPTY,	/* nothing was ever told: `beckon init` */
	REBUILD_OTHERS, /* somebody else does it: progress is theirs */
	REBUILD_BUSY,
	REBUILD_DONE, /* this step wrote the epoch */
};

/* What holds while a step is done; borrowed. */
struct rebuild_policy {
	const struct tenants *tenants;
	const struct catalog *catalog; /* NULL = jobs made anew take the templates of the day */
	const char *recipient_key;     /* SIGHUP may bring another */
};

/* Does a little. *again_ms: when to call again. ERR_AGAIN: Redis
   or Kafka does not answer (text); it begins again with the next step. */
int rebuild_step(struct rebuild *r, const struct rebuild_policy *policy, enum rebuild_answer *out,
		 int64_t *again_ms, struct err *e);

/* How far it is, or how far somebody else is. */
const struct refill_progress *rebuild_progress(const struct rebuild *r);

/* What the last one came to. */
struct rebuild_sum {
	int64_t invites, parked, records, passes;
	int64_t took_ms; /* without the wait */
};
const struct rebuild_sum *rebuild_sum(const struct rebuild *r);

#endif
