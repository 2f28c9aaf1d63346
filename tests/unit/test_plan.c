/* The plan's way through Redis: as text of this version and of the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ids.h"
#include "mem.h"
#include "plan.h"
#include "shape.h"

/* clang-format off */
static const struct plan plans[] = {
	{ .word = WORD_QUEUED, .generation = 1, .turn = 1 },
	{ .word = WORD_QUEUED, .generation = 3, .turn = 1, .prev = "expired", .superseded = 2 },
	{ .word = WORD_QUEUED, .generation = 3, .n = 2, .turn = 1, .prev = "sent" },
	{ .word = WORD_HELD, .generation = 2147483647, .turn = 1 },
	{ .word = WORD_ERROR, .generation = 1, .code = "schema_invalid", .where = "/template/variables/a b - c" },
	{ .word = WORD_REFUSED, .code = "already_invited", .where = "/recipient", .other = "acme/i-9" },
	{ .word = WORD_REFUSED, .code = "confirm_missing" },
	{ .word = WORD_CANCELLED, .generation = 1 },
	{ .word = WORD_DELIVERED, .generation = 1, .turn = 4, .prev = "sent" },
	{ .word = PLAN_SILENT },
	{ .word = WORD_QUEUED, .generation = 2, .turn = 1, .channel = IDS_SMS, .superseded = 1, .superseded_channel = IDS_EMAIL },
	{ .word = WORD_QUEUED, .generation = 2, .turn = 1, .channel = IDS_EMAIL, .superseded = 1, .superseded_channel = IDS_SMS },
	{ .word = WORD_QUEUED, .generation = 1, .turn = 4, .channel = IDS_SMS, .ladder = true, .beside = true, .prev = "sent" },
	{ .word = WORD_UNDELIVERED, .generation = 1, .turn = 4, .channel = IDS_SMS, .ladder = true, .code = "receipt_missing" },
	{ .word = WORD_QUEUED, .generation = 1, .turn = 2, .channel = IDS_SMS, .ladder = true, .instead = true, .prev = "error" },
	{ .word = WORD_QUEUED, .generation = 1, .turn = 3, .channel = IDS_SMS }, /* brought forward */
};
/* clang-format on */

static void same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void same_plan(const struct plan *p, const struct plan *q)
{
	assert_int_equal(p->word, q->word);
	assert_true(p->generation == q->generation);
	assert_int_equal(p->n, q->n);
	assert_int_equal(p->turn, q->turn);
	assert_int_equal(p->superseded, q->superseded);
	if (q->channel) {
		same_text(p->channel, q->channel);
		same_text(p->superseded_channel, q->superseded_channel);
	}
	assert_int_equal(p->ladder, q->ladder);
	assert_int_equal(p->instead, q->instead);
	assert_int_equal(p->beside, q->beside);
	same_text(p->prev, q->prev);
	same_text(p->code, q->code);
	same_text(p->where, q->where);
	same_text(p->other, q->other);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		char text[PLAN_TEXT_SIZE];
		struct plan p;
		struct err e = { "" };

		plan_write(&plans[i], text);
		if (plan_read(text, &p, &e) < 0)
			fail_msg("%s", e.text);
		same_plan(&p, &plans[i]);
		assert_int_equal(plan_has_job(&p), plan_has_job(&plans[i]));
	}
}

/* Programs that know of no SMS can read what has none. */
static void test_written_for_others(void **state)
{
	struct plan p = { .word = WORD_QUEUED, .generation = 1, .turn = 1, .channel = IDS_EMAIL };
	char text[PLAN_TEXT_SIZE];

	(void)state;
	plan_write(&p, text);
	assert_string_equal(text, "2 queued 1 0 1 0 - - - -");
	p.channel = IDS_SMS;
	plan_write(&p, text);
	assert_string_equal(text, "3 queued 1 0 1 0 - sms 0 - - - -");
}

/* What a program before this one has stored is replayed as it would have been. */
static void test_version_1(void **state)
{
	static const struct {
		const char *text;
		struct plan p;
		bool job;
	} rows[] = {
		{ "queued 1 - - -", { .word = WORD_QUEUED, .generation = 1, .turn = 1 }, true },
		{ "held 2 - - -", { .word = WORD_HELD, .generation = 2, .turn = 1 }, false },
		{ "error 1 email_syntax - /recipient/email",
		  { .word = WORD_ERROR,
		    .generation = 1,
		    .code = "email_syntax",
		    .where = "/recipient/email" },
		  false },
		{ "refused 0 already_invited acme/i-9 /recipient",
		  { .word = WORD_REFUSED,
		    .code = "already_invited",
		    .other = "acme/i-9",
		    .where = "/recipient" },
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[PLAN_TEXT_SIZE];
		struct plan p;
		struct err e = { "" };

		snprintf(text, sizeof(text), "%s", rows[i].text);
		if (plan_read(text, &p, &e) < 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		same_plan(&p, &rows[i].p);
		assert_int_equal(plan_has_job(&p), rows[i].job);
	}
}

/* The longest of everything still fits. */
static void test_longest(void **state)
{
	char where[SHAPE_WHERE_SIZE], other[IDS_KEY_SIZE], text[PLAN_TEXT_SIZE];
	struct plan p = { .word = WORD_REFUSED,
			  .generation = INT64_MAX,
			  .n = IDS_NUMBER_MAX,
			  .turn = IDS_NUMBER_MAX,
			  .superseded = IDS_NUMBER_MAX,
			  .prev = "undelivered",
			  .code = "phone_missing_country_code",
			  .where = where,
			  .other = other },
		    back;
	struct err e = { "" };

	(void)state;
	memset(where, 'w', sizeof(where));
	where[sizeof(where) - 1] = '\0';
	memset(other, 'o', sizeof(other));
	other[sizeof(other) - 1] = '\0';
	plan_write(&p, text);
	assert_int_equal(plan_read(text, &back, &e), OK);
	same_plan(&back, &p);
}

static void test_no_plan(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"queued",
		"queued 1",
		"queued 1 -",
		"queued 1 - -",
		"sending 1 - - -",
		"QUEUED 1 - - -",
		" queued 1 - -",
		"queued x - - -",
		"queued 1x - - -",
		"queued -1 - - -",
		"queued  - - -",
		"2",
		"2 queued 1 0 1 0 - - -",
		"2 sending 1 0 1 0 - - - -",
		"2 queued 1 0 x 0 - - - -",
		"3 queued 1 0 1 0 - - - -",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[PLAN_TEXT_SIZE];
		struct plan p;
		struct err e = { "" };

		snprintf(text, sizeof(text), "%s", bad[i]);
		if (plan_read(text, &p, &e) != ERR_INVALID)
			fail_msg("'%s' is taken", bad[i]);
		assert_true(*e.text);
	}
}

/* What a newer program has decided is not guessed at: it is said, and stays for that one. */
static void test_newer(void **state)
{
	char text[] = "4 queued 1 0 1 0 - - - -";
	struct plan p;
	struct err e = { "" };

	(void)state;
	assert_int_equal(plan_read(text, &p, &e), ERR_INVALID);
	assert_string_equal(e.text, "a stored plan of version 4, of a newer program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_written_for_others),
		cmocka_unit_test(test_version_1),  cmocka_unit_test(test_longest),
		cmocka_unit_test(test_no_plan),	   cmocka_unit_test(test_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
