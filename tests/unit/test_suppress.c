/* Who is not to be written to: keys and records as they are written, and what holds after which
 * changes, few or many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "suppress.h"

#define HASH "AAAAAAAAAAAAAAAAAAAAAA"
#define NOW INT64_C(1760000000000)

static void test_keys(void **state)
{
	static const char *const none[] = { "acme/suppress/short",
					    "acme/suppress/" HASH "A",
					    "acme/pause/tenant",
					    "ac me/suppress/" HASH,
					    "/suppress/" HASH,
					    "**/suppress/" HASH,
					    "acme/suppress/AAAAAAAAAA/AAAAAAAAAAA",
					    "acme",
					    "" };
	char key[SUPPRESS_KEY_SIZE];
	struct suppress_who who;

	(void)state;
	assert_string_equal(suppress_key(key, "acme", HASH), "acme/suppress/" HASH);
	assert_true(suppress_key_read(key, &who));
	assert_string_equal(who.tenant, "acme");
	assert_string_equal(who.hash, HASH);
	assert_true(suppress_key_read(suppress_key(key, NULL, HASH), &who));
	assert_string_equal(who.tenant, "*");
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(suppress_key_read(none[i], &who));
}

static void test_records(void **state)
{
	struct suppress_record r = { .why = SUPPRESS_FAILED,
				     .code = "mailbox_unknown",
				     .actor = "beckon/email",
				     .until_ms = NOW + 1000,
				     .time_ms = NOW };
	struct suppress_said said;

	(void)state;
	for (int i = 0; i < 3; i++) {
		autofree char *text = suppress_record_text(&r);
		json_t *record = json_loads(text, 0, NULL);

		assert_int_equal(suppress_record_read(record, &said, NULL), OK);
		assert_int_equal(said.suppressed, r.why != SUPPRESS_NOT);
		assert_int_equal(said.until_ms, r.until_ms);
		json_decref(record);
		r.until_ms = 0;
		r.why = i ? SUPPRESS_NOT : SUPPRESS_COMPLAINT;
	}
	for (int why = SUPPRESS_NOT + 1; why < SUPPRESS_WHYS; why++)
		assert_int_equal(suppress_why_find(suppress_whys[why]), why);
	assert_int_equal(suppress_why_find(""), SUPPRESS_NOT);
}

static void test_wrong_records(void **state)
{
	static const char *const wrong[] = { "{}", "{\"suppressed\": 1}",
					     "{\"suppressed\": true, \"until\": \"tomorrow\"}",
					     "{\"suppressed\": true, \"until\": 5}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		json_t *record = json_loads(wrong[i], 0, NULL);
		struct suppress_said said;
		struct err e = { "" };

		assert_int_equal(suppress_record_read(record, &said, &e), ERR_INVALID);
		assert_true(e.text[0]);
		json_decref(record);
	}
}

/* ---- what holds ---- */

static struct suppress_change change(const char *tenant, int person, bool suppressed,
				     int64_t until_ms)
{
	struct suppress_change c = { .said = { suppressed, until_ms } };

	snprintf(c.who.tenant, sizeof(c.who.tenant), "%s", tenant);
	snprintf(c.who.hash, sizeof(c.who.hash), "%022d", person);
	return c;
}

static bool holds(const struct suppressions *s, const char *tenant, int person)
{
	struct suppress_change c = change(tenant, person, true, 0);

	return suppressions_find(s, tenant, c.who.hash, NOW);
}

static void test_what_holds(void **state)
{
	struct suppress_change list[] = {
		change("acme", 1, true, 0),   change("acme", 2, true, NOW + 1),
		change("acme", 3, true, NOW), change("acme", 4, true, 0),
		change("acme", 4, false, 0),  change("acme", 5, false, 0),
		change("acme", 5, true, 0),   change("*", 6, true, 0),
	};
	struct suppressions *none = suppressions_next(NULL, NULL, 0);
	struct suppressions *s = suppressions_next(none, list, ARRAY_LEN(list));

	(void)state;
	assert_false(holds(none, "acme", 1));
	assert_true(holds(s, "acme", 1));
	assert_false(holds(s, "other", 1));
	assert_true(holds(s, "acme", 2));
	assert_false(holds(s, "acme", 3)); /* it is over */
	assert_false(holds(s, "acme", 4)); /* the last word stands */
	assert_true(holds(s, "acme", 5));
	assert_true(holds(s, "acme", 6) && holds(s, "other", 6));
	suppressions_free(none);
	suppressions_free(s);
}

/* Made step by step or at once, by few or by thousands: the same. Every hundredth is taken back
   and every tenth of those comes again, so that what is new hides what is old. */
static struct suppressions *make(int people, int step)
{
	autofree struct suppress_change *list = xcalloc((size_t)people * 2, sizeof(*list));
	struct suppressions *s = suppressions_next(NULL, NULL, 0);
	size_t n = 0;

	for (int i = 0; i < people; i++)
		list[n++] = change("acme", i, true, 0);
	for (int i = 0; i < people; i += 100)
		list[n++] = change("acme", i, false, 0);
	for (int i = 0; i < people; i += 1000)
		list[n++] = change("acme", i, true, 0);
	for (size_t at = 0; at < n; at += (size_t)step) {
		size_t some = n - at < (size_t)step ? n - at : (size_t)step;
		struct suppressions *next = suppressions_next(s, list + at, some);

		suppressions_free(s);
		s = next;
	}
	return s;
}

static void test_many(void **state)
{
	static const int steps[] = { 1, 7, 1000, 1 << 20 };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
		struct suppressions *s = make(5000, steps[k]), *again = suppressions_hold(s);

		suppressions_free(s);
		for (int i = 0; i < 5000; i++)
			assert_int_equal(holds(again, "acme", i), i % 100 || !(i % 1000));
		assert_false(holds(again, "acme", 5000));
		suppressions_free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	      cmocka_unit_test(test_records),
		cmocka_unit_test(test_wrong_records), cmocka_unit_test(test_what_holds),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
