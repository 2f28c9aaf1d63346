/* Outcomes as people hear of them, and following a set of invites to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "advice.h"
#include "codes.h"
#include "follow.h"
#include "mem.h"
#include "told_fixture.h"

static void test_words(void **state)
{
	static const struct {
		const char *data, *words;
	} cases[] = {
		{ "{\"word\":\"sent\"}", "Sent" },
		{ "{\"word\":\"queued\",\"code\":\"x\"}", "Queued" },
		{ "{\"word\":\"unknown\"}", "Not confirmed" },
		{ "{\"word\":\"deferred\"}", "Waits" },
		{ "{\"word\":\"deferred\",\"code\":\"rate_limited\",\"not_before\":\"2020-03-14T18:"
		  "04:00Z\"}",
		  "Until 14 Mar 18:04 (a rate limit)" },
		{ "{\"word\":\"deferred\",\"code\":\"of_later\",\"not_before\":\"2020-03-14T18:04:"
		  "00Z\"}",
		  "Until 14 Mar 18:04 (of_later)" },
		{ "{\"word\":\"deferred\",\"not_before\":\"soon\"}", "Waits" },
	};
	char words[TOLD_WORDS_SIZE];
	struct told t;

	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(told_text("o1", cases[i].data, &t), OK);
		assert_string_equal(told_words(&t, LANG_EN, words), cases[i].words);
		told_clear(&t);
	}
}

static void test_not_ours(void **state)
{
	static const char *const cases[] = { "{}", "{\"word\":\"teleported\"}", "{\"word\":1}",
					     "not json" };
	struct told t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(told_text("o1", cases[i], &t), ERR_INVALID);
}

/* Tells one outcome; returns what follow_take says. */
static bool tell(struct follow *f, const char *invite, const char *word, const char *code)
{
	autofree char *data =
		xasprintf("{\"tenant\":\"t\",\"invite\":\"%s\",\"word\":\"%s\",\"code\":%s}",
			  invite, word, code);
	struct told t;
	bool taken;

	assert_int_equal(told_text("o1", data, &t), OK);
	taken = follow_take(f, &t);
	told_clear(&t);
	return taken;
}

static void test_follow(void **state)
{
	struct follow f;

	(void)state;
	follow_init(&f);
	follow_add(&f, "t", "a");
	follow_add(&f, "t", "b");
	follow_add(&f, "t", "c");
	assert_int_equal(f.open, 3);
	assert_true(tell(&f, "a", "queued", "null"));
	assert_false(tell(&f, "stranger", "sent", "null"));
	assert_int_equal(f.open, 3);
	assert_true(tell(&f, "a", "sent", "null"));
	assert_false(tell(&f, "a", "queued",
			  "null")); /* told again after a crash: the final word stays */
	assert_int_equal(f.list[0].word, WORD_SENT);
	assert_true(tell(&f, "b", "error", "\"mailbox_unknown\""));
	assert_string_equal(f.list[1].code, "mailbox_unknown");
	assert_int_equal(f.open, 1);
	assert_true(tell(&f, "c", "unknown", "null"));
	assert_int_equal(f.open, 1); /* it is sent once more */
	assert_true(tell(&f, "c", "unknown", "null"));
	assert_int_equal(f.open, 0);
	assert_int_equal(f.tally[WORD_SENT], 1);
	assert_int_equal(f.tally[WORD_QUEUED], 0);
	assert_int_equal(f.tally[WORD_UNKNOWN], 1);
	follow_clear(&f);
}

/* People are told what to do about every code there is. */
static void test_advice(void **state)
{
	struct advice a;
	size_t count;
	const struct code *codes = codes_all(&count);

	(void)state;
	advice_open(&a, LANG_EN);
	for (size_t i = 0; i < count; i++) {
		assert_string_not_equal(advice_text(&a, codes[i].name), "");
		assert_string_not_equal(advice_remedy(&a, codes[i].name), "");
	}
	assert_string_equal(advice_remedy(&a, "no_such_code"), "");
	advice_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
