/* What several couriers tell of the same routes becomes one list, and how often something happened
   lately. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem.h"
#include "routes_seen.h"
#include "routing.h"

static json_t *merge(const char *reports)
{
	json_error_t error;
	json_t *parsed = json_loads(reports, 0, &error), *items;

	if (!parsed)
		fail_msg("%s at %d", error.text, error.position);
	items = routes_merge(parsed);
	json_decref(parsed);
	return items;
}

static void expect(const json_t *item, const char *wanted)
{
	json_t *parsed = json_loads(wanted, 0, NULL);
	char *said = json_dumps(item, JSON_SORT_KEYS);

	assert_non_null(parsed);
	if (!json_equal((json_t *)item, parsed))
		fail_msg("%s\ninstead of\n%s", said, wanted);
	free(said);
	json_decref(parsed);
}

#define HEAD(n)                                                                                    \
	"\"email/" n "\":{\"v\":1,\"channel\":\"email\",\"routes\":[{\"route\":\"mx\","            \
	"\"order\":2,\"weight\":3,\"sessions\":4,\"interval_us\":500000,"

static void test_worst_is_told(void **state)
{
	json_t *items = merge("{" HEAD(
		"a") "\"state\":\"up\",\"since\":1000,\"in_flight\":2,"
		     "\"per_minute\":10,\"errors_per_minute\":0,"
		     "\"code\":\"throttled\",\"code_at\":5000}]}," HEAD(
			     "b") "\"state\":\"closed\",\"since\":2000,\"why\":\"mx: refused\","
				  "\"in_flight\":0,\"per_minute\":5,\"errors_per_minute\":1,"
				  "\"code\":\"connect_failed\",\"code_at\":4000}]}," HEAD(
					  "c") "\"state\":\"closed\",\"since\":3000,\"in_flight\":"
					       "1,"
					       "\"per_minute\":0,\"errors_per_minute\":2}]}}");

	(void)state;
	assert_int_equal(json_array_size(items), 1);
	expect(json_array_get(items, 0),
	       "{\"channel\":\"email\",\"route\":\"mx\",\"order\":2,\"weight\":3,\"sessions\":12,"
	       "\"couriers\":3,\"limit_per_s\":2.0,\"state\":\"closed\",\"seen_by\":2,"
	       "\"since\":\"1970-01-01T00:00:02.000Z\",\"why\":\"mx: refused\",\"in_flight\":3,"
	       "\"per_minute\":15,\"errors_per_minute\":3,\"code\":\"throttled\","
	       "\"code_at\":\"1970-01-01T00:00:05.000Z\"}");
	json_decref(items);
}

#define STAND(word) "\"state\":\"" word "\",\"since\":1000,\"reason\":\"slow\""

static void test_regions_and_channels(void **state)
{
	json_t *items = merge(
		"{\"email/a\":{\"v\":1,\"channel\":\"email\",\"routes\":[{"
		"\"route\":\"one\"," STAND(
			"up") "}]},"
			      "\"sms/"
			      "a\":{\"v\":1,\"channel\":\"sms\",\"routes\":[{\"route\":"
			      "\"one\"," STAND("up") ",\"regions\":[{\"region\":\"RU\"," STAND(
				      "up") "},"
					    "{\"region\":\"KZ\"," STAND(
						    "passed_over") "}]}]},"
								   "\"sms/"
								   "b\":{\"v\":1,\"channel\":"
								   "\"sms\",\"routes\":[{\"route\":"
								   "\"one\"," STAND(
									   "up") ",\"regions\":[{"
										 "\"region\":"
										 "\"KZ\"," STAND(
											 "u"
											 "p") "}]}]"
											      "}}");
	json_t *sms = json_array_get(items, 1), *kz;

	(void)state;
	assert_int_equal(json_array_size(items), 2);
	assert_int_equal(json_array_size(json_object_get(sms, "regions")), 2);
	kz = json_array_get(json_object_get(sms, "regions"), 1);
	expect(kz, "{\"region\":\"KZ\",\"state\":\"passed_over\",\"reason\":\"slow\",\"seen_by\":1,"
		   "\"since\":\"1970-01-01T00:00:01.000Z\",\"in_flight\":0,\"per_minute\":0,"
		   "\"errors_per_minute\":0}");
	assert_null(json_object_get(json_array_get(items, 0), "regions"));
	json_decref(items);
}

static void test_strangers(void **state)
{
	static const char *const none[] = {
		"{}",
		"{\"email/a\":{\"v\":2,\"channel\":\"email\",\"routes\":[{\"route\":\"mx\"}]}}",
		"{\"email/a\":{\"v\":1,\"channel\":\"email\",\"routes\":7}}",
		"{\"email/a\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		json_t *items = merge(none[i]);

		assert_int_equal(json_array_size(items), 0);
		json_decref(items);
	}
}

static void test_tally(void **state)
{
	struct tally t = { 0 };

	(void)state;
	assert_int_equal(tally_minute(&t, 5000), 0);
	for (int64_t s = 0; s < 300; s++)
		tally_note(&t, s * 1000);
	assert_int_equal(tally_minute(&t, 299000), 60);
	assert_int_equal(tally_minute(&t, 329000), 30);
	assert_int_equal(tally_minute(&t, 359000), 0);
	tally_note(&t, 400000);
	assert_int_equal(tally_minute(&t, 400000), 1);
	tally_note(&t, 425000); /* what lies between is empty, and not what was there before */
	assert_int_equal(tally_minute(&t, 425000), 2);
	tally_note(&t, 100000000);
	assert_int_equal(tally_minute(&t, 100000000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worst_is_told),
		cmocka_unit_test(test_regions_and_channels),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_tally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
