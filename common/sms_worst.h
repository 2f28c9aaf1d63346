/*
 * sms_worst - how long an SMS template can become: for whoever checks templates.
 *
 * The template is rendered with made-up values of a length, in the script of its language, and
 * counted: once with everything there, once with only what is always there. The longer one counts.
 * What a request puts into template.variables is not known here and counts as nothing.
 */
#ifndef BECKON_SMS_WORST_H
#define BECKON_SMS_WORST_H

#include "catalog.h"
#include "err.h"
#include "sms_text.h"

enum sms_case {
	SMS_USUAL, /* names as organisations and people have them; a template over the cap then is
		      an error */
	SMS_WORST, /* the longest that the contract allows; over the cap then some SMS end as
		      too_many_segments */
};

/* link_base: the tenant's, NULL = a usual one. ERR_INVALID: the entry has no part sms, or it cannot
   be rendered, as where a variable is unknown. */
int sms_worst_count(const struct catalog_entry *t, const char *link_base, enum sms_case which,
		    struct sms_count *out, struct err *e);

#endif
