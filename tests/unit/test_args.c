/* Options of the tool's commands: what is read, what is refused and which word is proposed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "args.h"
#include "mem.h"

struct options {
	bool json;
	const char *tenant;
	int64_t count;
	struct arg_list teams;
};

static const struct arg list[] = {
	{ "json", ARG_FLAG, offsetof(struct options, json), NULL, "", 0, 0 },
	{ "tenant", ARG_TEXT, offsetof(struct options, tenant), "T", "", 0, 0 },
	{ "count", ARG_NUMBER, offsetof(struct options, count), "N", "", 1, 100 },
	{ "team", ARG_LIST, offsetof(struct options, teams), "X", "", 0, 0 },
};

static const struct args plain = { "tail", "", "", list, ARRAY_LEN(list), .operands = false };
static const struct args open_ = { "tail",	    "", "", list, ARRAY_LEN(list), .operands = true,
				   .settings = true };

static int argc_of(char **argv)
{
	int n = 0;

	while (argv[n])
		n++;
	return n;
}

static void test_good(void **state)
{
	char *argv[] = { "tail",
			 "--json",
			 "--tenant=a=b",
			 "--count",
			 "7",
			 "--team",
			 "x",
			 "--team=",
			 "--config",
			 "f.yaml",
			 "--redis-url=unix:///r",
			 "one",
			 "-",
			 "--",
			 "--json",
			 NULL };
	struct options o = { 0 };
	struct arg_words w = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(args_read(&open_, argc_of(argv), argv, &o, &w, &e), OK);
	assert_true(o.json);
	assert_string_equal(o.tenant, "a=b");
	assert_int_equal(o.count, 7);
	assert_int_equal(o.teams.count, 2);
	assert_string_equal(o.teams.items[1], "");
	assert_int_equal(w.settings.count, 3);
	assert_string_equal(w.settings.items[1], "f.yaml");
	assert_string_equal(w.settings.items[2], "--redis-url=unix:///r");
	assert_int_equal(w.operands.count, 3);
	assert_string_equal(w.operands.items[1], "-");
	assert_string_equal(w.operands.items[2], "--json");
}

static void test_bad(void **state)
{
	static const struct {
		const struct args *args;
		char *argv[4];
		const char *text;
	} cases[] = {
		{ &plain,
		  { "tail", "--tenat", "x" },
		  "there is no option --tenat; did you mean --tenant?" },
		{ &plain,
		  { "tail", "--teant=x" },
		  "there is no option --teant; did you mean --tenant?" },
		{ &plain, { "tail", "--frobnicate" }, "there is no option --frobnicate" },
		{ &plain, { "tail", "--json=1" }, "--json takes no value" },
		{ &plain, { "tail", "--tenant" }, "--tenant needs a value: T" },
		{ &plain, { "tail", "--count", "0" }, "--count takes a number from 1 to 100" },
		{ &plain, { "tail", "--count", "101" }, "--count takes a number from 1 to 100" },
		{ &plain, { "tail", "--count", "7x" }, "--count takes a number from 1 to 100" },
		{ &plain,
		  { "tail", "--count", "99999999999999999999" },
		  "--count takes a number from 1 to 100" },
		{ &plain, { "tail", "word" }, "'word' is no option" },
		{ &plain, { "tail", "-j" }, "options are written with two dashes: '-j'" },
		{ &plain, { "tail", "--config", "f" }, "there is no option --config" },
		{ &open_, { "tail", "--redis-url" }, "--redis-url needs a value" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct options o = { 0 };
		struct arg_words w = { 0 };
		struct err e;
		char **argv = (char **)cases[i].argv;

		assert_int_equal(args_read(cases[i].args, argc_of(argv), argv, &o, &w, &e),
				 ERR_INVALID);
		assert_string_equal(e.text, cases[i].text);
	}
}

static void test_bound(void **state)
{
	char *argv[2 * ARG_LIST_MAX + 4] = { "tail" };
	struct options o = { 0 };
	struct arg_words w = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < ARG_LIST_MAX + 1; i++)
		argv[1 + i] = "--team=x";
	assert_int_equal(args_read(&plain, ARG_LIST_MAX + 2, argv, &o, &w, &e), ERR_INVALID);
	assert_int_equal(o.teams.count, ARG_LIST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
