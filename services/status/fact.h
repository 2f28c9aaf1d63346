/*
 * fact - an outcome read back: what the fold and the rebuild need of it.
 *
 * Outcomes are our own records, in binary mode. What cannot be read was written by a newer version
 * or by somebody else: it is passed over.
 */
#ifndef BECKON_FACT_H
#define BECKON_FACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"
#include "outcome.h"
#include "record.h"

#define FACT_OF_NO_DELIVERY (-1)

/* Strings are NULL where absent, and borrowed from memory. */
struct fact {
	enum outcome_word word;
	bool by_dispatcher;
	const char *tenant, *invite, *kind;
	char key[IDS_KEY_SIZE];
	int64_t generation, turn, rank;
	int64_t n;    /* of the delivery, or FACT_OF_NO_DELIVERY */
	bool sms;     /* its channel; else e-mail */
	bool ladder;  /* of the SMS that follows an e-mail */
	bool beside;  /* of such: no state is moved by it */
	bool goes_on; /* an error of the e-mail, after which the SMS is to follow */
	int64_t attempt, not_before_ms, expires_ms, receipt_due_ms;
	int64_t told_ms; /* when the broker took it, and the skew of tests */
	const char *delivery, *request_source, *request_id, *prev, *code, *reason, *holder;
	const char *recipient_hash, *token_sha256, *provider, *provider_message_id;
	char *memory; /* owned */
	json_t *root; /* owned; NULL = the whole was not asked for */
};

/* ERR_INVALID: nothing of an invite can be learned from it. */
int fact_read(const struct record *r, struct fact *out, struct err *e);
/* The same, and the tree of all its members. ERR_INVALID also where it is no JSON. */
int fact_read_whole(const struct record *r, struct fact *out, struct err *e);
void fact_clear(struct fact *f);

#endif
