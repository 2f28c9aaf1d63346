/*
 * phone - phone numbers as people type them, and the one form that an SMS goes to.
 *
 * The number must carry its country code, with or without plus; what does not is refused with a
 * code and, where the home region or the number's shape allows one, a suggestion. Nothing is
 * guessed: digits without plus that are a number of two countries are refused. Digits, spaces,
 * brackets, hyphens and a leading plus only. A number that the metadata does not know but whose
 * length fits is taken where it has a plus, as doubtful: the metadata is older than the newest
 * numbers. Pure and thread-safe; the first call costs about 8 ms and 4 MiB, each further one about
 * 15 microseconds.
 */
#ifndef BECKON_PHONE_H
#define BECKON_PHONE_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"

#define PHONE_TYPED_MAX 128    /* bytes; people paste marks that nobody sees */
#define PHONE_SIZE 17	       /* "+", 15 digits (ITU-T E.164), NUL */
#define PHONE_REGION_SIZE 4    /* ISO 3166-1 alpha-2; "001" = no country, as satellite phones */
#define PHONE_SHOWN_SIZE 40    /* "+7 905 111-11-11" */
#define PHONE_HOME_REGION "RU" /* for suggestions, where no home region is set */

enum phone_type {
	PHONE_UNKNOWN,
	PHONE_MOBILE,
	PHONE_FIXED_OR_MOBILE, /* the country does not tell them apart */
	PHONE_FIXED,
	PHONE_PREMIUM, /* whoever calls it pays for more than the call */
	PHONE_OTHER,   /* free of charge, internet, pager, voice mail */
};

struct phone {
	char e164[PHONE_SIZE]; /* "+79051111111" */
	char region[PHONE_REGION_SIZE];
	int country_code; /* 7 */
	enum phone_type type;
	bool doubtful; /* not known to the metadata: a warning, no error */
};

struct phone_rules {
	const char *home_region; /* where numbers without country code are probably from, or NULL */
	bool landlines;		 /* they are taken as well: some get SMS read out */
};

struct phone_fault {
	const char *code;		   /* of schemas/errors.json: phone_… */
	char suggestion[PHONE_SHOWN_SIZE]; /* a number for the person who typed it, never for a
					      log; "" = none */
};

/* ERR_INVALID with fault filled and out untouched; the text never holds the number. */
int phone_normalise(const char *typed, const struct phone_rules *rules, struct phone *out,
		    struct phone_fault *fault, struct err *e);

/* Lists of regions, NULL or empty = none. Denied beats allowed; with a list of allowed ones all
   others are denied. */
bool phone_country_allowed(const struct phone *p, const json_t *allow, const json_t *deny);

/* Is there numbering of that region: "RU"? */
bool phone_region_known(const char *region);

/* A number such as people of that region have, "+79123456789", to see what an SMS there would cost.
   "" = there is no such region. Returns out. */
const char *phone_example(const char *region, char out[PHONE_SIZE]);

/* "mobile", "fixed-or-mobile" … */
const char *phone_type_word(enum phone_type type);

/* For people, from an E.164 number: "+7 905 111-11-11", and with at least five digits hidden
   "+7 905 ***-**-11". Both return out. */
const char *phone_show(const char *e164, char out[PHONE_SHOWN_SIZE]);
const char *phone_mask(const struct phone *p, char out[PHONE_SHOWN_SIZE]);

#endif
