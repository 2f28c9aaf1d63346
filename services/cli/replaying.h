/*
 * replaying - one run of `beckon replay`: what it holds, and what it tells of each thing it looked
 * at.
 */
#ifndef BECKON_CLI_REPLAYING_H
#define BECKON_CLI_REPLAYING_H

#include "guard.h"
#include "lang.h"
#include "outbox.h"
#include "replay.h"
#include "settings.h"

struct replay_options {
	const char *code, *since, *tenant, *lang;
	int64_t rate, limit;
	bool dry_run, json;
};

struct replaying {
	struct replay_options o;
	enum lang lang;
	struct settings settings;
	int64_t since_ms;
	struct guard *guard;  /* NULL: dead letters need none */
	struct outbox outbox; /* closed in a dry run */
	int64_t next_us;      /* monotonic: when the next may be appended */
	size_t told[REPLAY_VERDICTS];
};

/* Waits until the rate lets another one go. */
void replaying_pace(struct replaying *v);

/* Has as much been replayed as was allowed? */
bool replaying_full(const struct replaying *v);

/* Counts the verdict and prints it: what is an invite's key, or where a record stands. */
void replaying_tell(struct replaying *v, const char *what, enum replay_verdict verdict,
		    const char *detail);

/* Dead letters that can be read by now go to the topic they came from. */
int replay_letters(struct replaying *v, struct err *e);
/* Invites that ended as an error are asked for again. */
int replay_errors(struct replaying *v, struct err *e);

#endif
