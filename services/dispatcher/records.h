/*
 * records - what is appended for an event, made from the event and its plan.
 */
#ifndef BECKON_RECORDS_H
#define BECKON_RECORDS_H

#include "ask.h"
#include "dispatcher.h"
#include "job.h"
#include "later.h"

/* A job is to be made: one was planned, and where that is long ago the invite has not moved on. */
bool records_has_job(const struct ask *a);

/* The tenant's slot, or schedule.not_before, lies ahead: the job is parked instead of appended. */
bool records_waits(const struct ask *a);

/* The job of a delivery, as an item that waits until its slot. Memory is memory's. */
struct parked {
	struct later_item item;
	struct buf value;
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand;
	struct job job;
};
void records_park(const struct dispatcher *d, struct ask *a, struct parked *p);
void parked_clear(struct parked *p);

/* Appends job and outcomes, or the outcomes alone, or nothing. */
int records_append(struct dispatcher *d, struct ask *a, struct err *e);

/* A request that arrived under another key or partition goes once to where it belongs. */
bool records_astray(const struct dispatcher *d, const struct ask *a);
int records_forward(struct dispatcher *d, struct ask *a, struct err *e);

#endif
