/* E-mail addresses: the cases of cases/address/emails.tsv, doubts and masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "address.h"
#include "codes.h"
#include "mem.h"

#define CASES_MIN 300 /* a file that cannot be read must not pass */

/* Splits a line "json<TAB>verdict<TAB>rest" in place. */
static void check_line(char *line)
{
	char *verdict = strchr(line, '\t') + 1, *rest = strchr(verdict, '\t') + 1;
	struct address a = { .normalised = "untouched" };
	const char *code = "untouched";
	struct err e = { "" };

	verdict[-1] = rest[-1] = '\0';
	json_t *typed = json_loads(line, JSON_DECODE_ANY, NULL);
	int r = address_normalise(json_string_value(typed), &a, &code, &e);

	if (strcmp(verdict, "ok") == 0) {
		assert_int_equal(r, OK);
		assert_string_equal(a.normalised, rest);
		assert_int_equal(a.normalised[a.local_len], '@');
		assert_string_equal(code, "untouched");
	} else {
		assert_int_equal(r, ERR_INVALID);
		assert_string_equal(code, rest);
		assert_non_null(codes_find(code));
		assert_string_equal(a.normalised, "untouched");
		assert_true(e.text[0] != '\0');
	}
	json_decref(typed);
}

static void test_cases(void **state)
{
	FILE *f = fopen("unit/cases/address/emails.tsv", "r");
	char line[8192];
	int n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		check_line(line);
		n++;
	}
	fclose(f);
	assert_true(n >= CASES_MIN);
}

static void test_not_utf8(void **state)
{
	static const char *const bad[] = { "a\xff@b.co", "a@b.co\xff", "a@\xc3.co",
					   "a\xed\xa0\x80@b.co", "\xc3" };
	struct address a;
	const char *code;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(address_normalise(bad[i], &a, &code, NULL), ERR_INVALID);
		assert_string_equal(code, "email_syntax");
	}
}

static struct address address(const char *typed)
{
	struct address a;
	const char *code;

	assert_int_equal(address_normalise(typed, &a, &code, NULL), OK);
	return a;
}

static void test_doubt(void **state)
{
	static const struct {
		const char *typed;
		enum address_doubt doubt;
	} cases[] = {
		{ "ann@corp.com", ADDRESS_PLAIN },	   { "ann@gmail.com", ADDRESS_PLAIN },
		{ "ann@contest.com", ADDRESS_PLAIN },	   { "ann@example.co", ADDRESS_PLAIN },
		{ "ann@myexample.com", ADDRESS_PLAIN },	   { "test@corp.com", ADDRESS_PLAIN },
		{ "ann@example.com", ADDRESS_RESERVED },   { "ann@EXAMPLE.org", ADDRESS_RESERVED },
		{ "ann@a.example.net", ADDRESS_RESERVED }, { "ann@corp.test", ADDRESS_RESERVED },
		{ "ann@corp.example", ADDRESS_RESERVED },  { "ann@corp.invalid", ADDRESS_RESERVED },
		{ "ann@a.localhost", ADDRESS_RESERVED },   { "Test@Gmail.com", ADDRESS_RESERVED },
		{ "ann@gamil.com", ADDRESS_TYPO },	   { "ann@hotmial.com", ADDRESS_TYPO },
		{ "ann@mail.gamil.com", ADDRESS_PLAIN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address a = address(cases[i].typed);

		assert_int_equal(address_reserved(&a), cases[i].doubt);
	}
}

static void test_mask(void **state)
{
	static const struct {
		const char *typed, *mask;
	} cases[] = {
		{ "ann.lee@corp.com", "a***@c***.com" },
		{ "a@b.co", "a***@b***.co" },
		{ "ann@very.long.corp.co.uk", "a***@v***.uk" },
		{ "ann@пример.рф", "a***@x***.xn--p1ai" },
	};
	char mask[ADDRESS_MASK_SIZE],
		longest[] = "a@b.ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address a = address(cases[i].typed);

		assert_string_equal(address_mask(&a, mask), cases[i].mask);
	}
	struct address a = address(longest);

	assert_int_equal(strlen(address_mask(&a, mask)), ADDRESS_MASK_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_mask),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
