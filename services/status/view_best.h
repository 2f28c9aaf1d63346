/*
 * view_best - the first so many of many rows, without sorting them all; and where a page goes on.
 */
#ifndef BECKON_VIEW_BEST_H
#define BECKON_VIEW_BEST_H

#include "view_match.h"

/* A heap of the best `max` keys so far, the worst of them on top. Keys are borrowed. */
struct view_best {
	struct view_key *list;
	size_t n, max;
	int direction; /* 1 ascending, -1 descending */
};

void view_best_open(struct view_best *b, size_t max, bool ascending);
void view_best_offer(struct view_best *b, const struct view_key *k);
void view_best_sort(struct view_best *b); /* the list in order; nothing more is offered */
void view_best_clear(struct view_best *b);

/* x before y: below 0, in the order asked for. Who has nothing there comes last in either. */
int view_best_compare(const struct view_best *b, const struct view_key *x,
		      const struct view_key *y);

/* Where a page goes on, as text that programs hand back; the caller frees it. It names the invite
   and a number and never a text, which may be an address: that is the row's of the invite. */
char *view_cursor_write(const struct view_query *q, const struct view_key *k);

/* Points into q's cursor; its text is "". ERR_INVALID: it is none of ours, or of another order. */
int view_cursor_read(const struct view_query *q, struct view_key *out, struct err *e);

#endif
