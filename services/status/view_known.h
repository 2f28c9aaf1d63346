/*
 * view_known - which of some people the view knows already: invited and not yet come, or come.
 *
 * A courtesy for whoever asks, as every answer from the view is (view_query.h): of the first kind
 * the dispatcher decides. One look through the tenant's sheet, however many are asked for.
 */
#ifndef BECKON_VIEW_KNOWN_H
#define BECKON_VIEW_KNOWN_H

#include "ids.h"
#include "view_query.h"

struct view_known {
	char hash[IDS_HASH_SIZE]; /* of the person: ids_recipient_hash */
	size_t place;		  /* the asker's own */
	/* out */
	char holder[IDS_NAME_MAX + 1]; /* the invite that has them; "" = they are not known */
	enum view_status status;       /* of it: not invited, waiting, invited or accepted */
};

/* Orders the list by hash. Passwords and invites of a scope of their own count for nothing, and who
 * has come and was erased is not known any more. ERR_AGAIN: Redis. */
struct view_known_list {
	const char *tenant;
	struct view_known *list;
	size_t n;
};
int view_known(struct view_sheets *s, struct guard *g, const struct view_known_list *l,
	       struct err *e);

#endif
