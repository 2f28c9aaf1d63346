#include "sms_worst.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "letter.h"
#include "link.h"
#include "mem.h"
#include "token.h"
#include "words.h"

#define TEXT_MAX_BYTES ((size_t)64 << 10)
#define MONTHS 12
#define MONTH_MS INT64_C(2635200000)   /* 30.5 days */
#define LATE_MS INT64_C(1895097600000) /* 2030-01-20: two digits in each month */
#define WIDE_ZONE "Asia/Kathmandu"     /* UTC+5:45 */
#define USUAL_LINK "https://join.example.com/i"

/* How long a link may live, by enum sms_case: "30 days", "23 hours 59 minutes". */
static const int64_t stays_ms[] = { INT64_C(30) * 86400000, (INT64_C(23) * 60 + 59) * 60000 };

/* Lengths in characters, by enum sms_case. */
static const struct value {
	const char *name;
	size_t chars[2];
	bool always; /* it is never absent */
} values[] = {
	{ "organisation", { 20, 200 }, true },	  { "organisation_short", { 20, 36 }, true },
	{ "recipient_name", { 30, 200 }, false }, { "inviter", { 20, 200 }, false },
	{ "role", { 20, 100 }, false },		  { "department", { 20, 100 }, false },
	{ "teams", { 20, 5098 }, false },	  { "contact", { 25, 254 }, false },
	{ "contact_href", { 32, 261 }, false },	  { "note", { 160, 2000 }, false },
	{ "subject", { 40, 200 }, false },	  { "username", { 20, 128 }, true },
	{ "password", { 24, 128 }, true },
};

static void set_text(json_t *vars, const char *name, const struct buf *text)
{
	json_object_set_new(vars, name, json_stringn(text->data, text->len));
}

/* A letter of the language: Cyrillic makes the whole text UCS-2. Of other languages a name may
   still have a letter that GSM has not, which the worst case supposes. */
static const char *letter_of(const struct catalog_entry *t, enum sms_case which)
{
	if (!strncmp(t->locale, "ru", 2))
		return "ш";
	return which == SMS_WORST ? "ž" : "w";
}

static void set_values(json_t *vars, const char *letter, enum sms_case which, bool all)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		autobuf text = BUF_INIT(TEXT_MAX_BYTES);

		if (!all && !values[i].always)
			continue;
		for (size_t k = 0; k < values[i].chars[which]; k++)
			buf_str(&text, letter);
		set_text(vars, values[i].name, &text);
	}
	if (all)
		json_object_set_new(vars, "note_lines",
				    json_pack("[O]", json_object_get(vars, "note")));
}

/* The longest of a year's dates. */
static void set_times(json_t *vars, const char *locale, enum sms_case which)
{
	const struct words_place place = { locale, WIDE_ZONE, NULL };
	autobuf moment = BUF_INIT(0), longest = BUF_INIT(0), date = BUF_INIT(0), stay = BUF_INIT(0);

	for (int i = 0; i < MONTHS; i++) {
		buf_reset(&moment);
		words_moment(&place, LATE_MS + i * MONTH_MS, &moment);
		if (moment.len <= longest.len)
			continue;
		buf_reset(&longest);
		buf_add(&longest, moment.data, moment.len);
	}
	buf_add(&date, longest.data, (size_t)(strchr(longest.data, ',') - longest.data));
	words_duration(locale, stays_ms[which], &stay);
	set_text(vars, "expires_on", &longest);
	set_text(vars, "today", &date);
	set_text(vars, "expires_in", &stay);
}

static int set_link(json_t *vars, const char *base, struct err *e)
{
	autobuf link = BUF_INIT(LINK_MAX);
	char token[TOKEN_SIZE];
	int r;

	memset(token, 'w', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	if ((r = link_build(base ? base : USUAL_LINK, token, &link, e)) < 0)
		return r;
	set_text(vars, "link", &link);
	return OK;
}

static int count(const struct catalog_entry *t, const json_t *vars, struct sms_count *out,
		 struct err *e)
{
	autobuf text = BUF_INIT(TEXT_MAX_BYTES);
	int r = template_render(t->parts[PART_SMS], vars, false, &text, e);

	return r < 0 ? r : sms_text_count(text.data ? text.data : "", text.len, out, e);
}

static int count_with(const struct catalog_entry *t, const char *link_base, enum sms_case which,
		      bool all, struct sms_count *out, struct err *e)
{
	json_t *vars = json_object();
	int r = set_link(vars, link_base, e);

	if (r == OK) {
		set_values(vars, letter_of(t, which), which, all);
		set_times(vars, t->locale, which);
		json_object_set_new(vars, "brand_colour", json_string(LETTER_COLOUR));
		json_object_set_new(vars, "vars", json_object());
		r = count(t, vars, out, e);
	}
	json_decref(vars);
	return r;
}

int sms_worst_count(const struct catalog_entry *t, const char *link_base, enum sms_case which,
		    struct sms_count *out, struct err *e)
{
	struct sms_count full, bare;
	int r;

	if (!t->parts[PART_SMS])
		return err_set(e, ERR_INVALID, "%s/%s has no text for SMS", t->name, t->locale);
	if ((r = count_with(t, link_base, which, true, &full, e)) < 0 ||
	    (r = count_with(t, link_base, which, false, &bare, e)) < 0)
		return r;
	*out = full.segments < bare.segments ? bare : full;
	return OK;
}
