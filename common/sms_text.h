/*
 * sms_text - how long a text is as an SMS: alphabet, units, segments.
 *
 * 3GPP TS 23.038 6.2.1 (GSM 7 bit default alphabet and its extension table) and 23.040 9.2.3.24.1
 * (concatenation with an 8-bit reference: 153 septets or 67 UTF-16 units a segment). Exact: neither
 * an escape pair nor a surrogate pair is split between segments. Pure.
 */
#ifndef BECKON_SMS_TEXT_H
#define BECKON_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum sms_encoding { SMS_GSM, SMS_UCS2 };

#define SMS_NAME_SIZE 48 /* "'…' (U+2026)", "a no-break space (U+00A0)" */

struct sms_count {
	enum sms_encoding encoding;
	size_t units;	   /* septets, or 16-bit units */
	size_t segments;   /* 0: the text is empty */
	size_t room;	   /* units that are left before another segment begins */
	uint32_t culprit;  /* the first character that GSM has not: why it is UCS-2; 0 = none */
	size_t culprit_at; /* its place in characters, from 1 */
};

/* ERR_INVALID: the text is no UTF-8, or has a NUL in it. */
int sms_text_count(const char *text, size_t len, struct sms_count *out, struct err *e);

/* "gsm", "ucs2": the word in outcomes. */
const char *sms_encoding_word(enum sms_encoding encoding);

/* How to call a character to a person. Returns out. */
const char *sms_text_name(uint32_t c, char out[SMS_NAME_SIZE]);

/* Appends the text with what only looks like a GSM character written as one: dashes, quotes,
   spaces, an ellipsis (three dots), accents (the bare letter), Greek capitals that look Latin;
   marks of no width are left out. No letter is ever lost: where one remains that GSM has not, as in
   Russian, the text is appended as it was and the answer is false. text is UTF-8. */
bool sms_text_plain(const char *text, size_t len, struct buf *out);

#endif
