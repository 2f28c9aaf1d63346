/* A message as the request of each provider. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "compose.h"
#include "mem.h"

static struct description *make(const char *text)
{
	struct description *d = NULL;
	struct err e = { "" };

	if (description_parse(&d, "x.yaml", text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

static const struct compose_facts facts = { .to = "+79051111111",
					    .text = "a&b=\"\xd0\x9f\" {to}\n",
					    .encoding = "ucs2",
					    .key = "k1",
					    .secret = "s" };

static void test_form(void **state)
{
	struct description *d =
		make("url: https://x/{account}\n"
		     "auth: {kind: basic, user: \"{account}\"}\n"
		     "headers: {X-Key: \"{key}\", X-Cb: \"{callback}\"}\n"
		     "body: {kind: form, fields: {To: \"{digits}\", Body: \"{text}\", From: "
		     "\"{sender}\", n: 3}, with: {sender: {id: 1}, key: {k: \"{key}\"}}}\n"
		     "answer: {format: json, id: sid}\n");
	struct compose_facts f = facts;
	struct composed c = { .nheaders = 0 };
	struct err e;
	json_t *settings = json_pack("{ss}", "account", "AC1");

	(void)state;
	f.settings = settings;
	assert_int_equal(compose(d, &f, &c, &e), OK);
	assert_string_equal(c.url.data, "https://x/AC1");
	/* what the text holds is data: never filled in, never a field */
	assert_string_equal(c.body.data, "To=79051111111&Body=a%26b%3D%22%D0%9F%22%20%7Bto%7D%0A&n="
					 "3&k=k1");
	assert_int_equal(c.nheaders, 2);
	assert_string_equal(c.headers[1], "X-Key: k1");
	assert_string_equal(c.user, "AC1");
	assert_string_equal(c.secret, "s");
	composed_clear(&c);
	f.settings = NULL; /* the URL stands for nothing */
	assert_int_equal(compose(d, &f, &c, &e), ERR_INVALID);
	composed_clear(&c);
	json_decref(settings);
	description_free(d);
}

static void test_json(void **state)
{
	struct description *d =
		make("url: https://x/\nauth: {kind: bearer}\n"
		     "body: {kind: json, fields: {a: \"{sender}\", to: [\"{sender}\", \"{to}\", "
		     "7], text: "
		     "\"{text}\", o: {p: true, q: \"{callback}\"}, z: \"{callback}\"}}\n"
		     "idempotency_header: Idempotency-Key\nanswer: {format: json, id: id}\n");
	struct composed c = { .nheaders = 0 };
	struct err e;

	(void)state;
	assert_int_equal(compose(d, &facts, &c, &e), OK);
	assert_memory_equal(
		c.body.data,
		"{\"to\":[\"+79051111111\",7],\"text\":\"a&b=\\\"\xd0\x9f\\\" {to}\\n\","
		"\"o\":{\"p\":true}}",
		c.body.len);
	assert_string_equal(c.headers[1], "Idempotency-Key: k1");
	assert_string_equal(c.headers[2], "Authorization: Bearer s");
	composed_clear(&c);
	description_free(d);
}

static void test_query(void **state)
{
	struct description *d =
		make("url: \"{base}/send?v=1\"\nmethod: GET\n"
		     "body: {kind: query, fields: {to: \"{to}\", coding: \"{encoding}\"}}\n"
		     "answer: {format: text, code: c}\n");
	struct compose_facts f = facts;
	struct composed c = { .nheaders = 0 };
	char name[64];
	struct err e;
	json_t *settings = json_pack("{ss}", "base", "http://h:1");

	(void)state;
	f.settings = settings;
	assert_int_equal(compose(d, &f, &c, &e), OK);
	assert_string_equal(c.url.data, "http://h:1/send?v=1&to=%2B79051111111&coding=ucs2");
	assert_int_equal(c.body.len, 0);
	composed_clear(&c);
	assert_string_equal(compose_unknown_name(d, NULL, name), "base");
	assert_null(compose_unknown_name(d, settings, name));
	json_decref(settings);
	description_free(d);
}

/* Secrets have any characters: base64's plus would be a space to whoever is called. */
static void test_secret_in_a_url(void **state)
{
	struct description *d = make("url: \"https://x/\"\nmethod: GET\n"
				     "body: {kind: query, fields: {cb: \"{callback}?token="
				     "{receipt_secret}&id={key}\"}}\n"
				     "answer: {format: text, code: c}\n");
	struct compose_facts f = facts;
	struct composed c = { .nheaders = 0 };
	struct err e;

	(void)state;
	f.callback = "https://y/r";
	f.receipt_secret = "a+b/c&d=";
	assert_int_equal(compose(d, &f, &c, &e), OK);
	assert_string_equal(c.url.data, "https://x/?cb=https%3A%2F%2Fy%2Fr%3Ftoken%3Da%252Bb%252Fc"
					"%2526d%253D%26id%3Dk1");
	composed_clear(&c);
	description_free(d);
}

/* A tenant's sender ends no header's line. */
static void test_no_second_header(void **state)
{
	struct description *d = make("url: https://x/\nheaders: {X-From: \"{sender}\"}\n"
				     "body: {kind: form, fields: {to: \"{to}\"}}\n"
				     "answer: {format: json, id: id}\n");
	static const char *const bad[] = { "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x7f" };
	struct compose_facts f = facts;
	struct composed c = { .nheaders = 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		f.sender = bad[i];
		assert_int_equal(compose(d, &f, &c, &e), ERR_INVALID);
		composed_clear(&c);
	}
	description_free(d);
}

static void test_too_long(void **state)
{
	struct description *d = make("url: https://x/\n"
				     "body: {kind: form, fields: {a: \"{text}\", b: \"{text}\", c: "
				     "\"{text}\", d: \"{text}\", e: \"{text}\"}}\n"
				     "answer: {format: json, id: id}\n");
	struct compose_facts f = facts;
	struct composed c = { .nheaders = 0 };
	char text[16000];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	f.text = text;
	assert_int_equal(compose(d, &f, &c, &e), ERR_INVALID);
	composed_clear(&c);
	description_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),	 cmocka_unit_test(test_json),
		cmocka_unit_test(test_query),	 cmocka_unit_test(test_secret_in_a_url),
		cmocka_unit_test(test_too_long), cmocka_unit_test(test_no_second_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
