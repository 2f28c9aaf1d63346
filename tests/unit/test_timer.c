/* When an invite is next looked at, and the event that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "timer.h"

#define SENT INT64_C(1800000000000)
#define HOUR ((int64_t)3600 * 1000)

/* Of a link of 24 hours; times in hours after it was sent. */
static const struct {
	const char *what;
	struct tenant_reminder reminders;
	int64_t told, now;
	enum timer_what next;
	int64_t due;
	enum timer_what is_due;
	int64_t ladder, receipt; /* 0 = none */
} rows[] = {
	/* clang-format off */
	{ "just sent",                     { 1, 50, 100 }, 0, 0,  TIMER_REMINDER, 12, TIMER_NONE, 0, 0 },
	{ "the reminder's time",           { 1, 50, 100 }, 0, 12, TIMER_EXPIRY,   24, TIMER_REMINDER, 0, 0 },
	{ "it is told",                    { 1, 50, 100 }, 1, 12, TIMER_EXPIRY,   24, TIMER_NONE, 0, 0 },
	{ "the end",                       { 1, 50, 100 }, 1, 24, TIMER_EXPIRY,   24, TIMER_EXPIRY, 0, 0 },
	{ "the end, no reminder told",     { 1, 50, 100 }, 0, 24, TIMER_EXPIRY,   24, TIMER_EXPIRY, 0, 0 },
	{ "long after",                    { 1, 50, 100 }, 0, 99, TIMER_EXPIRY,   24, TIMER_EXPIRY, 0, 0 },
	{ "the second of two",             { 2, 50, 100 }, 1, 12, TIMER_REMINDER, 18, TIMER_NONE, 0, 0 },
	{ "two, late: one is left out",    { 2, 50, 100 }, 0, 19, TIMER_EXPIRY,   24, TIMER_REMINDER, 0, 0 },
	{ "two at three quarters",         { 2, 75, 100 }, 0, 0,  TIMER_REMINDER, 18, TIMER_NONE, 0, 0 },
	{ "off",                           { 0, 50, 100 }, 0, 13, TIMER_EXPIRY,   24, TIMER_NONE, 0, 0 },
	{ "more than there may be",        { 9, 50, 100 }, 2, 19, TIMER_EXPIRY,   24, TIMER_NONE, 0, 0 },
	{ "no share of the window",        { 1, 0, 0 },    0, 0,  TIMER_EXPIRY,   24, TIMER_NONE, 0, 0 },
	{ "an SMS first",                  { 1, 50, 100 }, 0, 0,  TIMER_LADDER,   6,  TIMER_NONE,     6, 0 },
	{ "its time",                      { 1, 50, 100 }, 0, 6,  TIMER_REMINDER, 12, TIMER_LADDER,   6, 0 },
	{ "both late: the SMS",            { 1, 50, 100 }, 0, 13, TIMER_EXPIRY,   24, TIMER_LADDER,   6, 0 },
	{ "an SMS behind the reminder",    { 1, 50, 100 }, 0, 0,  TIMER_REMINDER, 12, TIMER_NONE,     20, 0 },
	{ "an SMS behind the end",         { 0, 0, 0 },    0, 0,  TIMER_EXPIRY,   24, TIMER_NONE,     25, 0 },
	{ "a receipt is waited for",       { 0, 0, 0 },    0, 1,  TIMER_RECEIPT,  9,  TIMER_NONE,     0, 9 },
	{ "in vain",                       { 0, 0, 0 },    0, 9,  TIMER_EXPIRY,   24, TIMER_RECEIPT,  0, 9 },
	{ "the end comes first",           { 0, 0, 0 },    0, 25, TIMER_EXPIRY,   24, TIMER_EXPIRY,   0, 9 },
	/* clang-format on */
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct timer_facts f = { .sent_ms = SENT,
					 .expires_ms = SENT + 24 * HOUR,
					 .reminders = rows[i].reminders,
					 .told = rows[i].told,
					 .now_ms = SENT + rows[i].now * HOUR };

		if (rows[i].ladder)
			f.ladder_ms = SENT + rows[i].ladder * HOUR;
		if (rows[i].receipt)
			f.receipt_ms = SENT + rows[i].receipt * HOUR;
		struct timer t = timer_next(&f);

		if (t.what != rows[i].next || t.due_ms != SENT + rows[i].due * HOUR ||
		    timer_due(&f) != rows[i].is_due)
			fail_msg("%s: %d in %lld h, due %d", rows[i].what, t.what,
				 (long long)(t.due_ms - SENT) / HOUR, timer_due(&f));
	}
}

static void test_no_link(void **state)
{
	struct timer_facts f = { .reminders = { 1, 50, 100 }, .now_ms = SENT };

	(void)state;
	assert_int_equal(timer_next(&f).what, TIMER_NONE);
	assert_int_equal(timer_due(&f), TIMER_NONE);
}

/* A password has no link; its receipt is waited for all the same. */
static void test_a_receipt_alone(void **state)
{
	struct timer_facts f = { .now_ms = SENT, .receipt_ms = SENT + 1, .ladder_ms = SENT + 1 };

	(void)state;
	assert_int_equal(timer_next(&f).what, TIMER_RECEIPT);
	f.now_ms++;
	assert_int_equal(timer_due(&f), TIMER_RECEIPT);
	assert_int_equal(timer_next(&f).what, TIMER_NONE);
}

static void test_ladder_after(void **state)
{
	(void)state;
	assert_true(timer_ladder_after(3600, 86400) == HOUR);
	assert_true(timer_ladder_after(86400, 86400) == 12 * HOUR); /* else it would never come */
}

static void test_armed(void **state)
{
	struct timer_for whose = { "acme", "i-1", 2, timer_first_turn(2) };
	struct timer_armed t;

	(void)state;
	timer_arm(&whose, (struct timer){ TIMER_EXPIRY, 77 }, "requests", &t);
	assert_string_equal(t.item.id, "acme/i-1.timer");
	assert_string_equal(t.item.key, "acme/i-1");
	assert_string_equal(t.item.topic, "requests");
	assert_string_equal(t.item.reason, "expiry");
	assert_int_equal(t.item.due_ms, 77);
	assert_int_equal(t.item.turn, 2001);
	assert_string_equal(t.event, "acme/i-1.2.timer.2001");
	assert_string_equal(t.item.value,
			    "{\"tenant\":\"acme\",\"invite\":\"i-1\",\"generation\":2}");
	assert_true(timer_first_turn(3) > timer_first_turn(2));
}

/* The longest names still make an event that can be read. */
static void test_longest_names(void **state)
{
	char name[IDS_NAME_MAX + 1];
	struct timer_for whose = { name, name, IDS_NUMBER_MAX, IDS_NUMBER_MAX };
	struct timer_armed a, b;
	struct cloudevent event;
	struct err e;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[IDS_NAME_MAX] = '\0';
	timer_arm(&whose, (struct timer){ TIMER_REMINDER, 1 }, "requests", &a);
	whose.invite = "i-1";
	timer_arm(&whose, (struct timer){ TIMER_REMINDER, 1 }, "requests", &b);
	assert_string_not_equal(a.event, b.event);

	struct record r = { .topic = "requests",
			    .key = a.key,
			    .key_len = strlen(a.key),
			    .value = a.item.value,
			    .value_len = a.item.value_len,
			    .headers = a.headers,
			    .header_count = a.item.header_count };

	if (cloudevent_read(&r, CLOUDEVENT_PREFIX, &event, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(event.type, "invite.reminder-due");
	cloudevent_clear(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_link),
		cmocka_unit_test(test_a_receipt_alone),
		cmocka_unit_test(test_ladder_after),
		cmocka_unit_test(test_armed),
		cmocka_unit_test(test_longest_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
