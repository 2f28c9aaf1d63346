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

/* The same as text: the value of v: and of r:, NUL-terminated; kept "" = nothing is known. For
   sheets, which are read by the hundred thousand. */
typedef void view_loaded_text(void *ctx, const char *invite, const char *value, const char *kept);

struct view_load {
	const char *tenant;
	const char *const *names;
	size_t n;
	/* One of both; called in the order of names, for those that are known. */
	view_loaded *each;
	view_loaded_text *each_text;
	void *ctx;
};

int view_load(struct guard *g, const struct view_load *l, struct err *e);

/* The row of view_query.h. A new reference. */
json_t *view_row(const json_t *state, const json_t *kept, bool masked);

#endif
