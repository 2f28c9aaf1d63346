/* Who waits, who is behind, who goes: an invite's events stay in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lobby.h"
#include "mem.h"
#include "stage.h"

static struct work works[8];

/* What is known by now: the domains that begin with one of these letters. */
static bool answered(void *ctx, const struct work *w, const char *question)
{
	(void)w;
	return strchr(ctx, question[0]) != NULL;
}

static void enter(struct lobby *l, int i, const char *key, const char *question)
{
	lobby_expect(l, key);
	lobby_enter(l, &works[i], key, question);
}

/* Who goes, as digits. */
static const char *take(struct lobby *l, const char *known, size_t max)
{
	static char text[16];
	struct work *out[8];
	size_t n = lobby_take(l, answered, (void *)known, out, max);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + (out[i] - works));
	text[n] = '\0';
	return text;
}

static void test_order(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	enter(l, 0, "t/a", "x.org");
	enter(l, 1, "t/b", "y.org");
	enter(l, 2, "t/a", "");
	enter(l, 3, "t/b", "");
	enter(l, 4, "t/a", "y.org");
	assert_int_equal(lobby_count(l), 5);
	assert_string_equal(take(l, "", 8), "");
	assert_string_equal(take(l, "y", 8), "13"); /* 4 is behind 0 */
	assert_false(lobby_has(l, "t/b"));
	assert_true(lobby_has(l, "t/a"));
	assert_string_equal(take(l, "xy", 8), "024");
	assert_int_equal(lobby_count(l), 0);
	assert_null(lobby_any(l));
	lobby_free(l);
}

static void test_some_at_a_time(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	for (int i = 0; i < 5; i++)
		enter(l, i, i % 2 ? "t/a" : "t/b", "x.org");
	assert_string_equal(take(l, "x", 2), "01");
	assert_true(lobby_has(l, "t/a"));
	assert_string_equal(take(l, "x", 2), "23");
	assert_string_equal(take(l, "x", 2), "4");
	lobby_free(l);
}

static void test_taken_back(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	enter(l, 0, "t/a", "x.org");
	enter(l, 1, "t/b", "y.org");
	enter(l, 2, "t/c", "x.org");
	assert_string_equal(take(l, "x", 8), "02");
	lobby_take_back(l);
	assert_int_equal(lobby_count(l), 3);
	assert_true(lobby_has(l, "t/c"));
	assert_string_equal(take(l, "xy", 8), "021");
	assert_false(lobby_has(l, "t/c"));
	lobby_free(l);
}

static void test_gone(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	enter(l, 0, "t/a", "x.org");
	enter(l, 1, "t/a", "");
	assert_ptr_equal(lobby_any(l), &works[0]);
	assert_true(lobby_remove(l, &works[0]));
	assert_false(lobby_remove(l, &works[0]));
	assert_true(lobby_has(l, "t/a"));
	assert_string_equal(take(l, "", 8), "1"); /* nobody is ahead any more */
	lobby_free(l);
	lobby_free(NULL);
}

static void test_expected(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	assert_false(lobby_has(l, "t/a"));
	lobby_expect(l, "t/a");
	assert_true(lobby_has(l, "t/a"));
	lobby_expect_no_more(l, "t/a");
	assert_false(lobby_has(l, "t/a"));
	assert_int_equal(lobby_count(l), 0);
	lobby_free(l);
}

/* Whatever the table, nobody is taken for somebody else. */
static void test_others_go_past(void **state)
{
	struct lobby *l = lobby_new();

	(void)state;
	enter(l, 0, "t/a", "x.org");
	lobby_expect(l, "t/b");
	for (int i = 0; i < 20000; i++) {
		autofree char *key = xasprintf("t/other-%d", i);

		assert_false(lobby_has(l, key));
		enter(l, 1, key, "y.org");
		assert_string_equal(take(l, "y", 8), "1");
	}
	lobby_expect_no_more(l, "t/b");
	assert_true(lobby_has(l, "t/a"));
	assert_string_equal(take(l, "x", 8), "0");
	lobby_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	   cmocka_unit_test(test_some_at_a_time),
		cmocka_unit_test(test_taken_back), cmocka_unit_test(test_gone),
		cmocka_unit_test(test_expected),   cmocka_unit_test(test_others_go_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
