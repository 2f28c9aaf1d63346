/*
 * plan - what was decided of an event: what is told, and what changes with it.
 *
 * The told half is stored with the event by the compare-and-set and replayed where the same record
 * is read again, so it is small text with a format version; the changes happen in the same step as
 * the storing, and never again. The records are made from event and plan by records.c.
 */
#ifndef BECKON_PLAN_H
#define BECKON_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "outcome.h"
#include "timer.h"

#define PLAN_VERSION 3
#define PLAN_SILENT WORD_COUNT /* as a word: nothing is told */

enum plan_data { DATA_LEAVE, DATA_KEEP, DATA_ERASE };

/* Where the SMS of a ladder stands. */
enum ladder {
	LADDER_NONE,
	LADDER_BESIDE,	/* it was asked for while the e-mail stood: what fails of it is history */
	LADDER_ALONE,	/* the e-mail has come back */
	LADDER_FAILED,	/* it will not be sent, or was not delivered */
	LADDER_INSTEAD, /* the e-mail was refused, so nobody has its link: the SMS is the
			   invitation, or will be where the state's channel is still e-mail */
};
#define LADDER_WORDS                                                                               \
	{                                                                                          \
		"", "1", "2", "3", "4"                                                             \
	} /* in the state's field `lad` */

/* What one event changes; all zero = nothing. Not stored. */
struct plan_changes {
	const char *state;   /* the state's new word; NULL = it stays */
	bool new_generation; /* what is known of the former one's link and timer is reset */
	bool early;	     /* cancelled before it was asked for */
	bool late;	     /* the request that such a cancel overtook has come */
	bool declined;
	enum ladder ladder; /* where its SMS stands now; LADDER_NONE = as before */
	int64_t turn;	    /* of the word that the state is now; 0 = as before */
	int64_t reminders;  /* told now; 0 = as before */
	bool take_address, give_up_address;
	bool remove_waiting; /* what waits of this generation, its slots given back */
	bool bring_forward;  /* what waits is due now */
	bool remove_timer;
	struct timer timer; /* armed unless TIMER_NONE */
	enum plan_data data;
};

struct plan {
	enum outcome_word word; /* queued: with a slot in the future it becomes deferred */
	int64_t generation;	/* after this event; 0 = the event changes nothing */
	int64_t n;		/* of the delivery: over 0 it is a reminder */
	const char *channel;	/* of the delivery, IDS_EMAIL or IDS_SMS; NULL = it is of none */
	bool ladder;		/* the SMS of a ladder, with the link of the e-mail */
	bool beside;		/* of such: history, the state stays that of the e-mail */
	bool instead;		/* of such: it takes the place of an e-mail that was refused */
	int64_t turn;		/* that the outcome ends; 0 = it is of no delivery */
	int64_t superseded;	/* the generation whose link has been replaced; 0 = none */
	const char *superseded_channel; /* by which that one had gone */
	const char *prev;		/* the state before; NULL = there was none */
	const char *code;		/* error, refused, undelivered: why */
	const char *other;		/* refused: the invite that holds the address, or NULL */
	const char *where;		/* JSON pointer or words, or NULL */
	struct plan_changes changes;
};

/* There is a job to be appended or parked. A queued that is told of a later turn brought one
   forward. */
bool plan_has_job(const struct plan *p);

#define PLAN_TEXT_SIZE 512

/* "3 <word> <generation> <n> <turn> <superseded> <by> <channel> <ladder> <prev> <code> <other>
   <where>", "-" = none, and back. The strings of a plan read back are static or point into text.
   Where no SMS is in it, it is written as version 2, without <by>, <channel> and <ladder>, for
   programs that know of none; version 1, which told no version, is read too. ERR_INVALID: it is
   none. */
void plan_write(const struct plan *p, char out[PLAN_TEXT_SIZE]);
int plan_read(char *text, struct plan *out, struct err *e);

#endif
