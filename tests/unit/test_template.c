/* Mustache: every case of unit/cases/template/ (or of the directory given), and what no file can
 * say. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <glob.h>
#include <pthread.h>

#include "mem.h"
#include "template.h"

static const char *case_dir = "unit/cases/template";

static const char *find_partial(void *ctx, const char *name, size_t *len)
{
	const char *s = json_string_value(json_object_get(ctx, name));

	*len = s ? strlen(s) : 0;
	return s;
}

static int render(const char *source, size_t len, json_t *c, struct buf *out, struct err *e)
{
	struct template_partials partials = { find_partial, json_object_get(c, "partials"),
					      json_is_true(json_object_get(c, "lenient")) };
	const char *escape = json_string_value(json_object_get(c, "escape"));
	struct template *t = NULL;
	int r = template_compile(&t, "case", source, len,
				 escape && strcmp(escape, "text") == 0 ? TEMPLATE_ESCAPE_NONE
								       : TEMPLATE_ESCAPE_HTML,
				 &partials, e);

	if (r == OK)
		r = template_render(t, json_object_get(c, "data"), partials.lenient, out, e);
	template_free(t);
	return r;
}

/* A case says what is expected: the text, or how the error reads. */
static bool run_case(json_t *c)
{
	const char *source = json_string_value(json_object_get(c, "template"));
	const char *expected = json_string_value(json_object_get(c, "expected"));
	const char *error = json_string_value(json_object_get(c, "error"));
	autobuf out = BUF_INIT(0);
	struct err e = { "" };
	int r = render(source, strlen(source), c, &out, &e);
	const char *got = r != OK ? e.text : out.data ? out.data : "";
	bool good = (expected || error) && (r == OK) == (error == NULL) &&
		    strcmp(got, error ? error : expected) == 0;

	if (!good)
		print_error("%s\n  expected: %s\n  got:      %s\n",
			    json_string_value(json_object_get(c, "name")), error ? error : expected,
			    got);
	return good;
}

static void test_cases(void **state)
{
	autofree char *pattern = xasprintf("%s/*.json", case_dir);
	size_t count = 0, good = 0;
	glob_t files;

	(void)state;
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t f = 0; f < files.gl_pathc; f++) {
		json_error_t je;
		json_t *cases = json_load_file(files.gl_pathv[f], JSON_REJECT_DUPLICATES, &je), *c;
		size_t i;

		if (!cases)
			fail_msg("%s:%d: %s", files.gl_pathv[f], je.line, je.text);
		json_array_foreach (cases, i, c) {
			count++;
			good += run_case(c);
		}
		json_decref(cases);
	}
	globfree(&files);
	print_message("%zu cases\n", count);
	assert_true(count > 0);
	assert_int_equal(good, count);
}

/* The rendering of source with data (JSON text) in a buffer of max bytes. */
static int render_text(const char *source, const char *data, size_t max, struct err *e)
{
	json_t *c = json_pack("{s:o}", "data", json_loads(data, JSON_DECODE_ANY, NULL));
	autobuf out = BUF_INIT(max);
	int r = render(source, strlen(source), c, &out, e);

	json_decref(c);
	return r;
}

static char *repeated(const char *s, size_t times)
{
	autobuf b = BUF_INIT((size_t)64 << 20);

	for (size_t i = 0; i < times; i++)
		buf_str(&b, s);
	return buf_take(&b);
}

static void test_depth(void **state)
{
	struct err e;

	(void)state;
	for (size_t depth = TEMPLATE_DEPTH_MAX; depth <= TEMPLATE_DEPTH_MAX + 1; depth++) {
		autofree char *open = repeated("{{#a}}", depth), *close = repeated("{{/a}}", depth);
		autofree char *source = xasprintf("%sx%s", open, close);
		int want = depth > TEMPLATE_DEPTH_MAX ? ERR_INVALID : OK;

		assert_int_equal(render_text(source, "{\"a\": {}}", 0, &e), want);
	}
	assert_string_equal(e.text, "case:1:193: more than 32 levels of sections and partials");
}

static void test_source_size(void **state)
{
	autofree char *fits = repeated("x", TEMPLATE_SIZE_MAX);
	autofree char *over = repeated("x", TEMPLATE_SIZE_MAX + 1);
	struct err e;

	(void)state;
	assert_int_equal(render_text(fits, "{}", TEMPLATE_SIZE_MAX, &e), OK);
	assert_int_equal(render_text(over, "{}", 0, &e), ERR_INVALID);
	assert_string_equal(e.text, "case: more than 262144 bytes");
}

static void test_source_bytes(void **state)
{
	static const struct {
		const char *source;
		size_t len;
	} bad[] = {
		{ "a\0b", 3 },
		{ "\xff", 1 },
		{ "{{\xc3}}", 5 },
		{ "\xed\xa0\x80", 3 },
	};
	json_t *c = json_pack("{s:{}}", "data");
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autobuf out = BUF_INIT(0);

		assert_int_equal(render(bad[i].source, bad[i].len, c, &out, &e), ERR_INVALID);
		assert_string_equal(e.text, "case: not UTF-8 text");
	}
	json_decref(c);
}

/* A failed rendering leaves the buffer as it was. */
static void test_output_bound(void **state)
{
	json_t *vars = json_pack("{s:s}", "a", "12345");
	autobuf out = BUF_INIT(8);
	struct template *t;
	struct err e;

	(void)state;
	assert_int_equal(template_compile(&t, "t", "x{{a}}", 6, TEMPLATE_ESCAPE_NONE, NULL, &e),
			 OK);
	assert_int_equal(template_render(t, vars, false, &out, &e), OK);
	assert_int_equal(template_render(t, vars, false, &out, &e), ERR_INVALID);
	assert_string_equal(e.text, "t: the rendering is too large");
	assert_string_equal(out.data, "x12345");
	assert_int_equal(out.len, 6);
	template_free(t);
	json_decref(vars);
}

/* Data decides how long a rendering takes even where nothing is written. */
static void test_steps_bound(void **state)
{
	autofree char *items = repeated("1,", 2000);
	autofree char *data = xasprintf("{\"l\": [%s1]}", items);
	struct err e;

	(void)state;
	assert_int_equal(render_text("{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}", data, 0, &e),
			 ERR_INVALID);
	assert_string_equal(e.text, "case: the rendering takes too many steps");
}

static void test_partials_that_multiply(void **state)
{
	json_t *partials = json_object(), *c;
	autobuf out = BUF_INIT(0);
	struct err e;

	(void)state;
	for (int i = 0; i < 30; i++) {
		autofree char *name = xasprintf("p%d", i);
		autofree char *body = xasprintf("{{>p%d}}{{>p%d}}", i + 1, i + 1);

		json_object_set_new(partials, name, json_string(body));
	}
	json_object_set_new(partials, "p30", json_string(""));
	c = json_pack("{s:{},s:o}", "data", "partials", partials);
	assert_int_equal(render("{{>p0}}", 7, c, &out, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "more than 1048576 bytes or 256 files with all partials"));
	json_decref(c);
}

/* Many small ones are no way around the bound, and a name is short. */
static void test_partials_are_counted(void **state)
{
	autofree char *longest = repeated("n", TEMPLATE_NAME_MAX);
	autofree char *named = xasprintf("{{>%s}}", longest);
	autofree char *too_long = repeated("n", TEMPLATE_NAME_MAX + 1);
	autofree char *over = xasprintf("{{>%s}}", too_long);
	autobuf uses = BUF_INIT(0);
	json_t *partials = json_object(), *c;
	struct err e;

	(void)state;
	for (int i = 0; i < 256; i++) {
		autofree char *name = xasprintf("p%d", i);

		json_object_set_new(partials, name, json_string("x"));
		buf_fmt(&uses, "{{>%s}}", name);
	}
	json_object_set_new(partials, longest, json_string("x"));
	json_object_set_new(partials, too_long, json_string("x"));
	c = json_pack("{s:{},s:o}", "data", "partials", partials);
	for (int i = 0; i < 2; i++) {
		const char *source = i ? uses.data : over;
		autobuf out = BUF_INIT(0);

		assert_int_equal(render(source, strlen(source), c, &out, &e), ERR_INVALID);
		assert_non_null(strstr(e.text, i ? "256 files" : "name is too long"));
	}
	autobuf out = BUF_INIT(0);

	assert_int_equal(render(named, strlen(named), c, &out, &e), OK);
	json_decref(c);
}

/* Ten megabytes in one value and in two million items: data is never parsed, and time stays linear.
 */
static void test_large_data(void **state)
{
	autofree char *value = repeated("{{x}}<>", 10000000 / 7);
	json_t *c = json_object(), *list = json_array();
	autobuf out = BUF_INIT((size_t)64 << 20);
	struct err e;

	(void)state;
	for (int i = 0; i < 2000000; i++)
		json_array_append_new(list, json_integer(i));
	json_object_set_new(c, "data", json_pack("{s:s,s:o}", "v", value, "l", list));
	assert_int_equal(render("{{v}}", 5, c, &out, &e), OK);
	assert_int_equal(out.len, (size_t)10000000 / 7 * strlen("{{x}}&lt;&gt;"));
	assert_memory_equal(out.data, "{{x}}&lt;&gt;{{x}}", 18);
	buf_reset(&out);
	assert_int_equal(render("{{#l}}{{.}},{{/l}}", 18, c, &out, &e), OK);
	assert_int_equal(out.len, 2000000 + 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 90000 * 5 +
					  900000 * 6 + 1000000 * 7);
	json_decref(c);
}

static struct template *shared;

static void *render_often(void *vars)
{
	autobuf out = BUF_INIT(0);
	intptr_t good = 0;

	for (int i = 0; i < 2000; i++) {
		buf_reset(&out);
		good += template_render(shared, vars, false, &out, NULL) == OK &&
			strcmp(out.data, "1&lt;2&lt;3&lt;") == 0;
	}
	return (void *)good;
}

static void test_threads(void **state)
{
	json_t *vars = json_pack("{s:[i,i,i]s:s}", "l", 1, 2, 3, "s", "<");
	pthread_t threads[4];

	(void)state;
	assert_int_equal(template_compile(&shared, "t", "{{#l}}{{.}}{{s}}{{/l}}", 22,
					  TEMPLATE_ESCAPE_HTML, NULL, NULL),
			 OK);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, render_often, vars), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *good;

		pthread_join(threads[i], &good);
		assert_int_equal((intptr_t)good, 2000);
	}
	template_free(shared);
	json_decref(vars);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_source_size),
		cmocka_unit_test(test_source_bytes),
		cmocka_unit_test(test_output_bound),
		cmocka_unit_test(test_steps_bound),
		cmocka_unit_test(test_partials_that_multiply),
		cmocka_unit_test(test_partials_are_counted),
		cmocka_unit_test(test_large_data),
		cmocka_unit_test(test_threads),
	};

	if (argc > 1)
		case_dir = argv[1];
	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
