/*
 * asking - one thing asked of the fleet about an invite, and the outcome that answers it.
 *
 * The answer is the first outcome that names the request by source and id: the fleet echoes both.
 */
#ifndef BECKON_CLI_ASKING_H
#define BECKON_CLI_ASKING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "settings.h"
#include "told.h"

#define ASKING_ID_SIZE 32

struct asking {
	const char *type; /* "invite.resend-requested" */
	const char *tenant, *invite;
	const json_t *data;
	int64_t wait_ms; /* 0 = do not wait */
	/* out */
	char id[ASKING_ID_SIZE]; /* of the event, drawn */
};

/* Is this what the fleet would serve? As the dispatcher reads it; ERR_INVALID with the text. */
int asking_check(const struct asking *a, struct err *e);

/* Appends and waits. With wait_ms, *answer is filled on OK and the caller clears it. ERR_AGAIN:
   Kafka is away, or no answer came in time (then the request stands, and may still be served). */
int asking_ask(struct asking *a, const struct settings *s, struct told *answer, struct err *e);

/* Does this outcome answer the request? Pure. */
bool asking_answers(const struct told *t, const char *id);

#endif
