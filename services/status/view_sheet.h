/*
 * view_sheet - a tenant's invites in memory, as they are compared: what lists, filters and searches
 * are answered from.
 *
 * A copy of what Redis holds, brought up to date before every question by the numbers of changes;
 * begun anew where Redis was made anew. Texts are folded (view_text.h) and serve comparing only:
 * what is shown is read from Redis again. Not thread-safe: one lock a sheet (view_query.c).
 */
#ifndef BECKON_VIEW_SHEET_H
#define BECKON_VIEW_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"
#include "table.h"
#include "view_query.h"

struct guard;

enum view_text_of {
	VIEW_TEXT_INVITE,
	VIEW_TEXT_NAME,
	VIEW_TEXT_EMAIL,
	VIEW_TEXT_PHONE,
	VIEW_TEXT_ROLE,
	VIEW_TEXT_DEPARTMENT,
	VIEW_TEXT_TEAMS, /* a line each */
	VIEW_TEXT_INVITER,
	VIEW_TEXT_ORGANISATION,
	VIEW_TEXT_BATCH,
	VIEW_TEXT_SEARCHED, /* those before are searched for words, those after only compared */
	VIEW_TEXT_KIND = VIEW_TEXT_SEARCHED,
	VIEW_TEXT_CHANNEL,
	VIEW_TEXT_CODE,
	VIEW_TEXTS,
};

#define VIEW_WHO_MAX 14 /* of base64url: 84 bits */

struct view_row {
	const char *key; /* the invite's name: the first member, see table.h */
	enum view_status status;
	int64_t updated_ms, sent_ms, expires_ms, invited_ms, requested_ms, batch_row;
	bool asked_again, scoped;
	char who[VIEW_WHO_MAX + 1];    /* recipient_hash, as much of it as tells people apart */
	const char *texts[VIEW_TEXTS]; /* "" = none */
	size_t place;		       /* in the list of rows */
};

/* A row of its own, in one block: free() it. value and kept: of view_loaded_text. */
struct view_row *view_row_read(const char *invite, const char *value, const char *kept);

struct view_sheet {
	char tenant[IDS_NAME_MAX + 1], epoch[64];
	int64_t seen;	  /* number of the last change */
	int64_t begun_ms; /* by the monotonic clock */
	struct table_of table;
	struct view_row **rows; /* in no order */
	size_t count;
};

/* Reads what has changed; of more than rows_max invites those that changed last. */
int view_sheet_refresh(struct view_sheet *s, struct guard *g, size_t rows_max, struct err *e);
void view_sheet_clear(struct view_sheet *s); /* empty; tenant stays */

#endif
