/*
 * view_load - invites read from Redis by their names: how they stand, and whom they are for.
 */
#ifndef BECKON_VIEW_LOAD_H
#define BECKON_VIEW_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct guard;

#define VIEW_LOAD_MAX 500 /* invites in one pipeline */

/* state and kept are borrowed during the call; kept is NULL where nothing is kept, or where the
   person is to be forgotten. */
typedef void view_loaded(void *ctx, const char *invite, const json_t *state, const json_t *kept);

struct view_load {
	const char *tenant;
	const char *const *names;
	size_t n;
	view_loaded *each; /* in the order of names, of those that are known */
	void *ctx;
};

int view_load(struct guard *g, const struct view_load *l, struct err *e);

/* The row of view_query.h. A new reference. */
json_t *view_row(const json_t *state, const json_t *kept, bool masked);

/* A moment that a state tells; 0 = none. */
int64_t view_moment(const json_t *state, const char *name);

#endif
