/* What an SMS costs, and who is asked first where that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mem.h"
#include "tariff.h"
#include "tariffs.h"
#include "ways.h"

static json_t *json(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (!v)
		fail_msg("no JSON: %s", text);
	return v;
}

static int parse(const char *text, struct tariff **out, struct err *e)
{
	json_t *v = json(text);
	int r = tariff_parse(out, v, e);

	json_decref(v);
	return r;
}

static void test_prices(void **state)
{
	static const struct {
		const char *number;
		unsigned segments;
		const char *amount; /* "" = not known */
	} rows[] = {
		{ "+79051111111", 1, "0.0455" },
		{ "79051111111", 2, "0.091" },
		{ "+77011111111", 1, "0.06" },
		{ "+77511111111", 3, "0.1365" },
		{ "+4915111111111", 1, "1.00" },
		{ "+4930111111", 10, "10.00" },
		{ "+359881111111", 7, "0.0007" },
		{ "+359881111111", 1, "0.0001" },
		{ "+12025550100", 1, "0.000001" },
		{ "+447400000000", 1, "" },
		{ "+7", 1, "0.0455" },
		{ "+", 1, "" },
		{ "", 1, "" },
	};
	struct tariff *t;
	struct err e;

	(void)state;
	assert_int_equal(parse("{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"0.0455\", "
			       "\"7701\": \"0.06\", \"49\": 1, \"3598\": \"0.000100\", "
			       "\"12025550100\": \"0.000001\"}}",
			       &t, &e),
			 OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cost c = tariff_cost(t, rows[i].number, rows[i].segments);
		char text[COST_TEXT_SIZE];

		assert_string_equal(c.currency, rows[i].amount[0] ? "EUR" : "");
		if (rows[i].amount[0])
			assert_string_equal(cost_text(&c, text), rows[i].amount);
	}
	tariff_free(t);
	assert_string_equal(tariff_cost(NULL, "+79051111111", 1).currency, "");
}

static void test_every_other_number(void **state)
{
	struct tariff *t;
	struct err e;

	(void)state;
	assert_int_equal(
		parse("{\"currency\": \"USD\", \"prefixes\": {\"*\": \"0.1\", \"7\": 0}}", &t, &e),
		OK);
	assert_int_equal(tariff_cost(t, "+79051111111", 3).millionths, 0);
	assert_string_equal(tariff_cost(t, "+79051111111", 3).currency, "USD");
	assert_int_equal(tariff_cost(t, "+33611111111", 3).millionths, 300000);
	tariff_free(t);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"1",
		"{}",
		"{\"currency\": \"EUR\"}",
		"{\"currency\": \"EUR\", \"prefixes\": {}}",
		"{\"currency\": \"eur\", \"prefixes\": {\"7\": 1}}",
		"{\"currency\": \"EURO\", \"prefixes\": {\"7\": 1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"+7\": 1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"07\": 1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"\": 1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"1234567890123456\": 1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"-1\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": -1}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"0,05\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \".5\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"1.\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"0.0000001\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": 1000000}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": \"99999999999999999999999\"}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": true}}",
		"{\"currency\": \"EUR\", \"prefixes\": {\"7\": 1}, \"discount\": 1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tariff *t = NULL;
		struct err e = { "" };

		if (parse(rows[i], &t, &e) == OK)
			fail_msg("taken: %s", rows[i]);
		assert_null(t);
		assert_true(e.text[0]);
	}
}

/* ---- who is asked first ---- */

static const struct ways_provider three[] = { { "a", 1, 1 }, { "b", 2, 1 }, { "c", 3, 1 } };

/* Prices in cents by route, 0 = not known; "USD" where over 100. The routes in their order. */
static size_t in_order(const int *cents, const char *expected)
{
	struct channel_aim aim = { .rule = 5, .nways = 3 };
	struct cost prices[3] = { 0 };
	char got[4] = "";
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		aim.ways[i] = (struct channel_way){ .route = i, .order = three[i].order };
		prices[i].millionths = cents[i] * 10000;
		text_put(prices[i].currency, COST_CURRENCY_SIZE,
			 cents[i] > 100 ? "USD"
			 : cents[i]	? "EUR"
					: "");
	}
	ways_by_cost(&aim, prices);
	for (int order = 1; order <= 3; order++)
		for (size_t i = 0; i < 3; i++)
			if (aim.ways[i].order == order)
				got[n++] = three[i].name[0];
	assert_string_equal(got, expected);
	return aim.rule;
}

static void test_the_cheapest_first(void **state)
{
	size_t rule;

	(void)state;
	rule = in_order((int[]){ 5, 4, 3 }, "cba");
	assert_int_equal(rule, in_order((int[]){ 9, 8, 7 }, "cba"));
	assert_int_not_equal(rule, in_order((int[]){ 3, 5, 4 }, "acb")); /* lanes of its own */
	in_order((int[]){ 4, 4, 3 }, "cab");
	in_order((int[]){ 0, 4, 3 }, "cba");
	in_order((int[]){ 0, 4, 0 }, "bac");
	in_order((int[]){ 0, 0, 0 }, "abc");
	in_order((int[]){ 5, 200, 3 }, "cab");
	in_order((int[]){ 300, 200, 3 }, "bac");
}

static void test_routes(void **state)
{
	static const struct {
		const char *routes, *tenant, *region;
		bool by_cost;
		const char *refused; /* part of why; NULL = taken */
	} rows[] = {
		{ "null", "acme", "RU", false, NULL },
		{ "[{\"providers\": [\"b\"], \"prefer\": \"cost\"}]", "acme", "RU", true, NULL },
		{ "[{\"providers\": [\"b\"], \"prefer\": \"order\"}]", "acme", "RU", false, NULL },
		{ "[{\"country\": \"DE\", \"providers\": [\"b\"], \"prefer\": \"cost\"}]", "acme",
		  "RU", false, NULL },
		{ "[{\"providers\": [\"b\"], \"prefer\": \"speed\"}]", "", "", false, "prefer" },
		{ "[{\"providers\": [\"d\"]}]", "", "", false, "'d'" },
		{ "[{\"providers\": [\"a\", \"a\"]}]", "", "", false, "twice" },
		{ "[{\"providers\": [\"a\"], \"land\": \"DE\"}]", "", "", false, "land" },
		{ "[{\"providers\": []}]", "", "", false, "providers: a list" },
		{ "[{\"providers\": [\"a\"], \"country\": \"DEU\"}]", "", "", false, "country" },
		{ "[{\"providers\": [\"a\"], \"country\": \"DE1\"}]", "", "", false, "country" },
		{ "[{\"providers\": [\"a\"], \"country\": \"de\"}]", "", "", false, "country" },
		{ "[{\"providers\": [\"a\"], \"country\": [\"DE\"]}]", "", "", false, "country" },
		{ "[{\"providers\": [\"a\"], \"tenant\": 5}]", "", "", false, "tenant" },
		{ "[{\"providers\": [\"a\"], \"prefer\": true}]", "", "", false, "prefer" },
		{ "[{\"providers\": [{\"name\": \"a\", \"weight\": 0}]}]", "", "", false,
		  "weight" },
		{ "[{\"providers\": [{\"name\": \"a\", \"limit\": 5}]}]", "", "", false, "limit" },
		{ "{\"providers\": [\"a\"]}", "", "", false, "a list" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *routes = json(rows[i].routes);
		struct channel_aim aim = { .nways = 0 };
		struct ways *w = NULL;
		struct err e = { "" };
		int r = ways_load(&w, json_is_null(routes) ? NULL : routes, three, ARRAY_LEN(three),
				  &e);

		json_decref(routes);
		assert_int_equal(r, rows[i].refused ? ERR_FATAL : OK);
		if (rows[i].refused)
			assert_non_null(strstr(e.text, rows[i].refused));
		else
			assert_int_equal(ways_find(w, rows[i].tenant, rows[i].region, &aim),
					 rows[i].by_cost);
		ways_free(w);
	}
}

/* Of the rules that fit a tenant and a country the first one counts, with the terms that it gives.
 */
static void test_whose_rule(void **state)
{
	static const struct {
		const char *tenant, *region, *names;
		int orders[3], weights[3];
		bool limited; /* the first of them */
	} rows[] = {
		{ "acme", "DE", "ca", { 2, 2 }, { 3, 1 }, true },
		{ "acme", "RU", "abc", { 1, 2, 3 }, { 1, 1, 1 }, false },
		{ "globex", "DE", "b", { 1 }, { 1 }, false },
		{ "globex", "RU", "abc", { 1, 2, 3 }, { 1, 1, 1 }, false },
		{ "initech", "DE", "a", { 1 }, { 1 }, false }, /* the tenant counts more */
	};
	json_t *routes =
		json("[{\"tenant\": \"acme\", \"country\": \"DE\", \"providers\": [{\"name\": "
		     "\"c\", \"order\": 2, \"weight\": 3, \"limit\": \"50/s\"}, \"a\"]},"
		     "{\"country\": \"DE\", \"providers\": [\"b\"]},"
		     "{\"tenant\": \"initech\", \"providers\": [\"a\"]}]");
	struct ways *w;
	struct err e;

	(void)state;
	assert_int_equal(ways_load(&w, routes, three, ARRAY_LEN(three), &e), OK);
	json_decref(routes);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct channel_aim aim = { .nways = 0 };

		assert_false(ways_find(w, rows[i].tenant, rows[i].region, &aim));
		assert_int_equal(aim.nways, strlen(rows[i].names));
		for (size_t k = 0; k < aim.nways; k++) {
			assert_int_equal(three[aim.ways[k].route].name[0], rows[i].names[k]);
			assert_int_equal(aim.ways[k].order, rows[i].orders[k]);
			assert_int_equal(aim.ways[k].weight, rows[i].weights[k]);
		}
		assert_int_equal(aim.ways[0].limit.interval_us, rows[i].limited ? 20000 : 0);
	}
	ways_free(w);
}

/* By the settings of an installation, as previews and the tool ask it. */
static void test_estimates(void **state)
{
	static const struct {
		const char *tenant, *number, *region;
		unsigned segments;
		const char *provider, *amount;
	} rows[] = {
		{ "acme", "+79051111111", "RU", 2, "first", "0.14" },
		{ "acme", "+4915111111111", "DE", 1, "first", "" },
		{ "thrifty", "+79051111111", "RU", 2, "second", "0.10" },
		{ "thrifty", "+77011111111", "KZ", 1, "first", "0.07" },
		{ "thrifty", "+4915111111111", "DE", 1, "second", "0.08" },
	};
	json_t *providers = json(
		"[{\"name\": \"first\", \"like\": \"webhook\", \"cost\": {\"currency\": \"EUR\", "
		"\"prefixes\": {\"7\": \"0.07\"}}}, {\"name\": \"second\", \"like\": \"kannel\", "
		"\"order\": 2, \"cost\": {\"currency\": \"EUR\", \"prefixes\": {\"7\": \"0.05\", "
		"\"77\": \"0.09\", \"*\": \"0.08\"}}}]");
	json_t *routes = json("[{\"tenant\": \"thrifty\", \"prefer\": \"cost\", \"providers\": "
			      "[\"first\", \"second\"]}]");
	struct tariffs *t;
	struct err e;

	(void)state;
	assert_int_equal(tariffs_open(&t, providers, routes, "../deploy/providers", &e), OK);
	json_decref(providers);
	json_decref(routes);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tariffs_to to = { rows[i].tenant, rows[i].number, rows[i].region };
		const char *provider;
		struct cost c = tariffs_estimate(t, &to, rows[i].segments, &provider);
		char amount[COST_TEXT_SIZE];

		assert_string_equal(provider, rows[i].provider);
		assert_string_equal(c.currency, rows[i].amount[0] ? "EUR" : "");
		if (c.currency[0])
			assert_string_equal(cost_text(&c, amount), rows[i].amount);
	}
	tariffs_free(t);
}

static void test_nobody_says(void **state)
{
	struct tariffs_to to = { "acme", "+79051111111", "RU" };
	json_t *gone = json("[{\"name\": \"a\", \"like\": \"no-such\"}]");
	const char *provider = "x";
	struct tariffs *t;
	struct err e;

	(void)state;
	assert_int_equal(tariffs_open(&t, NULL, NULL, "../deploy/providers", &e), OK);
	assert_string_equal(tariffs_estimate(t, &to, 1, &provider).currency, "");
	assert_null(provider);
	tariffs_free(t);
	assert_int_equal(tariffs_open(&t, gone, NULL, "../deploy/providers", &e), ERR_FATAL);
	json_decref(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prices),	  cmocka_unit_test(test_every_other_number),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_the_cheapest_first),
		cmocka_unit_test(test_routes),	  cmocka_unit_test(test_whose_rule),
		cmocka_unit_test(test_estimates), cmocka_unit_test(test_nobody_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
