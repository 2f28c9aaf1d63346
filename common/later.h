/*
 * later - whatever waits is one thing: an item with a due time, a topic, a key and bytes.
 *
 * Items live in a sorted set by due time and a hash each. Parking the same id with the same or a
 * lower turn changes nothing; a higher turn replaces. The clock leases due items (their due time
 * moves behind the lease: a dead clock's items reappear), puts them on their topic, and drops them
 * after Kafka's acknowledgement, unless they have been parked anew since.
 *
 * Keys, under the prefix: later (sorted set of ids by when the clock looks at them next), l:<id>
 * (the packed item, see later_pack.h), later:reasons (hash of how many wait for which reason).
 */
#ifndef BECKON_LATER_H
#define BECKON_LATER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "record.h"

struct guard;
struct guard_limit;

struct later_item {
	const char *id; /* a delivery, or a timer's id */
	int64_t turn;
	int64_t due_ms;
	const char *topic;
	const char *key;
	const char *value;
	size_t value_len;
	const struct header *headers; /* values are bytes */
	size_t header_count;
	const char *reason; /* why it waits: rate_limited, retry ...; shown by `beckon parked` */
	const char *tenant; /* NULL = none */
	/* in: what it waits for beside its time (later_group.h), NULL = none; and the limit by
	   whose slots it then comes back, NULL = at once */
	const char *group;
	const struct guard_limit *group_limit;
};

/* Parks n items in one pipeline. ERR_AGAIN: ask again. */
int later_park(struct guard *g, const struct later_item *items, size_t n, struct err *e);

/* Removes an item by id, whatever its turn. */
int later_cancel(struct guard *g, const char *id, struct err *e);

struct later_leased {
	struct later_item item; /* memory owned by this struct */
	void *memory;
	int64_t next_ms; /* when a clock looks at it. Of later_lease: when it is to be put back,
			    of later_list after its due time: it is leased */
};

/* Takes items that are due or will be within ahead_ms, the next ones first. Times are by Redis'
   clock. */
#define LATER_LEASE_MAX 1000
struct later_lease {
	int64_t lease_ms, ahead_ms;
	size_t max;		    /* at most LATER_LEASE_MAX */
	struct later_leased *items; /* room for so many */
	size_t n;		    /* out: items taken */
	int64_t next_ms;	    /* out: of the next one; INT64_MAX = nothing waits */
	int64_t now_ms;		    /* out */
	size_t unreadable;	    /* out: a newer version parked them: they stay for that one */
};

int later_lease(struct guard *g, struct later_lease *l, struct err *e);
/* The same with the next guard_run or guard_hear, until when l and its items are borrowed. */
void later_add_lease(struct guard *g, struct later_lease *l);
void later_leased_clear(struct later_leased *l);

/* Forgets items that Kafka has acknowledged, where their turn is still the same. */
struct later_ref {
	const char *id;
	int64_t turn;
};
int later_drop(struct guard *g, const struct later_ref *refs, size_t n, struct err *e);
/* The same with the next guard_run or guard_hear; nothing is borrowed until then. */
void later_add_drop(struct guard *g, const struct later_ref *refs, size_t n);

/* A page of what waits, due times first, nothing changed. The cursor begins as zeros and moves on;
   at its end *n is 0. What is parked or put back meanwhile may be missed. */
struct later_cursor {
	int64_t from_ms, skip; /* so many at from_ms have been listed */
};
int later_list(struct guard *g, struct later_cursor *at, size_t max, struct later_leased *out,
	       size_t *n, struct err *e);

/* How many wait, and for what; how many are overdue, and for how long the oldest has been. What a
   living clock has leased is on its way, and not overdue. */
#define LATER_REASONS_MAX 16
#define LATER_REASON_SIZE 32
struct later_stats {
	int64_t waiting, overdue, oldest_overdue_ms;
	size_t nreasons;
	struct later_reason {
		char name[LATER_REASON_SIZE]; /* "" = none was given */
		int64_t waiting;
	} reasons[LATER_REASONS_MAX];
};
int later_stats(struct guard *g, struct later_stats *out, struct err *e);

#endif
