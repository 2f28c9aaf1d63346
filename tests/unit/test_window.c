/* Send windows on the clock of the wall: every hour of ten zones against a slow look at each
 * minute, and what daylight saving, odd offsets and skipped days make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "now.h"
#include "window.h"
#include "zone.h"

#define MINUTE INT64_C(60000)
#define QUARTER (15 * MINUTE) /* of which all offsets and edges below are multiples */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static int64_t at(const char *time)
{
	int64_t ms = -1;

	if (!now_parse(time, &ms))
		fail_msg("%s is no time", time);
	return ms;
}

/* "mon-fri 09:00-18:00" */
static struct window window_of(const char *text)
{
	struct window w = { 0 };
	struct err e;
	char copy[WINDOW_TEXT_SIZE], *from, *to;

	snprintf(copy, sizeof(copy), "%s", text);
	from = strrchr(copy, ' ');
	*from++ = '\0';
	to = strchr(from, '-');
	*to++ = '\0';
	assert_int_equal(window_days_parse(copy, &w.days, &e), OK);
	assert_int_equal(window_time_parse(from, &w.from_min, &e), OK);
	assert_int_equal(window_time_parse(to, &w.to_min, &e), OK);
	return w;
}

static const struct {
	const char *zone, *window, *time, *expected;
} cases[] = {
	/* hours of one day */
	{ "UTC", "mon-sun 08:00-22:00", "2025-03-14T07:59:59.999Z", "2025-03-14T08:00:00Z" },
	{ "UTC", "mon-sun 08:00-22:00", "2025-03-14T08:00:00Z", "2025-03-14T08:00:00Z" },
	{ "UTC", "mon-sun 08:00-22:00", "2025-03-14T21:59:59.999Z", "2025-03-14T21:59:59.999Z" },
	{ "UTC", "mon-sun 08:00-22:00", "2025-03-14T22:00:00Z", "2025-03-15T08:00:00Z" },
	{ "UTC", "mon-sun 08:00-22:00", "2025-12-31T23:30:00Z", "2026-01-01T08:00:00Z" },
	{ "UTC", "mon-sun 00:00-24:00", "2025-03-14T23:59:59.999Z", "2025-03-14T23:59:59.999Z" },
	/* quiet from 22:00 to 08:00, 23:30 of the recipient */
	{ "Europe/Moscow", "mon-sun 08:00-22:00", "2025-03-14T20:30:00Z", "2025-03-15T05:00:00Z" },
	{ "America/New_York", "mon-sun 08:00-22:00", "2025-07-15T03:30:00Z",
	  "2025-07-15T12:00:00Z" },
	/* days: a Friday evening, a single day, the end of a week */
	{ "Europe/Moscow", "mon-fri 09:00-18:00", "2025-03-14T15:00:00Z", "2025-03-17T06:00:00Z" },
	{ "Europe/Moscow", "mon-fri 09:00-18:00", "2025-03-16T21:00:00Z", "2025-03-17T06:00:00Z" },
	{ "UTC", "wed 10:00-11:00", "2025-03-12T11:00:00Z", "2025-03-19T10:00:00Z" },
	{ "UTC", "sat-sun 00:00-24:00", "2025-03-10T00:00:00Z", "2025-03-15T00:00:00Z" },
	{ "UTC", "sat-sun 00:00-24:00", "2025-03-16T23:59:00Z", "2025-03-16T23:59:00Z" },
	/* over midnight: the night belongs to the day on which it begins */
	{ "UTC", "fri 22:00-06:00", "2025-03-14T21:00:00Z", "2025-03-14T22:00:00Z" },
	{ "UTC", "fri 22:00-06:00", "2025-03-15T05:59:00Z", "2025-03-15T05:59:00Z" },
	{ "UTC", "fri 22:00-06:00", "2025-03-15T06:00:00Z", "2025-03-21T22:00:00Z" },
	{ "UTC", "fri 22:00-06:00", "2025-03-14T05:00:00Z", "2025-03-14T22:00:00Z" },
	{ "UTC", "sun 22:00-06:00", "2025-03-17T01:00:00Z", "2025-03-17T01:00:00Z" },
	{ "UTC", "mon-sun 22:00-00:00", "2025-03-17T00:00:00Z", "2025-03-17T22:00:00Z" },
	/* offsets of half and three quarters of an hour */
	{ "Asia/Kolkata", "mon-sun 09:00-18:00", "2025-03-14T00:00:00Z", "2025-03-14T03:30:00Z" },
	{ "Asia/Kathmandu", "mon-sun 09:00-18:00", "2025-03-14T00:00:00Z", "2025-03-14T03:15:00Z" },
	{ "Australia/Eucla", "mon-sun 09:00-18:00", "2025-03-14T10:00:00Z",
	  "2025-03-15T00:15:00Z" },
	{ "Pacific/Chatham", "mon-sun 09:00-18:00", "2025-01-14T05:00:00Z",
	  "2025-01-14T19:15:00Z" },
	{ "Pacific/Kiritimati", "fri 09:00-18:00", "2025-03-13T00:00:00Z", "2025-03-13T19:00:00Z" },
	/* spring, Berlin: 02:00 becomes 03:00 on 30 March 2025 */
	{ "Europe/Berlin", "mon-sun 02:30-05:00", "2025-03-30T00:30:00Z", "2025-03-30T01:00:00Z" },
	{ "Europe/Berlin", "mon-sun 02:00-03:00", "2025-03-30T00:30:00Z", "2025-03-31T00:00:00Z" },
	{ "Europe/Berlin", "mon-sun 08:00-22:00", "2025-03-29T22:30:00Z", "2025-03-30T06:00:00Z" },
	{ "Europe/Berlin", "mon-sun 22:00-02:30", "2025-03-30T01:00:00Z", "2025-03-30T20:00:00Z" },
	/* autumn, Berlin: 03:00 becomes 02:00 on 26 October 2025, 01:00 UTC */
	{ "Europe/Berlin", "mon-sun 02:30-02:45", "2025-10-26T00:45:00Z", "2025-10-26T01:30:00Z" },
	{ "Europe/Berlin", "mon-sun 02:30-05:00", "2025-10-26T00:59:59Z", "2025-10-26T00:59:59Z" },
	{ "Europe/Berlin", "mon-sun 02:30-05:00", "2025-10-26T01:00:00Z", "2025-10-26T01:30:00Z" },
	{ "Europe/Berlin", "mon-sun 08:00-22:00", "2025-10-25T20:30:00Z", "2025-10-26T07:00:00Z" },
	/* Lord Howe moves by half an hour: 02:00 becomes 02:30 on 5 October 2025, 15:30 UTC */
	{ "Australia/Lord_Howe", "mon-sun 02:15-04:00", "2025-10-04T15:00:00Z",
	  "2025-10-04T15:30:00Z" },
	{ "Australia/Lord_Howe", "mon-sun 09:00-18:00", "2025-10-05T08:00:00Z",
	  "2025-10-05T22:00:00Z" },
	/* midnight itself is skipped: Beirut, 30 March 2025, 00:00 becomes 01:00 */
	{ "Asia/Beirut", "sun 00:00-06:00", "2025-03-29T12:00:00Z", "2025-03-29T22:00:00Z" },
	/* Samoa skipped Friday, 30 December 2011 */
	{ "Pacific/Apia", "fri 09:00-18:00", "2011-12-30T05:00:00Z", "2012-01-05T19:00:00Z" },
	{ "Pacific/Apia", "mon-sun 09:00-18:00", "2011-12-30T05:00:00Z", "2011-12-30T19:00:00Z" },
	{ "Pacific/Apia", "fri 22:00-12:00", "2011-12-30T05:00:00Z", "2011-12-30T10:00:00Z" },
	/* a zone that nobody has is UTC */
	{ "Nowhere/Land", "mon-sun 08:00-22:00", "2025-03-14T07:00:00Z", "2025-03-14T08:00:00Z" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct window w = window_of(cases[i].window);
		int64_t next = window_next(cases[i].zone, &w, at(cases[i].time));
		char text[NOW_TEXT_SIZE];

		if (next != at(cases[i].expected))
			fail_msg("%s, %s, %s: %s, not %s", cases[i].zone, cases[i].window,
				 cases[i].time, now_text(next, text), cases[i].expected);
	}
}

static void test_none(void **state)
{
	struct window_span span;

	(void)state;
	assert_int_equal(window_next("Europe/Moscow", &(struct window){ 0 }, 12345), 12345);
	assert_int_equal(window_spans("Europe/Moscow", &(struct window){ 0 }, 12345, &span, 1), 0);
}

/* The same by asking the clock on the wall, by the quarter of an hour. */
static bool inside_by_wall(const char *zone, const struct window *w, int64_t ms)
{
	struct zone_time t;
	struct tm tm = { 0 };
	int minute, weekday;

	zone_local(zone, ms, &t);
	tm.tm_year = t.year - 1900;
	tm.tm_mon = t.month - 1;
	tm.tm_mday = t.day;
	timegm(&tm);
	weekday = (tm.tm_wday + 6) % 7;
	minute = t.hour * 60 + t.minute;
	if (w->to_min > w->from_min)
		return (w->days >> weekday & 1) && minute >= w->from_min && minute < w->to_min;
	return ((w->days >> weekday & 1) && minute >= w->from_min) ||
	       ((w->days >> (weekday + 6) % 7 & 1) && minute < w->to_min);
}

/* From `from` on, hour by hour for so many days: the answer is inside, and nothing before it is. */
static void look(const char *zone, const struct window *w, int64_t from, int days)
{
	int64_t at_wall = from;

	for (int64_t ms = from; ms < from + days * DAY; ms += HOUR) {
		int64_t next = window_next(zone, w, ms);
		char text[NOW_TEXT_SIZE];

		if (at_wall < ms)
			at_wall = ms;
		while (!inside_by_wall(zone, w, at_wall))
			at_wall += QUARTER;
		if (next != at_wall)
			fail_msg("%s from %s", zone, now_text(ms, text));
	}
}

static void test_against_the_wall(void **state)
{
	static const char *const zones[] = {
		"Europe/Berlin",   "America/New_York",	"Australia/Lord_Howe", "Asia/Kathmandu",
		"Pacific/Chatham", "Africa/Casablanca", "America/St_Johns",    "Asia/Beirut",
		"America/Havana",  "Antarctica/Troll",
	};
	static const char *const windows[] = { "mon-sun 08:00-22:00", "mon-sun 02:15-02:45",
					       "sat-sun 23:30-01:15" };

	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(zones); z++)
		for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
			struct window w = window_of(windows[i]);

			look(zones[z], &w, at("2025-02-26T00:00:00Z"), 45);
			look(zones[z], &w, at("2025-09-20T00:00:00Z"), 50);
		}
}

static void test_spans(void **state)
{
	static const char *const expected[][2] = {
		{ "2025-03-28T16:30:00Z", "2025-03-28T17:00:00Z" }, /* from where we stand */
		{ "2025-03-31T07:00:00Z", "2025-03-31T16:00:00Z" }, /* summer time by now */
		{ "2025-04-01T07:00:00Z", "2025-04-01T16:00:00Z" },
	};
	struct window w = window_of("mon-fri 09:00-18:00");
	struct window_span spans[3];

	(void)state;
	assert_int_equal(window_spans("Europe/Berlin", &w, at(expected[0][0]), spans, 3), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(spans[i].open_ms, at(expected[i][0]));
		assert_int_equal(spans[i].close_ms, at(expected[i][1]));
	}
}

static void test_parsing(void **state)
{
	static const char *const no_days[] = { "",	"mo",	   "monday",  "mon-", "-mon",
					       "mon,,", "mon tue", "mon;tue", "Mon" };
	static const char *const no_times[] = { "",	 "8:00",  "08:0",   "24:01", "08:60",
						"25:00", "08-00", "08:00 ", "ab:cd", "-1:00" };
	static const struct {
		const char *text, *said;
	} days[] = {
		{ "mon", "mon 00:01-00:02" },
		{ "fri-mon", "mon,fri-sun 00:01-00:02" },
		{ " mon , wed,sat-sun ", "mon,wed,sat-sun 00:01-00:02" },
		{ "mon,wed,fri,sun", "mon,wed,fri,sun 00:01-00:02" },
		{ "sun-sat", "mon-sun 00:01-00:02" },
	};
	char text[WINDOW_TEXT_SIZE];
	unsigned bits;
	struct err e;
	int minutes;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_days); i++)
		if (bits = 0, window_days_parse(no_days[i], &bits, &e) != ERR_FATAL || bits)
			fail_msg("'%s' is taken for days", no_days[i]);
	for (size_t i = 0; i < ARRAY_LEN(no_times); i++)
		if (window_time_parse(no_times[i], &minutes, &e) != ERR_FATAL)
			fail_msg("'%s' is taken for a time", no_times[i]);
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct window w = { 0, 1, 2 };

		assert_int_equal(window_days_parse(days[i].text, &w.days, &e), OK);
		assert_string_equal(window_text(&w, text), days[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_against_the_wall),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_parsing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
