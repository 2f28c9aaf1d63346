/* How often something was told: a second, a minute, at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mem.h"
#include "rates.h"

#define START INT64_C(1700000000000)

static void test_window(void **state)
{
	struct rates *r = xcalloc(1, sizeof(*r));
	const struct rate *one;

	(void)state;
	for (int s = 0; s < 100; s++)
		for (int i = 0; i < (s < 50 ? 4 : 2); i++)
			rates_add(r, "sent", START + s * 1000 + i);
	rates_turn(r, START + 100000);
	one = rates_find(r, "sent");
	assert_int_equal(one->total, 300);
	assert_true(rate_per_s(r, one, 10) == 2.0);
	assert_int_equal(rate_minute(one), 9 * 4 + 50 * 2); /* 59 seconds and the one that runs */
	rates_turn(r, START + 130000);
	assert_true(rate_per_s(r, one, 10) == 0.0);
	assert_int_equal(rate_minute(one), 2 * 29);
	rates_turn(r, START + 1000000);
	assert_int_equal(rate_minute(one), 0);
	assert_int_equal(one->total, 300);
	free(r);
}

/* However many names there are, nothing is lost but their names. */
static void test_names_are_bounded(void **state)
{
	struct rates *r = xcalloc(1, sizeof(*r));
	uint64_t total = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "code_%d", i);
		rates_add(r, name, START);
	}
	for (size_t i = 0; i < r->count; i++)
		total += r->list[i].total;
	assert_int_equal(r->count, RATES_MAX);
	assert_int_equal(total, 1000);
	assert_null(rates_find(r, "code_999"));
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_names_are_bounded),
	};

	return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
