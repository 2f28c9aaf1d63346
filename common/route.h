/*
 * route - is the way to a relay or provider open, and who tries it while it is not.
 *
 * A fault of the route closes it: nothing is sent, no attempt is consumed. While closed, one thread
 * of its own probes it, at once and then with growing pauses, and wakes the loop when it is whole.
 * The pauses go on growing over openings that brought nothing: a relay that greets and then breaks
 * every message is not asked ten times a second. A message taken over (route_proved) ends that.
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
/* The relay has taken a message over: the next closing is probed at once. */
void route_proved(struct route *r);
/* "<name>: <why>" of the last closing or failed probe, copied into out. */
const char *route_why(struct route *r, char *out, size_t size);

#endif
