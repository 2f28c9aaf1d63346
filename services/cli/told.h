/*
 * told - an outcome as it is read from the status topic, and the words in which people hear of it.
 *
 * contract.md sections 3 and 6.
 */
#ifndef BECKON_TOLD_H
#define BECKON_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloudevent.h"
#include "err.h"
#include "lang.h"
#include "outcome.h"
#include "record.h"
#include "term.h"

struct told {
	struct cloudevent event; /* owns everything below */
	enum outcome_word word;
	const char *tenant, *invite; /* "" where the request had none usable */
	const char *code, *delivery, *channel, *masked, *not_before; /* NULL = absent */
	int64_t attempt, at_ms; /* 0 = absent; when the broker took it */
};

/* ERR_INVALID: no outcome that this version knows; it is to be passed over. */
int told_read(const struct record *r, struct told *out, struct err *e);
void told_clear(struct told *t);

#define TOLD_WORDS_SIZE 160

/* "Sent", "Until 18:04 (quiet hours)", "Not sent": a row's words, the time in this machine's zone.
 * Returns out. */
const char *told_words(const struct told *t, enum lang lang, char out[TOLD_WORDS_SIZE]);
/* "14 Mar 18:04", or "18:04" today, in this machine's zone. Returns out. */
#define TOLD_TIME_SIZE 48
const char *told_time(int64_t ms, enum lang lang, char out[TOLD_TIME_SIZE]);
const char *told_word(enum outcome_word word, enum lang lang); /* "Sent" */
/* Why something waits, in words; a reason that nobody knows as it is. */
const char *told_reason(const char *reason, enum lang lang);
const char *told_reason_at(size_t i); /* the i-th word that told_waits_for knows; NULL = no more */
/* As told_reason, of what lies in Redis: what is in doubt waits, too. */
const char *told_waits_for(const char *reason, enum lang lang);
enum tone told_tone(enum outcome_word word);

/* Nothing follows by itself. An `unknown` is sent again once, so only the second one is final;
   doubts is how many there have been. */
bool told_is_final(enum outcome_word word, int doubts);

#endif
