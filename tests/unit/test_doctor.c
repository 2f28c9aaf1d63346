/* How doctor judges the retention of a topic, and what a topic is made with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "doctor.h"
#include "mem.h"
#include "topics.h"

#define DAY_MS (24ll * 60 * 60 * 1000)

static void test_retention(void **state)
{
	static const struct {
		enum topic topic;
		const char *cleanup, *retention;
		enum judgement judgement;
	} cases[] = {
		{ TOPIC_STATUS, "delete", "39312000000", FINDING_OK },
		{ TOPIC_STATUS, "delete", "39311999999", FINDING_BAD },
		{ TOPIC_STATUS, "delete", "-1", FINDING_OK },
		{ TOPIC_STATUS, "delete", "604800000", FINDING_BAD },
		{ TOPIC_STATUS, "compact", "-1", FINDING_BAD },
		{ TOPIC_STATUS, "compact,delete", "39312000000", FINDING_BAD },
		{ TOPIC_EMAIL, "delete", "604800000", FINDING_OK },
		{ TOPIC_STATE, "compact", "604800000", FINDING_OK },
		{ TOPIC_STATE, "delete", "604800000", FINDING_BAD },
		{ TOPIC_STATE, "compact,delete", "604800000", FINDING_BAD },
		{ TOPIC_STATE, "compact,delete", "-1", FINDING_OK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(doctor_judge_retention(&topic_rules[cases[i].topic],
							cases[i].cleanup, cases[i].retention),
				 cases[i].judgement);
}

static void test_rules(void **state)
{
	(void)state;
	assert_int_equal(topic_rules[TOPIC_REQUESTED].retention_ms, 455 * DAY_MS);
	assert_int_equal(topic_rules[TOPIC_STATUS].retention_ms, 455 * DAY_MS);
	assert_int_equal(topic_rules[TOPIC_EMAIL].retention_ms, 7 * DAY_MS);
	assert_int_equal(topic_rules[TOPIC_DEAD_LETTER].retention_ms, 30 * DAY_MS);
	assert_int_equal(topic_rules[TOPIC_DEAD_LETTER].max_bytes, 2 << 20);
	for (int t = 0; t < TOPIC_COUNT; t++)
		assert_non_null(topic_rules[t].cleanup);
}

static void test_skew(void **state)
{
	static const struct {
		int64_t skew_ms;
		enum judgement judgement;
	} rows[] = {
		{ 0, FINDING_OK },	{ 999, FINDING_OK },	   { -999, FINDING_OK },
		{ 1000, FINDING_WARN }, { -1000, FINDING_WARN },   { 29999, FINDING_WARN },
		{ 30000, FINDING_BAD }, { -3600000, FINDING_BAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(doctor_judge_skew(rows[i].skew_ms), rows[i].judgement);
}

static void test_redis_version(void **state)
{
	(void)state;
	assert_true(doctor_redis_new_enough("7.0.15"));
	assert_true(doctor_redis_new_enough("8.2.1"));
	assert_true(doctor_redis_new_enough("10.0.0"));
	assert_false(doctor_redis_new_enough("6.2.7"));
	assert_false(doctor_redis_new_enough(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retention),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_redis_version),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
