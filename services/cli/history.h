/*
 * history - everything told of one invite, each fact once, in the order in which it was told.
 */
#ifndef BECKON_CLI_HISTORY_H
#define BECKON_CLI_HISTORY_H

#include <jansson.h>
#include <stddef.h>

#include "told.h"

#define HISTORY_MAX 10000 /* outcomes kept; older ones go first */

struct history {
	json_t *seen; /* ids */
	struct told *list;
	size_t count, dropped;
};

void history_init(struct history *h);
void history_clear(struct history *h);

/* Takes t over, which then belongs to h; a fact that is there already is cleared instead. */
void history_take(struct history *h, struct told *t);

/* The outcome that is the invite's state: of those that change it, the one with the highest
   sequence. NULL = none. */
const struct told *history_state(const struct history *h);

/* generation, turn, rank; all zero where the outcome has none. */
void history_sequence(const struct told *t, int64_t out[3]);

#endif
