/* What is shown of a caught mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mail_view.h"
#include "mem.h"

static void test_view(void **state)
{
	static const struct {
		const char *mail, *subject, *to, *text;
	} cases[] = {
		{ "To: Ann <a@example.com>\r\nSubject: =?utf-8?B?0J/RgNC40LLQtdGC?=\r\n"
		  "Content-Type: multipart/alternative; boundary=x\r\n\r\n"
		  "--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		  "quoted-printable\r\n\r\n"
		  "=D0=94=D0=B0\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--x--\r\n",
		  "Привет", "Ann <a@example.com>", "Да" },
		{ "Subject: plain\r\n\r\nhello\r\n", "plain", "", "hello\n" },
		{ "Subject: only html\r\nContent-Type: text/html\r\n\r\n<p>\r\n", "only html", "",
		  "" },
		{ "", "", "", "" },
		{ "\r\n\r\n", "", "", "\n" },
	};
	struct mail_view v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		mail_view_read(cases[i].mail, strlen(cases[i].mail), &v);
		assert_string_equal(v.subject, cases[i].subject);
		assert_string_equal(v.to, cases[i].to);
		if (strchr(cases[i].text, '\n')) /* line ends as they are */
			assert_memory_equal(v.text, cases[i].text, strcspn(cases[i].text, "\n"));
		else
			assert_string_equal(v.text, cases[i].text);
		mail_view_clear(&v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_view) };

	return cmocka_run_group_tests_name("mail_view", tests, NULL, NULL);
}
