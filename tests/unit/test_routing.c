/* Which route is taken: order, weights, what is passed over, and that the last one is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem.h"
#include "routing.h"

#define CLOSED .open = false
#define OPEN .open = true
#define STRAINED .open = true, .strained = true
#define FULL .open = true, .full = true

static const struct {
	const char *what;
	struct routing routes[3];
	unsigned serving;
} rows[] = {
	{ "the first order alone",
	  { { .order = 1, OPEN }, { .order = 1, OPEN }, { .order = 2, OPEN } },
	  3 },
	{ "the order of the list is none",
	  { { .order = 9, OPEN }, { .order = 2, OPEN }, { .order = 2, OPEN } },
	  6 },
	{ "one of an order is enough",
	  { { .order = 1, CLOSED }, { .order = 1, OPEN }, { .order = 2, OPEN } },
	  2 },
	{ "none of an order: the next",
	  { { .order = 1, CLOSED }, { .order = 1, CLOSED }, { .order = 2, OPEN } },
	  4 },
	{ "none at all",
	  { { .order = 1, CLOSED }, { .order = 1, CLOSED }, { .order = 2, CLOSED } },
	  0 },
	{ "what fails often is passed over",
	  { { .order = 1, STRAINED }, { .order = 1, OPEN }, { .order = 2, OPEN } },
	  2 },
	{ "also for a later order",
	  { { .order = 1, STRAINED }, { .order = 1, STRAINED }, { .order = 2, OPEN } },
	  4 },
	{ "but not the last one",
	  { { .order = 1, STRAINED }, { .order = 1, CLOSED }, { .order = 2, CLOSED } },
	  1 },
	{ "all fail often: as if none did",
	  { { .order = 1, STRAINED }, { .order = 1, STRAINED }, { .order = 2, STRAINED } },
	  3 },
	{ "a limit used up",
	  { { .order = 1, FULL }, { .order = 2, OPEN }, { .order = 3, OPEN } },
	  2 },
	{ "all used up: asked all the same",
	  { { .order = 1, FULL }, { .order = 1, FULL }, { .order = 2, FULL } },
	  3 },
	{ "better a limit used up than one that fails",
	  { { .order = 1, FULL }, { .order = 2, STRAINED }, { .order = 3, CLOSED } },
	  1 },
};

static void test_serving(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (routing_serving(rows[i].routes, 3) != rows[i].serving)
			fail_msg("%s: %u", rows[i].what, routing_serving(rows[i].routes, 3));
}

/* Shared by weight, and evenly mixed: nobody gets two of 1:1 in a row. */
static void test_weights(void **state)
{
	static const struct {
		int weights[3];
		unsigned able;
		int want[3]; /* of 60 */
	} shares[] = {
		{ { 1, 1, 1 }, 7, { 20, 20, 20 } },
		{ { 3, 2, 1 }, 7, { 30, 20, 10 } },
		{ { 3, 2, 1 }, 5, { 45, 0, 15 } }, /* the second has no room */
		{ { 1000, 1, 1 }, 6, { 0, 30, 30 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		struct routing r[3] = { { 0 } };
		int got[3] = { 0 };

		for (int k = 0; k < 3; k++)
			r[k].weight = shares[i].weights[k];
		for (int k = 0; k < 60; k++)
			got[routing_take(r, 3, shares[i].able)]++;
		assert_memory_equal(got, shares[i].want, sizeof(got));
	}
	struct routing two[2] = { { .weight = 1 }, { .weight = 1 } };
	int last = routing_take(two, 2, 3);

	for (int k = 0; k < 10; k++) {
		int now = routing_take(two, 2, 3);

		assert_int_not_equal(now, last);
		last = now;
	}
	assert_int_equal(routing_take(two, 2, 0), -1);
}

static void test_strain(void **state)
{
	struct strain s = { 0 };

	(void)state;
	for (int i = 0; i < 10 * STRAIN_ERRORS_MAX; i++) /* one in two seconds: 30 a minute */
		strain_note(&s, 1000 + 2000 * i);
	assert_false(strain_holds(&s, 1000));
	s = (struct strain){ 0 };
	for (int i = 0; i < STRAIN_ERRORS_MAX; i++) {
		assert_false(strain_holds(&s, 5000 + i));
		strain_note(&s, 5000 + i);
	}
	assert_true(strain_holds(&s, 5050));
	assert_true(strain_holds(&s, 5049 + STRAIN_WINDOW_MS - 1));
	assert_false(strain_holds(&s, 5049 + STRAIN_WINDOW_MS));
}

#define MINUTE_MS 60000

/* 15 % of the answers of the last quarter of an hour, at least twenty of them. */
static void test_slowness(void **state)
{
	static const struct {
		int quick, slow;
		bool holds;
	} shares[] = {
		{ 0, 19, false }, { 17, 3, true },   { 18, 2, false },
		{ 85, 15, true }, { 86, 14, false }, { 100, 0, false },
	};
	int64_t now = 1000 * MINUTE_MS;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
		struct slowness s = { 0 };

		for (int k = 0; k < shares[i].quick; k++)
			slowness_note(&s, now, false);
		for (int k = 0; k < shares[i].slow; k++)
			slowness_note(&s, now + MINUTE_MS, true);
		assert_int_equal(slowness_holds(&s, now + MINUTE_MS), shares[i].holds);
		assert_int_equal(slowness_holds(&s, now + 14 * MINUTE_MS), shares[i].holds);
		assert_false(slowness_holds(&s, now + 16 * MINUTE_MS)); /* it is forgotten */
	}
}

/* A second, then twice as long each time, up to ten minutes; what was under way adds nothing. */
static void test_quarrel(void **state)
{
	struct quarrel q = { 0 };
	int64_t now = 5000, pause = 1000;

	(void)state;
	assert_false(quarrel_holds(&q, now));
	for (int i = 0; i < 14; i++) {
		quarrel_note(&q, now);
		quarrel_note(&q, now + pause / 2);
		assert_true(quarrel_holds(&q, now + pause - 1));
		assert_false(quarrel_holds(&q, now + pause));
		now += pause;
		pause = 2 * pause < 600000 ? 2 * pause : 600000;
	}
	assert_int_equal(pause, 600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serving), cmocka_unit_test(test_weights),
		cmocka_unit_test(test_strain),	cmocka_unit_test(test_slowness),
		cmocka_unit_test(test_quarrel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
