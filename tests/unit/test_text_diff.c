/* What changed, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "mem.h"
#include "text_diff.h"

static void add(void *ctx, enum text_diff_op op, const char *line, size_t len)
{
	buf_byte(ctx, " -+"[op]);
	buf_add(ctx, line, len);
	buf_byte(ctx, '|');
}

static void test_cases(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} cases[] = {
		{ "", "", "" },
		{ "a\nb\n", "a\nb\n", " a| b|" },
		{ "a\nb", "a\nb\n", " a| b|" },
		{ "", "a\n", "+a|" },
		{ "a\n", "", "-a|" },
		{ "a\nb\nc\n", "a\nx\nc\n", " a|-b|+x| c|" },
		{ "a\nb\nc\nd\n", "b\nc\nx\nd\n", "-a| b| c|+x| d|" },
		{ "a\na\n", "a\na\na\n", " a| a|+a|" },
		{ "x\n\ny\n", "x\ny\n", " x|-| y|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf out = BUF_INIT(0);

		buf_str(&out, "");
		text_diff(cases[i].from, cases[i].to, add, &out);
		assert_string_equal(out.data ? out.data : "", cases[i].says);
	}
}

static void count(void *ctx, enum text_diff_op op, const char *line, size_t len)
{
	(void)line;
	(void)len;
	((size_t *)ctx)[op]++;
}

/* Too much to compare is replaced as a whole, within its common ends. */
static void test_bound(void **state)
{
	autobuf from = BUF_INIT(0), to = BUF_INIT(0);
	size_t counts[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		buf_fmt(&from, "%d\n", i);
		buf_fmt(&to, "%d\n", i == 0 || i == 2999 ? i : -i);
	}
	text_diff(from.data, to.data, count, counts);
	assert_int_equal(counts[TEXT_SAME], 2);
	assert_int_equal(counts[TEXT_TAKEN], 2998);
	assert_int_equal(counts[TEXT_PUT], 2998);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("text_diff", tests, NULL, NULL);
}
