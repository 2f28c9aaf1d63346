/* Dates and durations in words, and the local time of zones. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include "mem.h"
#include "now.h"
#include "words.h"
#include "zone.h"

#define MIN INT64_C(60000)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)

static int64_t at(const char *time)
{
	int64_t ms = -1;

	assert_true(now_parse(time, &ms));
	return ms;
}

static void test_moment(void **state)
{
	static const struct {
		const char *locale, *zone, *default_zone, *time, *expected;
	} cases[] = {
		{ "ru", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z", "14 марта 2025, 18:00 МСК" },
		{ "ru-RU", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z",
		  "14 марта 2025, 18:00 МСК" },
		{ "RU_ru", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z",
		  "14 марта 2025, 18:00 МСК" },
		{ "en", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z", "14 March 2025, 18:00 MSK" },
		{ "de-DE", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z",
		  "14 March 2025, 18:00 MSK" },
		{ "rue", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z",
		  "14 March 2025, 18:00 MSK" },
		{ NULL, "Europe/Moscow", NULL, "2025-03-14T15:00:00Z", "14 March 2025, 18:00 MSK" },
		{ "", "Europe/Moscow", NULL, "2025-03-14T15:00:00Z", "14 March 2025, 18:00 MSK" },
		/* the day is the zone's, not that of UTC */
		{ "ru", "Europe/Moscow", NULL, "2024-12-31T21:05:59Z", "1 января 2025, 00:05 МСК" },
		{ "en", "Pacific/Honolulu", NULL, "2025-01-01T09:59:00Z",
		  "31 December 2024, 23:59 UTC-10" },
		/* abbreviations that not everybody knows */
		{ "ru", "Asia/Yekaterinburg", NULL, "2025-03-14T13:00:00Z",
		  "14 марта 2025, 18:00 UTC+5" },
		{ "en", "Asia/Kolkata", NULL, "2025-03-14T12:30:00Z",
		  "14 March 2025, 18:00 UTC+5:30" },
		{ "en", "America/St_Johns", NULL, "2025-01-14T12:30:00Z",
		  "14 January 2025, 09:00 UTC-3:30" },
		{ "en", "Asia/Shanghai", NULL, "2025-03-14T12:00:00Z",
		  "14 March 2025, 20:00 UTC+8" },
		{ "en", "America/Chicago", NULL, "2025-01-14T12:00:00Z",
		  "14 January 2025, 06:00 CST" },
		{ "ru", "Europe/Berlin", NULL, "2025-01-14T12:00:00Z",
		  "14 января 2025, 13:00 UTC+1" },
		/* both sides of a change of clocks */
		{ "en", "Europe/Berlin", NULL, "2025-03-30T00:59:59Z", "30 March 2025, 01:59 CET" },
		{ "en", "Europe/Berlin", NULL, "2025-03-30T01:00:00Z",
		  "30 March 2025, 03:00 CEST" },
		{ "en", "Europe/London", NULL, "2025-10-26T00:30:00Z",
		  "26 October 2025, 01:30 BST" },
		{ "en", "Europe/London", NULL, "2025-10-26T01:30:00Z",
		  "26 October 2025, 01:30 GMT" },
		{ "ru", "Europe/London", NULL, "2025-11-26T01:30:00Z",
		  "26 ноября 2025, 01:30 UTC" },
		{ "en", "UTC", NULL, "2025-03-14T15:00:00Z", "14 March 2025, 15:00 UTC" },
		{ "en", "Etc/GMT+5", NULL, "2025-03-14T15:00:00Z", "14 March 2025, 10:00 UTC-5" },
		/* unknown zones: the default, else UTC */
		{ "ru", "Europe/Atlantis", "Europe/Moscow", "2025-03-14T15:00:00Z",
		  "14 марта 2025, 18:00 МСК" },
		{ "ru", NULL, "Europe/Moscow", "2025-03-14T15:00:00Z", "14 марта 2025, 18:00 МСК" },
		{ "en", "Nowhere", "nor/here", "2025-03-14T15:00:00Z", "14 March 2025, 15:00 UTC" },
		{ "en", NULL, NULL, "2024-02-29T15:00:00Z", "29 February 2024, 15:00 UTC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct words_place p = { cases[i].locale, cases[i].zone, cases[i].default_zone };
		autobuf out = BUF_INIT(0);

		words_moment(&p, at(cases[i].time), &out);
		assert_string_equal(out.data, cases[i].expected);
	}
}

static void test_names_that_are_no_zones(void **state)
{
	static const char *const names[] = {
		"",
		"../../../etc/localtime",
		"/etc/localtime",
		"/usr/share/zoneinfo/UTC",
		"UTC+3",
		"MSK-3",
		"UTC3",
		"+03:00",
		"Z0",
		"Europe//Moscow",
		"Europe/",
		"Europe",
		" UTC",
		"Europe/Moscow\n",
		"Европа/Москва",
		"zone.tab",
		"Europe/Moscow/Moscow/Moscow/Moscow/Moscow/Moscow/Moscow/Moscow/Moscow/Moscow",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (zone_known(names[i]))
			fail_msg("'%s' is taken for a zone", names[i]);
	assert_false(zone_known(NULL));
	assert_true(zone_known("Europe/Moscow"));
	assert_true(zone_known("America/Argentina/Buenos_Aires"));
	assert_true(zone_known("W-SU"));
}

static void test_months(void **state)
{
	static const char *const ru[] = { "января",   "февраля", "марта",  "апреля",
					  "мая",      "июня",	 "июля",   "августа",
					  "сентября", "октября", "ноября", "декабря" };

	(void)state;
	for (int month = 1; month <= 12; month++) {
		autofree char *time = xasprintf("2025-%02d-05T12:00:00Z", month);
		autofree char *expected = xasprintf("5 %s 2025", ru[month - 1]);
		struct words_place p = { "ru", "UTC", NULL };
		autobuf out = BUF_INIT(0);

		words_date(&p, at(time), &out);
		assert_string_equal(out.data, expected);
	}
}

static void test_bounds_of_time(void **state)
{
	struct words_place p = { "en", "Europe/Moscow", NULL };
	autobuf out = BUF_INIT(0);

	(void)state;
	words_date(&p, INT64_MIN, &out);
	assert_string_equal(out.data, "1 January 1970");
	buf_reset(&out);
	words_date(&(struct words_place){ 0 }, INT64_MAX, &out);
	assert_string_equal(out.data, "31 December 9999");
}

static void test_duration(void **state)
{
	static const struct {
		int64_t ms;
		const char *en, *ru;
	} cases[] = {
		{ INT64_MIN, "less than a minute", "меньше минуты" },
		{ -1, "less than a minute", "меньше минуты" },
		{ 0, "less than a minute", "меньше минуты" },
		{ MIN / 2 - 1, "less than a minute", "меньше минуты" },
		{ MIN, "1 minute", "1 минута" },
		{ 2 * MIN, "2 minutes", "2 минуты" },
		{ 5 * MIN, "5 minutes", "5 минут" },
		{ 11 * MIN, "11 minutes", "11 минут" },
		{ 21 * MIN, "21 minutes", "21 минута" },
		{ 59 * MIN, "59 minutes", "59 минут" },
		{ HOUR, "1 hour", "1 час" },
		{ HOUR + MIN, "1 hour 1 minute", "1 час 1 минута" },
		{ 3 * HOUR + 14 * MIN, "3 hours 14 minutes", "3 часа 14 минут" },
		{ 5 * HOUR, "5 hours", "5 часов" },
		{ 12 * HOUR + 22 * MIN, "12 hours 22 minutes", "12 часов 22 минуты" },
		{ 21 * HOUR, "21 hours", "21 час" },
		{ 23 * HOUR + 59 * MIN, "23 hours 59 minutes", "23 часа 59 минут" },
		{ DAY - 100, "1 day", "1 день" },
		{ DAY, "1 day", "1 день" },
		{ 2 * DAY - 31000, "1 day", "1 день" },
		{ 2 * DAY, "2 days", "2 дня" },
		{ 4 * DAY + 5 * HOUR, "4 days", "4 дня" },
		{ 5 * DAY, "5 days", "5 дней" },
		{ 11 * DAY, "11 days", "11 дней" },
		{ 12 * DAY, "12 days", "12 дней" },
		{ 14 * DAY, "14 days", "14 дней" },
		{ 21 * DAY, "21 days", "21 день" },
		{ 22 * DAY, "22 days", "22 дня" },
		{ 30 * DAY, "30 days", "30 дней" },
		{ 101 * DAY, "101 days", "101 день" },
		{ 111 * DAY, "111 days", "111 дней" },
		{ 365 * DAY, "365 days", "365 дней" },
		{ INT64_MAX, "106751991167 days", "106751991167 дней" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf en = BUF_INIT(0), ru = BUF_INIT(0);

		words_duration("en-GB", cases[i].ms, &en);
		words_duration("ru", cases[i].ms, &ru);
		assert_string_equal(en.data, cases[i].en);
		assert_string_equal(ru.data, cases[i].ru);
	}
}

static void assert_var(const json_t *vars, const char *name, const char *expected)
{
	assert_string_equal(json_string_value(json_object_get(vars, name)), expected);
}

static void test_set(void **state)
{
	struct words_place p = { "ru", "Europe/Moscow", NULL };
	json_t *vars = json_pack("{s:s}", "today", "given");
	int64_t now = at("2025-03-13T21:00:00Z");

	(void)state;
	words_set(vars, &p, now, now + 5 * DAY);
	assert_var(vars, "expires_on", "19 марта 2025, 00:00 МСК");
	assert_var(vars, "expires_in", "5 дней");
	assert_var(vars, "today", "given");
	json_object_del(vars, "today");
	words_set(vars, &p, now, now + 5 * DAY);
	assert_var(vars, "today", "14 марта 2025");
	json_decref(vars);
}

static void *tell_time(void *unused)
{
	static const struct {
		const char *zone;
		int hour;
	} zones[] = {
		{ "Europe/Moscow", 15 },
		{ "Asia/Tokyo", 21 },
		{ "America/New_York", 8 },
		{ "Asia/Nowhere", 12 },
	};
	int64_t noon = at("2025-03-14T12:00:00Z");
	intptr_t good = 0;

	(void)unused;
	for (int i = 0; i < 4000; i++) {
		struct zone_time t;

		zone_local(zones[i % 4].zone, noon, &t);
		good += t.hour == zones[i % 4].hour;
	}
	return (void *)good;
}

static void test_threads(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, tell_time, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *good;

		pthread_join(threads[i], &good);
		assert_int_equal((intptr_t)good, 4000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moment),	 cmocka_unit_test(test_names_that_are_no_zones),
		cmocka_unit_test(test_months),	 cmocka_unit_test(test_bounds_of_time),
		cmocka_unit_test(test_duration), cmocka_unit_test(test_set),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
