/*
 * receipt_words - what an SMS provider calls the end of a message, in words of ours.
 *
 * The part of a provider's description (deploy/providers, whose README has the format) that is
 * about receipts: `receipt.statuses`, and `receipt.codes` and `receipt.suppress`, in whose place
 * stand the description's own `codes` and `suppress` where receipts use the codes of answers.
 * Providers change their codes as they like, so they are data, read anew on SIGHUP. Read-only once
 * made.
 */
#ifndef BECKON_RECEIPT_WORDS_H
#define BECKON_RECEIPT_WORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "suppress.h"

enum receipt_status {
	RECEIPT_PASSING, /* not the end: queued, deferred, opened ... */
	RECEIPT_DELIVERED,
	RECEIPT_UNDELIVERED,
	RECEIPT_STATUSES,
};
extern const char *const receipt_statuses[RECEIPT_STATUSES]; /* "passing", "delivered" ... */

struct receipt_words;

/* description: a whole one, not kept. ERR_INVALID: it has no part about receipts, or what is wrong
   in that, and where. */
int receipt_words_parse(struct receipt_words **out, const json_t *description, struct err *e);
/* The same from a file. ERR_FATAL: it cannot be read. */
int receipt_words_read(struct receipt_words **out, const char *path, struct err *e);
void receipt_words_free(struct receipt_words *w); /* takes NULL */

/* What a status means. False: it is not described. */
struct receipt_status_word {
	enum receipt_status status;
	const char *code; /* of schemas/errors.json, static; NULL = it does not say why */
};
bool receipt_words_status(const struct receipt_words *w, const char *status,
			  struct receipt_status_word *out);
/* What an error code means: of schemas/errors.json, static. NULL: it is not described, or means
   nothing that can become of a message. */
const char *receipt_words_code(const struct receipt_words *w, const char *code);
/* Is nobody to write to a number any more of which this code or status tells, and why? */
enum suppress_why receipt_words_suppress(const struct receipt_words *w, const char *code);

#endif
