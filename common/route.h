/*
 * route - is the way to a relay or provider open, and who tries it while it is not.
 *
 * A fault of the route closes it: nothing is sent, no attempt is consumed. While closed, one thread
 * of its own probes it, at once and then with growing pauses, and wakes the loop when it is whole.
 * The pauses go on growing over openings that brought nothing: a relay that greets and then breaks
 * every message is not asked ten times a second. A message taken over (route_proved) ends that.
 * Where only a message can tell whether the fault is still there, a secret that is refused or an
 * account without money, the first probe waits too, and the pauses grow to ten minutes.
 * All functions are the loop's.
 */
#ifndef BECKON_ROUTE_H
#define BECKON_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct route;

/* An open route. probe runs on a thread of the route's own; ERR_AGAIN with text while the way is
   not whole. wake_fd is the loop's eventfd. name is borrowed. */
struct route *route_new(const char *name, int (*probe)(void *ctx, struct err *e), void *ctx,
			int wake_fd);
void route_free(
	struct route *r); /* cuts the connection of a probe that runs, and waits for its end */

bool route_is_open(struct route *r);
void route_close(struct route *r, const char *why); /* does nothing while closed */
/* Likewise, for a fault that no probe sees: 1 s, then twice as long each time. */
void route_close_unseen(struct route *r, const char *why);
/* What was wrong may have been mended: a closed route is probed at once. */
void route_hurry(struct route *r);
/* The relay has taken a message over: the next closing is probed at once. */
void route_proved(struct route *r);
/* "<name>: <why>" of the last closing or failed probe, copied into out. */
const char *route_why(struct route *r, char *out, size_t size);

#endif
