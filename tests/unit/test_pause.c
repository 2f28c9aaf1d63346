/* Pauses: what their keys say, whom they stop and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "pause.h"

static const struct {
	const char *key;
	int scope; /* -1 = none */
} keys[] = {
	{ "*/pause/all", PAUSE_ALL },
	{ "acme/pause/tenant", PAUSE_TENANT },
	{ "acme/pause/batch/b7", PAUSE_BATCH },
	{ "*/pause/batch/b/7", PAUSE_BATCH },
	{ "*/pause/provider/mx", PAUSE_PROVIDER },
	{ "*/pause/domain/example.org", PAUSE_DOMAIN },
	{ "acme/pause/domain/example.org", PAUSE_DOMAIN },
	{ "acme/pause/all", -1 },
	{ "*/pause/tenant", -1 },
	{ "*/pause/all/x", -1 },
	{ "acme/pause/tenant/", -1 },
	{ "*/pause/batch", -1 },
	{ "*/pause/batch/", -1 },
	{ "*/pause/", -1 },
	{ "*/pause/country/KZ", -1 },
	{ "*/pauses/all", -1 },
	{ "acme/settings", -1 },
	{ "pause", -1 },
	{ "", -1 },
};

static void test_keys(void **state)
{
	char key[PAUSE_KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		enum pause_scope scope = PAUSE_SCOPES;
		bool found = pause_key_scope(keys[i].key, &scope);

		if (found != (keys[i].scope >= 0) || (found && (int)scope != keys[i].scope))
			fail_msg("%s", keys[i].key);
	}
	assert_string_equal(pause_key(key, NULL, PAUSE_ALL, NULL), "*/pause/all");
	assert_string_equal(pause_key(key, "acme", PAUSE_TENANT, NULL), "acme/pause/tenant");
	assert_string_equal(pause_key(key, NULL, PAUSE_BATCH, "b/7"), "*/pause/batch/b/7");
}

static const struct {
	const char *pause;
	struct pause_for who;
	bool stopped;
} cases[] = {
	{ "acme/pause/tenant", { "acme", "b7", "mx", "a.org" }, true },
	{ "acme/pause/tenant", { "acme2", "b7", "mx", "a.org" }, false },
	{ "acme/pause/tenant", { NULL, NULL, "mx", NULL }, false },
	{ "*/pause/batch/b7", { "acme", "b7", "mx", "a.org" }, true },
	{ "*/pause/batch/b7", { "acme", "b", "mx", "a.org" }, false },
	{ "*/pause/batch/b7", { "acme", NULL, "mx", "a.org" }, false },
	{ "acme/pause/batch/b7", { "acme", "b7", "mx", "a.org" }, true },
	{ "acme/pause/batch/b7", { "other", "b7", "mx", "a.org" }, false },
	{ "*/pause/provider/mx", { "acme", "b7", "mx", "a.org" }, true },
	{ "*/pause/provider/mx", { NULL, NULL, "mx", NULL }, true },
	{ "*/pause/provider/mx", { "acme", "b7", "mx2", "a.org" }, false },
	{ "*/pause/domain/a.org", { "acme", "b7", "mx", "a.org" }, true },
	{ "*/pause/domain/a.org", { "acme", "b7", "mx", "b.a.org" }, false },
	{ "acme/pause/domain/a.org", { "other", "b7", "mx", "a.org" }, false },
	{ "*/pause/all", { "acme", NULL, NULL, NULL }, true },
	{ "*/pause/all", { NULL, NULL, NULL, NULL }, true },
};

static struct pauses *one(const char *key, int64_t until_ms)
{
	struct pause p = { .until_ms = until_ms, .reason = "why" };

	snprintf(p.key, sizeof(p.key), "%s", key);
	assert_true(pause_key_scope(key, &p.scope));
	return pauses_new(&p, 1);
}

static void test_whom_they_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pauses *p = one(cases[i].pause, 0);
		const struct pause *found = pause_find(p, &cases[i].who, 1000);

		if (!found != !cases[i].stopped)
			fail_msg("case %zu: %s", i, cases[i].pause);
		if (found)
			assert_string_equal(found->key, cases[i].pause);
		pauses_free(p);
	}
}

static void test_until(void **state)
{
	struct pauses *p = one("acme/pause/tenant", 5000);
	struct pause_for who = { .tenant = "acme" };

	(void)state;
	assert_non_null(pause_find(p, &who, 4999));
	assert_null(pause_find(p, &who, 5000));
	assert_int_equal(pauses_count(p, PAUSE_TENANT, 4999), 1);
	assert_int_equal(pauses_count(p, PAUSE_TENANT, 5000), 0);
	assert_int_equal(pauses_count(p, PAUSE_ALL, 4999), 0);
	assert_null(pause_of(p, "acme/pause/tenant", 5000));
	pauses_free(p);
}

static void test_groups(void **state)
{
	struct pause list[] = { { "*/pause/provider/a", PAUSE_PROVIDER, "x", 0 },
				{ "*/pause/provider/b", PAUSE_PROVIDER, "x", 5000 },
				{ "acme/pause/tenant", PAUSE_TENANT, "x", 0 } };
	struct pauses *all = pauses_new(list, 3), *one_less = pauses_new(list + 1, 2),
		      *none = pauses_new(NULL, 0);
	char providers[PAUSE_KEY_SIZE], same[PAUSE_KEY_SIZE], tenant[PAUSE_KEY_SIZE];

	(void)state;
	pause_group(all, &list[0], 1000, providers);
	assert_string_equal(pause_group(all, &list[1], 1000, same), providers);
	assert_true(pause_group_holds(all, providers, 1000));
	assert_false(pause_group_holds(all, providers, 5000)); /* b is over */
	assert_false(pause_group_holds(one_less, providers, 1000));
	assert_false(pause_group_holds(none, providers, 1000));
	pause_group(all, &list[2], 1000, tenant);
	assert_true(pause_group_holds(all, tenant, 1000));
	assert_true(pause_group_holds(one_less, tenant, 9000));
	assert_false(pause_group_holds(none, tenant, 1000));
	pauses_free(all);
	pauses_free(one_less);
	pauses_free(none);
}

/* Among thousands each is found, and whoever holds them may ask when they have been replaced. */
static void test_many(void **state)
{
	enum { N = 3000 };
	autofree struct pause *list = xcalloc(N, sizeof(*list));
	struct pause_for who = { .tenant = "acme" };
	char name[16];
	struct pauses *p, *held;

	(void)state;
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "b%d", (i * 7919) % N);
		pause_key(list[i].key, "acme", PAUSE_BATCH, name);
		list[i].scope = PAUSE_BATCH;
	}
	p = pauses_new(list, N);
	held = pauses_hold(p);
	pauses_free(p);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		who.batch = name;
		assert_non_null(pause_find(held, &who, 0));
	}
	who.batch = "b3000";
	assert_null(pause_find(held, &who, 0));
	pauses_free(held);
	pauses_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),  cmocka_unit_test(test_whom_they_stop),
		cmocka_unit_test(test_until), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
