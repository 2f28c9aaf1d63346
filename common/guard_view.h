/*
 * guard_view - where the view of status stands in Redis: how each invite is shown, and how it is
 * found.
 *
 * Nobody decides on any of it. Written by compare-and-set on the version, and like everything of
 * guard.h only under the epoch that was read; so whatever a Redis without memory lost is never
 * mixed with what comes after, and a rebuild empties the view with all other keys. Keys under the
 * prefix:
 *
 *   v:<tenant>/<invite>   how it stands (services/status/state.h); holds no address
 *   vh:<tenant>/<invite>  what was told of it, a JSON object each, as it came (list, the last 200);
 *                         what came twice may stand there twice
 *   vc:<tenant>           how many in each status; error:<code>; changes = number of the last one
 *   vc:<tenant>/<batch>   the same of a batch
 *   vl:<tenant>           batches by their last change, ms (sorted set)
 *   vz:<tenant>           all invites by the number of their last change (sorted set)
 *   vs                    tenants (set)
 *   vf                    format of all these (services/status/view_format.h)
 *
 * An invite that has ended goes from all of them keep_days after its last change (view_keep.h).
 * Who a person is stands in r: alone (guard.h), which forget erases.
 */
#ifndef BECKON_GUARD_VIEW_H
#define BECKON_GUARD_VIEW_H

#include "guard.h"

/* Where an invite is counted. NULL or "" = nowhere. */
struct guard_view_place {
	const char *status, *code, *batch; /* code: of an error */
};

struct guard_view_line {
	const char *bytes; /* of the history */
	size_t len;
};

#define GUARD_VIEW_LINES_MAX 32 /* in one operation */

struct guard_view {
	/* in; strings are borrowed until they are queued */
	const char *tenant, *invite;
	int64_t version;   /* that was read; 0 = there was none */
	const char *value; /* begins with a version one higher */
	size_t len;
	int64_t updated_ms;
	struct guard_view_place now, before;
	const struct guard_view_line *lines;
	size_t nlines;
	/* out */
	bool lost; /* another version stands there: read and fold again */
};

/* Queues it for guard_run. */
void guard_add_view(struct guard *g, struct guard_view *v);

/* Takes an invite out of the view. */
struct guard_view_gone {
	/* in; borrowed until it is queued */
	const char *tenant, *invite;
	int64_t version; /* that was read */
	struct guard_view_place was;
	/* out */
	bool lost; /* another version stands there: nothing was done */
};
void guard_add_view_gone(struct guard *g, struct guard_view_gone *v);

/* Plain reads: any number is queued, run at once, and answered in that order; nothing else is
   queued meanwhile. argv[1] is a key without the prefix. ERR_AGAIN: nothing is known. */
void guard_view_ask(struct guard *g, int argc, const char **argv);
int guard_view_read(struct guard *g, struct err *e);
/* The same in two steps, between which Redis works; whatever is sent must be heard. */
void guard_view_send(struct guard *g);
int guard_view_hear(struct guard *g, struct err *e);
struct redis_reply;
const struct redis_reply *guard_view_answer(struct guard *g, size_t i); /* until the next read */

#endif
