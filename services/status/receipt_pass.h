/*
 * receipt_pass - from receipts that were believed to what the fleet is told of them.
 *
 * Redis says which delivery each is about; of that delivery.receipt-received is appended, whose id
 * is computed, so a receipt that comes again is a duplicate; whom nothing more is to be sent to is
 * told on the topic of settings. One that comes before its message was settled is kept
 * (guard_receipt.h), and passed on by receipt_pass_kept when its delivery is known. Nothing of a
 * receipt is believed beyond its delivery: who told it may tell of its own tenant alone.
 */
#ifndef BECKON_RECEIPT_PASS_H
#define BECKON_RECEIPT_PASS_H

#include "guard_receipt.h"
#include "receipt.h"

/* What is appended for one receipt. */
struct receipt_told {
	struct delivery about;
	char id[64];	/* of the event */
	json_t *data;	/* of the event */
	char *suppress; /* the record's value; NULL = none */
	char suppress_key[SUPPRESS_KEY_SIZE];
};

/* Where it is appended: waits until Kafka has all of it. ERR_AGAIN: Kafka is away, some may be
   there; ERR_INVALID: refused for good. */
struct receipt_sink {
	int (*append)(void *ctx, const struct receipt_told *list, size_t n, struct err *e);
	void *ctx;
	const char *actor; /* of suppressions */
};

struct receipt_counts {
	size_t told, kept, passing, strange; /* strange: of another tenant, or by no usable name */
};

/* Who told: a source's name, and the tenant it may tell of; tenant NULL = of all. */
struct receipt_from {
	const char *name, *tenant;
};

/* ERR_AGAIN: Redis or Kafka is away; all may be handed over again. */
int receipt_pass(struct guard *g, const struct receipt_sink *sink, const struct receipt_from *from,
		 const struct receipt_list *list, struct receipt_counts *out, struct err *e);

/* Those that were kept and are due; *lost: so many will never find theirs. *more: there may be
   more. */
struct receipt_kept_counts {
	size_t told, lost;
	bool more;
};
int receipt_pass_kept(struct guard *g, const struct receipt_sink *sink,
		      struct receipt_kept_counts *out, struct err *e);

#endif
