/* Which invites a command is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "invites.h"
#include "mem.h"

static int read_text(struct invites *v, const char *text, struct err *e)
{
	FILE *f = fmemopen((char *)text, strlen(text), "r");
	int r = invites_read(v, f, e);

	fclose(f);
	return r;
}

static void test_each_once(void **state)
{
	struct invites v;

	(void)state;
	invites_init(&v);
	assert_int_equal(invites_add(&v, "i-1", NULL), OK);
	assert_int_equal(read_text(&v, "i-2\n\ni-1\r\ni-3", NULL), OK);
	assert_int_equal(v.count, 3);
	assert_string_equal(v.list[0], "i-1");
	assert_string_equal(v.list[1], "i-2");
	assert_string_equal(v.list[2], "i-3");
	invites_clear(&v);
}

static void test_wrong_ones(void **state)
{
	char longest[66];
	struct invites v;
	struct err e;

	(void)state;
	invites_init(&v);
	memset(longest, 'a', 65);
	longest[65] = '\0';
	assert_int_equal(invites_add(&v, longest, &e), ERR_INVALID);
	assert_int_equal(invites_add(&v, longest + 1, &e), OK);
	assert_int_equal(invites_add(&v, "", &e), ERR_INVALID);
	assert_int_equal(invites_add(&v, "ann@example.com", &e), ERR_INVALID);
	assert_int_equal(read_text(&v, "good\nnot good\n", &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "line 2"));
	invites_clear(&v);
}

static void test_bound(void **state)
{
	struct invites v;
	struct err e;
	char id[16];

	(void)state;
	invites_init(&v);
	for (int i = 0; i < INVITES_MAX; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		assert_int_equal(invites_add(&v, id, &e), OK);
	}
	assert_int_equal(invites_add(&v, "i0", &e), OK);
	assert_int_equal(invites_add(&v, "more", &e), ERR_INVALID);
	invites_clear(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_wrong_ones),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("invites", tests, NULL, NULL);
}
