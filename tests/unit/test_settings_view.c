/* The topic of settings, folded: what holds after which records, and which are passed over; and the
 * records as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto.h"
#include "mem.h"
#include "now.h"
#include "settings_record.h"
#include "settings_view.h"

static struct settings_view *view_over(const char *base)
{
	json_t *section = base ? json_loads(base, 0, NULL) : NULL;
	struct settings_view *v = NULL;
	struct err e = { "" };

	if (settings_view_new(&v, section, &e) < 0)
		fail_msg("%s", e.text);
	json_decref(section);
	return v;
}

static int take(struct settings_view *v, const char *key, const char *value, bool *changed,
		struct err *e)
{
	struct record r = { .key = key, .key_len = strlen(key), .value = value };

	r.value_len = value ? strlen(value) : 0;
	return settings_view_take(v, &r, changed, e);
}

static void good(struct settings_view *v, const char *key, const char *value)
{
	struct err e = { "" };
	bool changed = false;

	if (take(v, key, value, &changed, &e) < 0)
		fail_msg("%s: %s", key, e.text);
	assert_true(changed);
}

static int64_t ttl_of(struct settings_view *v, const char *tenant)
{
	struct tenants *t = settings_view_tenants(v);
	int64_t ttl_s = tenants_find(t, tenant)->link_ttl_s;

	tenants_free(t);
	return ttl_s;
}

#define TTL(version, n)                                                                            \
	"{\"format\":1,\"version\":" #version ",\"settings\":{\"link_ttl_s\":" #n "}}"

/* Over the configuration, its "*" and its tenants; the special over the general. */
static void test_what_holds(void **state)
{
	struct settings_view *v =
		view_over("{\"*\": {\"link_ttl_s\": 1000}, \"acme\": {\"link_ttl_s\": 2000}}");

	(void)state;
	assert_int_equal(ttl_of(v, "other"), 1000);
	good(v, "*/settings", TTL(1, 3000));
	assert_int_equal(ttl_of(v, "other"), 3000);
	assert_int_equal(ttl_of(v, "acme"), 2000);
	good(v, "acme/settings", TTL(1, 4000));
	good(v, "new/settings", TTL(1, 5000));
	assert_int_equal(ttl_of(v, "acme"), 4000);
	assert_int_equal(ttl_of(v, "new"), 5000);
	assert_int_equal(ttl_of(v, "other"), 3000);
	good(v, "acme/settings", TTL(2, 6000));
	assert_int_equal(ttl_of(v, "acme"), 6000);
	assert_int_equal(settings_record_version(settings_view_tenant(v, "acme")), 2);
	good(v, "acme/settings", "{\"format\":1,\"version\":3,\"settings\":{},\"news\":1}");
	assert_int_equal(ttl_of(v, "acme"), 2000);
	good(v, "*/settings", NULL); /* a tombstone */
	assert_int_equal(ttl_of(v, "other"), 1000);
	assert_null(settings_view_tenant(v, "*"));
	settings_view_free(v);
}

/* They come by the thousand: what all tenants have settled is not put together for each of them. */
static void test_suppressions_change_no_tenant(void **state)
{
	static const char key[] = "acme/suppress/AAAAAAAAAAAAAAAAAAAAAA";
	struct settings_view *v = view_over(NULL);
	struct tenants *before, *after;

	(void)state;
	good(v, "acme/settings", TTL(1, 4000));
	before = settings_view_tenants(v);
	good(v, key, "{\"format\":1,\"suppressed\":true}");
	after = settings_view_tenants(v);
	assert_ptr_equal(before, after);
	tenants_free(after);
	good(v, "acme/settings", TTL(2, 5000));
	after = settings_view_tenants(v);
	assert_ptr_not_equal(before, after);
	assert_int_equal(tenants_find(before, "acme")->link_ttl_s, 4000);
	assert_int_equal(tenants_find(after, "acme")->link_ttl_s, 5000);
	tenants_free(before);
	tenants_free(after);
	settings_view_free(v);
}

static const struct {
	const char *key, *value, *why;
} wrong[] = {
	{ "acme/settings", "", "no JSON" },
	{ "acme/settings", "{", "no JSON" },
	{ "acme/settings", "{\"format\":1,\"format\":1}", "no JSON" },
	{ "acme/settings", "[]", "not of format 1" },
	{ "acme/settings", "{\"format\":2,\"version\":1,\"settings\":{}}", "not of format 1" },
	{ "acme/settings", "{\"format\":1,\"settings\":{}}", "no version" },
	{ "acme/settings", "{\"format\":1,\"version\":1}", "no settings" },
	{ "acme/settings", "{\"format\":1,\"version\":1,\"settings\":[]}", "no settings" },
	{ "acme/settings", TTL(9, 5),
	  "tenants.acme: link_ttl_s '5' must be a number from 300 to 31536000" },
	{ "a b/settings", TTL(9, 500),
	  "tenants.a b: a tenant's name has 1 to 64 of A-Z a-z 0-9 _ -" },
	{ "acme", "{}", "a key is <tenant>/<section>" },
	{ "*/pause/all", "{\"format\":1}", "paused must be true or false" },
	{ "*/pause/all", "{\"format\":1,\"paused\":true}",
	  "reason must be one line of 1 to 200 bytes" },
	{ "*/pause/all", "{\"format\":1,\"paused\":true,\"reason\":\"a\\nb\"}",
	  "reason must be one line of 1 to 200 bytes" },
	{ "*/pause/all", "{\"format\":1,\"paused\":true,\"reason\":\"x\",\"until\":\"soon\"}",
	  "until must be a time of RFC 3339" },
};

/* Each is refused with its reason, and what held before holds. */
static void test_bad_records(void **state)
{
	struct settings_view *v = view_over(NULL);
	struct pauses *p;

	(void)state;
	good(v, "acme/settings", TTL(1, 4000));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err e = { "" };

		if (take(v, wrong[i].key, wrong[i].value, NULL, &e) != ERR_INVALID)
			fail_msg("%s is taken", wrong[i].value);
		assert_string_equal(e.text, wrong[i].why);
	}
	assert_int_equal(ttl_of(v, "acme"), 4000);
	p = settings_view_pauses(v);
	assert_int_equal(pauses_count(p, PAUSE_ALL, 0), 0);
	pauses_free(p);
	settings_view_free(v);
}

static void test_sections_of_others(void **state)
{
	static const char *const others[] = { "acme/suppress/0123", "*/apikey/1", "acme/pause/moon",
					      "acme/settings/x" };
	struct settings_view *v = view_over(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		bool changed = true;
		struct err e = { "" };

		assert_int_equal(take(v, others[i], "\xff bytes", &changed, &e), OK);
		assert_false(changed);
	}
	settings_view_free(v);
}

static void test_pauses(void **state)
{
	struct settings_author ann = { "ann", 1000 };
	struct settings_view *v = view_over(NULL);
	struct pause_for who = { .tenant = "acme" };
	json_t *record = settings_record_pause("why not", 5000, &ann);
	autofree char *paused = json_dumps(record, 0);
	const struct pause *found;
	struct pauses *p;

	(void)state;
	json_decref(record);
	record = settings_record_resume(NULL, &ann);
	autofree char *resumed = json_dumps(record, 0);
	json_decref(record);

	good(v, "acme/pause/tenant", paused);
	p = settings_view_pauses(v);
	found = pause_find(p, &who, 4999);
	assert_non_null(found);
	assert_string_equal(found->reason, "why not");
	assert_int_equal(found->until_ms, 5000);
	pauses_free(p);
	good(v, "acme/pause/tenant", resumed);
	p = settings_view_pauses(v);
	assert_null(pause_find(p, &who, 4999));
	assert_non_null(settings_view_pause(v, "acme/pause/tenant")); /* who has resumed it */
	pauses_free(p);
	settings_view_free(v);
}

/* ---- records ---- */

static void test_versions_and_history(void **state)
{
	json_t *record = NULL, *settings = json_object();
	char before[SETTINGS_HASH_SIZE] = "";

	(void)state;
	for (int i = 1; i <= 30; i++) {
		struct settings_author author = { i % 2 ? "ann" : "bob", i * 1000 };
		struct err e;
		json_t *next;

		assert_int_equal(settings_set(settings, "link_ttl_s", json_integer(300 + i), &e),
				 OK);
		next = settings_record_next(record, settings, &author);
		assert_int_equal(settings_record_version(next), i);
		if (i > 1)
			assert_string_equal(
				json_string_value(json_object_get(next, "previous_sha256")),
				before);
		settings_hash(settings, before);
		assert_string_equal(json_string_value(json_object_get(next, "sha256")), before);
		json_decref(record);
		record = json_deep_copy(next); /* as it is read from the topic */
		json_decref(next);
	}
	json_t *history = json_object_get(record, "history");

	assert_int_equal(json_array_size(history), SETTINGS_HISTORY_MAX);
	assert_int_equal(settings_record_version(json_array_get(history, 0)), 10);
	assert_int_equal(settings_record_version(json_array_get(history, 19)), 29);
	assert_int_equal(settings_record_version(NULL), 0);
	json_decref(record);
	json_decref(settings);
}

static void test_paths(void **state)
{
	json_t *s = json_object();
	struct err e = { "" };
	char a[SETTINGS_HASH_SIZE], b[SETTINGS_HASH_SIZE];

	(void)state;
	settings_hash(s, a);
	assert_int_equal(settings_set(s, "sender.from", json_string("a@b.org"), &e), OK);
	assert_int_equal(settings_set(s, "contact", json_string("Ann"), &e), OK);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(s, "sender"), "from")),
		"a@b.org");
	assert_int_equal(settings_set(s, "contact.name", json_string("Ann"), &e), ERR_INVALID);
	assert_string_equal(e.text, "contact.name: contact has no parts");
	settings_hash(s, b);
	assert_string_not_equal(a, b);
	assert_int_equal(settings_set(s, "sender.from", NULL, &e), OK);
	assert_int_equal(settings_set(s, "sender", NULL, &e), OK);
	assert_int_equal(settings_set(s, "reminder", json_string("off"), &e), OK);
	assert_int_equal(settings_set(s, "reminder.at_percent", json_integer(25), &e), OK);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(s, "reminder"), "at_percent")),
		25);
	assert_true(json_is_integer(json_object_get(json_object_get(s, "reminder"), "count")));
	assert_int_equal(settings_set(s, "reminder", NULL, &e), OK);
	assert_int_equal(settings_set(s, "brand.logo", NULL, &e), OK); /* was not there */
	assert_int_equal(settings_set(s, "contact", NULL, &e), OK);
	settings_hash(s, b);
	assert_string_equal(a, b);
	json_decref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_holds),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_suppressions_change_no_tenant),
		cmocka_unit_test(test_sections_of_others),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_versions_and_history),
		cmocka_unit_test(test_paths),
	};
	struct err e;

	return crypto_init(&e) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
