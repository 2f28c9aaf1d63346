/* What a try to send means: every class of code, first and last attempts, doubts, and what time
 * allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codes.h"
#include "mem.h"
#include "verdict.h"

#define NOW 1000000
#define LATE (NOW + 100000000)

static const int64_t steps[] = { 1000, 5000, 60000 };
static const struct verdict_rules rules = { steps, ARRAY_LEN(steps), false };
static const struct verdict_rules password = { steps, ARRAY_LEN(steps), true };

/* Facts with no randomness: jitter has a test of its own. */
static struct verdict_facts facts(enum reach reach, const char *code, int64_t attempt)
{
	return (struct verdict_facts){
		.result = { .reach = reach, .code = code },
		.attempt = attempt,
		.now_ms = NOW,
		.not_after_ms = LATE,
	};
}

static void is_verdict(struct verdict v, struct verdict wanted)
{
	assert_string_equal(outcome_words[v.word].name, outcome_words[wanted.word].name);
	assert_int_equal(v.final, wanted.final);
	if (wanted.code)
		assert_string_equal(v.code, wanted.code);
	else
		assert_null(v.code);
	assert_int_equal(v.due_ms, wanted.due_ms);
	if (!wanted.final)
		assert_int_equal(v.attempt, wanted.attempt);
}

static const struct {
	enum reach reach;
	const char *code;
	int64_t attempt, retry_after_ms, doubts;
	struct verdict wanted;
} rows[] = {
	{ REACH_TAKEN, NULL, 1, 0, 0, { WORD_SENT, true, NULL, 0, 0 } },
	{ REACH_TAKEN, NULL, 9, 0, 3, { WORD_SENT, true, NULL, 0, 0 } },

	{ REACH_REFUSED,
	  "mailbox_unknown",
	  1,
	  0,
	  0,
	  { WORD_ERROR, true, "mailbox_unknown", 0, 0 } },
	{ REACH_REFUSED,
	  "content_rejected",
	  1,
	  0,
	  0,
	  { WORD_ERROR, true, "content_rejected", 0, 0 } },
	{ REACH_REFUSED,
	  "not_sent_in_time",
	  1,
	  0,
	  0,
	  { WORD_ERROR, true, "not_sent_in_time", 0, 0 } },
	{ REACH_NOT_SENT, "render_failed", 1, 0, 0, { WORD_ERROR, true, "render_failed", 0, 0 } },

	{ REACH_REFUSED, "throttled", 1, 0, 0, { WORD_DEFERRED, false, "retry", NOW + 1000, 2 } },
	{ REACH_REFUSED,
	  "mailbox_full",
	  2,
	  0,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 5000, 3 } },
	{ REACH_NOT_SENT,
	  "provider_unavailable",
	  3,
	  0,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 60000, 4 } },
	{ REACH_REFUSED, "throttled", 4, 0, 0, { WORD_ERROR, true, "retries_exhausted", 0, 0 } },
	{ REACH_REFUSED, "throttled", 5, 0, 0, { WORD_ERROR, true, "retries_exhausted", 0, 0 } },
	/* what more tries will hardly cure ends earlier */
	{ REACH_REFUSED,
	  "carrier_unknown",
	  1,
	  0,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 1000, 2 } },
	{ REACH_REFUSED,
	  "carrier_unknown",
	  2,
	  0,
	  0,
	  { WORD_ERROR, true, "retries_exhausted", 0, 0 } },
	/* the relay has tried for days itself */
	{ REACH_REFUSED,
	  "retries_exhausted",
	  1,
	  0,
	  0,
	  { WORD_ERROR, true, "retries_exhausted", 0, 0 } },
	/* nothing is known of why: as transient */
	{ REACH_NOT_SENT, NULL, 1, 0, 0, { WORD_DEFERRED, false, "retry", NOW + 1000, 2 } },
	{ REACH_REFUSED,
	  "no_such_code",
	  1,
	  0,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 1000, 2 } },

	/* what the relay asks for is waited for, where it is longer */
	{ REACH_REFUSED,
	  "throttled",
	  1,
	  300000,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 300000, 2 } },
	{ REACH_REFUSED,
	  "throttled",
	  3,
	  300,
	  0,
	  { WORD_DEFERRED, false, "retry", NOW + 60000, 4 } },
	{ REACH_REFUSED,
	  "throttled",
	  1,
	  2 * (LATE - NOW),
	  0,
	  { WORD_ERROR, true, "not_sent_in_time", 0, 0 } },
	/* exhausted before late: nothing is left to be in time for */
	{ REACH_REFUSED,
	  "throttled",
	  4,
	  2 * (LATE - NOW),
	  0,
	  { WORD_ERROR, true, "retries_exhausted", 0, 0 } },

	/* the configuration is at fault: no attempt is burnt, however often */
	{ REACH_REFUSED,
	  "sender_not_allowed",
	  1,
	  0,
	  0,
	  { WORD_DEFERRED, false, "provider_down", NOW + 1000, 1 } },
	{ REACH_NOT_SENT,
	  "auth_failed",
	  4,
	  0,
	  0,
	  { WORD_DEFERRED, false, "provider_down", NOW + 60000, 4 } },
	{ REACH_NOT_SENT,
	  "auth_failed",
	  99,
	  0,
	  0,
	  { WORD_DEFERRED, false, "provider_down", NOW + 60000, 99 } },
	{ REACH_NOT_SENT,
	  "auth_failed",
	  1,
	  2 * (LATE - NOW),
	  0,
	  { WORD_ERROR, true, "not_sent_in_time", 0, 0 } },

	/* doubt: again once, and that is no new attempt */
	{ REACH_IN_DOUBT,
	  NULL,
	  1,
	  0,
	  0,
	  { WORD_UNKNOWN, false, "outcome_unknown", NOW + 1000, 1 } },
	{ REACH_IN_DOUBT,
	  "outcome_unknown",
	  3,
	  0,
	  0,
	  { WORD_UNKNOWN, false, "outcome_unknown", NOW + 60000, 3 } },
	{ REACH_IN_DOUBT,
	  NULL,
	  4,
	  0,
	  0,
	  { WORD_UNKNOWN, false, "outcome_unknown", NOW + 60000, 4 } },
	{ REACH_IN_DOUBT, NULL, 1, 0, 1, { WORD_UNKNOWN, true, "outcome_unknown", 0, 0 } },
	{ REACH_IN_DOUBT, NULL, 1, 0, 7, { WORD_UNKNOWN, true, "outcome_unknown", 0, 0 } },
	/* a doubt of long ago does not forbid to try again what is refused for now */
	{ REACH_REFUSED, "throttled", 2, 0, 1, { WORD_DEFERRED, false, "retry", NOW + 5000, 3 } },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct verdict_facts f = facts(rows[i].reach, rows[i].code, rows[i].attempt);

		f.retry_after_ms = rows[i].retry_after_ms;
		f.doubts = rows[i].doubts;
		is_verdict(verdict_of(&f, &rules), rows[i].wanted);
	}
}

/* Each code of the catalogue by its class, on the first attempt. */
static void test_every_code(void **state)
{
	size_t n;
	const struct code *all = codes_all(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct verdict_facts f = facts(REACH_REFUSED, all[i].name, 1);
		struct verdict v = verdict_of(&f, &rules);

		if (!all[i].retried) {
			is_verdict(v, (struct verdict){ WORD_ERROR, true, all[i].name, 0, 0 });
			continue;
		}
		assert_int_equal(v.word, WORD_DEFERRED);
		assert_int_equal(v.attempt, all[i].class == 'C' ? 1 : 2);
		assert_string_equal(v.code, all[i].class == 'C' ? "provider_down" : "retry");
	}
}

static void test_passwords_are_not_sent_twice(void **state)
{
	struct verdict_facts f = facts(REACH_IN_DOUBT, NULL, 1);

	(void)state;
	is_verdict(verdict_of(&f, &password),
		   (struct verdict){ WORD_UNKNOWN, true, "outcome_unknown", 0, 0 });
	f.result = (struct mail_result){ .reach = REACH_REFUSED, .code = "throttled" };
	assert_false(verdict_of(&f, &password).final);
}

/* The last moment is still in time; one later is not. */
static void test_not_after(void **state)
{
	static const struct {
		enum reach reach;
		const char *code;
		struct verdict late;
	} ends[] = {
		{ REACH_REFUSED, "throttled", { WORD_ERROR, true, "not_sent_in_time", 0, 0 } },
		{ REACH_REFUSED, "auth_failed", { WORD_ERROR, true, "not_sent_in_time", 0, 0 } },
		{ REACH_IN_DOUBT, NULL, { WORD_UNKNOWN, true, "outcome_unknown", 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct verdict_facts f = facts(ends[i].reach, ends[i].code, 1);

		f.not_after_ms = NOW + steps[0];
		assert_false(verdict_of(&f, &rules).final);
		f.not_after_ms--;
		is_verdict(verdict_of(&f, &rules), ends[i].late);
	}
}

static void test_jitter(void **state)
{
	static const int64_t some[] = { 1, 2, 999, 60000, 604800000 };
	static const uint32_t randoms[] = { 0, 1, UINT32_MAX / 2, UINT32_MAX - 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		int64_t last = 0;

		for (size_t k = 0; k < ARRAY_LEN(randoms); k++) {
			int64_t ms = verdict_jitter(some[i], randoms[k]);

			assert_true(ms >= last && ms >= some[i] && ms <= some[i] + some[i] / 2);
			last = ms;
		}
		assert_int_equal(verdict_jitter(some[i], 0), some[i]);
		assert_int_equal(verdict_jitter(some[i], UINT32_MAX), some[i] + some[i] / 2);
	}
}

/* Both kinds of waiting are lengthened, and an attempt of 0 is the first. */
static void test_waits_are_lengthened(void **state)
{
	struct verdict_facts f = facts(REACH_REFUSED, "throttled", 0);

	(void)state;
	f.random = UINT32_MAX;
	assert_int_equal(verdict_of(&f, &rules).due_ms, NOW + 1500);
	f.result.reach = REACH_IN_DOUBT;
	assert_int_equal(verdict_of(&f, &rules).due_ms, NOW + 1500);
}

/* Nobody is written to again at night, and what the morning is too late for has ended. */
static void test_hours_of_the_next_try(void **state)
{
	static const struct window day = { .days = 0x7f, .from_min = 9 * 60, .to_min = 18 * 60 };
	const int64_t morning = INT64_C(9) * 3600 * 1000; /* NOW is soon after midnight */
	static const enum reach reaches[] = { REACH_REFUSED, REACH_IN_DOUBT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reaches); i++) {
		struct verdict_facts f = facts(reaches[i], "throttled", 1);

		f.hours = (struct tenant_hours){ .window = &day, .zone = "UTC" };
		assert_int_equal(verdict_of(&f, &rules).due_ms, morning);
		f.not_after_ms = morning - 1;
		assert_true(verdict_of(&f, &rules).final);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_passwords_are_not_sent_twice),
		cmocka_unit_test(test_not_after),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_waits_are_lengthened),
		cmocka_unit_test(test_hours_of_the_next_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
