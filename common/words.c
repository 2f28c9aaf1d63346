#include "words.h"

#include <string.h>
#include <strings.h>

#include "mem.h"
#include "zone.h"

#define MINUTE_MS 60000
#define HOUR_MIN 60
#define DAY_MIN (24 * HOUR_MIN)
#define WORDS_MAX_BYTES 256

/* The forms of a noun after a number, in the order of the language's plural(). */
struct noun {
	const char *forms[3];
};

struct language {
	const char *tag;
	const char *months[12]; /* as they stand in a date */
	size_t (*plural)(int64_t n);
	struct noun day, hour, minute;
	const char *moment; /* what is shorter than a minute */
};

/* CLDR plural rules: one, other. */
static size_t plural_en(int64_t n)
{
	return n != 1;
}

/* CLDR plural rules: one (1, 21, 31), few (2 to 4, 22 to 24), many. */
static size_t plural_ru(int64_t n)
{
	bool teen = n % 100 >= 11 && n % 100 <= 14;

	if (n % 10 == 1 && !teen)
		return 0;
	return n % 10 >= 2 && n % 10 <= 4 && !teen ? 1 : 2;
}

static const struct language english = {
	.tag = "en",
	.months = { "January", "February", "March", "April", "May", "June", "July", "August",
		    "September", "October", "November", "December" },
	.plural = plural_en,
	.day = { { "day", "days" } },
	.hour = { { "hour", "hours" } },
	.minute = { { "minute", "minutes" } },
	.moment = "less than a minute",
};

static const struct language russian = {
	.tag = "ru",
	.months = { "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа",
		    "сентября", "октября", "ноября", "декабря" },
	.plural = plural_ru,
	.day = { { "день", "дня", "дней" } },
	.hour = { { "час", "часа", "часов" } },
	.minute = { { "минута", "минуты", "минут" } },
	.moment = "меньше минуты",
};

/* Abbreviations that readers know, and that mean this offset only. */
static const struct abbreviation {
	const char *name;
	int offset_s;
	const char *en, *ru; /* NULL = told by the offset */
} abbreviations[] = {
	{ "UTC", 0, "UTC", "UTC" },	   { "MSK", 3 * 3600, "MSK", "МСК" },
	{ "GMT", 0, "GMT", NULL },	   { "BST", 1 * 3600, "BST", NULL },
	{ "CET", 1 * 3600, "CET", NULL },  { "CEST", 2 * 3600, "CEST", NULL },
	{ "EET", 2 * 3600, "EET", NULL },  { "EEST", 3 * 3600, "EEST", NULL },
	{ "EST", -5 * 3600, "EST", NULL }, { "EDT", -4 * 3600, "EDT", NULL },
	{ "CST", -6 * 3600, "CST", NULL }, { "CDT", -5 * 3600, "CDT", NULL },
	{ "MST", -7 * 3600, "MST", NULL }, { "MDT", -6 * 3600, "MDT", NULL },
	{ "PST", -8 * 3600, "PST", NULL }, { "PDT", -7 * 3600, "PDT", NULL },
};

static const struct language *language_of(const char *locale)
{
	size_t n = locale ? strcspn(locale, "-_") : 0;

	return n == 2 && strncasecmp(locale, russian.tag, n) == 0 ? &russian : &english;
}

static void local_time(const struct words_place *p, int64_t ms, struct zone_time *out)
{
	zone_local(zone_known(p->zone) ? p->zone : p->default_zone, ms, out);
}

static void add_date(const struct language *l, const struct zone_time *t, struct buf *out)
{
	buf_int(out, t->day);
	buf_byte(out, ' ');
	buf_str(out, l->months[t->month - 1]);
	buf_byte(out, ' ');
	buf_int(out, t->year);
}

static void add_two_digits(int v, struct buf *out)
{
	buf_byte(out, (char)('0' + v / 10));
	buf_byte(out, (char)('0' + v % 10));
}

static void add_zone(const struct language *l, const struct zone_time *t, struct buf *out)
{
	int minutes = (t->offset_s < 0 ? -t->offset_s : t->offset_s) / 60;

	for (size_t i = 0; i < ARRAY_LEN(abbreviations); i++) {
		const struct abbreviation *a = &abbreviations[i];
		const char *known = l == &russian ? a->ru : a->en;

		if (known && a->offset_s == t->offset_s && strcmp(a->name, t->abbreviation) == 0) {
			buf_str(out, known);
			return;
		}
	}
	buf_str(out, "UTC");
	if (minutes)
		buf_fmt(out, "%c%d", t->offset_s < 0 ? '-' : '+', minutes / 60);
	if (minutes % 60)
		buf_fmt(out, ":%02d", minutes % 60);
}

void words_date(const struct words_place *p, int64_t ms, struct buf *out)
{
	struct zone_time t;

	local_time(p, ms, &t);
	add_date(language_of(p->locale), &t, out);
}

void words_moment(const struct words_place *p, int64_t ms, struct buf *out)
{
	const struct language *l = language_of(p->locale);
	struct zone_time t;

	local_time(p, ms, &t);
	add_date(l, &t, out);
	buf_str(out, ", ");
	add_two_digits(t.hour, out);
	buf_byte(out, ':');
	add_two_digits(t.minute, out);
	buf_byte(out, ' ');
	add_zone(l, &t, out);
}

static void add_count(const struct language *l, int64_t n, const struct noun *noun, struct buf *out)
{
	buf_int(out, n);
	buf_byte(out, ' ');
	buf_str(out, noun->forms[l->plural(n)]);
}

void words_duration(const char *locale, int64_t duration_ms, struct buf *out)
{
	const struct language *l = language_of(locale);
	int64_t minutes = duration_ms <= 0 ? 0
					   : duration_ms / MINUTE_MS +
						     (duration_ms % MINUTE_MS >= MINUTE_MS / 2);
	int64_t hours = minutes / HOUR_MIN;

	if (minutes >= DAY_MIN) {
		add_count(l, minutes / DAY_MIN, &l->day, out);
		return;
	}
	if (hours)
		add_count(l, hours, &l->hour, out);
	if (hours && minutes % HOUR_MIN)
		buf_byte(out, ' ');
	if (minutes % HOUR_MIN)
		add_count(l, minutes % HOUR_MIN, &l->minute, out);
	if (!minutes)
		buf_str(out, l->moment);
}

static void set(json_t *vars, const char *name, struct buf *text)
{
	if (!json_object_get(vars, name))
		json_object_set_new(vars, name, json_stringn(text->data, text->len));
	buf_reset(text);
}

void words_set(json_t *vars, const struct words_place *p, int64_t now_ms, int64_t expires_ms)
{
	autobuf text = BUF_INIT(WORDS_MAX_BYTES);

	words_moment(p, expires_ms, &text);
	set(vars, "expires_on", &text);
	words_duration(p->locale, expires_ms - now_ms, &text);
	set(vars, "expires_in", &text);
	words_date(p, now_ms, &text);
	set(vars, "today", &text);
}
