/*
 * clock - puts what has waited back on the topic written on it, when it is due.
 *
 * Knows no domain word: an item is a due time, a topic, a key and bytes. Items are leased by the
 * batch a little before they are due, appended when they are, and dropped after Kafka's
 * acknowledgement; nothing that falls due waits for an answer of Redis, which may wait for its
 * disk. Any number of clocks may run: each leases its own, and the items of one that died are due
 * again when its lease ends. A clock that has slept past its lease puts nothing back, since another
 * has done it.
 */
#ifndef BECKON_CLOCK_H
#define BECKON_CLOCK_H

#include "later.h"
#include "redis_time.h"
#include "resume.h"
#include "stage.h"

#define CLOCK_BATCH 512
#define CLOCK_BATCHES 12 /* in hand; their bytes are bounded by later_lease's answer */

struct clock_settings {
	int64_t poll_ms, lease_ms;
};

/* Items leased at once, the next ones first. The first `put` are with Kafka or on their way, and
   `acked` of those are acknowledged. */
struct clock_batch {
	struct clock *clock;
	struct later_leased items[CLOCK_BATCH];
	size_t n; /* 0 = the batch is free */
	size_t put, acked;
	bool dropping;	   /* all of it is with Kafka, and Redis is being told */
	int64_t leased_ms; /* boot time, which counts sleep, from before Redis was asked */
};

/* What has been asked of Redis and not been heard. */
struct clock_question {
	bool under_way;
	struct clock_batch *into; /* NULL = no lease was asked for */
	struct later_lease lease;
	int64_t asked_ms; /* monotonic */
};

struct clock {
	struct clock_settings settings;
	struct run *run;
	struct clock_batch batches[CLOCK_BATCHES];
	struct clock_question question;
	struct redis_time time;
	int64_t lease_at_ms, measured_ms; /* monotonic */
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
