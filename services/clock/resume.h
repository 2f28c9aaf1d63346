/*
 * resume - what waited for a pause that is over comes back at once.
 *
 * The courier parks what is paused as a group by tenant and the pause's key (later_group.h).
 * Whenever the settings change, and every second, groups whose pause does not hold any more are
 * made due: by new slots of the tenant's limit where it has one, so that a long pause is no way
 * round it. It is the state that counts and not the change: a clock that starts later, or a courier
 * that heard of the resuming last, loses nothing.
 */
#ifndef BECKON_RESUME_H
#define BECKON_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "stage.h"

struct resume {
	int64_t looked_ms; /* monotonic */
	unsigned count;	   /* of the settings, when it was looked last */
};

/* True: something has become due. */
bool resume_look(struct resume *r, struct run *run);

#endif
