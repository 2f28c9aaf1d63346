/*
 * view_query - what pages, API and CLI ask of the view: lists, counts, one invite, batches.
 *
 * Everything is read from Redis, where the view (view.h) keeps it; nobody decides on it. A tenant
 * that has been asked for stays in memory as a sheet (view_sheet.h), brought up to date by every
 * question, so that any filter, sort and search over 100,000 invites is a matter of milliseconds.
 * Sheets are shared by all threads under one lock; the guard is the caller's own (it is asked for
 * plain reads only) and must be whole: guard_ready.
 *
 * Rows are JSON objects, members absent where nothing is known:
 *
 *   tenant, invite, kind          "invite" or "password"
 *   status                        key of contract.md section 6, by enum view_status
 *   word                          of the last outcome that changed the state: "sent", "deferred"
 *   reason {code, text}           of error, undelivered, deferred ...: text is the scrubbed one
 *   person {name, email, phone, user, locale, timezone, masked}
 *   role, department, teams[], organisation, batch {id, row}, metadata{}
 *   inviter {id, name}
 *   channel, provider, generation, attempts, reminders, template{}
 *   requested_at, invited_at      first heard of; first ever sent
 *   sent_at, delivered_at, expires_at, not_before, updated_at     of this generation; RFC 3339
 *   asked_again_at                the person wants a new invitation, and none was sent since
 *   forgotten: true               the person was erased; nothing of it is known any more
 *
 * Whoever may not see addresses asks with `masked`: email, phone and user are then absent, and what
 * is searched for is compared with none of them.
 */
#ifndef BECKON_VIEW_QUERY_H
#define BECKON_VIEW_QUERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct guard;
struct view_sheets;

/* The statuses people filter by. */
enum view_status {
	VIEW_NOT_INVITED,
	VIEW_WAITING,
	VIEW_INVITED,
	VIEW_ERROR,
	VIEW_EXPIRED,
	VIEW_ACCEPTED,
	VIEW_DECLINED,
	VIEW_CANCELLED,
	VIEW_STATUSES,
};

/* Whether something has been. */
enum view_tick { VIEW_EITHER, VIEW_YES, VIEW_NO };

#define VIEW_ALL 0u /* a mask of no status asks for all */
#define VIEW_BIT(status) (1u << (status))
#define VIEW_PENDING                                                                               \
	(VIEW_BIT(VIEW_NOT_INVITED) | VIEW_BIT(VIEW_WAITING) | VIEW_BIT(VIEW_INVITED) |            \
	 VIEW_BIT(VIEW_ERROR) | VIEW_BIT(VIEW_EXPIRED))

/* Nothing more is to be expected of it: error, expired, accepted, declined, cancelled. */
bool view_status_ends(enum view_status status);

extern const char *const view_statuses[]; /* "not_invited" ..., NULL-terminated */

/* A mask from words separated by commas: keys, "pending", "all". False: one is none of them. */
bool view_statuses_read(const char *words, unsigned *mask);

enum view_sort {
	VIEW_BY_UPDATED, /* the last change; newest first unless told otherwise */
	VIEW_BY_NAME,
	VIEW_BY_ADDRESS,
	VIEW_BY_ROLE,
	VIEW_BY_DEPARTMENT,
	VIEW_BY_TEAM,
	VIEW_BY_INVITER,
	VIEW_BY_ORGANISATION,
	VIEW_BY_BATCH, /* then by row */
	VIEW_BY_STATUS,
	VIEW_BY_SENT,
	VIEW_BY_EXPIRES,
	VIEW_BY_INVITED,
	VIEW_BY_REQUESTED,
	VIEW_SORTS,
};

extern const char *const view_sorts[]; /* "updated", "name" ..., NULL-terminated */

/* NULL, "" and 0 = not asked for. Texts are compared without regard to case: whole, or where they
   end with `*` as a beginning. */
struct view_filter {
	const char *tenant; /* required */
	unsigned statuses;  /* VIEW_BIT()s */
	const char *kind, *channel, *code;
	const char *role, *department, *team, *inviter, *organisation, *batch;
	const char *email, *phone, *name;
	/* Words: each must begin a word of address, phone, name, role, department, team, inviter,
	   organisation, batch or invite; "in quotes" it must be there as a whole. */
	const char *search;
	const char *person; /* words as in search, of name, address and phone alone */
	int64_t sent_before_ms, sent_after_ms;	     /* of this generation: "more than 12 h ago" */
	int64_t expires_before_ms, expires_after_ms; /* of the link */
	int64_t updated_after_ms;
	enum view_tick invited; /* was something sent that neither failed nor is sent again now? */
	enum view_tick asked_again; /* since the last one was sent, for another? */
	int64_t ended_after_ms;	    /* what ended before then is kept no longer: view_keep.h */
	bool masked;		    /* addresses are not to be seen */
};

#define VIEW_LIMIT_DEFAULT 50
#define VIEW_LIMIT_MAX 1000

struct view_query {
	struct view_filter filter;
	enum view_sort sort;
	bool ascending;
	size_t limit;	    /* 0 = VIEW_LIMIT_DEFAULT */
	const char *cursor; /* of the page before: view_page.next; NULL = the first page */
};

struct view_page {
	json_t *items;		      /* array of rows */
	char *next;		      /* NULL = this was the last page */
	size_t counts[VIEW_STATUSES]; /* of all that the filter finds whatever its status */
	size_t total;		      /* of all that the filter finds */
};

/* rows_max bounds the memory of all sheets together, some 500 bytes a row; a tenant that does not
   fit shows the invites that changed last. 0 = 1,000,000. */
struct view_sheets *view_sheets_new(size_t rows_max);
void view_sheets_free(struct view_sheets *s); /* takes NULL */

/* A page. ERR_INVALID: the cursor is none, or the limit too large; ERR_AGAIN: Redis. */
int view_list(struct view_sheets *s, struct guard *g, const struct view_query *q,
	      struct view_page *out, struct err *e);
void view_page_clear(struct view_page *p);

/* Counts alone: next is NULL, items an empty array. */
int view_count(struct view_sheets *s, struct guard *g, const struct view_filter *f,
	       struct view_page *out, struct err *e);

/* The names of all invites that a filter finds, by their last change, oldest first: for what is
   done with each of them. *out is an array of strings, at most max of them; *total says how many
   there are. */
struct view_names {
	json_t *invites;
	size_t max, total;
};
int view_find(struct view_sheets *s, struct guard *g, const struct view_filter *f,
	      struct view_names *out, struct err *e);

/* Leaves in names->invites those that the filter finds, in their order: which of the invites that
   have changed are shown? */
int view_fitting(struct view_sheets *s, struct guard *g, const struct view_filter *f,
		 struct view_names *names, struct err *e);

/* Rows by name, in that order; what is not known is left out. names: array of strings. */
struct view_which {
	const char *tenant;
	const json_t *names;
	bool masked;
	/* Each row has the request that the invite keeps as its member `request`: whole, for what
	   is asked anew, and never to be shown. */
	bool requests;
};
int view_rows(struct guard *g, const struct view_which *which, json_t **out, struct err *e);

/* One invite: its row with `history`, an array of what was told of it, oldest first:
   {id, at, word, generation, turn, code, reason, channel, provider, attempt, not_before,
   expires_at, masked, request {source, id}, delivery}. *out NULL = nothing is known of it. */
struct view_name {
	const char *tenant, *invite;
	bool masked;
};
int view_one(struct guard *g, const struct view_name *name, json_t **out, struct err *e);

/* Batches of a tenant, newest first: [{batch, updated_at, total, counts {status: n},
   errors {code: n}, state "held" | "sending" | "finished" | "finished_with_errors"}]. */
int view_batches(struct guard *g, const char *tenant, size_t limit, json_t **out, struct err *e);
/* One of them; *out NULL = there is none. */
int view_batch(struct guard *g, const char *tenant, const char *batch, json_t **out, struct err *e);

/* Of a tenant: {counts {status: n}, errors {code: n}, total}, without its sheet. */
int view_summary(struct guard *g, const char *tenant, json_t **out, struct err *e);

/* Array of the names of all tenants that anything was told of. */
int view_tenants(struct guard *g, json_t **out, struct err *e);

/* What has changed since, for live pages: names of invites, at most max, oldest change first.
   since and epoch are set to where the next question goes on; begin with VIEW_FROM_NOW, which
   answers nothing. reset: Redis was made anew, read everything again. */
#define VIEW_FROM_NOW (-1)
struct view_changes {
	const char *tenant;
	int64_t since;
	char epoch[64];
	size_t max;	 /* 0 = 1,000 */
	bool skips;	 /* where there are more the next question goes on behind all of them */
	json_t *invites; /* out: array of strings; skips: max of them = there are more */
	bool reset;	 /* out */
};
int view_changed(struct guard *g, struct view_changes *c, struct err *e);

#endif
