/*
 * decide_acts - what the files of decide share. Included by decide*.c only.
 */
#ifndef BECKON_DECIDE_ACTS_H
#define BECKON_DECIDE_ACTS_H

#include "decide.h"

enum in {
	IN_NONE, /* the invite is not known */
	IN_HELD,
	IN_QUEUED,
	IN_SENT,
	IN_DELIVERED,
	IN_UNDELIVERED,
	IN_UNKNOWN,
	IN_ERROR,
	IN_EXPIRED,
	IN_ACCEPTED,
	IN_DECLINED,
	IN_CANCELLED,
	IN_OTHER, /* a later version's */
	IN_COUNT,
};

enum in decide_in(const struct invite_view *invite);
const char *decide_prev(const struct question *q); /* the state before; NULL = there is none */

/* Nothing happens, and nothing is told. */
extern const struct plan decide_silence;

struct plan decide_refused(const char *code, const char *where);

/* A delivery of this generation: the invitation, or one of its reminders. */
struct plan decide_deliver(const struct question *q, int64_t generation, int64_t n);

/* The invitation is over, by a word of its own. */
struct plan decide_end(const struct question *q, enum outcome_word word);

/* ---- decide_world.c ---- */

struct plan decide_timer(const struct question *q);

/* The SMS that was wanted cannot take the e-mail's place: that is told, since it was promised. */
struct plan decide_no_stand_in(const struct plan *wanted, const char *code);

/* When the invite is looked at next, `told` reminders told. */
struct timer decide_next_timer(const struct question *q, int64_t told);

/* A ladder's SMS can be sent. */
bool decide_can_climb(const struct question *q);

/* An SMS is to follow the e-mail, and has not been asked for. */
bool decide_ladder_waits(const struct question *q);

/* ---- decide_receipt.c ---- */

struct plan decide_receipt(const struct question *q);

/* p tells of a message that it has not arrived: what changes with it. */
struct plan decide_undelivered(const struct question *q, struct plan p);

#endif
