/*
 * phone_number - what libphonenumber knows about one number, for C.
 *
 * A shared object of its own, beckon-phone.so, which phone_library.c loads when the first number is
 * asked about: libphonenumber and the twenty libraries that it needs are 6 MiB that a fleet without
 * SMS does not pay. Only phone.c calls it: it hands over digits and a plus, never what somebody
 * typed, since the library also takes letters, extensions and URLs. Thread-safe; nothing here can
 * fail but by an answer, and the library writes no log.
 */
#ifndef BECKON_PHONE_NUMBER_H
#define BECKON_PHONE_NUMBER_H

#include <stdbool.h>

#include "phone.h"

#ifdef __cplusplus
extern "C" {
#endif

enum phone_fit { PHONE_FITS, PHONE_SHORT, PHONE_LONG, PHONE_NO_COUNTRY };

/* country_code 0 and the rest empty where fit is PHONE_NO_COUNTRY. */
struct phone_number {
	char e164[PHONE_SIZE];
	char region[PHONE_REGION_SIZE]; /* where the number is not known, the code's main one */
	int country_code;
	enum phone_type type; /* PHONE_UNKNOWN: its length may fit, no operator is known to have it
			       */
	enum phone_fit fit;   /* among the mobile numbers of its country */
	bool trunk; /* a prefix for calls within the country stood before it and was dropped */
};

/* What the shim has to offer, as the one name that it exports. */
struct phone_numbers {
	/* text: "+<digits>", or digits as they are dialled in region. region NULL: only with a
	   plus. */
	void (*read)(const char *text, const char *region, struct phone_number *out);
	int (*country_code)(const char *region); /* 0 = there is no such region */
	/* "+79123456789": a mobile number as that region has them, or else any; "" = there is none.
	 */
	void (*example)(const char *region, char out[PHONE_SIZE]);
	void (*show)(const char *e164, char out[PHONE_SHOWN_SIZE]); /* "+7 905 111-11-11" */
};

extern const struct phone_numbers beckon_phone_numbers;

#ifdef __cplusplus
}
#endif

#endif
