/* How many jobs a courier reads ahead: a few, and the more the longer none of them may be asked
 * for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "courier_priv.h"
#include "now.h"

#define SESSIONS 8

/* What is wanted where so many wait, and have been held back for so long; -1 = they are not. */
static size_t wanted(size_t waiting, int64_t held_back_for_ms)
{
	static const struct channel channel = { .name = "email" };
	struct courier c = { .channel = &channel, .sessions = SESSIONS };
	struct courier *service = &c;

	c.lists[PARCEL_WAITING].count = waiting;
	if (held_back_for_ms >= 0)
		c.held_back_ms = now_mono_ms() - held_back_for_ms;
	return courier_appetite(&service);
}

static void test_few_are_read(void **state)
{
	size_t enough = wanted(0, -1);

	(void)state;
	assert_in_range(enough, SESSIONS, 5 * SESSIONS);
	assert_int_equal(wanted(enough, -1), 0);
	assert_int_equal(wanted(enough / 2, -1), 0); /* by the dozen */
	assert_int_equal(wanted(enough / 2 - 1, -1), enough / 2 + 1);
}

/* Nothing has been answered yet: what a start finds is not read all at once. */
static void test_held_back_just_now(void **state)
{
	(void)state;
	assert_int_equal(wanted(wanted(0, -1), 0), 0);
}

static void test_held_back_for_long(void **state)
{
	size_t enough = wanted(0, -1), after_100_ms = wanted(0, 100);

	(void)state;
	assert_true(after_100_ms > 2 * enough);
	assert_true(wanted(0, 1000) > 2 * after_100_ms);
	assert_true(wanted(after_100_ms, 60000) > STAGE_UNDONE_MAX); /* as many as there may be */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_are_read),
		cmocka_unit_test(test_held_back_just_now),
		cmocka_unit_test(test_held_back_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
