/*
 * view_batch - records of the topics of outcomes and requests, folded into what the view holds.
 *
 * What was told of an invite is folded into its state (state.h) and kept as its history; a request
 * to forget hides the person. Of invite-requested nothing else is looked at: who a person is the
 * dispatcher keeps with the request that holds (r:, guard.h), by the same compare-and-set as the
 * decision, so a refused or repeated request never shows.
 *
 * Applying a batch twice, in part or among others changes nothing more.
 */
#ifndef BECKON_VIEW_BATCH_H
#define BECKON_VIEW_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "guard.h"
#include "record.h"
#include "state.h"
#include "table.h"

#define VIEW_BATCH_MAX 128 /* records: what Redis is sent at once, so that it works meanwhile */

struct view_invite;

struct view_batch {
	size_t ntold; /* of what was taken something is told */
	struct table_of invites;
	struct view_invite **list; /* the same in order */
	size_t n;
	size_t skipped; /* states that this version cannot read: written by a newer one */
};

/* Takes what r tells; what is no outcome and no request to forget is passed over. Nothing is
   borrowed. */
void view_batch_take(struct view_batch *b, const struct record *r, bool is_request);

/* Writes it. ERR_AGAIN: Redis is away or was made anew; part of it may have been written. */
int view_batch_apply(struct view_batch *b, struct guard *g, struct err *e);
/* The same in two steps, between which Redis works: others are taken meanwhile, and g is left
   alone. Whatever is sent must be heard. */
int view_batch_send(struct view_batch *b, struct guard *g, struct err *e);
int view_batch_hear(struct view_batch *b, struct guard *g, struct err *e);

/* An invite whose state is to be told on invite-state: the word that decides was in this batch. */
struct view_state {
	const char *key, *invite; /* "<tenant>/<invite>", and what stands behind the slash */
	const char *json;
	size_t len;
	int64_t version;
};

/* The next of them after an apply; false at the end. *at begins as 0. Borrowed until the clear. */
bool view_batch_next(const struct view_batch *b, size_t *at, struct view_state *out);

void view_batch_clear(struct view_batch *b); /* empty again */

#endif
