/*
 * letter_sample - variables for a look at a template: made up, or a real request's.
 *
 * They come from letter_vars, as those of a real letter do; link and password are never real.
 */
#ifndef BECKON_LETTER_SAMPLE_H
#define BECKON_LETTER_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog.h"
#include "letter.h"
#include "letter_names.h"

#define LETTER_SAMPLE_HOST "accept.example.com" /* where the made-up link leads */

struct letter_sample {
	enum letter_kind kind;
	const char *locale;
	const struct letter_sender *sender; /* NULL = made up */
	const json_t *data;		    /* of an invite.requested; NULL = made up */
	const char *note, *subject;	    /* in place of the data's; NULL = as it is there */
	const char *link_base;		    /* NULL = made up */
	const char *timezone;		    /* the tenant's; NULL = UTC */
	int64_t now_ms, ttl_s;		    /* ttl_s 0 = a day */
	bool least;			    /* made up: nothing but what is always there */
};

/* A new object; to be given to letter_vars_free. entry (may be NULL): its vars.* are filled with
   their names where the data has none. */
json_t *letter_sample_vars(const struct letter_sample *s, const struct catalog_entry *entry);

#endif
