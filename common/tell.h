/*
 * tell - an outcome is told to Kafka by whoever made it, and here to those who watch: one line, one
 * count.
 */
#ifndef BECKON_TELL_H
#define BECKON_TELL_H

#include "metrics.h"
#include "outcome.h"

/* Logs o (ids only) and counts it by word and code. */
void tell_note(struct metrics *m, const struct outcome *o);

#endif
