/* Sheets of large tenants are read before anybody asks; those of small ones, and of one that does
   not fit, when somebody does. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard_fixture.h"
#include "view_ahead.h"
#include "view_batch.h"

#define BASE_MS 1795000000000 /* 2026-11-18T11:06:40Z */

static const struct {
	const char *tenant;
	size_t invites;
	bool ahead;
} tenants[] = { { "huge", 60, false }, { "large", 30, true }, { "small", 3, false } };

#define BOUNDS ((struct view_ahead_bounds){ .tenant_min = 10, .rows_max = 40 })

static void add(struct fixture *f, const char *tenant, size_t i)
{
	autofree char *value =
		xasprintf("{\"tenant\":\"%s\",\"invite\":\"i-%zu\",\"kind\":\"invite\","
			  "\"word\":\"held\",\"sequence\":[1,1,0]}",
			  tenant, i);
	autofree char *id = xasprintf("%s-%zu", tenant, i);
	struct header headers[] = { { "ce_id", id, strlen(id) } };
	struct record r = { .value = value,
			    .value_len = strlen(value),
			    .timestamp_ms = BASE_MS,
			    .headers = headers,
			    .header_count = 1 };
	struct view_batch b = { 0 };
	struct err e;

	command(f, "SET beckon:r:%s/i-%zu {\"recipient\":{\"name\":\"Anna\"}}", tenant, i);
	view_batch_take(&b, &r, false);
	assert_int_equal(view_batch_apply(&b, f->guards[A], &e), OK);
	view_batch_clear(&b);
}

static int fill(void **state)
{
	if (fixture_open(state) < 0)
		return -1;
	for (size_t t = 0; t < ARRAY_LEN(tenants); t++)
		for (size_t i = 0; i < tenants[t].invites; i++)
			add(*state, tenants[t].tenant, i);
	return 0;
}

/* How often Redis was asked for a value. */
static long long asked(struct fixture *f)
{
	const char *at = strstr(text_of(command(f, "INFO commandstats")), "cmdstat_get:calls=");

	return at ? atoll(strchr(at, '=') + 1) : 0;
}

static void forget_names(struct fixture *f)
{
	for (size_t t = 0; t < ARRAY_LEN(tenants); t++)
		for (size_t i = 0; i < tenants[t].invites; i++)
			command(f, "DEL beckon:r:%s/i-%zu", tenants[t].tenant, i);
}

static void test_ahead(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	long long before = asked(f);
	struct view_ahead *a = view_ahead_open(s, guard_open(f, B), BOUNDS);

	for (int i = 0; i < 1000 && asked(f) - before < 60; i++)
		usleep(10 * 1000);
	view_ahead_close(a);
	forget_names(f); /* whoever is still found by name was read before */
	for (size_t t = 0; t < ARRAY_LEN(tenants); t++) {
		struct view_filter filter = { .tenant = tenants[t].tenant, .search = "anna" };
		struct view_page page;
		struct err e;

		assert_int_equal(view_count(s, f->guards[A], &filter, &page, &e), OK);
		assert_int_equal(page.total, tenants[t].ahead ? tenants[t].invites : 0);
		view_page_clear(&page);
	}
	view_sheets_free(s);
}

/* Nobody waits for a Redis that is away. */
static void test_redis_away(void **state)
{
	struct view_sheets *s = view_sheets_new(0);
	struct guard_options o = { .redis_url = "redis://127.0.0.1:1",
				   .client_name = "test",
				   .timeout_ms = 500,
				   .event_memory_s = EVENT_MEMORY_S,
				   .delivery_memory_s = DELIVERY_MEMORY_S };
	struct guard *g;
	struct err e;

	(void)state;
	assert_int_equal(guard_new(&g, &o, &e), OK);
	view_ahead_close(view_ahead_open(s, g, BOUNDS));
	view_sheets_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ahead, fill, fixture_close),
		cmocka_unit_test(test_redis_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
