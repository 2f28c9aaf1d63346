/*
 * hub - live pages: who listens to a tenant's changes, and the thread that tells them.
 *
 * While somebody listens the view is asked twice a second what has changed in that tenant, and all
 * its listeners hear the names of those invites; they ask for the rows they show. Changes by the
 * thousand become one event that says "more". Nobody is waited for: who takes nothing is dropped.
 * Who has listened for long enough comes again, and is then asked once more who they are.
 */
#ifndef BECKON_HUB_H
#define BECKON_HUB_H

#include <stdbool.h>

#include "guard.h"
#include "http_front.h"

#define HUB_LISTENERS_MAX 256
#define HUB_TENANT_MAX 128 /* of one tenant: its pages leave room for those of others */
#define HUB_NAMES_MAX 200  /* of one event */

struct hub;

/* guard becomes the hub's own, and is freed by hub_close. Everybody listens for listen_ms at most.
 */
struct hub *hub_open(struct guard *guard, int64_t listen_ms);
void hub_close(struct hub *h); /* ends all streams; takes NULL; before the web */

/* Somebody listens from now on. NULL: there are too many, or the hub is closing. */
struct http_stream *hub_listen(struct hub *h, const char *tenant);

#endif
