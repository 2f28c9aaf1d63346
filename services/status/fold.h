/*
 * fold - what has become of an invite, from what was told of it: (state, fact) -> state.
 *
 * Pure. Facts may come in any order and any number of times: of two about the same thing the one of
 * the higher (generation, turn, rank) stands. What a later generation replaced is forgotten.
 */
#ifndef BECKON_FOLD_H
#define BECKON_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "fact.h"
#include "plan.h"

#define FOLD_LADDER 3	  /* the SMS that follows the invitation's e-mail */
#define FOLD_DELIVERIES 4 /* the invitation, its reminders and that */

/* Where a delivery of the current generation stands. */
struct fold_delivery {
	int64_t turn, rank; /* of the last word; turn 0 = nothing was told of it */
	enum outcome_word word;
	int64_t not_before_ms, attempt;
	bool final;	      /* that word has ended it */
	bool sms;	      /* its channel; else e-mail */
	bool goes_on;	      /* it was refused, and an SMS takes its place */
	bool brought_forward; /* that word is a "send now": it may wait in Redis still */
	char *provider;	      /* an SMS in doubt: who may have taken it over; NULL = not known */
	char *known_as;	      /* "<provider>/<id>": how its receipts name it; NULL = not told */
	int64_t known_turn;
	int64_t first_ms;	  /* told first by a courier; 0 = never */
	int64_t told_ms;	  /* the last word */
	int64_t doubt_turns[2];	  /* that ended as unknown */
	char *source, *id;	  /* the event that asks for it */
	char code[24];		  /* why it waits */
	bool waits_by_dispatcher; /* it has not been with a courier */
};

/* All zero = nothing is known. */
struct fold {
	int64_t generation;
	int64_t turn, rank;	/* of the word that decides */
	enum outcome_word word; /* that one */
	bool final;		/* unknown: it stays so */
	char kind[12], recipient_hash[IDS_HASH_SIZE],
		sms_hash[IDS_HASH_SIZE]; /* of a ladder's SMS */
	struct fold_delivery deliveries[FOLD_DELIVERIES];
	int64_t settled_turn;	/* that the last word of a courier on the invitation ended */
	int64_t receipt_due_ms; /* until when an SMS' receipt is waited for; 0 = not at all */
	int64_t expires_ms;	/* of the link; 0 = it was not told */
	int64_t link_told_ms;	/* when a link was told of last, for where its end was not */
	int64_t reminders;
	int64_t looked_ms; /* when a reminder or a ladder's SMS was asked for last: what reminders
			      were due by then have been told, or left out */
	char token_sha256[65];
	bool declined, early;
};

void fold_fact(struct fold *f, const struct fact *fact);
void fold_clear(struct fold *f);

/* The word of the decision state; "" = nothing is known. */
const char *fold_state(const struct fold *f);

/* No delivery may follow. */
bool fold_has_ended(const struct fold *f);

/* Where the SMS of a ladder stands. */
enum ladder fold_ladder(const struct fold *f);

/* Which of the deliveries is the invitation: the ladder's SMS where that took the e-mail's place.
 */
size_t fold_first(const struct fold *f);

/* The state holds its address. */
bool fold_is_live(const struct fold *f);

/* The link may still be used, so its timer runs. */
bool fold_has_link(const struct fold *f);

int64_t fold_doubts(const struct fold_delivery *d);

/* What a claim of this delivery has come to: a final word, "parked", or NULL = no courier has ended
   a turn of it. */
const char *fold_verdict(const struct fold_delivery *d);

/* The turn with which it waits, or was put on its topic last. */
int64_t fold_next_turn(const struct fold_delivery *d);

#endif
