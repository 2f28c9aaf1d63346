/* What is read along before the first MAIL: replies are framed whatever pieces they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "smtp_listen.h"

static void say(struct smtp_listen *l, const char *s)
{
	smtp_listen_said(l, s, strlen(s));
}

/* Hands s over in pieces; returns what libesmtp would then read. */
static char *hear(struct smtp_listen *l, const char *s, size_t piece)
{
	char *bytes = xstrdup(s);
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i += piece)
		smtp_listen_heard(l, bytes + i, len - i < piece ? len - i : piece);
	return bytes;
}

static const struct row {
	const char *heard;
	bool tampered;
	int code;
	const char *text;
} rows[] = {
	{ "220 go\r\n", false, 220, "go" },
	{ "220 go\n", false, 220, "go" },
	{ "220-one\r\n220-two\r\n220 three\r\n", false, 220, "one" },
	{ "220\r\n", false, 220, "" },
	{ "454 4.7.0 TLS not available\r\n", false, 454, "TLS not available" },
	{ "220 go", false, 220, "go" },
	{ "22", false, 0, "" },
	{ "go away\r\n", false, 0, "o away" },
	{ "220 go\r\n250 more\r\n", true, 220, "go" },
	{ "220 go\r\n2", true, 220, "go" },
	{ "220 go\r\n\r\n", true, 220, "go" },
	{ "220-one\r\n220 two\r\n2", true, 220, "one" },
	{ "220\r\n220 two\r\n", true, 220, "" },
	{ "\r\n220 two\r\n", true, 0, "" },
};

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t piece = 1; piece < 40; piece++) {
			struct smtp_listen l = { 0 };
			struct reply r;

			say(&l, "STARTTLS\r\n");
			free(hear(&l, rows[i].heard, piece));
			smtp_listen_reply(&l, &r);
			assert_int_equal(l.tampered, rows[i].tampered);
			assert_int_equal(r.code, rows[i].code);
			if (r.code)
				assert_string_equal(r.text, rows[i].text);
		}
}

static void test_one_after_the_other(void **state)
{
	struct smtp_listen l = { 0 };
	struct reply r;

	(void)state;
	assert_int_equal(l.phase, SMTP_GREETING);
	free(hear(&l, "220 hi\r\n", 100));
	say(&l, "EHLO me\r\n");
	free(hear(&l, "250-relay\r\n250 STARTTLS\r\n", 100));
	say(&l, "STARTTLS\r\n");
	free(hear(&l, "220 go\r\n", 100));
	say(&l, "EHLO me\r\n");
	free(hear(&l, "250-relay\r\n250 AUTH LOGIN\r\n", 100));
	assert_false(l.auth_tried);
	say(&l, "AUTH LOGIN\r\n");
	free(hear(&l, "334 VXNlcm5hbWU6\r\n", 100));
	say(&l, "TUFJTCBGUk9NOg==\r\n");
	free(hear(&l, "334 UGFzc3dvcmQ6\r\n", 100));
	assert_true(l.auth_tried);
	assert_false(l.authenticated);
	say(&l, "c2VjcmV0\r\n");
	assert_int_equal(l.phase, SMTP_AUTH);
	free(hear(&l, "235 2.7.0 welcome\r\n", 1));
	assert_true(l.authenticated);
	assert_false(l.tampered);
	say(&l, "MAIL FROM:<a@x.example>\r\n");
	assert_int_equal(l.phase, SMTP_OPEN);
	free(hear(&l, "250 ok\r\n250 not looked at any more\r\n", 100));
	assert_false(l.tampered);
	smtp_listen_reply(&l, &r);
	assert_int_equal(r.code, 235);
}

/* 235 counts as an answer to AUTH alone. */
static void test_authenticated_by_nothing_else(void **state)
{
	struct smtp_listen l = { 0 };

	(void)state;
	free(hear(&l, "235 welcome\r\n", 100));
	say(&l, "EHLO me\r\n");
	free(hear(&l, "235 welcome\r\n", 100));
	say(&l, "AUTH PLAIN AGEAYg==\r\n");
	free(hear(&l, "535 no\r\n", 100));
	assert_false(l.authenticated);
}

/* The reply that ended the session is kept while libesmtp says goodbye. */
static void test_quit(void **state)
{
	struct smtp_listen l = { 0 };
	struct reply r;

	(void)state;
	free(hear(&l, "554 5.3.2 no\r\n", 100));
	say(&l, "QUIT\r\n");
	free(hear(&l, "221 bye\r\n", 100));
	smtp_listen_reply(&l, &r);
	assert_int_equal(r.code, 554);
	assert_string_equal(r.enhanced, "5.3.2");
}

static void test_words_are_struck_out(void **state)
{
	static const char reply[] =
		"250-relay CHUNKING\r\n250-CHUNKING\r\n250-chunking\r\n250-  ChunKing\r\n"
		"250-CHUNCHUNKING\r\n250-AUTH NTLM LOGIN nNtlm\r\n250 CHUNK\r\n";
	static const char left[] =
		"250-relay CHUNKINX\r\n250-CHUNKINX\r\n250-chunkinX\r\n250-  ChunKinX\r\n"
		"250-CHUNCHUNKINX\r\n250-AUTH NTLX LOGIN nNtlX\r\n250 CHUNK\r\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(reply); piece++) {
		struct smtp_listen l = { 0 };
		char *after;

		say(&l, "EHLO me\r\n");
		after = hear(&l, reply, piece);
		assert_string_equal(after, left);
		assert_false(l.tampered);
		free(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_authenticated_by_nothing_else),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_words_are_struck_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
