/*
 * guard_receipt - which delivery a provider's receipt is about, and receipts that come too early.
 *
 * settle leaves the names under which a provider will tell of a message behind m: (guard.h). A
 * receipt may come before that: then its bytes are kept, and looked at again and again for
 * GUARD_RECEIPT_KEEP_MS. Whoever takes one that has found its delivery drops it once it is told;
 * until then it is due again after GUARD_RECEIPT_LEASE_MS, so a process may die in between. Of an
 * SMS m: also holds when and by which route it was sent: what has been delivered is counted by
 * route, and whether it took long, for a quarter of an hour. Run by guard_run, like everything of
 * guard.h.
 */
#ifndef BECKON_GUARD_RECEIPT_H
#define BECKON_GUARD_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "guard.h"
#include "ids.h"

#define GUARD_RECEIPT_KEEP_MS 600000
#define GUARD_RECEIPT_LEASE_MS 30000
#define GUARD_RECEIPTS_MAX 200000    /* kept at the same time */
#define GUARD_RECEIPT_SLOW_MS 300000 /* a message that is delivered so long after it was sent */

struct receipt_found {
	char delivery[IDS_DELIVERY_SIZE];   /* "" = not known */
	char recipient_hash[IDS_HASH_SIZE]; /* "" = not known */
};

struct receipt_find {
	/* in */
	const char *names;    /* "<provider>/<id>", separated by spaces: the first that is known */
	const char *delivery; /* "" = not told; else it counts, if it has been claimed */
	const char *keep;     /* kept where none is known yet; NULL = not. No NUL */
	/* out */
	struct receipt_found found;
	bool kept;
};
void guard_add_receipt_find(struct guard *g, struct receipt_find *f);

/* One that was kept. */
struct receipt_kept {
	char *whole; /* for guard_add_receipt_drop */
	char *bytes; /* what was kept, within whole */
	char *names; /* as it was looked for */
	struct receipt_found found;
};

struct receipt_take {
	/* in */
	size_t max; /* to be looked at; not all will have been found */
	/* out, freed by receipt_take_clear */
	struct receipt_kept *list;
	size_t count;
	size_t looked; /* at so many */
	size_t lost;   /* found nothing in all their time, and are gone */
};
void guard_add_receipt_take(struct guard *g, struct receipt_take *t);
void receipt_take_clear(struct receipt_take *t);

void guard_add_receipt_drop(struct guard *g, const char *whole);

/* The SMS that one of the names is of has been delivered, just now or, early, before it was
   settled: counted for its route, once however often it is told. No answer is kept. */
void guard_add_receipt_delivered(struct guard *g, const char *names, bool early);

/* Of the messages of which that was told lately. */
struct receipt_speed {
	/* in */
	const char *route; /* "<provider>/<region>" */
	/* out */
	unsigned delivered, slow;
};
void guard_add_receipt_speed(struct guard *g, struct receipt_speed *s);

#endif
