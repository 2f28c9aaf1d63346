/*
 * asking - the same asked of the fleet about one or many invites, and the outcomes that answer it.
 *
 * The answer is the first outcome that names the request by source and id: the fleet echoes both.
 */
#ifndef BECKON_CLI_ASKING_H
#define BECKON_CLI_ASKING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "invites.h"
#include "settings.h"
#include "told.h"

#define ASKING_ID_SIZE 32

struct asking {
	const char *type; /* "invite.resend-requested" */
	const char *tenant;
	json_t *data; /* of each, which its invite is written into */
	const struct invites *invites;
	int64_t wait_ms; /* without a further answer; 0 = do not wait */
	/* The answer to invites->list[i]; with wait_ms 0 t is NULL and id names the request. */
	void (*answered)(void *ctx, size_t i, const char *id, struct told *t);
	void *ctx;
};

/* Is this what the fleet would serve? As the dispatcher reads it; ERR_INVALID with the text. */
int asking_check(const struct asking *a, struct err *e);

/* Appends and waits. ERR_AGAIN: Kafka is away, or some have no answer in time (then the requests
   stand, and may still be served). */
int asking_ask(const struct asking *a, const struct settings *s, struct err *e);

/* Which request an outcome answers: its id, borrowed; NULL = none of the tool's. Pure. */
const char *asking_answers(const struct told *t);

#endif
