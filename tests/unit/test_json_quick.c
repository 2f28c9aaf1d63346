/* JSON read quickly: what is read at all, and never anything else than the library reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "json_quick.h"
#include "mem.h"

#define MUTANTS 20000 /* a text */

/* What there is mostly: it must not fall back to the library. */
static const char *const usual[] = {
	"{}",
	" [ ] ",
	"0",
	"-7",
	"999999999999999999",
	"\"\"",
	"\"Müller, Игорь, 例え, 😀\"",
	"\"a\\\"b\\\\c\\/d\\be\\ff\\ng\\rh\\ti\"",
	"[1,[2,[3,[]]],{\"a\":{\"b\":null}}]",
	("{\"tenant\": \"acme\", \"invite\": \"i-1\", \"recipient\": {\"email\": \"a@b.test\", "
	 "\"locale\": \"ru\"}, \"teams\": [\"x\", \"Ёж\"], \"ttl_s\": 86400, \"confirm\": true}"),
	"\t{\r\n\"v\":1,\"note\":\"line\\none\\\\\",\"flag\":false,\"\":[null,-1]}\n",
};

/* Good and bad: none of it is read here. */
static const char *const odd[] = {
	"",
	" ",
	"-",
	"-0",
	"01",
	"1.0",
	"1e3",
	"1000000000000000000",
	"nul",
	"truex",
	"\"",
	"\"\\u0041\"",
	"\"\\x\"",
	"\"a\nb\"",
	"\"\\\\\nb\"",
	"\"\xc3\"",
	"\"\xed\xa0\x80\"",
	"\"\xc0\xaf\"",
	"\"\\n\xff\"",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1",
	"[1}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{a:1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":1,\"a\":2}",
	"{\"a\\n\":1}",
	"{} {}",
	"[]]",
	"\xef\xbb\xbf{}",
	"'a'",
};

/* NULL or what the library reads; returns which. */
static int same(const char *text, size_t len)
{
	json_t *quick = json_quick(text, len);
	json_t *real = quick ? json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL)
			     : NULL;

	if (quick && !json_equal(quick, real))
		fail_msg("read otherwise: %.*s", (int)len, text);
	json_decref(quick);
	json_decref(real);
	return quick != NULL;
}

static void test_usual(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (!same(usual[i], strlen(usual[i])))
			fail_msg("not read: %s", usual[i]);
}

static void test_odd(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		if (same(odd[i], strlen(odd[i])))
			fail_msg("read: %s", odd[i]);
	assert_int_equal(same("[\"a\0b\"]", 7), 0);
	assert_int_equal(same("1\0", 2), 0);
}

static void test_bounds(void **state)
{
	char text[5000], *deep = xmalloc(200);

	(void)state;
	for (int depth = 30; depth <= 34; depth++) {
		memset(deep, '[', (size_t)depth);
		memset(deep + depth, ']', (size_t)depth);
		assert_int_equal(same(deep, 2 * (size_t)depth), depth <= JSON_QUICK_DEPTH_MAX);
	}
	free(deep);
	for (size_t n = 2040; n < 2060; n++) { /* around the room for escapes */
		memset(text, 'x', sizeof(text));
		text[0] = text[n + 1] = '"';
		assert_int_equal(same(text, n + 2), 1);
		memcpy(text + n - 1, "\\n", 2);
		same(text, n + 2);
	}
}

/* Bytes that matter in JSON, put anywhere. */
static void test_mutants(void **state)
{
	static const char bytes[] = "\"\\{}[]:,0123456789-+.eEtrufalsn \t\n\r/b\x80\xc3\xa9\xed";

	(void)state;
	srandom(20);
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		for (int n = 0; n < MUTANTS; n++) {
			size_t len = strlen(usual[i]);
			char *text = xmemdup(usual[i], len); /* of its own size: for ASan */

			for (int k = 0; k <= n % 3 && len; k++)
				text[(size_t)random() % len] =
					bytes[(size_t)random() % (sizeof(bytes) - 1)];
			same(text, n % 5 ? len : (size_t)random() % (len + 1));
			free(text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
