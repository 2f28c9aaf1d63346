/*
 * remint - a minted password whose mail waited when Redis was lost: asked for anew when it is due.
 *
 * It was sealed nowhere but in what waited. So an event waits in the job's place and under its name
 * (whoever calls the invite off removes it): a resend, for which the dispatcher draws another
 * password and tells the application its hash.
 */
#ifndef BECKON_REMINT_H
#define BECKON_REMINT_H

#include <stdbool.h>

#include "buf.h"
#include "kept.h"
#include "later.h"

/* An item and its memory; must not be moved. */
struct remint {
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char event[IDS_HASH_SIZE];
	struct buf value;
};

/* Is what waits a password that only Redis had? */
bool remint_is_wanted(const struct kept *k, const char *sealed_password);

/* Puts the event for topic in the place of the job's bytes in item. */
void remint_fill(struct remint *r, const struct kept *k, const char *topic,
		 struct later_item *item);
void remint_clear(struct remint *r);

#endif
