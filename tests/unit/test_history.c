/* Everything told of one invite: each fact once, and which of them is its state; answers to a
 * request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "asking.h"
#include "history.h"
#include "lang.h"
#include "mem.h"
#include "told_fixture.h"

static struct told told_of(const char *id, const char *data)
{
	struct told t;

	assert_int_equal(told_text(id, data, &t), OK);
	return t;
}

static void take(struct history *h, const char *id, const char *data)
{
	struct told t = told_of(id, data);

	history_take(h, &t);
}

static const char *state_of(const struct history *h)
{
	const struct told *t = history_state(h);

	return t ? outcome_words[t->word].name : "";
}

static void test_state(void **state)
{
	struct history h;

	(void)state;
	history_init(&h);
	assert_string_equal(state_of(&h), "");
	take(&h, "1", "{\"word\":\"sent\",\"sequence\":[1,1,4]}");
	take(&h, "2", "{\"word\":\"queued\",\"sequence\":[1,1,1]}"); /* another producer's, late */
	assert_string_equal(state_of(&h), "sent");
	take(&h, "1", "{\"word\":\"sent\",\"sequence\":[1,1,4]}"); /* repeated */
	assert_int_equal(h.count, 2);
	take(&h, "3", "{\"word\":\"refused\",\"sequence\":[1,2147483647,9]}");
	assert_string_equal(state_of(&h), "sent");
	take(&h, "4", "{\"word\":\"sent\",\"delivery\":\"t/i.1.email.1\",\"sequence\":[1,9,4]}");
	take(&h, "5", "{\"word\":\"queued\",\"delivery\":\"t/i.1.email.1\",\"sequence\":[1,9,1]}");
	assert_string_equal(state_of(&h), "sent"); /* reminders are history */
	take(&h, "6", "{\"word\":\"expired\",\"sequence\":[1,2147483647,1]}");
	assert_string_equal(state_of(&h), "expired");
	take(&h, "7", "{\"word\":\"queued\",\"sequence\":[2,1,1]}");
	assert_string_equal(state_of(&h), "queued");
	history_clear(&h);
}

static void test_oldest_go(void **state)
{
	struct history h;

	(void)state;
	history_init(&h);
	for (int i = 0; i < HISTORY_MAX + 3; i++) {
		char id[16];

		snprintf(id, sizeof(id), "o%d", i);
		take(&h, id, "{\"word\":\"duplicate\"}");
	}
	assert_int_equal(h.count, HISTORY_MAX);
	assert_int_equal(h.dropped, 3);
	assert_string_equal(h.list[0].event.id, "o3");
	history_clear(&h);
}

static void test_answers(void **state)
{
	static const struct {
		const char *data;
		bool answers;
	} rows[] = {
		{ "{\"word\":\"queued\",\"request\":{\"source\":\"beckon/cli\",\"id\":\"r1\"}}",
		  true },
		{ "{\"word\":\"refused\",\"request\":{\"source\":\"beckon/cli\",\"id\":\"r1\"}}",
		  true },
		{ "{\"word\":\"superseded\",\"request\":{\"source\":\"beckon/cli\",\"id\":\"r1\"}}",
		  false },
		{ "{\"word\":\"queued\",\"request\":{\"source\":\"beckon/cli\",\"id\":\"r2\"}}",
		  false },
		{ "{\"word\":\"queued\",\"request\":{\"source\":\"/people\",\"id\":\"r1\"}}",
		  false },
		{ "{\"word\":\"queued\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct told t = told_of("x", rows[i].data);

		const char *id = asking_answers(&t);

		assert_int_equal(id && !strcmp(id, "r1"), rows[i].answers);
		told_clear(&t);
	}
}

static void test_languages(void **state)
{
	static const struct {
		const char *option, *lc_all, *lang;
		enum lang answer;
	} rows[] = {
		{ NULL, "", "", LANG_EN },	     { NULL, "", "ru_RU.UTF-8", LANG_RU },
		{ NULL, "C", "ru_RU", LANG_EN },     { NULL, "ru_RU.UTF-8", "en_US", LANG_RU },
		{ "en", "ru_RU", "ru_RU", LANG_EN }, { "ru", "", "", LANG_RU },
	};
	enum lang lang;

	(void)state;
	unsetenv("LC_MESSAGES");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setenv("LC_ALL", rows[i].lc_all, 1);
		setenv("LANG", rows[i].lang, 1);
		assert_int_equal(lang_read(rows[i].option, &lang, NULL), OK);
		assert_int_equal(lang, rows[i].answer);
	}
	assert_int_equal(lang_read("de", &lang, NULL), ERR_INVALID);
	for (int w = 0; w < WORD_COUNT; w++)
		for (lang = 0; lang < LANG_COUNT; lang++)
			assert_true(told_word((enum outcome_word)w, lang)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_oldest_go),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_languages),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
