/*
 * view_match - does a row fit a filter, and which of two rows comes first? Pure.
 */
#ifndef BECKON_VIEW_MATCH_H
#define BECKON_VIEW_MATCH_H

#include <stdbool.h>

#include "view_sheet.h"

#define VIEW_WORDS_MAX 16 /* of what is searched for */

/* A filter, folded. */
struct view_match {
	struct view_filter f;
	struct {
		char *text;  /* NULL = any */
		bool begins; /* else the whole */
	} texts[VIEW_TEXTS];
	struct {
		char *text;
		bool whole;	/* it was in quotes */
		bool of_person; /* not of the rest */
	} words[VIEW_WORDS_MAX];
	size_t nwords;
};

/* ERR_INVALID: more words than VIEW_WORDS_MAX. */
int view_match_open(struct view_match *m, const struct view_filter *f, struct err *e);
void view_match_clear(struct view_match *m);

/* Whatever its status. A row without a status never fits. */
bool view_match_row(const struct view_match *m, const struct view_row *r);

/* What rows are ordered by: the value, then the invite's name. */
struct view_key {
	const char *text; /* "" with number 0: it has nothing there */
	int64_t number;
	const char *invite;
};
struct view_key view_key_of(const struct view_row *r, enum view_sort sort);
int view_key_compare(const struct view_key *a, const struct view_key *b);

#endif
