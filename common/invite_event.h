/*
 * invite_event - a person as an event invite.requested: its ids, its data, and what is wrong with
 * it.
 *
 * Ids are computed from tenant, batch and row: the same list sent twice asks nothing new. Nothing
 * is decided here that the dispatcher decides: the same validator is asked, before anything is
 * sent.
 */
#ifndef BECKON_INVITE_EVENT_H
#define BECKON_INVITE_EVENT_H

#include <jansson.h>

#include "people.h"
#include "tenant.h"

#define INVITE_TYPE "invite.requested"
#define INVITE_ID_SIZE 27 /* 16 bytes in base32 */

/* What is the same for everybody; texts are borrowed. NULL = not said. */
struct invite_common {
	const char *tenant, *batch;
	const char *role, *department, *organisation, *inviter, *locale, *timezone;
	const char *template_name, *note, *subject, *scope;
	const char *trigger; /* NULL = manual */
	const char *channel; /* NULL = auto */
	/* What the tenant has settled; NULL = not known here: whoever has an address may be written
	   to by it, and of numbers is known what follows. */
	const struct tenant *settled;
	const char *home_region; /* of phone numbers without country code: phone.h */
	bool landlines;		 /* they take SMS as well */
	const char *inviter_id;	 /* NULL = "cli", where there is an inviter */
	struct {
		const char *const *items;
		size_t count;
	} teams;
	bool hold, now, override;
	/* Password mails: one of mint and sealed_password, and who signs in with it. */
	const char *username, *sealed_password;
	bool mint, confirm;
};

/* The invite's id: the row's own, or computed into id. */
const char *invite_id(const struct person *p, const struct invite_common *c,
		      char id[INVITE_ID_SIZE]);
/* The event's, computed into id, which is returned. */
const char *invite_event_id(const struct person *p, const struct invite_common *c,
			    char id[INVITE_ID_SIZE]);

/* The event's data; the caller owns it. */
json_t *invite_data(const struct person *p, const struct invite_common *c);

/* Is what is common to all right by itself? ERR_INVALID; the text begins with the name of what is
   at fault: "role: ...". */
int invite_check_common(const struct invite_common *c, struct err *e);

/* Looks at every row, and at rows that are the same person or invite; what is wrong becomes the
   row's trouble. Returns how many rows are bad. */
size_t invite_check_people(struct people *p, const struct invite_common *c);

#endif
