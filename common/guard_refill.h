/*
 * guard_refill - what the scripts would have written, written again while there is no epoch.
 *
 * Without an epoch every script does nothing, so nobody else writes and nothing is compared: plain
 * commands, queued and run as one transaction, since Redis then writes to its disk once. One of
 * many is elected by a lease (key `rebuild`, its progress in `rebuild:progress`); whoever holds it
 * empties what a former try has left, writes, and writes the epoch last. A holder that lost the
 * lease, or whose Redis was emptied meanwhile, hears so when it keeps the lease, and begins again;
 * what it sends before that (it was stopped, or the network was) Redis refuses, since the lease is
 * watched.
 */
#ifndef BECKON_GUARD_REFILL_H
#define BECKON_GUARD_REFILL_H

#include "buf.h"
#include "guard.h"

struct later_item;

/* ---- who does it ---- */

enum refill_answer {
	REFILL_MINE,
	REFILL_OTHERS, /* somebody else does it, or Redis has been emptied since it was mine */
	REFILL_WHOLE,  /* there is an epoch */
};

#define REFILL_NAME_SIZE 96

/* What whoever waits is told. */
struct refill_progress {
	char by[REFILL_NAME_SIZE]; /* "" = nobody does it */
	char phase[16];
	int64_t done, total; /* of the phase; 0 of 0 = it has no end to be told */
};

/* first: takes the lease where nobody has it; else keeps it. mine is noted for those who wait.
   While it is ours Redis may take seconds to answer: else a busy disk would have all begin again.
 */
int refill_hold(struct guard *g, bool first, int64_t lease_ms, const struct refill_progress *mine,
		enum refill_answer *out, struct err *e);

/* Queued: what is next in a transaction is refused where the lease has changed since. */
void refill_watch(struct guard *g);

/* Gives the lease up. */
int refill_leave(struct guard *g, const char *by, struct err *e);

/* Who does it, and how far that is. */
int refill_look(struct guard *g, struct refill_progress *out, struct err *e);

/* The last step: the epoch, where the lease is still by's. */
int refill_finish(struct guard *g, const char *by, enum refill_answer *out, struct err *e);

/* Takes the epoch away, so that everybody stands still until there is another. */
int refill_condemn(struct guard *g, struct err *e);

/* Removes a part of all keys but the lease. *cursor begins and ends as 0; *removed grows. */
int refill_wipe(struct guard *g, int64_t *cursor, int64_t *removed, struct err *e);
/* The same of the view alone (guard_view.h), whether or not there is an epoch; vf stays. */
int refill_wipe_view(struct guard *g, int64_t *cursor, struct err *e);

/* ---- what is written: guard.h lists the keys. Nothing is asked before it has been run ---- */

/* What is gathered for one command of each, since Redis then does a third of the work: keys that do
   not expire, and when what is parked is due, and how much waits why. All zero = nothing. */
#define REFILL_REASONS_MAX 16
struct refill_batch {
	struct buf lasting, due;
	size_t nlasting, ndue;
	struct refill_reason {
		char name[32];
		int64_t n;
	} reasons[REFILL_REASONS_MAX];
};

/* Queues what was gathered; the batch is empty after. */
void refill_flush(struct guard *g, struct refill_batch *b);
void refill_batch_clear(struct refill_batch *b); /* memory freed */

void refill_state(struct guard *g, const char *invite, const struct guard_field *set, size_t n);
void refill_kept(struct guard *g, struct refill_batch *b, const char *invite, const char *data,
		 size_t len); /* NULL: none */
void refill_address(struct guard *g, struct refill_batch *b, const char *address,
		    const char *invite);
void refill_token(struct guard *g, const char *token_sha256, const char *delivery, int64_t ms);

/* How receipts name it: see guard.h, m:. */
void refill_receipt(struct guard *g, const char *name, const char *delivery,
		    const char *recipient_hash, int64_t ms);

struct refill_event {
	const char *hash;
	struct coords coords;
	int64_t slot_ms;
	const char *first, *plan;
	int64_t memory_ms; /* how long it is still remembered */
};
void refill_event(struct guard *g, const struct refill_event *ev);

struct refill_claim {
	const char *delivery, *verdict; /* a final word, or "parked" */
	int64_t turn;			/* parked: the one that it waits with */
	int64_t first_ms, doubts;
	const char *kid;
	int64_t memory_ms; /* 0 = for as long as it waits */
};
void refill_claim(struct guard *g, const struct refill_claim *c);

/* Once an id: the counts of `later` rise with each. */
void refill_later(struct guard *g, struct refill_batch *b, const struct later_item *item);

/* The line of a limit reaches to line_us; ms is how long that matters. */
void refill_limit(struct guard *g, const char *name, int64_t line_us, int64_t ms);

/* What was written of an invite's request; NULL = nothing. The caller frees it. Runs what is
   gathered and queued before. */
int refill_read_kept(struct guard *g, struct refill_batch *b, const char *invite, char **data,
		     size_t *len, struct err *e);

/* After a failure: nothing stays queued. */
void refill_forget(struct guard *g);

/* Runs what is queued. ERR_AGAIN: nothing is known, and what is still queued is not sent; begin
 * again. */
int refill_run(struct guard *g, struct err *e);
/* The same, but that Redis works while the next is prepared: a failure is heard with the next send
 * or run. */
int refill_send(struct guard *g, struct err *e);

#endif
