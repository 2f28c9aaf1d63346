/*
 * later_group - items that wait for the same thing beside their due time, and may be brought
 * forward together when it has come.
 *
 * An item is of a group since it was parked with its name, and as long as it waits with that turn.
 * Keys, under the prefix: later:groups (hash of their names and limits), later:of:<name> (sorted
 * set of ids by the turn they wait with; of those that do not wait any more, until the group is
 * brought forward).
 */
#ifndef BECKON_LATER_GROUP_H
#define BECKON_LATER_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "guard.h"

#define LATER_GROUP_SIZE 448

/* Calls each with the name of every group. ERR_AGAIN: ask again. each must not ask Redis. */
int later_groups(struct guard *g, void (*each)(void *ctx, const char *name), void *ctx,
		 struct err *e);

/* Makes up to max items of a group due: now, or as the slots of its limit allow. *left: there are
   more of them. */
int later_forward(struct guard *g, const char *name, size_t max, bool *left, struct err *e);

#endif
