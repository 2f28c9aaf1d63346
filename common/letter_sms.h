/*
 * letter_sms - the text of one SMS, from the facts of a delivery.
 *
 * The template's part sms with the variables of a letter, in UTF-8 with LF line ends, nothing blank
 * at either end, and counted in segments.
 */
#ifndef BECKON_LETTER_SMS_H
#define BECKON_LETTER_SMS_H

#include <stdbool.h>
#include <stdint.h>

#include "letter.h"
#include "sms_text.h"

#define LETTER_SMS_MAX_BYTES                                                                       \
	((size_t)16384) /* of text: more than any number of segments allowed                       \
			 */

struct letter_sms_rules {
	int64_t segment_cap; /* more segments are too_many_segments */
	bool plain;	     /* look-alikes are written as GSM where that makes the whole text GSM:
				sms_text_plain */
};

struct letter_sms {
	struct letter_used used;
	struct sms_count count;
	const char *code; /* where it failed: template_missing, render_failed, too_many_segments */
};

/* Appends the text to out. f->to and f->date_ms are not read; where there is a password, out is a
   secret buffer. ERR_INVALID: told->code says why, out is as it was. Thread-safe. */
int letter_sms_build(const struct catalog *c, const struct letter_sender *s,
		     const struct letter_facts *f, const struct letter_sms_rules *rules,
		     struct buf *out, struct letter_sms *told, struct err *e);

/* The same where entry and variables are there already: what it will say, and how long it is. */
int letter_sms_compose(const struct letter_content *content, const struct letter_sms_rules *rules,
		       struct buf *out, struct letter_sms *told, struct err *e);

#endif
