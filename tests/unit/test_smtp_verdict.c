/* From what was heard about one message to its result: every row of the promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "smtp_verdict.h"

#define OK_250                                                                                     \
	{                                                                                          \
		.code = 250, .enhanced = "2.0.0"                                                   \
	}
#define GO_354                                                                                     \
	{                                                                                          \
		.code = 354                                                                        \
	}
#define BYE_421                                                                                    \
	{                                                                                          \
		.code = 421, .enhanced = "4.3.2"                                                   \
	}

static const struct row {
	const char *what;
	struct smtp_trace trace;
	enum reach reach;
	bool route_fault;
	const char *code;
	int reply;
} rows[] = {
	{ "taken",
	  { .mail = OK_250, .rcpt = OK_250, .data = OK_250, .complete = true, .dot = true },
	  REACH_TAKEN,
	  false,
	  NULL,
	  250 },
	{ "another 2yz",
	  { .mail = OK_250,
	    .rcpt = OK_250,
	    .data = { .code = 251 },
	    .complete = true,
	    .dot = true },
	  REACH_TAKEN,
	  false,
	  NULL,
	  251 },
	{ "2yz but not complete",
	  { .mail = OK_250, .rcpt = OK_250, .data = OK_250, .dot = true },
	  REACH_IN_DOUBT,
	  false,
	  "outcome_unknown",
	  250 },
	{ "complete without an answer",
	  { .mail = OK_250, .rcpt = OK_250, .complete = true, .dot = true },
	  REACH_IN_DOUBT,
	  false,
	  "outcome_unknown",
	  250 },
	{ "time-out after the dot: the old 354 is left",
	  { .mail = OK_250, .rcpt = OK_250, .data = GO_354, .dot = true },
	  REACH_IN_DOUBT,
	  false,
	  "outcome_unknown",
	  354 },
	{ "cut before the dot",
	  { .mail = OK_250, .rcpt = OK_250, .data = GO_354 },
	  REACH_NOT_SENT,
	  false,
	  "provider_unavailable",
	  354 },
	{ "sender refused",
	  { .mail = { .code = 553, .enhanced = "5.1.8" } },
	  REACH_REFUSED,
	  false,
	  "sender_not_allowed",
	  553 },
	{ "recipient refused",
	  { .mail = OK_250, .rcpt = { .code = 550, .enhanced = "5.1.1" }, .data = { .code = 554 } },
	  REACH_REFUSED,
	  false,
	  "mailbox_unknown",
	  550 },
	{ "recipient refused, 5yz completes it",
	  { .mail = OK_250,
	    .rcpt = { .code = 550, .enhanced = "5.1.1" },
	    .data = OK_250,
	    .complete = true },
	  REACH_REFUSED,
	  false,
	  "mailbox_unknown",
	  550 },
	{ "DATA refused",
	  { .mail = OK_250, .rcpt = OK_250, .data = { .code = 451 } },
	  REACH_REFUSED,
	  false,
	  "throttled",
	  451 },
	{ "refused after the dot",
	  { .mail = OK_250,
	    .rcpt = OK_250,
	    .data = { .code = 554, .enhanced = "5.7.1" },
	    .complete = true,
	    .dot = true },
	  REACH_REFUSED,
	  false,
	  "policy_blocked",
	  554 },
	{ "421 after the dot is an answer",
	  { .mail = OK_250, .rcpt = OK_250, .data = BYE_421, .dot = true },
	  REACH_REFUSED,
	  false,
	  "provider_unavailable",
	  421 },
	{ "421 to DATA",
	  { .mail = OK_250, .rcpt = OK_250, .data = BYE_421 },
	  REACH_NOT_SENT,
	  false,
	  "provider_unavailable",
	  421 },
	{ "421 to MAIL",
	  { .mail = BYE_421, .reused = true },
	  REACH_NOT_SENT,
	  false,
	  "provider_unavailable",
	  421 },
	{ "nothing at all on a new connection",
	  { 0 },
	  REACH_NOT_SENT,
	  true,
	  "provider_unavailable",
	  0 },
	{ "nothing at all on an old one",
	  { .reused = true },
	  REACH_NOT_SENT,
	  false,
	  "provider_unavailable",
	  0 },
	{ "cut by us", { .ours = true }, REACH_NOT_SENT, false, "provider_unavailable", 0 },
	{ "cut by us after the dot",
	  { .mail = OK_250, .rcpt = OK_250, .data = GO_354, .dot = true, .ours = true },
	  REACH_IN_DOUBT,
	  false,
	  "outcome_unknown",
	  354 },
	{ "530 is the relay's",
	  { .mail = { .code = 530, .enhanced = "5.7.0" } },
	  REACH_NOT_SENT,
	  true,
	  "auth_failed",
	  530 },
	{ "no name", { .fault = SMTP_FAULT_DNS }, REACH_NOT_SENT, true, "dns_temporary", 0 },
	{ "no connection",
	  { .fault = SMTP_FAULT_CONNECT },
	  REACH_NOT_SENT,
	  true,
	  "connect_failed",
	  0 },
	{ "no greeting",
	  { .fault = SMTP_FAULT_GREETING },
	  REACH_NOT_SENT,
	  true,
	  "provider_unavailable",
	  0 },
	{ "421 as greeting",
	  { .fault = SMTP_FAULT_GREETING, .session = { .code = 421, .enhanced = "4.7.0" } },
	  REACH_NOT_SENT,
	  true,
	  "throttled",
	  421 },
	{ "no TLS", { .fault = SMTP_FAULT_TLS }, REACH_NOT_SENT, true, "tls_failed", 0 },
	{ "not let in",
	  { .fault = SMTP_FAULT_AUTH, .session = { .code = 535 } },
	  REACH_NOT_SENT,
	  true,
	  "auth_failed",
	  535 },
	{ "not let in for now",
	  { .fault = SMTP_FAULT_AUTH, .session = { .code = 454 } },
	  REACH_NOT_SENT,
	  true,
	  "provider_unavailable",
	  454 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mail_result r = smtp_verdict(&rows[i].trace);

		if (r.reach != rows[i].reach || r.route_fault != rows[i].route_fault)
			fail_msg("%s: reach %d, route %d", rows[i].what, r.reach, r.route_fault);
		if (!r.code != !rows[i].code || (r.code && strcmp(r.code, rows[i].code) != 0))
			fail_msg("%s: code %s", rows[i].what, r.code ? r.code : "none");
		if (r.reply.code != rows[i].reply)
			fail_msg("%s: reply %d", rows[i].what, r.reply.code);
	}
}

/* Over all combinations: a message whose dot has begun is never called safe unless it was refused
   in words, and nothing is taken without both words of it. */
static void test_promise(void **state)
{
	static const int codes[] = { 0, 200, 250, 354, 421, 450, 530, 550, 999 };
	const size_t n = ARRAY_LEN(codes);

	(void)state;
	for (size_t i = 0; i < n * n * n * 16; i++) {
		struct smtp_trace t = {
			.mail.code = codes[i / 16 % n],
			.rcpt.code = codes[i / 16 / n % n],
			.data.code = codes[i / 16 / n / n],
			.complete = i & 1,
			.dot = i & 2,
			.reused = i & 4,
			.ours = i & 8,
		};
		struct mail_result r = smtp_verdict(&t);

		if (r.reach == REACH_TAKEN)
			assert_true(t.complete && t.data.code / 100 == 2 && !r.code);
		else
			assert_non_null(r.code);
		if (t.dot && r.reach == REACH_NOT_SENT)
			assert_int_equal(r.reply.code, 530);
		if (r.reach == REACH_REFUSED)
			assert_in_range(r.reply.code, 400, 599);
		if (r.reach == REACH_IN_DOUBT)
			assert_true(t.dot && !r.route_fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
