/* json_span: says what a parser says of good JSON, and stays within what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json_span.h"
#include "mem.h"

static const char *const good[] = {
	"{}",
	"[]",
	"{\"a\":1}",
	" { \"a\" : 1 , \"b\" : \"x\" } ",
	"{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":true}",
	"[{\"a\":1},{\"a\":2},[],\"x\"]",
	"{\"a\":\"}\",\"b\":\"]\\\"\",\"c\":\"\\\\\"}",
	"{\"a\":\"\\u0451\\u00e9\\ud83d\\ude00\\n\\t\\/\\\"\",\"b\":\"Ёж\"}",
	"{\"a\":-12,\"b\":9007199254740993,\"c\":null,\"d\":false}",
	"{\"\":\"\",\"b\":\"\"}",
};

static void check_value(struct json_span at, const json_t *is);

static void check_container(struct json_span at, const json_t *is)
{
	struct json_walk w = json_walk_open(at);
	struct json_span name, value;
	size_t n = 0;

	while (json_walk_next(&w, &name, &value)) {
		autofree char *key = xstrndup(name.at ? name.at : "", name.len);
		const json_t *member =
			json_is_array(is) ? json_array_get(is, n) : json_object_get(is, key);

		assert_non_null(member);
		check_value(value, member);
		n++;
	}
	assert_int_equal(n, json_is_array(is) ? json_array_size(is) : json_object_size(is));
}

static void check_value(struct json_span at, const json_t *is)
{
	autobuf text = BUF_INIT(0);

	if (json_is_string(is)) {
		json_span_text(at, &text);
		assert_string_equal(text.data ? text.data : "", json_string_value(is));
	} else if (json_is_integer(is)) {
		assert_int_equal(json_span_int(at), json_integer_value(is));
	} else if (json_is_object(is) || json_is_array(is)) {
		check_container(at, is);
	} else {
		json_span_text(at, &text);
		assert_int_equal(text.len, 0);
		assert_int_equal(json_span_int(at), 0);
	}
}

static void test_as_a_parser(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		json_t *root = json_loads(good[i], 0, NULL);

		assert_non_null(root);
		check_container((struct json_span){ good[i], strlen(good[i]) }, root);
		json_decref(root);
	}
}

static void test_members(void **state)
{
	static const char text[] = "{\"a\":1,\"ab\":2,\"b\":{\"a\":3},\"c\":[4]}";
	static const char *const names[] = { "b", "a", "x" };
	struct json_span values[3];

	(void)state;
	json_span_members((struct json_span){ text, sizeof(text) - 1 }, names, 3, values);
	assert_int_equal(values[0].len, strlen("{\"a\":3}"));
	assert_int_equal(json_span_int(values[1]), 1);
	assert_int_equal(values[2].len, 0);
	json_span_members(values[2], names, 3, values);
	assert_int_equal(values[0].len, 0);
}

/* Goes through whatever is there: memory of exactly that size, so that a sanitizer sees a step too
   far. */
static void walk(struct json_span at, int depth)
{
	struct json_walk w = json_walk_open(at);
	struct json_span name, value;
	autobuf text = BUF_INIT(0);

	json_span_text(at, &text);
	json_span_int(at);
	while (depth < 100 && json_walk_next(&w, &name, &value)) {
		assert_true(value.at >= at.at && value.at + value.len <= at.at + at.len);
		walk(value, depth + 1);
	}
}

static void test_cut_and_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t n = strlen(good[i]);

		for (size_t cut = 0; cut <= n; cut++) {
			for (size_t bad = 0; bad <= cut; bad++) {
				char *copy = xmalloc(cut + 1);

				memcpy(copy, good[i], cut);
				if (bad < cut)
					copy[bad] = "\"\\{}[],:u\0"[(bad + cut) % 10];
				char *exact = xmalloc(cut ? cut : 1);

				memcpy(exact, copy, cut);
				walk((struct json_span){ exact, cut }, 0);
				free(exact);
				free(copy);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_a_parser),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_cut_and_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
