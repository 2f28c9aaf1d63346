#include "phone.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "phone_library.h"
#include "utf8.h"

#define DIGITS_MAX 15	   /* ITU-T E.164 */
#define SHORT_DIGITS_MAX 6 /* 112, 911, 116123 */
#define SHORT_DIGITS_MIN 3
#define NATIONAL_DIGITS_MAX 10 /* a number that has its country code is hardly ever as short */
#define SHOWN_HEAD 3	       /* digits after the country code that a mask shows, */
#define SHOWN_TAIL 2	       /* those at its end, */
#define HIDDEN_MIN 5	       /* and how many it hides before it shows any at the head */

/* A number in digits: as typed, without what only makes it readable. */
struct typed {
	char digits[PHONE_TYPED_MAX + 1];
	size_t len;
	bool plus; /* or 00 */
};

/* Marks that people's programs put in and nobody sees, and the other spaces and hyphens. */
static const struct range {
	uint32_t first, last;
} blanks[] = {
	{ ' ', ' ' },	    { '-', '-' },	{ 0xa0, 0xa0 },	    { 0xad, 0xad },
	{ 0x2000, 0x2015 }, { 0x2028, 0x202f }, { 0x2060, 0x2064 }, { 0x2066, 0x2069 },
	{ 0x2212, 0x2212 }, { 0xfeff, 0xfeff },
};

static bool is_blank(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(blanks); i++)
		if (c >= blanks[i].first && c <= blanks[i].last)
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Leaves digits, brackets and plus; false where there is anything else. */
static bool fold(const char *typed, char out[PHONE_TYPED_MAX + 1])
{
	size_t len = strlen(typed), to = 0;
	uint32_t c;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next(typed + i, len - i, &c);
		if (n == 0)
			return false;
		if (is_blank(c))
			continue;
		if (n > 1 || (!is_digit(typed[i]) && !strchr("()+", typed[i])))
			return false;
		out[to++] = typed[i];
	}
	out[to] = '\0';
	return true;
}

/* +44 (0)20 …: the prefix is said for those who call from within. */
static void drop_said_trunk(char *s)
{
	char *at = strstr(s, "(0)");

	if (at && at != s && is_digit(at[-1]))
		memmove(at, at + 3, strlen(at + 3) + 1);
}

/* What stands before a plus may be zeros only: 0+44 … is how some programs repair a number. */
static bool read_digits(const char *typed, struct typed *t)
{
	char text[PHONE_TYPED_MAX + 1];
	const char *s = text, *plus;

	if (!fold(typed, text))
		return false;
	drop_said_trunk(text);
	plus = strchr(text, '+');
	if (plus && (strspn(text, "(0)") < (size_t)(plus - text) || strchr(plus + 1, '+')))
		return false;
	*t = (struct typed){ .plus = plus != NULL };
	for (s = plus ? plus : text; *s; s++)
		if (is_digit(*s))
			t->digits[t->len++] = *s;
	if (!t->plus && !strncmp(t->digits, "00", 2)) {
		t->plus = true;
		t->len -= 2;
		memmove(t->digits, t->digits + 2, t->len + 1);
	}
	return true;
}

/* Numbering plans newer than the metadata of the packaged library. */
static const struct newer {
	const char *prefix;
	size_t digits;
	int country_code;
	const char *region;
} newer[] = {
	{ "22901", 13, 229, "BJ" }, /* Benin, since November 2024 */
};

static bool newer_read(const char *digits, struct phone_number *out)
{
	for (size_t i = 0; i < ARRAY_LEN(newer); i++) {
		const struct newer *n = &newer[i];

		if (strlen(digits) != n->digits || strncmp(digits, n->prefix, strlen(n->prefix)))
			continue;
		*out = (struct phone_number){ .country_code = n->country_code,
					      .type = PHONE_MOBILE };
		snprintf(out->e164, sizeof(out->e164), "+%s", digits);
		snprintf(out->region, sizeof(out->region), "%s", n->region);
		return true;
	}
	return false;
}

static void international_read(const struct typed *t, struct phone_number *out)
{
	char text[PHONE_TYPED_MAX + 2];

	snprintf(text, sizeof(text), "+%s", t->digits);
	if (!newer_read(t->digits, out))
		phone_library()->read(text, NULL, out);
}

static bool takes_sms(enum phone_type type)
{
	return type == PHONE_MOBILE || type == PHONE_FIXED_OR_MOBILE;
}

enum rule {
	RULE_NONE,
	MISSING_COUNTRY_CODE,
	TRUNK_PREFIX,
	TOO_SHORT,
	TOO_LONG,
	BAD_CHAR,
	UNKNOWN_COUNTRY,
	NOT_MOBILE,
	PREMIUM,
	EMERGENCY,
};

static const struct rule_row {
	const char *code, *text;
} texts[] = {
	[MISSING_COUNTRY_CODE] = { "phone_missing_country_code",
				   "a phone number begins with its country code" },
	[TRUNK_PREFIX] = { "phone_trunk_prefix",
			   "a prefix for calls within the country is no part of a phone number" },
	[TOO_SHORT] = { "phone_too_short", "there are too few digits" },
	[TOO_LONG] = { "phone_too_long", "there are too many digits" },
	[BAD_CHAR] = { "phone_bad_char", "a phone number has digits, spaces, brackets, hyphens and "
					 "a leading plus only" },
	[UNKNOWN_COUNTRY] = { "phone_unknown_country", "no country has that country code" },
	[NOT_MOBILE] = { "phone_not_mobile", "the number is of a kind that gets no SMS" },
	[PREMIUM] = { "phone_premium", "the number belongs to a paid service" },
	[EMERGENCY] = { "phone_emergency", "the number is an emergency or short number" },
};

static const enum rule fits[] = {
	[PHONE_FITS] = RULE_NONE,
	[PHONE_SHORT] = TOO_SHORT,
	[PHONE_LONG] = TOO_LONG,
	[PHONE_NO_COUNTRY] = UNKNOWN_COUNTRY,
};

static const struct type_row {
	const char *word;
	enum rule broken; /* RULE_NONE: SMS may go there */
} types[] = {
	[PHONE_UNKNOWN] = { "unknown", RULE_NONE },
	[PHONE_MOBILE] = { "mobile", RULE_NONE },
	[PHONE_FIXED_OR_MOBILE] = { "fixed-or-mobile", RULE_NONE },
	[PHONE_FIXED] = { "fixed", NOT_MOBILE },
	[PHONE_PREMIUM] = { "premium", PREMIUM },
	[PHONE_OTHER] = { "other", NOT_MOBILE },
};

static int refuse(struct phone_fault *fault, enum rule broken, const struct phone_number *meant,
		  struct err *e)
{
	*fault = (struct phone_fault){ .code = texts[broken].code };
	if (meant)
		phone_library()->show(meant->e164, fault->suggestion);
	return err_set(e, ERR_INVALID, "%s", texts[broken].text);
}

/* The number is what it looks like; may SMS go there? */
static int take(const struct phone_number *n, const struct phone_rules *rules, struct phone *out,
		struct phone_fault *fault, struct err *e)
{
	enum rule broken = types[n->type].broken;

	if (n->type == PHONE_UNKNOWN && n->fit != PHONE_FITS)
		return refuse(fault, fits[n->fit], NULL, e);
	if (broken && !(n->type == PHONE_FIXED && rules->landlines))
		return refuse(fault, broken, NULL, e);
	*out = (struct phone){ .country_code = n->country_code,
			       .type = n->type,
			       .doubtful = n->type == PHONE_UNKNOWN };
	memcpy(out->e164, n->e164, sizeof(out->e164));
	memcpy(out->region, n->region, sizeof(out->region));
	return OK;
}

/* Has the digits of t as they are dialled at home. */
static void home_read(const struct typed *t, const struct phone_rules *rules,
		      struct phone_number *out)
{
	phone_library()->read(t->digits,
			      rules->home_region ? rules->home_region : PHONE_HOME_REGION, out);
}

/* What was dialled at home is the number itself, or has a prefix before it. */
static enum rule missing_rule(const struct typed *t, const struct phone_number *home)
{
	size_t len = strlen(home->e164);

	return len > t->len && !strcmp(home->e164 + len - t->len, t->digits) ? MISSING_COUNTRY_CODE
									     : TRUNK_PREFIX;
}

/* With plus the number speaks for itself. */
static int read_plus(const struct typed *t, const struct phone_rules *rules, struct phone *out,
		     struct phone_fault *fault, struct err *e)
{
	struct phone_number n, home;

	if (t->digits[0] == '0')
		return refuse(fault, UNKNOWN_COUNTRY, NULL, e);
	international_read(t, &n);
	if (n.trunk)
		return refuse(fault, TRUNK_PREFIX, n.type == PHONE_UNKNOWN ? NULL : &n, e);
	if (n.fit != PHONE_NO_COUNTRY)
		return take(&n, rules, out, fault, e);
	home_read(t, rules, &home); /* +8 905 … */
	return takes_sms(home.type) && home.trunk ? refuse(fault, TRUNK_PREFIX, &home, e)
						  : refuse(fault, UNKNOWN_COUNTRY, NULL, e);
}

/* Numbers of home that lack a digit are told so; of others nobody knows whether the code or a digit
   is missing. One that is long enough to have its code, of a range that nobody has heard of, needs
   its plus. */
static int refuse_bare(const struct typed *t, const struct phone_number *n, bool ours,
		       struct phone_fault *fault, struct err *e)
{
	if (t->digits[0] == '0')
		return refuse(fault, TRUNK_PREFIX, NULL, e);
	if (n->fit == PHONE_FITS && !n->trunk && t->len > NATIONAL_DIGITS_MAX)
		return refuse(fault, MISSING_COUNTRY_CODE, n, e);
	if (n->fit == PHONE_FITS || (!ours && t->len <= NATIONAL_DIGITS_MAX))
		return refuse(fault, MISSING_COUNTRY_CODE, NULL, e);
	return refuse(fault, fits[n->fit], NULL, e);
}

/* Do the digits, dialled at home, reach somebody who may be meant instead of n? Of Russian mobile
   numbers without country code 3 in 100 are valid ones elsewhere. A landline at home counts where
   n is nobody's number, or where the tenant has said what home is; never beside a number of the
   home country that is written out. */
static bool home_meant(const struct phone_number *home, const struct phone_number *n,
		       const struct phone_rules *rules)
{
	if (!strcmp(home->e164, n->e164) || home->type == PHONE_UNKNOWN)
		return false;
	if (takes_sms(home->type))
		return true;
	return n->country_code != home->country_code &&
	       (n->type == PHONE_UNKNOWN || rules->home_region);
}

/* Without plus it must be a known number, and no other one at home. */
static int read_bare(const struct typed *t, const struct phone_rules *rules, struct phone *out,
		     struct phone_fault *fault, struct err *e)
{
	struct phone_number n = { .fit = PHONE_NO_COUNTRY }, home;

	if (t->len < SHORT_DIGITS_MIN)
		return refuse(fault, TOO_SHORT, NULL, e);
	if (t->len <= SHORT_DIGITS_MAX)
		return refuse(fault, EMERGENCY, NULL, e);
	if (t->digits[0] != '0')
		international_read(t, &n);
	home_read(t, rules, &home);
	if (home_meant(&home, &n, rules))
		return refuse(fault, missing_rule(t, &home), &home, e);
	if (n.type == PHONE_UNKNOWN)
		return refuse_bare(t, &n, n.country_code == home.country_code, fault, e);
	return n.trunk ? refuse(fault, TRUNK_PREFIX, &n, e) : take(&n, rules, out, fault, e);
}

int phone_normalise(const char *typed, const struct phone_rules *rules, struct phone *out,
		    struct phone_fault *fault, struct err *e)
{
	struct typed t;

	if (strnlen(typed, PHONE_TYPED_MAX + 1) > PHONE_TYPED_MAX)
		return refuse(fault, TOO_LONG, NULL, e);
	if (!read_digits(typed, &t))
		return refuse(fault, BAD_CHAR, NULL, e);
	if (t.len == 0)
		return refuse(fault, TOO_SHORT, NULL, e);
	if (t.len > DIGITS_MAX)
		return refuse(fault, TOO_LONG, NULL, e);
	return (t.plus ? read_plus : read_bare)(&t, rules, out, fault, e);
}

static bool listed(const json_t *list, const char *region)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_string(item) && !strcmp(json_string_value(item), region))
			return true;
	return false;
}

bool phone_country_allowed(const struct phone *p, const json_t *allow, const json_t *deny)
{
	return !listed(deny, p->region) && (!json_array_size(allow) || listed(allow, p->region));
}

bool phone_region_known(const char *region)
{
	return phone_library()->country_code(region) != 0;
}

const char *phone_example(const char *region, char out[PHONE_SIZE])
{
	phone_library()->example(region, out);
	return out;
}

const char *phone_type_word(enum phone_type type)
{
	return types[type].word;
}

const char *phone_show(const char *e164, char out[PHONE_SHOWN_SIZE])
{
	phone_library()->show(e164, out);
	return out;
}

const char *phone_mask(const struct phone *p, char out[PHONE_SHOWN_SIZE])
{
	size_t code = (size_t)snprintf(NULL, 0, "%d", p->country_code);
	size_t digits = strlen(p->e164) - 1, tail = digits - SHOWN_TAIL;
	size_t spare = tail > code + HIDDEN_MIN ? tail - code - HIDDEN_MIN : 0;
	size_t head = code + (spare < SHOWN_HEAD ? spare : SHOWN_HEAD), i = 0;

	phone_show(p->e164, out);
	for (char *s = out; *s; s++)
		if (is_digit(*s) && i++ >= head && i <= tail)
			*s = '*';
	return out;
}
