/*
 * view_format - which format the view in Redis has: kept by ours, or made anew.
 *
 * The view is made of the topics, so what a version of another format has left there is taken away
 * and read from the topics again; vf says whose it is. Versions of two formats do not write the
 * view beside each other: stop those of the former one first.
 */
#ifndef BECKON_STATUS_VIEW_FORMAT_H
#define BECKON_STATUS_VIEW_FORMAT_H

#include "err.h"
#include "guard.h"

#define VIEW_FORMAT "2" /* of v: vh: vc: vl: vz: vs and the group's offsets; 1 told no format */

/* Before the view is read or written under an epoch. ERR_AGAIN: Redis is away, or another
   beckon-status takes away what was there; ask again. *anew: something was taken away. */
int view_format_ready(struct guard *g, bool *anew, struct err *e);

#endif
