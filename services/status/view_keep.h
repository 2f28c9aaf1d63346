/*
 * view_keep - invites that ended long ago leave the view, and what is known of the person with
 * them.
 *
 * How long is the tenant's setting keep_days, counted from the last change; only what has ended
 * (error, expired, accepted, declined, cancelled) goes. For each the wish to forget is asked of the
 * dispatcher first, which erases the person; then a tombstone is told on invite-state; then the
 * invite goes from Redis, by compare-and-set. Dying in between does it again. The dispatcher still
 * knows that the invite was: what is asked of it later is answered as before.
 *
 * A pass looks at all tenants, a page a step, those that changed longest ago first.
 */
#ifndef BECKON_VIEW_KEEP_H
#define BECKON_VIEW_KEEP_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "guard.h"
#include "tenant.h"
#include "view_tell.h"

#define VIEW_KEEP_PAGE 200 /* invites a step */

struct view_keep {
	pthread_mutex_t lock;	  /* of settings */
	struct tenants *settings; /* NULL = not known yet: nothing is done */
	int64_t next_ms;	  /* when the next pass begins, by the monotonic clock */
	/* Where the pass stands. */
	json_t *tenants; /* array of names; owned; NULL = none is under way */
	size_t tenant;
	int64_t seen; /* number of the last change looked at */
	size_t gone;  /* in this pass */
};

void view_keep_open(struct view_keep *k);
void view_keep_close(struct view_keep *k);

/* What tenants have settled, from now on. Any thread; all else is for one. */
void view_keep_publish(struct view_keep *k, struct tenants *settings);

struct view_keep_world {
	struct guard *guard;
	struct view_tell *tell;
	const char *topic_requested;
};

/* Is a step due? */
bool view_keep_due(struct view_keep *k);
/* Does it. ERR_AGAIN: Redis or Kafka is away; the same step is done again. */
int view_keep_turn(struct view_keep *k, const struct view_keep_world *w, struct err *e);

/* A step at any time. *more: the pass goes on. */
int view_keep_step(struct view_keep *k, const struct view_keep_world *w, int64_t now_ms, bool *more,
		   struct err *e);

#endif
