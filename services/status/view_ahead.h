/*
 * view_ahead - the thread that reads the sheets of large tenants before anybody asks for a list, so
 * that the first one after a start does not wait for a hundred thousand invites.
 *
 * Every ten minutes it brings them up to date, which also begins anew those that are due for it
 * (view_sheet.h). Largest tenants first, as many as fit. Whoever asks while a sheet is being read
 * waits for it, as before. Small ones are left alone: they are read in no time when they are asked
 * for.
 */
#ifndef BECKON_VIEW_AHEAD_H
#define BECKON_VIEW_AHEAD_H

#include "guard.h"
#include "view_query.h"

struct view_ahead_bounds {
	size_t tenant_min; /* invites of a tenant that is worth it */
	size_t rows_max;   /* of all that are read ahead */
};

/* 200,000 rows are some 100 MB. */
#define VIEW_AHEAD_BOUNDS ((struct view_ahead_bounds){ 2000, 200000 })

struct view_ahead;

/* guard becomes its own, and is freed by view_ahead_close; sheets are borrowed. */
struct view_ahead *view_ahead_open(struct view_sheets *sheets, struct guard *guard,
				   struct view_ahead_bounds bounds);
void view_ahead_close(struct view_ahead *a); /* takes NULL; waits for a sheet that is being read */

#endif
