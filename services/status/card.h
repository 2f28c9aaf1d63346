/*
 * card - who a person is, as the request that an invite keeps says it (r:, guard.h).
 *
 * What is kept of a refused first request was not checked: every text is looked at for its type and
 * cut to CARD_TEXT_MAX bytes where it is shown.
 */
#ifndef BECKON_CARD_H
#define BECKON_CARD_H

#include <jansson.h>

#define CARD_TEXT_MAX 400 /* bytes */

/* Borrowed from the request; NULL = not told. */
struct card {
	const char *name, *email, *phone, *user;
	const char *locale, *timezone;
	const char *role, *department, *organisation;
	const char *inviter_id, *inviter_name;
};

/* NULL = nothing is kept. */
struct card card_read(const json_t *kept);

/* s cut to CARD_TEXT_MAX bytes at a character's border, as a JSON string; NULL for NULL and "". */
json_t *card_text(const char *s);

#endif
