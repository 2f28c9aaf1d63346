/* The catalog: what is on disk, found by name and locale; the templates that are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog.h"
#include "mem.h"

#define SHIPPED "../deploy/templates"

/* A directory of templates for one test. */
static int make_dir(void **state)
{
	char *dir = xstrdup("/tmp/beckon-catalog-XXXXXX");

	*state = dir;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int remove_dir(void **state)
{
	int r = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

static void write_file(const char *dir, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	FILE *f;

	for (char *slash = strchr(path + strlen(dir) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct catalog *opened(const char *dir)
{
	struct catalog *c = NULL;
	struct err e = { "" };

	if (catalog_open(&c, dir, &e) < 0)
		fail_msg("%s", e.text);
	return c;
}

static void assert_part(const struct catalog_entry *entry, enum part part, json_t *vars,
			const char *expected)
{
	autobuf out = BUF_INIT(0);
	struct err e = { "" };

	assert_non_null(entry->parts[part]);
	if (template_render(entry->parts[part], vars, false, &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(out.data, expected);
}

static void test_parts(void **state)
{
	json_t *vars = json_pack("{s:s}", "n", "<A&B>");
	const struct catalog_entry *entry;
	struct catalog *c;

	write_file(*state, "hello/en/subject.txt", "Hi {{n}}\r\n");
	write_file(*state, "hello/en/text.txt", "-- {{>sign}}\n");
	write_file(*state, "hello/en/html.html", "<p>{{>sign}}</p>\n");
	write_file(*state, "partials/sign", "{{n}}");
	write_file(*state, "README.md", "no template");
	write_file(*state, ".hidden/en/subject.txt", "{{");
	c = opened(*state);
	entry = catalog_find(c, "hello", NULL, NULL);
	assert_non_null(entry);
	assert_string_equal(entry->name, "hello");
	assert_string_equal(entry->locale, "en");
	assert_int_equal(entry->version, 1);
	assert_part(entry, PART_SUBJECT, vars, "Hi <A&B>");
	assert_part(entry, PART_TEXT, vars, "-- <A&B>\n");
	assert_part(entry, PART_HTML, vars, "<p>&lt;A&amp;B&gt;</p>\n");
	assert_null(entry->parts[PART_SMS]);
	assert_null(catalog_find(c, "sign", NULL, NULL));
	assert_null(catalog_find(c, ".hidden", NULL, NULL));
	catalog_free(c);
	json_decref(vars);
}

static void test_fallback(void **state)
{
	static const struct {
		const char *name, *locale, *fallback, *found;
	} cases[] = {
		{ "a", "ru", "en", "ru" },
		{ "a", "ru-RU", "en", "ru" },
		{ "a", "RU_ru", "en", "ru" },
		{ "a", "pt-BR", "en", "pt-BR" },
		{ "a", "pt_br", "en", "pt-BR" },
		{ "a", "pt-PT", "ru", "ru" },
		{ "a", "zh-Hant-TW", "ru-RU", "zh-Hant" },
		{ "a", "de", "fr-FR", "en" },
		{ "a", "", "", "en" },
		{ "a", NULL, "ru", "ru" },
		{ "a", NULL, NULL, "en" },
		{ "a", "r", NULL, "en" },
		{ "a", "rus", NULL, "en" },
		{ "a", "-", "--", "en" },
		{ "b", "ru", NULL, "ru" },
		{ "b", "de", "fr", NULL },
		{ "c", "ru", "en", NULL },
		{ "../a", "ru", "en", NULL },
	};
	struct catalog *c;

	write_file(*state, "a/en/text.txt", "");
	write_file(*state, "a/ru/text.txt", "");
	write_file(*state, "a/pt-BR/text.txt", "");
	write_file(*state, "a/zh-Hant/text.txt", "");
	write_file(*state, "b/ru/text.txt", "");
	c = opened(*state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct catalog_entry *entry =
			catalog_find(c, cases[i].name, cases[i].locale, cases[i].fallback);

		assert_string_equal(entry ? entry->locale : "none",
				    cases[i].found ? cases[i].found : "none");
	}
	catalog_free(c);
}

/* The sum of a/en with these two sources. */
static char *sum_of(const char *dir, const char *text, const char *partial)
{
	struct catalog *c;
	char *sum;

	write_file(dir, "a/en/text.txt", text);
	write_file(dir, "partials/p", partial);
	c = opened(dir);
	sum = xstrdup(catalog_find(c, "a", "en", NULL)->sha256);
	catalog_free(c);
	return sum;
}

static void test_sums_tell_versions_apart(void **state)
{
	autofree char *first = sum_of(*state, "x{{>p}}", "1"),
		      *again = sum_of(*state, "x{{>p}}", "1");
	autofree char *other_text = sum_of(*state, "y{{>p}}", "1");
	autofree char *other_partial = sum_of(*state, "x{{>p}}", "2");
	autofree char *unused = sum_of(*state, "x", "1"), *unused_other = sum_of(*state, "x", "2");

	assert_int_equal(strlen(first), 64);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other_text);
	assert_string_not_equal(first, other_partial);
	assert_string_equal(unused, unused_other);
}

static void test_faults(void **state)
{
	static const struct {
		const char *file, *text, *says;
		int kind;
	} cases[] = {
		{ "a/en/text.txt", "ok\n {{#x}}", "a/en/text.txt:2:2: section 'x' is not closed",
		  ERR_INVALID },
		{ "a/en/html.html", "{{>gone}}", "a/en/html.html:1:1: there is no partial 'gone'",
		  ERR_INVALID },
		{ "a/en/subjet.txt", "x", "no part of a template is called that", ERR_INVALID },
		{ "a/en/.keep", "", "has none of the parts", ERR_INVALID },
		{ "README.md", "", "holds no templates", ERR_FATAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *sub = xasprintf("%s/%zu", (char *)*state, i);
		struct catalog *c = NULL;
		struct err e = { "" };

		mkdir(sub, 0700);
		write_file(sub, cases[i].file, cases[i].text);
		assert_int_equal(catalog_open(&c, sub, &e), cases[i].kind);
		if (!strstr(e.text, cases[i].says))
			fail_msg("%s", e.text);
	}
	assert_int_equal(catalog_open(&(struct catalog *){ NULL }, "/nowhere/at/all", NULL),
			 ERR_FATAL);
}

/* What README.md promises to be there, and nothing else. */
static json_t *least_vars(void)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{}}", "organisation",
			 "A thirty characters long name.", "organisation_short",
			 "A thirty characters long name.", "link",
			 "https://example.org/i/x?a=1&b=2", "expires_on",
			 "14 March 2025, 18:00 MSK", "expires_in", "1 day", "today",
			 "13 March 2025", "brand_colour", "#1d4ed8", "vars");
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void test_shipped(void **state)
{
	static const char *const locales[] = { "en", "ru" };
	struct catalog *c = opened(SHIPPED);
	json_t *vars = least_vars();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(locales); i++) {
		const struct catalog_entry *entry = catalog_find(c, "invite", locales[i], NULL);
		autobuf out = BUF_INIT(0);
		struct err e = { "" };

		assert_string_equal(entry->locale, locales[i]);
		for (enum part part = 0; part < PART_COUNT; part++) {
			assert_non_null(entry->parts[part]);
			buf_reset(&out);
			if (template_render(entry->parts[part], vars, false, &out, &e) < 0)
				fail_msg("%s", e.text);
			assert_non_null(strstr(out.data, "A thirty characters long name."));
			if (part == PART_SUBJECT)
				assert_in_range(characters(out.data), 1, 60);
		}
	}
	json_decref(vars);
	catalog_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parts, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_fallback, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_sums_tell_versions_apart, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(test_faults, make_dir, remove_dir),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
