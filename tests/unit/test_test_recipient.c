/* Recipients that nobody has: what each ends in, and that nobody else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "courier_priv.h"
#include "mem.h"
#include "test_recipient.h"

#define AT TEST_RECIPIENT_DOMAIN

static const struct {
	const char *to;
	int64_t attempt;
	bool is_one;
	enum reach reach;
	const char *code, *receipt, *receipt_code;
} rows[] = {
	{ "sent" AT, 1, true, REACH_TAKEN, NULL, NULL, NULL },
	{ "sent+ann" AT, 1, true, REACH_TAKEN, NULL, NULL, NULL },
	{ "delivered+1" AT, 1, true, REACH_TAKEN, NULL, "delivered", NULL },
	{ "undelivered" AT, 1, true, REACH_TAKEN, NULL, "undelivered", "mailbox_unknown" },
	{ "unknown" AT, 1, true, REACH_IN_DOUBT, NULL, NULL, NULL },
	{ "retry" AT, 1, true, REACH_REFUSED, "mailbox_full", NULL, NULL },
	{ "retry" AT, 2, true, REACH_TAKEN, NULL, NULL, NULL },
	{ "mailbox_unknown" AT, 1, true, REACH_REFUSED, "mailbox_unknown", NULL, NULL },
	{ "content_rejected+x+y" AT, 1, true, REACH_REFUSED, "content_rejected", NULL, NULL },
	{ "+447700900000", 1, true, REACH_TAKEN, NULL, NULL, NULL },
	{ "+447700900001", 1, true, REACH_TAKEN, NULL, "delivered", NULL },
	{ "+447700900002", 1, true, REACH_TAKEN, NULL, "undelivered", "handset_unknown" },
	{ "+447700900004", 1, true, REACH_REFUSED, "handset_unreachable", NULL, NULL },
	{ "+447700900004", 2, true, REACH_TAKEN, NULL, NULL, NULL },
	{ "+447700900009", 1, true, REACH_REFUSED, "number_barred", NULL, NULL },
	{ "ann" AT, 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "auth_failed" AT, 1, false, REACH_TAKEN, NULL, NULL, NULL }, /* it would close a route */
	{ "already_invited" AT, 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "sent@corp.internal", 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "sent@x.test.beckon.invalid", 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "+4477009000011", 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "+44770090001", 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "+447700900010", 1, false, REACH_TAKEN, NULL, NULL, NULL },
	{ "", 1, false, REACH_TAKEN, NULL, NULL, NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_recipient t;

		if (test_recipient_find(rows[i].to, rows[i].attempt, &t) != rows[i].is_one)
			fail_msg("%s", rows[i].to);
		if (!rows[i].is_one)
			continue;
		assert_int_equal(t.result.reach, rows[i].reach);
		assert_string_equal(t.result.code ? t.result.code : "",
				    rows[i].code ? rows[i].code : "");
		assert_string_equal(t.receipt ? t.receipt : "",
				    rows[i].receipt ? rows[i].receipt : "");
		assert_string_equal(t.receipt_code ? t.receipt_code : "",
				    rows[i].receipt_code ? rows[i].receipt_code : "");
	}
}

/* They are anybody's where the tenant has not asked for them. */
static void test_whose(void **state)
{
	struct tenant tenant = { .test_recipients = false };
	struct parcel p = { .tenant = &tenant, .job = { .to = "delivered" AT, .attempt = 1 } };

	(void)state;
	assert_false(courier_test_answers(&p));
	assert_false(p.tested);
	tenant.test_recipients = true;
	assert_true(courier_test_answers(&p));
	assert_true(p.tested && p.elsewhere);
	assert_string_equal(p.test_receipt, "delivered");
	p.job.to = "ann@corp.internal";
	assert_false(courier_test_answers(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
					    cmocka_unit_test(test_whose) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
