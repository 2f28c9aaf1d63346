/* What providers' answers mean, by the descriptions that are installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "buf.h"
#include "codes.h"
#include "file.h"
#include "mem.h"

#define COLUMNS 6

static struct description *describe(const char *name)
{
	autofree char *path = xasprintf("../deploy/providers/%s.yaml", name);
	struct description *d = NULL;
	struct err e = { "" };

	if (description_read(&d, path, &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

static struct curl_answer reply(int status, const char *how, const char *body)
{
	struct curl_answer a = {
		.begun = true, .status = status, .body = body, .len = strlen(body)
	};
	const struct code *fault = codes_find(how);

	a.whole = !strcmp(how, "whole") && status;
	if (fault || !strcmp(how, "withheld"))
		a.begun = false;
	a.fault = fault ? fault->name : NULL;
	return a;
}

/* "taken", "not sent", or a code: "unknown:" before it where the provider's is not described, "!"
   behind it where the route is at fault. */
static const char *meaning(const struct answer *a, char out[128])
{
	const struct mail_result *r = &a->result;
	const char *word = r->code;

	if (r->reach == REACH_TAKEN)
		word = "taken";
	else if (r->reach == REACH_IN_DOUBT)
		word = "outcome_unknown";
	snprintf(out, 128, "%s%s%s", a->unknown_code ? "unknown:" : "", word ? word : "not sent",
		 r->route_fault ? "!" : "");
	return out;
}

static void check(char *line)
{
	char *column[COLUMNS] = { 0 }, *next = line, got[128];
	struct description *d;
	struct curl_answer reply_;
	struct answer a;

	for (size_t i = 0; i < COLUMNS && next; i++)
		column[i] = strsep(&next, "\t");
	assert_non_null(column[4]);
	d = describe(column[0]);
	reply_ = reply((int)strtol(column[1], NULL, 10), column[2], column[3]);
	answer_read(d, &reply_, &a);
	if (strcmp(meaning(&a, got), column[4]) != 0)
		fail_msg("%s %s %s: %s instead of %s", column[0], column[1], column[3], got,
			 column[4]);
	assert_string_equal(a.id, column[5] ? column[5] : "");
	assert_null(strstr(a.reason, "7905")); /* nothing of an answer but its codes is told */
	description_free(d);
}

static void test_answers(void **state)
{
	autobuf cases = BUF_INIT(1 << 20);
	char *next;
	struct err e;
	size_t n = 0;

	(void)state;
	assert_int_equal(file_read("unit/cases/sms/answers.tsv", &cases, &e), OK);
	next = cases.data;
	while (next && *next) {
		char *line = strsep(&next, "\n");

		if (line[0] == '#')
			continue;
		check(line);
		n++;
	}
	assert_true(n > 60);
}

/* Whoever says when it will take more is heard, however its answer is made. */
static void test_says_when(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
	} rows[] = {
		{ "twilio", 429, "{\"code\":20429}" },
		{ "vonage", 429, "{\"messages\":[{\"status\":\"1\"}]}" },
		{ "vonage", 429, "busy" },
		{ "kannel", 503, "busy" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct description *d = describe(rows[i].name);
		struct curl_answer a = reply(rows[i].status, "whole", rows[i].body);
		struct answer told;

		a.retry_after_ms = 120000;
		answer_read(d, &a, &told);
		assert_int_equal(told.result.reach, REACH_REFUSED);
		assert_int_equal(told.retry_after_ms, 120000);
		description_free(d);
	}
}

/* Its code goes into log lines and outcomes, so it brings nothing that could end or forge one. */
static void test_codes_are_tame(void **state)
{
	static const struct {
		const char *body, *code;
	} rows[] = {
		{ "{\"error\":\"busy\"}", "busy" },
		{ "{\"error\":\"a-b_c.1\"}", "a-b_c.1" },
		{ "{\"error\":\"a b\"}", "a?b" },
		{ "{\"error\":\"x\\nev=sent\"}", "x?ev?sent" },
		{ "{\"error\":\"\\\"<\\u0001\"}", "???" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct description *d = describe("webhook");
		struct curl_answer a = reply(400, "whole", rows[i].body);
		struct answer told;

		answer_read(d, &a, &told);
		assert_string_equal(told.code, rows[i].code);
		assert_non_null(strstr(told.reason, rows[i].code));
		assert_null(strpbrk(told.reason, "\n\"<"));
		description_free(d);
	}
}

/* A code table is data, so everything in it must mean something. */
static void test_all_descriptions(void **state)
{
	static const char *const names[] = { "twilio", "vonage", "sns",	   "messagebird",
					     "smsc",   "smsru",	 "kannel", "webhook" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		description_free(describe(names[i]));
}

/* Paths lead to any element, not to the first ten alone. */
static void test_paths(void **state)
{
	static const char text[] = "url: x\nbody: {kind: form, fields: {a: b}}\n"
				   "answer: {format: json, id: [a.11.b, a.1x, '*.2.b', a.0]}\n";
	static const struct {
		const char *body, *id;
	} rows[] = {
		{ "{\"a\":[0,1,2,3,4,5,6,7,8,9,10,{\"b\":\"eleven\"}]}", "eleven" },
		{ "{\"a\":[\"zero\",\"one\"]}", "zero" },
		{ "{\"a\":{\"1x\":\"named\"}}", "named" },
		{ "{\"a\":[0,1,{\"b\":\"first\"}]}", "first" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct description *d;
		struct curl_answer a = reply(200, "whole", rows[i].body);
		struct answer told;
		struct err e;

		assert_int_equal(description_parse(&d, "x.yaml", text, strlen(text), &e), OK);
		answer_read(d, &a, &told);
		assert_string_equal(told.id, rows[i].id);
		description_free(d);
	}
}

static void test_faulty_descriptions(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "the file" },
		{ "url: x\nbody: {kind: form}\nanswer: {format: json}\n", "body.fields: missing" },
		{ "url: x\nbody: {kind: tar, fields: {a: b}}\nanswer: {format: json}\n",
		  "body.kind" },
		{ "url: x\nbody: {kind: form, fields: {a: b}}\nanswer: {format: json}\n",
		  "answer: id" },
		{ "url: x\nurls: y\nbody: {kind: form, fields: {a: b}}\nanswer: {format: json, id: "
		  "i}\n",
		  "urls: not known" },
		{ "url: x\nbody: {kind: query, fields: {a: b}}\nanswer: {format: json, id: i}\n",
		  "method" },
		{ "url: x\nbody: {kind: form, fields: {a: b}}\nanswer: {format: json, id: i}\n"
		  "codes: {1: great}\n",
		  "codes: each code" },
		{ "url: x\nbody: {kind: form, fields: {a: b}}\nanswer: {format: json, id: i}\n"
		  "suppress: {x: opted-out}\n",
		  "suppress" },
		{ "url: x\nauth: {kind: basic}\nbody: {kind: form, fields: {a: b}}\n"
		  "answer: {format: json, id: i}\n",
		  "auth.user" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct description *d;
		struct err e = { "" };

		assert_int_equal(
			description_parse(&d, "x.yaml", rows[i].text, strlen(rows[i].text), &e),
			ERR_INVALID);
		if (!strstr(e.text, rows[i].why))
			fail_msg("%s: it does not say \"%s\"", e.text, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),		 cmocka_unit_test(test_says_when),
		cmocka_unit_test(test_codes_are_tame),	 cmocka_unit_test(test_paths),
		cmocka_unit_test(test_all_descriptions), cmocka_unit_test(test_faulty_descriptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
