/* What relays say: read from a file of replies as they are written in the field, and told without
   addresses, numbers and tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codes.h"
#include "mem.h"
#include "smtp_reply.h"
#include "smtp_text.h"

static void check_row(const char *line)
{
	char code[40], class, flags;
	long long wait_s;
	int number, end = 0;
	struct smtp_reading got;
	struct reply r;

	assert_int_equal(sscanf(line, "%39s %c %c %lld %n", code, &class, &flags, &wait_s, &end),
			 4);
	number = (int)strtol(line + end, NULL, 10);
	smtp_text_reply(&r, number, NULL, strlen(line + end) > 4 ? line + end + 4 : NULL);
	got = smtp_reply_read(&r);
	if (code[0] == '-') {
		assert_null(got.code);
		return;
	}
	if (!got.code || strcmp(got.code, code) != 0 || got.class != class)
		fail_msg("%s: got %s %c", line, got.code ? got.code : "yes", got.class);
	if (got.suppress != (flags == 's') || got.route_fault != (flags == 'r'))
		fail_msg("%s: suppress %d, route %d", line, got.suppress, got.route_fault);
	if (got.retry_after_ms != wait_s * 1000)
		fail_msg("%s: wait %lld ms", line, (long long)got.retry_after_ms);
	assert_non_null(codes_find(code));
	assert_int_equal(codes_find(code)->class, class);
}

static void test_replies(void **state)
{
	char line[512];
	FILE *f = fopen("unit/cases/smtp_reply/replies.txt", "r");
	int rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		check_row(line);
		rows++;
	}
	fclose(f);
	assert_true(rows >= 80);
}

/* Whatever the three digits and the triple: an answer that is not a yes has a code of the
   catalogue, only an address that is known to be dead is suppressed, and no policy ever does it. */
static void test_every_number(void **state)
{
	static const char *const words[] = { "", "user unknown", "spam", "quota",
					     "try again in 5 minutes" };

	(void)state;
	for (int number = 0; number < 1000; number++)
		for (int subject = 0; subject < 9; subject++)
			for (size_t w = 0; w < ARRAY_LEN(words); w++) {
				struct reply r;
				struct smtp_reading got;
				char triple[12];

				snprintf(triple, sizeof(triple), "%d.%d.%d", number / 100, subject,
					 number % 20);
				smtp_text_reply(&r, number, triple, words[w]);
				got = smtp_reply_read(&r);
				assert_int_equal(got.code == NULL, number / 100 == 2);
				assert_true(!got.code || codes_find(got.code));
				assert_true(!got.suppress || got.class == 'P');
				assert_true(subject != 7 || !got.suppress || number == 556);
				if (number / 100 == 4)
					assert_true(got.class == 'T' || got.class == 'C');
			}
}

static const struct told {
	int code;
	const char *text, *reason;
} told[] = {
	{ 550, "5.1.1 <ivan.petrov@x.example>: user unknown", "550 5.1.1 <address>: user unknown" },
	{ 550, "5.1.1 ivan.petrov@x.example unknown", "550 5.1.1 <address> unknown" },
	{ 550, "unknown: ivan%40x.example, sorry", "550 unknown: <address>, sorry" },
	{ 550, "<ivan> is not here", "550 <address> is not here" },
	{ 550, "cut off: <ivan.pet", "550 cut off: <address>" },
	{ 550, "\"Ivan\" (ivan@x.example)", "550 \"Ivan\" (<address>)" },
	{ 550, "mailto:ivan@x.example;now", "550 <address>;now" },
	{ 450, "call +7 905 111-11-11 or (495) 1234567", "450 call <number> or (<number>" },
	{ 450, "try again in 300 seconds", "450 try again in 300 seconds" },
	{ 450, "job 12345 waits", "450 job <number> waits" },
	{ 450, "session abc12345xyz ended", "450 session abc<number>xyz ended" },
	{ 535, "5.7.8 bad: dXNlcjpwYXNzd29yZA2", "535 5.7.8 bad: <token>" },
	{ 550, "see https://help.example/NoSuchUser d9443c01a7336abcd - gsmtp",
	  "550 see https://help.example/NoSuchUser <token> - gsmtp" },
	{ 250, "2.0.0 Ok: queued as 4XyZ", "250 2.0.0 Ok: queued as 4XyZ" },
	{ 550, "5.1.1\r\n5.1.1 two\tlines\r\n", "550 5.1.1 5.1.1 two lines" },
	{ 550, "\x1b[31m\xd0\xbd\xd0\xb5\xd1\x82", "550 ?[31m??????" },
	{ 421, "", "421" },
	{ 0, "", "0" },
};

static void test_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		char out[SMTP_REASON_SIZE];
		struct reply r;

		smtp_text_reply(&r, told[i].code, NULL, told[i].text);
		assert_string_equal(smtp_text_reason(&r, out), told[i].reason);
	}
}

/* Nothing of an address is told wherever the text had to be cut. */
static void test_cut_between_words(void **state)
{
	(void)state;
	for (size_t lead = 100; lead < 400; lead++) {
		char text[500], out[SMTP_REASON_SIZE];
		struct reply r;

		memset(text, 'x', lead);
		for (size_t i = 9; i < lead; i += 10)
			text[i] = ' ';
		snprintf(text + lead, sizeof(text) - lead, " canary@canary.example is unknown");
		smtp_text_reply(&r, 550, NULL, text);
		smtp_text_reason(&r, out);
		assert_null(strstr(out, "cana"));
		assert_true(strlen(out) < SMTP_REASON_SIZE);
	}
}

/* Addresses of every shape, alone and in the middle of what may stand next to them. */
static void test_no_address_survives(void **state)
{
	static const char *const around[] = { "%s",   "<%s>",	"a %s b", "\"%s\"",
					      "(%s)", "to=%s,", "[%s]",	  "%s:" };
	static const char *const addresses[] = { "canary@x.example", "a.canary+tag@x.example",
						 "canary%40x.example", "mailto:canary@x.example",
						 "canary@[192.0.2.1]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(around); i++)
		for (size_t j = 0; j < ARRAY_LEN(addresses); j++) {
			char text[200], out[SMTP_REASON_SIZE];
			struct reply r;

			snprintf(text, sizeof(text), around[i], addresses[j]);
			smtp_text_reply(&r, 550, NULL, text);
			assert_null(strstr(smtp_text_reason(&r, out), "canary"));
		}
}

static void test_enhanced_codes(void **state)
{
	struct reply r;

	(void)state;
	smtp_text_reply(&r, 550, "5.1.1", "who?");
	assert_string_equal(r.enhanced, "5.1.1");
	assert_string_equal(r.text, "who?");
	smtp_text_reply(&r, 550, NULL, "4.1.1 of another class");
	assert_string_equal(r.enhanced, "");
	smtp_text_reply(&r, 550, NULL, "5.1.1000 is too long");
	assert_string_equal(r.enhanced, "");
	smtp_text_reply(&r, 550, NULL, "5.123.456");
	assert_string_equal(r.enhanced, "5.123.456");
	assert_string_equal(r.text, "");
	smtp_text_reply(&r, 550, NULL, NULL);
	assert_int_equal(r.code, 550);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_cut_between_words),
		cmocka_unit_test(test_no_address_survives),
		cmocka_unit_test(test_enhanced_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
