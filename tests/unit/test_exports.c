/* How many exports are under way: of all, and of one tenant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exports.h"

static void test_bounds(void **state)
{
	struct exports *x = exports_new();
	int n = 0;

	(void)state;
	while (n < EXPORTS_TENANT_MAX && exports_begin(x, "acme"))
		n++;
	assert_int_equal(n, EXPORTS_TENANT_MAX);
	assert_false(exports_begin(x, "acme"));
	while (n < EXPORTS_MAX && exports_begin(x, n % 2 ? "globex" : "other"))
		n++;
	assert_int_equal(n, EXPORTS_MAX);
	assert_false(exports_begin(x, "third"));
	exports_end(x, "acme");
	assert_true(exports_begin(x, "third"));
	exports_end(x, "globex");
	assert_true(exports_begin(x, "acme"));
	assert_false(exports_begin(x, "globex"));
	exports_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bounds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
