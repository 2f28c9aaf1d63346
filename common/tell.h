/*
 * tell - an outcome is told to Kafka by whoever made it, and here to those who watch: one line, one
 * count. What cannot be read is told as a dead letter.
 */
#ifndef BECKON_TELL_H
#define BECKON_TELL_H

#include <stdbool.h>

#include "err.h"
#include "metrics.h"
#include "outcome.h"
#include "stage.h"

/* Logs o (ids only) and counts it by word and code. */
void tell_note(struct metrics *m, const struct outcome *o);

/* Appends the bytes of w unchanged to the dead-letter topic, with why (see dead.h); truncated: only
   the first DEAD_TRUNCATED_BYTES of them, and says so. Fails as stage_append does. */
int tell_dead(struct run *r, struct work *w, const char *why, bool truncated, struct err *e);

#endif
