/*
 * clock - puts what has waited back on the topic written on it, when it is due.
 *
 * Knows no domain word: an item is a due time, a topic, a key and bytes. Leased first, appended,
 * and dropped after Kafka's acknowledgement; the items of a clock that died reappear when its lease
 * ends.
 */
#ifndef BECKON_CLOCK_H
#define BECKON_CLOCK_H

#include "later.h"
#include "stage.h"

#define CLOCK_BATCH 500

struct clock_settings {
	int64_t poll_ms, lease_ms;
};

struct clock {
	struct clock_settings settings;
	struct run *run;
	struct later_leased leased[CLOCK_BATCH];
	size_t nleased,
		nacked;	     /* of one batch: the next is leased when all of it is acknowledged */
	int64_t measured_ms; /* monotonic */
	struct metric *parked, *overdue, *due_lag, *put_back;
};

int clock_open(void *ctx, struct run *r, struct err *e);
int64_t clock_tick(void *ctx);
void clock_acked(void *ctx, void *cookie);
size_t clock_draining(void *ctx, bool over);
void clock_close(void *ctx);

#endif
