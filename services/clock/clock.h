/*
 * clock - puts what has waited back on the topic written on it, when it is due.
 *
 * Knows no domain word: an item is a due time, a topic, a key and bytes. Items are leased by the
 * batch, appended, and dropped after Kafka's acknowledgement; batches overlap, so that nothing that
 * falls due waits for an answer to something else. Any number of clocks may run: each leases its
 * own, and the items of one that died are due again when its lease ends. A clock that has slept
 * past its lease puts nothing back, since another has done it.
 */
#ifndef BECKON_CLOCK_H
#define BECKON_CLOCK_H

#include "later.h"
#include "resume.h"
#include "stage.h"

#define CLOCK_BATCH LATER_LEASE_MAX
#define CLOCK_BATCHES 4 /* in flight; their bytes are bounded by later_lease's answer */

struct clock_settings {
	int64_t poll_ms, lease_ms;
};

struct clock;

/* Items leased at once. */
struct clock_batch {
	struct clock *clock;
	struct later_leased items[CLOCK_BATCH];
	size_t n; /* 0 = the batch is free */
	size_t acked;
	bool dropping;	   /* all of it is with Kafka, and Redis is being told */
	int64_t leased_ms; /* boot time, which counts sleep, from before Redis was asked */
};

struct clock {
	struct clock_settings settings;
	struct run *run;
	struct clock_batch batches[CLOCK_BATCHES];
	int64_t measured_ms; /* monotonic */
	struct resume resume;
	struct metric *overdue, *due_lag, *put_back, *late, *unreadable;
	struct metric *parked[LATER_REASONS_MAX]; /* of the reasons that were there last */
	size_t nparked;
};

int clock_open(void *ctx, struct run *r, struct err *e);
int64_t clock_tick(void *ctx);
void clock_acked(void *ctx, void *cookie);
size_t clock_draining(void *ctx, bool over);
void clock_close(void *ctx);

#endif
