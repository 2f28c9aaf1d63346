/* YAML as JSON: what is read, what is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "mem.h"
#include "yamldoc.h"

static const struct {
	const char *yaml, *json;
} good[] = {
	{ "", "null" },
	{ "# nothing but a remark\n", "null" },
	{ "a: 1\nb: -2\n", "{\"a\":1,\"b\":-2}" },
	{ "a: true\nb: false\nc: null\nd: ~\ne:\n",
	  "{\"a\":true,\"b\":false,\"c\":null,\"d\":null,\"e\":null}" },
	/* text that would not be told again as it was written stays text */
	{ "a: 007\nb: 1.10\nc: +1\nd: yes\ne: 99999999999999999999\nf: 0x1f\n",
	  "{\"a\":\"007\",\"b\":\"1.10\",\"c\":\"+1\",\"d\":\"yes\",\"e\":\"99999999999999999999\","
	  "\"f\":\"0x1f\"}" },
	{ "a: '1'\nb: \"true\"\n", "{\"a\":\"1\",\"b\":\"true\"}" },
	{ "a:\n  - b: 1\n    c: [x, y]\n  - {}\n", "{\"a\":[{\"b\":1,\"c\":[\"x\",\"y\"]},{}]}" },
	{ "a.b: |\n  two\n  lines\n", "{\"a.b\":\"two\\nlines\\n\"}" },
	{ "имя: Приглашение\n", "{\"имя\":\"Приглашение\"}" },
	{ "a: &x 1\n", "{\"a\":1}" },
	{ "---\na: 1\n...\n", "{\"a\":1}" },
	{ "[1, two]", "[1,\"two\"]" },
};

static const struct {
	const char *yaml, *error; /* how the error ends */
} bad[] = {
	{ "a: 1\na: 2\n", "f:2:1: this key is given twice" },
	{ "a:\n  b: 1\n  b: 1\n", "f:3:3: this key is given twice" },
	{ "a.b: 1\na:\n  b: 2\n", "f:3:3: this key is given twice" },
	{ "a:\n  b: {c: 1}\na.b.c: 2\n", "f:3:1: this key is given twice" },
	{ "a: &x 1\nb: *x\n", "f:2:4: aliases are not supported" },
	{ "a: !!str 1\n", "f:1:4: tags are not supported" },
	{ "a: !x {}\n", "f:1:4: tags are not supported" },
	{ "a: !x []\n", "f:1:4: tags are not supported" },
	{ "? [a]\n: 1\n", "f:1:3: a key must be a scalar" },
	{ "\"\": 1\n", "f:1:1: a key must not be empty or hold NUL" },
	{ "a: \"x\\0y\"\n", "f:1:4: a NUL character" },
	{ "a: 1\n---\nb: 2\n", "f:2:1: only one document is allowed" },
	{ "a: [1\n", "f:2:1: did not find expected ',' or ']'" },
	{ "a: \tb: c\n", "f:1:6: mapping values are not allowed in this context" },
	{ "a: \xff\n", "f: byte 3: invalid leading UTF-8 octet" },
	{ "a:\n\t- b\n", "f:2:1: found character that cannot start any token" },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct yamldoc y;
		struct err e = { "" };

		if (yamldoc_parse(&y, "f", good[i].yaml, strlen(good[i].yaml), &e) < 0)
			fail_msg("%s: %s", good[i].yaml, e.text);
		autofree char *json = json_dumps(y.value, JSON_COMPACT | JSON_ENCODE_ANY);

		assert_string_equal(json, good[i].json);
		yamldoc_clear(&y);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct yamldoc y;
		struct err e = { "" };

		assert_int_equal(yamldoc_parse(&y, "f", bad[i].yaml, strlen(bad[i].yaml), &e),
				 ERR_INVALID);
		assert_string_equal(e.text, bad[i].error);
	}
}

/* Every prefix of a document and every single byte changed: an answer, never a crash or a leak. */
static void test_damage(void **state)
{
	static const char text[] =
		"a: {b: [1, 'two', \"t\\u00e9\"]}\nc:\n  - d: |\n      x\n  - ~\n";
	char copy[sizeof(text)];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++)
		for (unsigned byte = 0; byte < 256; byte += 5) {
			struct yamldoc y;

			memcpy(copy, text, sizeof(text));
			copy[n] = (char)byte;
			if (yamldoc_parse(&y, "f", copy, byte == 0 ? n : sizeof(text) - 1, NULL) ==
			    OK)
				yamldoc_clear(&y);
		}
}

static void nest(struct buf *b, int depth)
{
	for (int i = 0; i < depth; i++)
		buf_byte(b, '[');
	for (int i = 0; i < depth; i++)
		buf_byte(b, ']');
}

static void test_bounds(void **state)
{
	autobuf b = BUF_INIT(2 * YAMLDOC_MAX_BYTES);
	struct yamldoc y;
	struct err e;

	(void)state;
	nest(&b, YAMLDOC_MAX_DEPTH);
	assert_int_equal(yamldoc_parse(&y, "f", b.data, b.len, &e), OK);
	yamldoc_clear(&y);
	buf_reset(&b);
	nest(&b, YAMLDOC_MAX_DEPTH + 1);
	assert_int_equal(yamldoc_parse(&y, "f", b.data, b.len, &e), ERR_INVALID);
	assert_string_equal(e.text, "f:1:17: nested too deeply");

	buf_reset(&b);
	buf_str(&b, "a: ");
	while (b.len <= YAMLDOC_MAX_BYTES)
		buf_byte(&b, 'x');
	assert_int_equal(yamldoc_parse(&y, "f", b.data, b.len, &e), ERR_INVALID);
	assert_string_equal(e.text, "f is larger than 1048576 bytes");

	assert_int_equal(yamldoc_read(&y, "/nonexistent/beckon.yaml", &e), ERR_FATAL);
	assert_string_equal(e.text,
			    "cannot open /nonexistent/beckon.yaml: No such file or directory");
}

static void test_lines(void **state)
{
	static const char text[] =
		"redis:\n  url: x\nemail:\n  relays:\n    - url: a\n    - url: b\n      tls: c\n";
	static const struct {
		const char *path;
		int line;
	} cases[] = { { "redis", 2 },
		      { "redis.url", 2 },
		      { "email.relays", 5 },
		      { "email.relays[0].url", 5 },
		      { "email.relays[1].tls", 7 },
		      { "redis.port", 0 } };
	struct yamldoc y;

	(void)state;
	assert_int_equal(yamldoc_parse(&y, "f", text, strlen(text), NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(yamldoc_line(&y, cases[i].path), cases[i].line);
	yamldoc_clear(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
