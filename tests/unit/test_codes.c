/* The table of errors and schemas/errors.json are one catalogue, with texts in every language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "codes.h"
#include "utf8.h"

#define TEXT_CHARS_MAX 120 /* what fits into a row of a list */

/* Every language has its text: short, a sentence, never the other language's. */
static void assert_texts(const json_t *texts, const json_t *languages)
{
	assert_int_equal(json_object_size(texts), json_array_size(languages));
	for (size_t i = 0; i < json_array_size(languages); i++) {
		const char *language = json_string_value(json_array_get(languages, i));
		const char *text = json_string_value(json_object_get(texts, language));

		assert_non_null(text);
		assert_true(strlen(text) > 10 && utf8_count(text, strlen(text)) <= TEXT_CHARS_MAX);
		assert_int_equal(text[strlen(text) - 1], '.');
		assert_int_equal(strcmp(language, "ru") == 0,
				 strstr(text, "а") || strstr(text, "о"));
	}
}

static void test_catalogue(void **state)
{
	json_t *root = json_load_file("../schemas/errors.json", JSON_REJECT_DUPLICATES, NULL);
	const json_t *errors = json_object_get(root, "errors");
	const json_t *languages = json_object_get(root, "languages");
	size_t count;
	const struct code *codes = codes_all(&count);

	(void)state;
	assert_non_null(root);
	assert_int_equal(json_array_size(errors), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(errors, i);
		const char class[] = { codes[i].class, '\0' };

		assert_string_equal(json_string_value(json_object_get(row, "code")), codes[i].name);
		assert_string_equal(json_string_value(json_object_get(row, "class")), class);
		assert_int_equal(json_is_true(json_object_get(row, "retried")), codes[i].retried);
		assert_texts(json_object_get(row, "text"), languages);
		assert_texts(json_object_get(row, "remedy"), languages);
	}
	json_decref(root);
}

static void test_find(void **state)
{
	size_t count;
	const struct code *codes = codes_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(codes_find(codes[i].name),
				 &codes[i]); /* so no name stands twice */
		assert_non_null(strchr("PMTUCY", codes[i].class));
	}
	assert_null(codes_find("no_such_code"));
	assert_null(codes_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests_name("codes", tests, NULL, NULL);
}
