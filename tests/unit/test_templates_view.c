/* The topic of tenants' templates, folded: what holds, what is refused, what a version is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "templates_record.h"
#include "templates_view.h"

#define SHIPPED "../deploy/templates"
#define OWN(version, subject)                                                                      \
	"{\"format\":1,\"version\":" #version ",\"parts\":{\"subject\":\"" subject "\"}}"

static struct templates_view *view_of(bool keep)
{
	struct templates_view *v;
	struct catalog *base;
	struct err e = { "" };

	if (catalog_open(&base, SHIPPED, &e) < 0)
		fail_msg("%s", e.text);
	v = templates_view_new(base, keep);
	catalog_free(base);
	return v;
}

static int take(struct templates_view *v, const char *key, const char *value, struct err *e)
{
	struct record r = { .key = key, .key_len = strlen(key), .value = value };
	bool changed;
	int code;

	r.value_len = value ? strlen(value) : 0;
	code = templates_view_take(v, &r, &changed, e);
	assert_true(changed || code != OK);
	return code;
}

static void taken(struct templates_view *v, const char *key, const char *value)
{
	struct err e = { "" };

	if (take(v, key, value, &e) < 0)
		fail_msg("%s: %s", key, e.text);
}

/* "<tenant>:<locale>:<version>" of what is found; "-" = nothing. */
static char *found(const struct templates_view *v, struct catalog_wanted w)
{
	struct catalog *c = templates_view_catalog(v);
	const struct catalog_entry *entry = catalog_find_for(c, &w);
	char *out = entry ? xasprintf("%s:%s:%u", entry->tenant ? entry->tenant : "", entry->locale,
				      entry->version)
			  : xstrdup("-");

	catalog_free(c);
	return out;
}

static void test_what_is_found(void **state)
{
	static const struct {
		const char *says;
		struct catalog_wanted w;
	} cases[] = {
		{ "acme:ru:2", { "acme", "invite", "ru-RU", NULL, 0 } },
		{ "acme:ru:2", { "acme", "invite", "ru", "en", 2 } },
		{ ":en:1", { "acme", "invite", "en", NULL, 0 } }, /* each locale by itself */
		{ ":en:1", { "acme", "invite", "de", "en", 3 } },
		{ "-", { "acme", "invite", "ru", NULL, 4 } }, /* not known yet */
		{ ":ru:1", { "globex", "invite", "ru", NULL, 0 } },
		{ "-", { "globex", "invite", "ru", NULL, 2 } },
		{ ":ru:1", { NULL, "invite", "ru", NULL, 1 } },
		{ "acme:en:2", { "acme", "welcome", "ru", NULL, 0 } },
		{ "-", { "globex", "welcome", "ru", NULL, 0 } },
		{ ":ru:1", { "acme", "password", "ru", NULL, 1 } },
		{ "-", { "acme", "password", "ru", NULL, 2 } },
	};
	struct templates_view *v = view_of(false);

	(void)state;
	taken(v, "acme/invite/ru", OWN(2, "{{organisation}}"));
	taken(v, "acme/invite/fr", "{\"format\":1,\"version\":3,\"parts\":null}");
	taken(v, "acme/welcome/en", OWN(2, "x"));
	taken(v, "other/welcome/ru", OWN(2, "x"));
	taken(v, "other/welcome/ru", NULL);
	taken(v, "other/welcome/ru", NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *is = found(v, cases[i].w);

		if (strcmp(is, cases[i].says) != 0)
			fail_msg("case %zu: %s instead of %s", i, is, cases[i].says);
	}
	templates_view_free(v);
}

/* Whoever sends holds what it began with. */
static void test_a_catalog_lives_as_long_as_it_is_held(void **state)
{
	struct templates_view *v = view_of(false);
	const struct catalog_entry *entry;
	struct catalog *c;

	(void)state;
	taken(v, "acme/invite/en", OWN(2, "before {{>contact}}"));
	c = templates_view_catalog(v);
	entry = catalog_find_for(c, &(struct catalog_wanted){ "acme", "invite", "en", NULL, 0 });
	taken(v, "acme/invite/en", OWN(3, "after"));
	templates_view_free(v);
	assert_int_equal(entry->version, 2);
	assert_non_null(entry->parts[PART_SUBJECT]);
	assert_int_equal(strlen(entry->sha256), 64);
	catalog_free(c);
}

static void test_refused(void **state)
{
	static const struct {
		const char *key, *value, *says;
	} cases[] = {
		{ "acme/invite", OWN(2, "x"), "a key is" },
		{ "ac me/invite/en", OWN(2, "x"), "a key is" },
		{ "acme/invite/e", OWN(2, "x"), "a key is" },
		{ "acme/../en", OWN(2, "x"), "a key is" },
		{ "acme/invite/en", "{", "no JSON" },
		{ "acme/invite/en", "{\"format\":2}", "not of format 1" },
		{ "acme/invite/en", OWN(1, "x"), "no version" },
		{ "acme/invite/en", "{\"format\":1,\"version\":2}", "no parts" },
		{ "acme/invite/en", "{\"format\":1,\"version\":2,\"parts\":{}}", "no parts" },
		{ "acme/invite/en", "{\"format\":1,\"version\":2,\"parts\":{\"subjet\":\"x\"}}",
		  "no parts, or one that is none" },
		{ "acme/invite/en", OWN(2, "{{#x}}"), "section 'x' is not closed" },
		{ "acme/invite/en", OWN(2, "{{>gone}}"), "there is no partial 'gone'" },
	};
	struct templates_view *v = view_of(true);

	(void)state;
	taken(v, "acme/invite/en", OWN(7, "good"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { "" };

		assert_int_equal(take(v, cases[i].key, cases[i].value, &e), ERR_INVALID);
		if (!strstr(e.text, cases[i].says))
			fail_msg("case %zu: %s", i, e.text);
	}
	autofree char *is = found(v, (struct catalog_wanted){ "acme", "invite", "en", NULL, 0 });

	assert_string_equal(is, "acme:en:7");
	assert_int_equal(take(v, "acme/invite/en", OWN(8, "{{#x}}"), &(struct err){ "" }),
			 ERR_INVALID);
	autofree char *later = found(v, (struct catalog_wanted){ "acme", "invite", "en", NULL, 8 });

	assert_string_equal(later, "acme:en:7"); /* nobody waits for what will never be fit */
	assert_int_equal(take(v, "globex/invite/en", OWN(3, "{{#x}}"), &(struct err){ "" }),
			 ERR_INVALID);
	autofree char *other =
		found(v, (struct catalog_wanted){ "globex", "invite", "en", NULL, 3 });

	assert_string_equal(other, ":en:1");
	templates_view_free(v);
}

/* Who does not send wants to know versions alone: nothing is compiled. */
static void test_versions_alone(void **state)
{
	struct templates_view *v = templates_view_new(NULL, false);
	struct catalog *c;

	(void)state;
	taken(v, "acme/invite/en", OWN(5, "{{>partial of another machine}}"));
	taken(v, "acme/invite/ru", OWN(4, "x"));
	c = templates_view_catalog(v);
	assert_int_equal(catalog_version(c, "acme", "invite"), 5);
	assert_int_equal(catalog_version(c, "acme", "password"), CATALOG_INSTALLED);
	catalog_free(c);
	templates_view_free(v);
}

/* ---- records ---- */

static const struct settings_author ann = { "ann", 1700000000000 };

static json_t *next(const json_t *former, unsigned newest, json_t *parts)
{
	json_t *record = NULL;
	struct err e = { "" };

	if (templates_record_next(&record, former, newest, parts, &ann, &e) < 0)
		fail_msg("%s", e.text);
	json_decref(parts);
	return record;
}

static void test_every_version_can_be_restored(void **state)
{
	json_t *first = next(NULL, CATALOG_INSTALLED, json_pack("{s:s}", "subject", "one"));
	json_t *second = next(first, 2, json_pack("{s:s}", "subject", "two"));
	json_t *third = next(second, 6, json_null());
	const json_t *was = templates_record_version(third, 2);

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(third, "version")), 7);
	assert_true(json_is_null(json_object_get(third, "parts")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(was, "parts"), "subject")),
		"one");
	assert_string_equal(json_string_value(json_object_get(was, "actor")), "ann");
	assert_ptr_equal(templates_record_version(third, 7), third);
	assert_null(templates_record_version(third, 4));
	assert_null(templates_record_version(NULL, 2));
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

/* However much is changed, the record stays one that Kafka takes, and is read back. */
static void test_history_gives_way(void **state)
{
	struct templates_view *v = view_of(true);
	json_t *record = NULL, *parts, *kept;
	struct catalog *c;
	char text[20000];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (unsigned i = 1; i < 8; i++) {
		json_t *former = record;
		char *value;

		record = next(former, i, json_pack("{s:s#}", "text", text, sizeof(text)));
		json_decref(former);
		value = json_dumps(record, JSON_COMPACT);
		taken(v, "acme/invite/en", value);
		free(value);
	}
	assert_int_equal(json_array_size(json_object_get(record, "history")), 2);
	c = templates_view_catalog(v);
	kept = templates_record_of(c, "acme", "invite", "en");
	assert_true(json_equal(kept, record));
	json_decref(kept);
	catalog_free(c);
	parts = json_pack("{s:s#, s:s#, s:s#, s:s#}", "text", text, sizeof(text), "html", text,
			  sizeof(text), "sms", text, sizeof(text), "subject", text, sizeof(text));
	assert_int_equal(templates_record_next(&record, record, 9, parts, &ann, &e), ERR_INVALID);
	json_decref(parts);
	json_decref(record);
	templates_view_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_found),
		cmocka_unit_test(test_a_catalog_lives_as_long_as_it_is_held),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_versions_alone),
		cmocka_unit_test(test_every_version_can_be_restored),
		cmocka_unit_test(test_history_gives_way),
	};

	return cmocka_run_group_tests_name("templates", tests, NULL, NULL);
}
