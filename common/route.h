/*
 * route - is the way to a relay or provider open, and who tries it while it is not.
 *
 * A fault of the route closes it: nothing is sent, no attempt is consumed. While closed, one thread
 * of its own probes it, at once and then with growing pauses, and wakes the loop when it is whole.
 */
#ifndef BECKON_ROUTE_H
#define BECKON_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct route;

/* probe runs on the route's thread. wake_fd is the loop's eventfd. */
struct route *route_new(const char *name, int (*probe)(void *ctx, struct err *e), void *ctx, int wake_fd);
void route_free(struct route *r); /* waits for a probe that runs */

bool route_is_open(struct route *r);
void route_close(struct route *r, const char *why); /* does nothing while closed */
/* "relay <name>: <why>" of the last closing or probe, copied into out. */
const char *route_why(struct route *r, char *out, size_t size);

#endif
