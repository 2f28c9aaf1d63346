/*
 * decide - what becomes of an event: a pure function of the event, the invite's state and the
 * policy.
 *
 * The plan it makes is stored with the event by the compare-and-set and replayed where the same
 * record is read again, so it is small text; the records are made from event and plan by records.c.
 */
#ifndef BECKON_DECIDE_H
#define BECKON_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "outcome.h"
#include "request.h"

/* What is known of the invite before this event. */
struct invite_view {
	bool known;
	const char *state; /* word of its state; "" where unknown */
	int64_t generation;
};

struct policy {
	bool allow_reserved; /* addresses that nobody can have, and well-known misspellings, may be
				invited */
	bool auto_send;	     /* of the tenant for the request's trigger */
};

struct plan {
	enum outcome_word word; /* queued, held, error or refused; a slot in the future makes queued
				   deferred */
	int64_t generation;	/* after this event; 0 = the event changes nothing */
	const char *code;	/* error, refused: why */
	const char *where;	/* JSON pointer, or NULL */
	const char *other;	/* refused: the invite that holds the address, or NULL */
};

/* req is what request_read made of the event, also where it found it wrong. */
struct plan decide(const struct request *req, const struct invite_view *invite,
		   const struct policy *policy);

/* Another live invite, other, holds the address. */
struct plan decide_taken(const char *other);

#define PLAN_TEXT_SIZE 512

/* "<word> <generation> <code or -> <other or -> <pointer or ->" and back. The strings of a plan
   read back are static or point into text. ERR_INVALID: it is none. */
void plan_write(const struct plan *p, char out[PLAN_TEXT_SIZE]);
int plan_read(char *text, struct plan *out, struct err *e);

#endif
