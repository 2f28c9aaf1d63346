/* jansson is the judge: what the quick reader returns is what jansson returns, and it returns
   something for what is common. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "file.h"
#include "json_quick.h"
#include "mem.h"

#define DEPTH 8
#define EXAMPLES "../schemas/examples/valid"
#define MUTATIONS 20000

static json_t *judge(const char *bytes, size_t len)
{
	return json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
}

/* Both return the same: values, and members in the same order. True where quick returned something.
 */
static bool agrees(const char *bytes, size_t len)
{
	json_t *quick = json_quick(bytes, len, DEPTH), *right;
	autofree char *ours = NULL, *theirs = NULL;

	if (!quick)
		return false;
	right = judge(bytes, len);
	if (!right)
		fail_msg("jansson refuses: %.*s", (int)len, bytes);
	ours = json_dumps(quick, JSON_COMPACT);
	theirs = json_dumps(right, JSON_COMPACT);
	assert_string_equal(ours, theirs);
	assert_true(json_equal(quick, right));
	json_decref(quick);
	json_decref(right);
	return true;
}

/* The bytes end where the text ends: a reader that goes on is seen by the sanitizer. */
static bool agrees_exactly(const char *text, size_t len)
{
	char *copy = xmemdup(text, len);
	bool read = agrees(copy, len);

	free(copy);
	return read;
}

static void test_what_is_common_is_read(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" \t\r\n{ \"a\" : [ 1 , -2 , true , false , null , { } , [ ] ] } \n",
		"{\"name\":\"Ирина Ångström \xf0\x9f\x8e\x89\",\"empty\":\"\"}",
		"{\"a\":\"quote \\\" slash \\/ back \\\\ \\b\\f\\n\\r\\t end\"}",
		"{\"a\":\"\\u0041\\u00e9\\u20AC\\uFFFD\",\"b\":\"\\u007f\\u0080\\u07ff\\u0800\"}",
		"{\"a\\n\":1,\"b\":\"\\n\",\"c\\t\":{\"d\\r\":\"\\f\"}}",
		"[0,1,10,-1,999999999999999999,-999999999999999999]",
		"[[[[[[[[]]]]]]]]",
		"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{}}}}}}}}",
		"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9}",
		"[\"\x7f\"]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!agrees_exactly(texts[i], strlen(texts[i])))
			fail_msg("not read: %s", texts[i]);
}

struct bytes {
	const char *s;
	size_t len;
};
#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* Wrong, or rare: jansson is to be asked. */
static void test_the_rest_is_left_to_jansson(void **state)
{
	static const struct bytes texts[] = {
		BYTES(""),
		BYTES(" "),
		BYTES("1"),
		BYTES("\"a\""),
		BYTES("null"),
		BYTES("{"),
		BYTES("["),
		BYTES("{]"),
		BYTES("[}"),
		BYTES("[1,]"),
		BYTES("[,1]"),
		BYTES("[1 2]"),
		BYTES("{\"a\"}"),
		BYTES("{\"a\":}"),
		BYTES("{\"a\":1,}"),
		BYTES("{a:1}"),
		BYTES("{1:1}"),
		BYTES("{\"a\" 1}"),
		BYTES("{\"a\":1,\"a\":2}"),
		BYTES("{\"a\":{\"b\":1,\"b\":1}}"),
		BYTES("[1]x"),
		BYTES("[1][2]"),
		BYTES("[1]\0"),
		BYTES("\0[1]"),
		BYTES("[\0]"),
		BYTES("[\"\0\"]"),
		BYTES("[01]"),
		BYTES("[-]"),
		BYTES("[-01]"),
		BYTES("[-0]"),
		BYTES("[+1]"),
		BYTES("[1.5]"),
		BYTES("[1e3]"),
		BYTES("[1E]"),
		BYTES("[1.]"),
		BYTES("[9999999999999999999]"),
		BYTES("[1"),
		BYTES("[tru"),
		BYTES("[True]"),
		BYTES("[nul]"),
		BYTES("[nulls]"),
		BYTES("[\"a]"),
		BYTES("[\"\n\"]"),
		BYTES("[\"\x1f\"]"),
		BYTES("[\"\\"),
		BYTES("[\"\\\"]"),
		BYTES("[\"\\x\"]"),
		BYTES("[\"\\\xff\"]"),
		BYTES("[\"\\u12\"]"),
		BYTES("[\"\\u12g4\"]"),
		BYTES("[\"\\u0000\"]"),
		BYTES("[\"\\ud83c\\udf89\"]"),
		BYTES("[\"\\udc00\"]"),
		BYTES("[\"\\u12"),
		BYTES("[\"\xc0\xaf\"]"),
		BYTES("[\"\xed\xa0\x80\"]"),
		BYTES("[\"\xf4\x90\x80\x80\"]"),
		BYTES("[\"\xe2\x82\"]"),
		BYTES("[\"\xff\"]"),
		BYTES("[\"a\xc3\\n\"]"),
		BYTES("\xef\xbb\xbf[]"),
		BYTES("[[[[[[[[[]]]]]]]]]"),
		BYTES("[1]/**/"),
		BYTES("['a']"),
		BYTES("[NaN]"),
		BYTES("\x0b[]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (agrees_exactly(texts[i].s, texts[i].len))
			fail_msg("read: %.*s", (int)texts[i].len, texts[i].s);
}

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* One to three bytes changed, to what JSON is made of and to anything. */
static void mutate(char *bytes, size_t len, uint32_t *seed)
{
	static const char likely[] = "{}[]\",:\\u0129-.eE tfn\x80\xc3\xe2";

	for (uint32_t n = draw(seed) % 3 + 1; n > 0; n--) {
		uint32_t r = draw(seed);

		bytes[draw(seed) % len] =
			r & 1 ? likely[r / 2 % (sizeof(likely) - 1)] : (char)(r >> 1);
	}
}

static size_t mutations_read(const struct buf *text, uint32_t *seed)
{
	autofree char *bytes = xmalloc(text->len);
	size_t read = 0;

	for (int i = 0; i < MUTATIONS / 25; i++) {
		memcpy(bytes, text->data, text->len);
		mutate(bytes, text->len, seed);
		read += agrees(bytes, text->len);
	}
	return read;
}

/* Every example of an event is read, and so is many a damaged one; neither is ever read otherwise
 * than by jansson. */
static void test_examples_and_damaged_ones(void **state)
{
	DIR *dir = opendir(EXAMPLES);
	const struct dirent *entry;
	size_t examples = 0, read = 0, damaged = 0;
	uint32_t seed = 1;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		autofree char *path = xasprintf(EXAMPLES "/%s", entry->d_name);
		autobuf text = BUF_INIT(1 << 20);
		struct err e;

		if (entry->d_name[0] == '.' || file_read(path, &text, &e) < 0)
			continue;
		examples++;
		read += agrees(text.data, text.len);
		damaged += mutations_read(&text, &seed);
	}
	closedir(dir);
	assert_in_range(examples, 25, 1000);
	assert_in_range(read, examples * 9 / 10,
			examples); /* the rest has a real number or a surrogate pair */
	assert_in_range(damaged, MUTATIONS / 10, MUTATIONS * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_common_is_read),
		cmocka_unit_test(test_the_rest_is_left_to_jansson),
		cmocka_unit_test(test_examples_and_damaged_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
