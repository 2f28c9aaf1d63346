/* Header fields and parts, byte for byte. That readers decode them to what was put in is tested
   with Python's parser in tests/e2e/test_letter.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "mime.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static void test_text(void **state)
{
	static const struct {
		const char *value, *line;
	} table[] = {
		{ "Hello world", "S: Hello world\r\n" },
		{ "", "S: \r\n" },
		{ "a  b", "S: a  b\r\n" },
		{ X60 " " X10 " " X10, "S: " X60 " " X10 "\r\n " X10 "\r\n" },
		{ X60 "   " X60, "S: " X60 "\r\n   " X60 "\r\n" },
		{ " a", "S: =?UTF-8?B?IGE=?=\r\n" },
		{ "a ", "S: =?UTF-8?B?YSA=?=\r\n" },
		{ "=?utf-8?Q?x?=", "S: =?UTF-8?B?PT91dGYtOD9RP3g/PQ==?=\r\n" },
		{ "\xc3\xa9", "S: =?UTF-8?B?w6k=?=\r\n" },
		{ X60 X10 X10,
		  "S: =?UTF-8?B?eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4?=\r\n "
		  "=?UTF-8?B?eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=?=\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf out = BUF_INIT(0);

		assert_int_equal(mime_text(&out, "S", table[i].value, NULL), OK);
		assert_string_equal(out.data, table[i].line);
	}
}

static void test_text_refused(void **state)
{
	static const char *const bad[] = {
		"a\r\nBcc: x@y.example",
		"a\nb",
		"a\rb",
		"\x01",
		"a\tb",
		"\x7f",
		"\xc2\x85",
		"\xc2\x9f x",
		"\xff",
		"\xc3",
		"\xc0\x80",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
	};
	char longer[MIME_VALUE_MAX + 2];
	autobuf out = BUF_INIT(0);
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(mime_text(&out, "S", bad[i], &e), ERR_INVALID);
		assert_int_equal(mime_mailbox(&out, "To", bad[i], "a@b.example", &e), ERR_INVALID);
		assert_int_equal(out.len, 0);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(mime_text(&out, "S", longer, &e), ERR_INVALID);
	assert_int_equal(mime_text(&out, "S", longer + 1, &e), OK);
}

/* Three bytes a character: no word may end inside one. */
static void test_words_end_with_characters(void **state)
{
	autobuf value = BUF_INIT(0);
	autobuf out = BUF_INIT(0);

	(void)state;
	buf_byte(&value, 'x');
	for (int i = 0; i < 200; i++)
		buf_str(&value, "\xe2\x82\xac");
	assert_int_equal(mime_text(&out, "Subject", value.data, NULL), OK);
	/* 4oKs is the euro sign; after "x" the first word is shifted, the others are not. */
	for (char *line = strstr(out.data, "\r\n "); line; line = strstr(line + 1, "\r\n ")) {
		assert_memory_equal(line, "\r\n =?UTF-8?B?4oKs", 17);
		assert_true(strcspn(line + 2, "\r") <= 76);
	}
}

static void test_mailbox(void **state)
{
	static const struct {
		const char *display, *address, *line;
	} table[] = {
		{ "Anna Petrova", "a@b.example", "To: \"Anna Petrova\" <a@b.example>\r\n" },
		{ NULL, "a@b.example", "To: a@b.example\r\n" },
		{ "", "o'neil+x@b.example", "To: o'neil+x@b.example\r\n" },
		{ "A \"B\" \\C", "a@b.example", "To: \"A \\\"B\\\" \\\\C\" <a@b.example>\r\n" },
		{ "x@y.example, z", "a@b.example", "To: \"x@y.example, z\" <a@b.example>\r\n" },
		{ "\xd0\x90", "a@b.example", "To: =?UTF-8?B?0JA=?= <a@b.example>\r\n" },
		{ X60, X10 "@b.example", "To: \"" X60 "\"\r\n <" X10 "@b.example>\r\n" },
		{ X60 X10 "x", "a@b.example",
		  "To: "
		  "=?UTF-8?B?eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4?=\r\n "
		  "=?UTF-8?B?eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=?= <a@b.example>\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf out = BUF_INIT(0);

		assert_int_equal(mime_mailbox(&out, "To", table[i].display, table[i].address, NULL),
				 OK);
		assert_string_equal(out.data, table[i].line);
	}
}

static void test_mailbox_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"@b.example",
		"a@",
		"a@b@c.example",
		"a b@c.example",
		"a@b.example>",
		"<a@b.example",
		"a@b.example\r\nBcc: x",
		"a@b.example,c@d.example",
		".a@b.example",
		"a.@b.example",
		"a..b@c.example",
		"\"a\"@b.example",
		"a@[127.0.0.1]",
		"\xc3\xa9@b.example",
		"a@\xc3\xa9.example",
		"a@.example",
		"a@b..example",
	};
	autobuf out = BUF_INIT(0);
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(mime_mailbox(&out, "To", "Anna", bad[i], &e), ERR_INVALID);
		assert_int_equal(out.len, 0);
		assert_null(strstr(e.text, "example"));
	}
}

static void test_date(void **state)
{
	static const struct {
		int64_t ms;
		const char *line;
	} table[] = {
		{ 0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
		{ 1741964400999, "Date: Fri, 14 Mar 2025 15:00:00 +0000\r\n" },
		{ 1709251199000, "Date: Thu, 29 Feb 2024 23:59:59 +0000\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf out = BUF_INIT(0);

		mime_date(&out, table[i].ms);
		assert_string_equal(out.data, table[i].line);
	}
}

#define PART(how, body)                                                                            \
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " how "\r\n\r"      \
	"\n" body

static void test_part(void **state)
{
	static const struct {
		const char *text, *part;
	} table[] = {
		{ "", PART("7bit", "\r\n") },
		{ "a", PART("7bit", "a\r\n") },
		{ "a\n\nb\n", PART("7bit", "a\r\n\r\nb\r\n") },
		{ "a\r\nb\rc\n\rd\r", PART("7bit", "a\r\nb\r\nc\r\n\r\nd\r\n") },
		{ "a\n.\nb", PART("7bit", "a\r\n.\r\nb\r\n") },
		{ "one e-acute \xc3\xa9 among many letters",
		  PART("quoted-printable", "one e-acute =C3=A9 among many letters\r\n") },
		{ "a =\xc3\xa9 and a space at the end \n",
		  PART("quoted-printable", "a =3D=C3=A9 and a space at the end=20\r\n") },
		{ "\xd0\x90\n\xd0\x91", PART("base64", "0JANCtCRDQo=\r\n") },
		{ "--=_b\nContent-Type: text/html\n and some more so that it is not base64",
		  PART("quoted-printable",
		       "--=3D_b\r\nContent-Type: text/html\r\n and some more so "
		       "that it is not base64\r\n") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf text = BUF_INIT(0);
		autobuf out = BUF_INIT(0);

		buf_str(&text, table[i].text);
		mime_part(&out, "plain", &text, "=_b");
		assert_string_equal(out.data, table[i].part);
	}
}

/* RFC 5322 has no place for it, and a relay may end the text there. */
static void test_part_with_nul(void **state)
{
	autobuf text = BUF_INIT(0);
	autobuf out = BUF_INIT(0);

	(void)state;
	buf_add(&text, "a\0b and more", 12);
	mime_part(&out, "plain", &text, "=_b");
	assert_null(memchr(out.data, '\0', out.len));
	assert_string_equal(out.data, PART("quoted-printable", "a=00b and more\r\n"));
}

static void test_part_long_lines(void **state)
{
	static const struct {
		size_t len;
		const char *how;
	} table[] = { { 998, "7bit" },
		      { 999, "quoted-printable" },
		      { 100000, "quoted-printable" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf text = BUF_INIT(0);
		autobuf out = BUF_INIT(0);
		char *fill = buf_reserve(&text, table[i].len);

		memset(fill, 'y', table[i].len);
		buf_commit(&text, table[i].len);
		mime_part(&out, "plain", &text, "=_b");
		assert_non_null(strstr(out.data, table[i].how));
		for (char *line = out.data; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			assert_true(strcspn(line, "\r") <= 998);
		}
	}
}

static void test_part_full(void **state)
{
	autobuf text = BUF_INIT(4);
	autobuf out = BUF_INIT(0);
	autobuf small = BUF_INIT(40);

	(void)state;
	buf_str(&text, "abcd");
	mime_part(&out, "plain", &text, "=_b");
	assert_true(out.full);

	buf_clear(&text);
	buf_str(&text, "a");
	mime_part(&small, "plain", &text, "=_b");
	assert_true(small.full);
}

static void test_boundary(void **state)
{
	char a[MIME_BOUNDARY_SIZE], b[MIME_BOUNDARY_SIZE];

	(void)state;
	mime_boundary("acme/inv-1.1.email.0", a);
	mime_boundary("acme/inv-1.1.email.0", b);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), MIME_BOUNDARY_SIZE - 1);
	mime_boundary("acme/inv-1.1.email.1", b);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_refused),
		cmocka_unit_test(test_words_end_with_characters),
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_mailbox_refused),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_part_with_nul),
		cmocka_unit_test(test_part_long_lines),
		cmocka_unit_test(test_part_full),
		cmocka_unit_test(test_boundary),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
