/* fact: an outcome's text read back says what a tree of it says; what is none is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fact.h"
#include "mem.h"

static struct record record_of(const char *text)
{
	return (struct record){ .value = text, .value_len = strlen(text), .timestamp_ms = 5000 };
}

#define WHO "\"tenant\":\"acme\",\"invite\":\"i-1\""

static void test_members(void **state)
{
	static const char text[] =
		"{" WHO ",\"word\":\"deferred\",\"kind\":\"invite\",\"generation\":9,"
		"\"delivery\":\"acme/i-1.2.email.1\",\"sequence\":[2, "
		"3,4],\"attempt\":{\"max\":7,\"n\":2},"
		"\"not_before\":\"2026-05-01T10:00:00.250Z\",\"expires_at\":\"2026-05-02T10:00:"
		"00Z\","
		"\"request\":{\"id\":\"\\u0451\\\"{\",\"source\":\"/people\",\"word\":\"sent\"},"
		"\"prev\":\"queued\",\"code\":\"retry\",\"reason\":\"a } b\",\"holder\":null,"
		"\"recipient_hash\":\"h\",\"token_sha256\":\"t\",\"provider\":\"relay\"}";
	struct record r = record_of(text);
	struct fact f;
	struct err e;

	(void)state;
	assert_int_equal(fact_read(&r, &f, &e), OK);
	assert_int_equal(f.word, WORD_DEFERRED);
	assert_string_equal(f.key, "acme/i-1");
	assert_string_equal(f.kind, "invite");
	assert_int_equal(f.generation, 2);
	assert_int_equal(f.turn, 3);
	assert_int_equal(f.rank, 4);
	assert_int_equal(f.n, 1);
	assert_false(f.sms || f.ladder || f.beside || f.by_dispatcher);
	assert_int_equal(f.attempt, 2);
	assert_int_equal(f.not_before_ms, 1777629600250);
	assert_int_equal(f.expires_ms, 1777716000000);
	assert_int_equal(f.receipt_due_ms, 0);
	assert_string_equal(f.request_id, "ё\"{");
	assert_string_equal(f.request_source, "/people");
	assert_string_equal(f.prev, "queued");
	assert_string_equal(f.code, "retry");
	assert_string_equal(f.reason, "a } b");
	assert_null(f.holder);
	assert_string_equal(f.recipient_hash, "h");
	assert_string_equal(f.token_sha256, "t");
	assert_string_equal(f.provider, "relay");
	assert_int_equal(f.told_ms, 5000);
	assert_null(f.root);
	fact_clear(&f);
}

static void test_ladder(void **state)
{
	static const struct {
		const char *text;
		bool ladder, beside;
		int64_t turn;
	} rows[] = {
		{ "\"sequence\":[1,4,2],\"ladder\":4", true, false, 4 },
		{ "\"sequence\":[1,0,2],\"ladder\":3", true, true, 3 },
		{ "\"sequence\":[1,4,2],\"ladder\":null", false, false, 4 },
		{ "\"sequence\":[1,4,2],\"ladder\":\"3\"", false, false, 4 },
		{ "\"sequence\":[1]", false, false, 0 },
		{ "\"sequence\":{}", false, false, 0 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("{\"word\":\"sent\"," WHO
						",\"delivery\":\"acme/i-1.1.sms.0\",%s}",
						rows[i].text);
		struct record r = record_of(text);
		struct fact f;

		assert_int_equal(fact_read(&r, &f, &e), OK);
		assert_true(f.sms);
		assert_int_equal(f.ladder, rows[i].ladder);
		assert_int_equal(f.beside, rows[i].beside);
		assert_int_equal(f.turn, rows[i].turn);
		fact_clear(&f);
	}
}

static void test_the_dispatcher_is_known(void **state)
{
	static const struct header by[] = {
		{ .name = "ce_source", .value = "beckon/dispatcher", .len = 17 },
		{ .name = "ce_source", .value = "beckon/dispatcher2", .len = 18 },
	};
	struct record r = record_of("{\"word\":\"held\"," WHO "}");
	struct fact f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(by); i++) {
		r.headers = &by[i];
		r.header_count = 1;
		assert_int_equal(fact_read(&r, &f, &e), OK);
		assert_int_equal(f.by_dispatcher, i == 0);
		assert_int_equal(f.n, FACT_OF_NO_DELIVERY);
		fact_clear(&f);
	}
}

/* Written by a newer version, by somebody else, or cut off. */
static void test_what_is_no_outcome(void **state)
{
	static const char *const none[] = {
		"",
		"{",
		"}",
		"[]",
		"null",
		"\"word\"",
		"{}",
		"{\"word\":\"sent\"," WHO,
		"{\"word\":\"sent\"," WHO "}}",
		"{\"word\":\"sent\"," WHO "} {}",
		"{\"word\":\"no such word\"," WHO "}",
		"{\"word\":4," WHO "}",
		"{\"word\":\"sent\",\"tenant\":\"acme\"}",
		"{\"word\":\"sent\",\"tenant\":\"acme\",\"invite\":\"\"}",
		"{\"word\":\"sent\",\"tenant\":\"acme\",\"invite\":\"a/b\"}",
		"{\"word\":\"sent\",\"tenant\":[\"acme\"],\"invite\":\"i\"}",
	};
	struct record r;
	struct fact f;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		r = record_of(none[i]);
		if (fact_read(&r, &f, &e) != ERR_INVALID || fact_read_whole(&r, &f, &e) == OK)
			fail_msg("%s", none[i]);
	}
	r = (struct record){ 0 };
	assert_int_equal(fact_read(&r, &f, &e), ERR_INVALID);
	assert_int_equal(fact_read_whole(&r, &f, &e), ERR_INVALID);
}

/* The whole is asked for where members are shown: then it has to be JSON. */
static void test_the_whole(void **state)
{
	struct record r = record_of("{\"word\":\"sent\"," WHO ",\"role\":\"member\"}");
	struct fact f;
	struct err e;

	(void)state;
	assert_int_equal(fact_read_whole(&r, &f, &e), OK);
	assert_int_equal(f.word, WORD_SENT);
	assert_string_equal(json_string_value(json_object_get(f.root, "role")), "member");
	fact_clear(&f);
	r = record_of("{\"word\":\"sent\"," WHO ",\"role\":nonsense}");
	assert_int_equal(fact_read_whole(&r, &f, &e), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_the_dispatcher_is_known),
		cmocka_unit_test(test_what_is_no_outcome),
		cmocka_unit_test(test_the_whole),
	};

	return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
