/*
 * view_behind - has the view taken in what was told?
 *
 * After a rebuild it is empty and filled from the topics' beginning; after a restart it reads what
 * was told meanwhile. Until then a list shows less than there is, and whoever shows it says so.
 */
#ifndef BECKON_VIEW_BEHIND_H
#define BECKON_VIEW_BEHIND_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct guard;

/* So few records are read before anybody has looked. */
#define VIEW_BEHIND_MIN 1000

/* By what a process knows of its own partitions (view_stand); lag < 0 = it does not know. */
bool view_is_behind(int64_t lag);

/* By what all processes told of themselves within the last seconds (stage_pulse.c). */
enum view_reading { VIEW_READ, VIEW_IS_READING, VIEW_NOBODY_READS };
int view_behind(struct guard *g, enum view_reading *out, struct err *e);

#endif
