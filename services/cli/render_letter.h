/*
 * render_letter - what `beckon render` needs to show a delivery instead of a file of variables.
 *
 * A request's data (--data) becomes the variables that the fleet would make of it; the part `eml`
 * is the message exactly as it is handed to the relay, with sample facts where none are given.
 */
#ifndef BECKON_RENDER_LETTER_H
#define BECKON_RENDER_LETTER_H

#include <jansson.h>

#include "buf.h"
#include "err.h"
#include "letter.h"

/* As typed; NULL = the sample's, or for now the clock's. */
struct render_letter {
	const char *to, *from, *contact, *link, *now, *delivery;
};

/* The variables of data (an invite.requested's) for a template in this locale: the caller decrefs
 *vars. ERR_INVALID where an option is wrong. */
int render_letter_vars(const struct render_letter *o, const json_t *data, const char *locale,
		       json_t **vars, struct err *e);

/* Appends the message. data may be NULL: then the variables came from a file. */
int render_letter_eml(const struct render_letter *o, const json_t *data,
		      const struct letter_content *content, struct buf *out, struct err *e);

#endif
