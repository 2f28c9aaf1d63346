/*
 * view_scan - a tenant's invites in the order of their last change, without its sheet: in memory is
 * one page, however many there are. For who asks once, as the tool does.
 *
 * An invite that changes meanwhile moves to the end of that order: newest first it may be missed,
 * oldest first it comes twice.
 */
#ifndef BECKON_VIEW_SCAN_H
#define BECKON_VIEW_SCAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "view_query.h"

#define VIEW_SCAN_PAGE 500 /* invites read at once */

struct view_scan {
	const struct view_filter *filter;
	bool ascending;				     /* the oldest change first */
	size_t max;				     /* rows that are handed over; 0 = all */
	bool counts_on;				     /* having handed over max, counts the others */
	void (*each)(void *ctx, const json_t *rows); /* some rows, in order */
	void *ctx;
	/* out; what fits the filter. counts: by status, whatever statuses are asked for */
	size_t shown, total, counts[VIEW_STATUSES];
};

/* ERR_INVALID: the filter; ERR_AGAIN: Redis is away, and some may have been handed over. */
int view_scan(struct guard *g, struct view_scan *s, struct err *e);

/* The rows of those among names that the filter finds, in that order. A new reference. */
int view_scan_names(struct guard *g, const struct view_filter *f, const json_t *names, json_t **out,
		    struct err *e);

#endif
