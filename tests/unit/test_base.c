/* The smallest layer: bounded buffers, JSON strings, times, error texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "now.h"

static void test_buf_bound(void **state)
{
	autobuf b = BUF_INIT(8);

	(void)state;
	buf_str(&b, "12345678");
	assert_false(b.full);
	buf_byte(&b, '9');
	assert_true(b.full);
	assert_string_equal(b.data, "12345678");
	buf_reset(&b);
	buf_fmt(&b, "%d", 42);
	assert_string_equal(b.data, "42");
}

/* Moving to larger pages loses nothing. */
static void test_buf_secret(void **state)
{
	autobuf b = { .max = 1 << 20, .secret = true };

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_fmt(&b, "%d,", i);
	assert_int_equal(b.len, 108890);
	assert_memory_equal(b.data, "0,1,2,", 6);
	assert_string_equal(b.data + b.len - 6, "19999,");
	buf_clear(&b);
	assert_true(b.secret);
	buf_room(&b, 100);
	buf_str(&b, "again");
	assert_string_equal(b.data, "again");
}

static void test_buf_json(void **state)
{
	autobuf b = BUF_INIT(0);

	(void)state;
	buf_json(&b, "a\"b\\c\n\x01é");
	assert_string_equal(b.data, "\"a\\\"b\\\\c\\n\\u0001é\"");
}

static void test_grow(void **state)
{
	size_t *list = NULL;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		list = xgrow(list, i, sizeof(*list));
		list[i] = i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	free(list);
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2025-03-14T18:00:00.5+03:00", 1741964400500 },
		{ "2024-02-29T23:59:60z", 1709251199000 },
	};
	static const char *const bad[] = { "",
					   "2025-02-30T00:00:00Z",
					   "2025-03-14",
					   "2025-03-14T18:00:00",
					   "2025-03-14T24:00:00Z",
					   "2025-03-14T18:00:00.Z",
					   "0001-01-01T00:00:00Z" };
	int64_t ms;
	char out[NOW_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(now_parse(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(now_parse(bad[i], &ms));
	assert_string_equal(now_text(1741964400500, out), "2025-03-14T15:00:00.500Z");
}

static void test_err(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ERR_INVALID, "'%s' is not a port", "x"), ERR_INVALID);
	assert_int_equal(err_prefix(&e, ERR_FATAL, "line %d", 3), ERR_FATAL);
	assert_string_equal(e.text, "line 3: 'x' is not a port");
}

static void ask_for(size_t n)
{
	void *(*volatile get)(size_t) = xmalloc;

	assert_non_null(freopen("/dev/null", "w", stderr));
	get(n);
}

static void ask_for_more(size_t n)
{
	void *(*volatile get)(void *, size_t) = xrealloc;

	assert_non_null(freopen("/dev/null", "w", stderr));
	get(NULL, n);
}

static void ask_for_zeroed(size_t n)
{
	void *(*volatile get)(size_t, size_t) = xcalloc;

	assert_non_null(freopen("/dev/null", "w", stderr));
	get(n, 4); /* their product would be a small number */
}

/* Nobody goes on with a NULL, nor with less than was asked for. */
static void test_no_memory_ends_the_process(void **state)
{
	static void (*const ways[])(size_t) = { ask_for, ask_for_more, ask_for_zeroed };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			ways[i](SIZE_MAX / 4 + 2);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			fail_msg("way %zu went on", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory_ends_the_process),
		cmocka_unit_test(test_buf_secret),
		cmocka_unit_test(test_buf_bound),
		cmocka_unit_test(test_buf_json),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_err),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
