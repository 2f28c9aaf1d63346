/* Progress arithmetic: rate of the last seconds, time left, and how both are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem.h"
#include "progress.h"

static void test_steady(void **state)
{
	struct progress p;
	char text[PROGRESS_TEXT_SIZE];

	(void)state;
	progress_init(&p, 10000, 5000);
	assert_string_equal(progress_text(&p, 0, 5000, text), "0 of 10,000, 0.0/s");
	assert_int_equal(progress_left_ms(&p, 0, 6000), -1);
	for (int64_t ms = 0; ms <= 20000; ms += 100)
		progress_mark(&p, ms * 350 / 1000, 5000 + ms);
	assert_string_equal(progress_text(&p, 7000, 25000, text),
			    "7,000 of 10,000, 350/s, 9 s left");
}

/* What was slow long ago is forgotten: the rate is that of the last seconds. */
static void test_window(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p, 1000, 0);
	progress_mark(&p, 0, 60000); /* a minute of nothing */
	for (int64_t ms = 0; ms <= 5000; ms += 50)
		progress_mark(&p, ms / 10, 60000 + ms);
	assert_int_equal((int64_t)(progress_rate(&p, 500, 65000) + 0.5), 100);
	assert_int_equal(progress_left_ms(&p, 500, 65000) / 100, 50);
}

static void test_units(void **state)
{
	static const struct {
		int64_t total, done, ms;
		const char *text;
	} cases[] = {
		{ 100, 1, 1000, "1 of 100, 1.0/s, 99 s left" },
		{ 101, 1, 1000, "1 of 101, 1.0/s, 2 min left" },
		{ 6000, 1, 1000, "1 of 6,000, 1.0/s, 100 min left" },
		{ 1000000, 1, 1000, "1 of 1,000,000, 1.0/s, 278 h left" },
		{ 5, 5, 0, "5 of 5, 0.0/s, 0 s left" },
	};
	struct progress p;
	char text[PROGRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		progress_init(&p, cases[i].total, 0);
		assert_string_equal(progress_text(&p, cases[i].done, cases[i].ms, text),
				    cases[i].text);
	}
}

static void test_grouped(void **state)
{
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = { { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { -1234567, "-1,234,567" } };
	char text[GROUPED_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(progress_grouped(cases[i].n, text), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_grouped),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
