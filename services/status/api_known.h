/*
 * api_known - of people who are to be invited those who are invited already, or have come.
 *
 * A courtesy: whoever asks hears it at once, beside the row. Somebody who has come has an account,
 * as far as can be seen here; to be invited anew they are forgotten first, or the application says
 * by its own event what it knows of them.
 */
#ifndef BECKON_API_KNOWN_H
#define BECKON_API_KNOWN_H

#include <jansson.h>

#include "api_ask.h"
#include "invite_event.h"
#include "people.h"
#include "site.h"

/* People were looked at by invite_check_people. Those who are known get the trouble account_exists
   or already_invited; holders names their invite. Asked for the same invite again, nobody is
   held by it. ERR_AGAIN: Redis. */
struct api_known {
	const struct site_shared *shared;
	struct guard *guard;
	const struct invite_common *common;
	json_t *holders; /* {"row": {"holder": invite, "said": how that is said}} */
};
int api_known_mark(const struct api_known *k, struct people *p, struct err *e);

/* What is told of a row that is refused: {row, column, detail, holder, text, remedy}, the last two
   where they are not those of its code. A new object. */
json_t *api_known_trouble(const struct ask *k, const json_t *holders, const struct person *p);

#endif
