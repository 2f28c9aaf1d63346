/*
 * redis_wire - pipelines over one connection: for redis.c only.
 *
 * A large share of a pipeline goes as a transaction (redis_pipeline.h), and its replies are taken
 * as if each command had gone by itself. A connection that failed once is closed.
 */
#ifndef BECKON_REDIS_WIRE_H
#define BECKON_REDIS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define WIRE_CHUNK_BYTES                                                                           \
	((size_t)256 << 10) /* sent at once: hiredis moves the unsent rest each time */

struct pipeline;
struct redisContext;

struct wire {
	struct redisContext *c; /* NULL = none, or dead */
	int patience_ms;	/* how long it waits for an answer */
	void **early;		/* hiredis' replies that wire_gather has read */
	size_t nearly, early_cap, taken;
};

void wire_close(struct wire *w);
/* Closes it after a failure, since nobody knows whose reply would come next. Returns ERR_AGAIN, why
   in e. */
int wire_broken(struct wire *w, struct err *e);

/* Sends the commands from..to of p. ERR_AGAIN. */
int wire_put(struct wire *w, struct pipeline *p, size_t from, size_t to, struct err *e);
/* Reads what is there of the replies to the first `sent`, and waits for nothing. True: there is no
   more to come of them. */
bool wire_gather(struct wire *w, const struct pipeline *p, size_t sent);
/* Sends those beyond `sent`, which wire_put has sent as one, and reads every reply. ERR_AGAIN. */
int wire_run(struct wire *w, struct pipeline *p, size_t sent, struct err *e);

#endif
