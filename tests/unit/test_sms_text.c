/* The length of SMS, by alphabet; what forces UCS-2; look-alikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "sms_text.h"

/* Up to three runs: a text, and how many times it stands there. */
struct run_of {
	const char *text;
	int times;
};

static const struct row {
	struct run_of runs[3];
	enum sms_encoding encoding;
	size_t units, segments, room;
} rows[] = {
	{ { { "", 0 } }, SMS_GSM, 0, 0, 160 },
	{ { { "a", 160 } }, SMS_GSM, 160, 1, 0 },
	{ { { "a", 161 } }, SMS_GSM, 161, 2, 145 },
	{ { { "a", 306 } }, SMS_GSM, 306, 2, 0 },
	{ { { "a", 307 } }, SMS_GSM, 307, 3, 152 },
	{ { { "a", 918 } }, SMS_GSM, 918, 6, 0 },
	{ { { "a", 919 } }, SMS_GSM, 919, 7, 152 },
	{ { { "я", 70 } }, SMS_UCS2, 70, 1, 0 },
	{ { { "я", 71 } }, SMS_UCS2, 71, 2, 63 },
	{ { { "я", 134 } }, SMS_UCS2, 134, 2, 0 },
	{ { { "я", 135 } }, SMS_UCS2, 135, 3, 66 },
	{ { { "a", 99 }, { "я", 1 } }, SMS_UCS2, 100, 2, 34 },
	/* the extension table: two septets, in one segment */
	{ { { "a", 158 }, { "€", 1 } }, SMS_GSM, 160, 1, 0 },
	{ { { "a", 159 }, { "€", 1 } }, SMS_GSM, 161, 2, 145 },
	{ { { "a", 152 }, { "€", 1 }, { "a", 152 } }, SMS_GSM, 306, 3, 152 },
	{ { { "^{}\\[~]|€\f", 1 } }, SMS_GSM, 20, 1, 140 },
	/* surrogate pairs too */
	{ { { "😀", 35 } }, SMS_UCS2, 70, 1, 0 },
	{ { { "😀", 67 } }, SMS_UCS2, 134, 3, 65 },
	{ { { "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà", 1 } },
	  SMS_GSM,
	  65,
	  1,
	  95 },
};

static void build(const struct run_of runs[3], struct buf *out)
{
	for (size_t i = 0; i < 3; i++)
		for (int k = 0; k < runs[i].times; k++)
			buf_str(out, runs[i].text);
}

static void test_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autobuf text = BUF_INIT(0);
		struct sms_count count;

		build(rows[i].runs, &text);
		assert_int_equal(sms_text_count(text.data ? text.data : "", text.len, &count, NULL),
				 OK);
		assert_int_equal(count.encoding, rows[i].encoding);
		assert_int_equal(count.units, rows[i].units);
		assert_int_equal(count.segments, rows[i].segments);
		assert_int_equal(count.room, rows[i].room);
		assert_int_equal(count.culprit != 0, rows[i].encoding == SMS_UCS2);
	}
}

static void test_culprits(void **state)
{
	static const struct {
		const char *text, *name;
		size_t at;
	} cases[] = {
		{ "a`b", "'`' (U+0060)", 2 },
		{ "\tb", "a tab (U+0009)", 1 },
		{ "ç", "'ç' (U+00E7)", 1 },
		{ "Çaá", "'á' (U+00E1)", 3 },
		{ "é\u00a0", "a no-break space (U+00A0)", 2 },
		{ "it’s", "'’' (U+2019)", 3 },
		{ "до 😀", "'д' (U+0434)", 1 },
		{ "€€😀", "'😀' (U+1F600)", 3 },
		{ "a\x7f", "a control character (U+007F)", 2 },
		{ "\u200b", "a zero-width space (U+200B)", 1 },
	};
	char name[SMS_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sms_count count;

		assert_int_equal(sms_text_count(cases[i].text, strlen(cases[i].text), &count, NULL),
				 OK);
		assert_string_equal(sms_text_name(count.culprit, name), cases[i].name);
		assert_int_equal(count.culprit_at, cases[i].at);
	}
}

static void test_no_text(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = { { "\xff", 1 }, { "a\0b", 3 }, { "я", 1 }, { "\xed\xa0\x80", 3 } };
	struct sms_count count = { .units = 7 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(sms_text_count(cases[i].text, cases[i].len, &count, &e),
				 ERR_INVALID);
	assert_int_equal(count.units, 7);
}

static void test_plain(void **state)
{
	static const struct {
		const char *text, *plain;
		bool whole;
	} cases[] = {
		{ "“It’s” – here…", "\"It's\" - here...", true },
		{ "a\u00a0b\u200bc\td", "a bc d", true },
		{ "Łódź, Ångström, façade", "Lodz, Ångström, facade", true },
		{ "ΚΑΛΗΜΕΡΑ", "KAΛHMEPA", true },
		{ "it’s Анна", "it’s Анна", false },
		{ "Ok 😀 – no", "Ok 😀 – no", false },
		{ "plain {text}", "plain {text}", true },
		{ "\xff", "\xff", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf out = BUF_INIT(0);

		buf_str(&out, "> ");
		assert_int_equal(sms_text_plain(cases[i].text, strlen(cases[i].text), &out),
				 cases[i].whole);
		assert_string_equal(out.data + 2, cases[i].plain);
		assert_int_equal(out.len, strlen(cases[i].plain) + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_culprits),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests_name("sms_text", tests, NULL, NULL);
}
