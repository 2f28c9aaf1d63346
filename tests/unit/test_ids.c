/* Computed ids: fixed for ever, since topics and Redis outlive versions. The expected values come
   from an independent implementation (Python's hashlib). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto.h"
#include "ids.h"
#include "mem.h"

#define NAME64 "0123456789012345678901234567890123456789012345678901234567890123"

static void test_delivery_both_ways(void **state)
{
	static const char *const good[] = {
		"acme/inv-1.1.email.0",
		"A_b-9/_.0.sms.3",
		NAME64 "/" NAME64 ".2147483647.channela.2147483647",
	};
	char out[IDS_DELIVERY_SIZE];
	struct delivery d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(ids_delivery_parse(good[i], &d, NULL), OK);
		assert_string_equal(ids_delivery_build(&d, out), good[i]);
	}
	assert_int_equal(ids_delivery_parse("acme/inv-1.4.sms.2", &d, NULL), OK);
	assert_string_equal(d.tenant, "acme");
	assert_string_equal(d.invite, "inv-1");
	assert_int_equal(d.generation, 4);
	assert_string_equal(d.channel, "sms");
	assert_int_equal(d.n, 2);
}

static void test_delivery_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"acme",
		"acme/",
		"acme/inv",
		"acme/inv.1",
		"acme/inv.1.email",
		"acme/inv.1.email.",
		"/inv.1.email.0",
		"acme/.1.email.0",
		"acme/inv..email.0",
		"acme/inv.1..0",
		"acme/inv.01.email.0",
		"acme/inv.1.email.00",
		"acme/inv.+1.email.0",
		"acme/inv. 1.email.0",
		"acme/inv.-1.email.0",
		"acme/inv.1.email.0 ",
		"acme/inv.1.email.0\n",
		"acme/inv.1.email.0.0",
		"acme/inv.1.EMAIL.0",
		"acme/inv.1.channelab.0",
		"acme/inv.2147483648.email.0",
		"acme/inv.99999999999999999999.email.0",
		"ac me/inv.1.email.0",
		"acme/a/b.1.email.0",
		"acm\xc3\xa9/inv.1.email.0",
		NAME64 "0/inv.1.email.0",
		"acme/" NAME64 "0.1.email.0",
	};
	struct delivery d = { .tenant = "kept" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(ids_delivery_parse(bad[i], &d, &e), ERR_INVALID);
	assert_string_equal(d.tenant, "kept");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(ids_name_ok("a", 1));
	assert_true(ids_name_ok(NAME64, 64));
	assert_false(ids_name_ok(NAME64 "x", 65));
	assert_false(ids_name_ok("", 0));
	assert_false(ids_name_ok("a.b", 3));
	assert_false(ids_name_ok("a\0b", 3));
}

static void test_outcome(void **state)
{
	char out[IDS_OUTCOME_SIZE], other[IDS_OUTCOME_SIZE];
	struct ids_event event = { "/hr", "e1" };

	(void)state;
	ids_outcome_of_delivery("acme", "acme/inv-1.1.email.0", 2, "sent", out);
	assert_string_equal(out, "lnhqqxeqevh5zhi3r2kq2z4xte");
	ids_outcome_of_delivery("acme", "acme/inv-1.1.email.0", 3, "sent", other);
	assert_string_not_equal(out, other);
	ids_outcome_of_delivery("acme", "acme/inv-1.1.email.0", 2, "deferred", other);
	assert_string_not_equal(out, other);

	ids_outcome_of_event("acme", event, 0, "refused", out);
	assert_string_equal(out, "rgv46mes5uxq3lji7knourjh7m");
	ids_outcome_of_delivery("acme", "/hr", 0, "refused", other);
	assert_string_not_equal(out, other);
}

static void test_event_hash(void **state)
{
	char out[IDS_HASH_SIZE], other[IDS_HASH_SIZE];

	(void)state;
	ids_event_hash((struct ids_event){ "/hr", "e1" }, out);
	assert_string_equal(out, "REs0he2JmdpW9qMo_c4puQ");
	ids_event_hash((struct ids_event){ "/hre", "1" }, other);
	assert_string_not_equal(out, other);
}

static void test_recipient_hash(void **state)
{
	static const char key[] = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
	struct ids_recipient anna = { "email", "anna@example.com" };
	char out[IDS_HASH_SIZE], other[IDS_HASH_SIZE];

	(void)state;
	ids_recipient_hash(key, 32, anna, out);
	assert_string_equal(out, "mp3Os1XwbAWb8HzKCRs_dQ");
	ids_recipient_hash(key, 31, anna, other);
	assert_string_not_equal(out, other);
}

static void test_key(void **state)
{
	char out[IDS_KEY_SIZE];

	(void)state;
	assert_string_equal(ids_key("acme", "inv-1", out), "acme/inv-1");
	assert_string_equal(ids_key(NAME64, NAME64, out), NAME64 "/" NAME64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delivery_both_ways),
		cmocka_unit_test(test_delivery_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_event_hash),
		cmocka_unit_test(test_recipient_hash),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
