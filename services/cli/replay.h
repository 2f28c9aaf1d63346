/*
 * replay - may something that failed be asked again? Decisions of `beckon replay`; pure.
 *
 * The new request's id is made from the outcome that is replayed, so that the same outcome is never
 * replayed twice, and tells the how manieth it is, so that what fails again and again ends.
 */
#ifndef BECKON_CLI_REPLAY_H
#define BECKON_CLI_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define REPLAYS_MAX 3		       /* of one invite or record, one after the other */
#define REPLAY_HEADER "beckon-replays" /* how many there have been */
#define REPLAY_ID_SIZE 64
#define REPLAY_CODE_UNREADABLE "unreadable" /* dead letters, which have no outcome */

enum replay_verdict {
	REPLAY_GO,
	REPLAY_MOVED_ON, /* it is no error any more: nothing to do */
	REPLAY_EXPIRED,	 /* its time is over */
	REPLAY_LOOP,	 /* replayed too often already */
	REPLAY_ERASED,	 /* the request's data is gone */
	REPLAY_PASSWORD, /* needs new credentials and a confirmation */
	REPLAY_UNREADABLE,
	REPLAY_CUT, /* too large to have been kept whole */
	REPLAY_VERDICTS
};

/* An error outcome, and what is known of its invite now. */
struct replay_facts {
	const char *state;		   /* "" = unknown */
	int64_t generation, of_generation; /* now, and of the outcome */
	bool kept, password;		   /* the request's data; its kind */
	int64_t not_after_ms, now_ms;
	int replays; /* that came before */
};
enum replay_verdict replay_judge(const struct replay_facts *f);

/* How many replays led to the request (source, id), 0 where it is none. */
int replay_count(const char *source, const char *id);
const char *replay_id(int n, const char *outcome_id, char out[REPLAY_ID_SIZE]);

/* "2025-03-14T18:00:00Z", or how long ago: "90s", "30m", "6h", "7d". ERR_INVALID with the rule. */
int replay_since(const char *text, int64_t now_ms, int64_t *out, struct err *e);

#endif
