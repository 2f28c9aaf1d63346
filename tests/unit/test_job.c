/* A job as it travels: written and read back, where it stands by its headers, and bytes that are
 * none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "job.h"
#include "mem.h"

#define DATA                                                                                       \
	"{\"tenant\":\"acme\",\"invite\":\"i-1\",\"role\":\"Engineer "                             \
	"\\u0416\",\"metadata\":{\"a\":1}}"
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const struct job sample = {
	.delivery = { .tenant = "acme", .invite = "i-1", .channel = "email", .generation = 3 },
	.id = "acme/i-1.3.email.0",
	.kind = "invite",
	.to = "ann@mail.internal",
	.recipient_hash = "hash",
	.recipient_masked = "a***@m***.internal",
	.address_key = "acme//invite/hash",
	.request_source = "urn:hr",
	.request_id = "e-\"1\"",
	.link_base = "https://join.internal/i",
	.ttl_s = 86400,
	.requested_ms = 1700000000000,
	.not_after_ms = 1700000600000,
	.traceparent = TRACE,
};

/* A record of these headers and this value. */
static struct record record_of(const struct header *headers, size_t n, const struct buf *value)
{
	return (struct record){ .topic = "invite-email",
				.value = value->data,
				.value_len = value->len,
				.headers = headers,
				.header_count = n };
}

static void test_round_trip(void **state)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand = { .turn = 7, .attempt = 2, .waited = "retry" };
	struct record r;
	struct job j;
	struct err e = { "" };
	autofree char *data = NULL;

	(void)state;
	job_write(&sample, DATA, strlen(DATA), &value);
	r = record_of(headers, job_headers(&sample, &stand, headers), &value);
	if (job_read(&r, &j, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(j.id, sample.id);
	assert_string_equal(j.invite_key, "acme/i-1");
	assert_int_equal(j.delivery.generation, 3);
	assert_string_equal(j.kind, sample.kind);
	assert_string_equal(j.to, sample.to);
	assert_string_equal(j.recipient_hash, sample.recipient_hash);
	assert_string_equal(j.recipient_masked, sample.recipient_masked);
	assert_string_equal(j.address_key, sample.address_key);
	assert_string_equal(j.request_source, sample.request_source);
	assert_string_equal(j.request_id, sample.request_id);
	assert_string_equal(j.link_base, sample.link_base);
	assert_int_equal(j.ttl_s, sample.ttl_s);
	assert_int_equal(j.requested_ms, sample.requested_ms);
	assert_int_equal(j.not_after_ms, sample.not_after_ms);
	assert_int_equal(j.turn, 7);
	assert_int_equal(j.attempt, 2);
	assert_string_equal(j.waited, "retry");
	assert_string_equal(j.traceparent, TRACE);
	data = json_dumps(j.data, JSON_COMPACT);
	assert_non_null(strstr(data, "\"role\":\"Engineer \u0416\""));
	job_clear(&j);
	job_clear(&j); /* harmless */
}

static void test_password(void **state)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct job written = sample, j;
	struct record r;
	struct err e = { "" };

	(void)state;
	written.kind = "password";
	written.username = "ann";
	written.sealed_password = "AWJj";
	job_write(&written, DATA, strlen(DATA), &value);
	r = record_of(NULL, 0, &value);
	if (job_read(&r, &j, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(job_is_password(&j));
	assert_false(job_is_password(&sample));
	assert_string_equal(j.username, "ann");
	assert_string_equal(j.sealed_password, "AWJj");
	job_clear(&j);
}

/* The request's data is not written anew: not one byte of it changes. */
static void test_data_byte_for_byte(void **state)
{
	static const char data[] = "{ \"b\" : 1.0,\n\"a\":\"\\u0416\" }";
	autobuf value = BUF_INIT(JOB_MAX_BYTES);

	(void)state;
	job_write(&sample, data, strlen(data), &value);
	assert_non_null(strstr(value.data, data));
}

/* Of a route or a template; an application's own metadata makes none. */
static void test_tests(void **state)
{
	static const struct {
		const char *data;
		bool is_test;
	} rows[] = {
		{ DATA, false },
		{ "{\"route\":\"first\"}", true },
		{ "{\"invite\":\"t-1\",\"scope\":\"t-1\",\"metadata\":{\"test\":\"template\"}}",
		  true },
		{ "{\"invite\":\"t-1\",\"scope\":\"t-1\",\"metadata\":{\"test\":\"A\"}}", false },
		{ "{\"invite\":\"t-1\",\"scope\":\"all\",\"metadata\":{\"test\":\"template\"}}",
		  false },
		{ "{\"invite\":\"t-1\",\"metadata\":{\"test\":\"template\"}}", false },
		{ "{\"invite\":\"t-1\",\"scope\":\"t-1\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autobuf value = BUF_INIT(JOB_MAX_BYTES);
		struct record r;
		struct job j;
		struct err e = { "" };

		job_write(&sample, rows[i].data, strlen(rows[i].data), &value);
		r = record_of(NULL, 0, &value);
		if (job_read(&r, &j, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(j.is_test, rows[i].is_test);
		job_clear(&j);
	}
}

/* What the request does not say is left out, and read as absent. */
static void test_absent(void **state)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand first = { .turn = 1, .attempt = 1 };
	struct job bare = sample, j;
	struct record r;
	struct err e = { "" };

	(void)state;
	bare.link_base = bare.traceparent = bare.recipient_masked = bare.address_key =
		bare.request_source = NULL;
	job_write(&bare, "{}", 2, &value);
	assert_null(strstr(value.data, "null"));
	r = record_of(headers, job_headers(&bare, &first, headers), &value);
	for (size_t i = 0; i < r.header_count; i++)
		assert_null(strstr(headers[i].name,
				   "beckon-")); /* a first try is said by saying nothing */
	if (job_read(&r, &j, &e) < 0)
		fail_msg("%s", e.text);
	assert_null(j.link_base);
	assert_null(j.request_source);
	assert_string_equal(j.traceparent, "");
	assert_string_equal(j.waited, "");
	assert_int_equal(j.turn, 1);
	assert_int_equal(j.attempt, 1);
	job_clear(&j);
}

/* Any CloudEvents reader knows what it is. */
static void test_headers(void **state)
{
	static const struct {
		const char *name, *value;
	} wanted[] = {
		{ "content-type", "application/json" },
		{ "ce_id", "acme/i-1.3.email.0" },
		{ "ce_source", "beckon/dispatcher" },
		{ "ce_type", "dev.beckon.delivery" },
		{ "ce_subject", "i-1" },
		{ "traceparent", TRACE },
		{ "beckon-turn", "2147483647" },
		{ "beckon-attempt", "12" },
		{ "beckon-waited", "rate_limited" },
	};
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand = { .turn = 2147483647, .attempt = 12, .waited = "rate_limited" };
	struct job j = sample;
	size_t n;

	(void)state;
	snprintf(j.delivery.invite, sizeof(j.delivery.invite), "i-1");
	n = job_headers(&j, &stand, headers);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		size_t k = 0;

		while (k < n && strcmp(headers[k].name, wanted[i].name))
			k++;
		if (k == n)
			fail_msg("%s is missing", wanted[i].name);
		assert_int_equal(headers[k].len, strlen(wanted[i].value));
		assert_memory_equal(headers[k].value, wanted[i].value, headers[k].len);
	}
}

static const struct {
	const char *name, *value;
	const char *error; /* NULL = turn below */
	int64_t turn;
} stands[] = {
	{ "beckon-turn", "1", NULL, 1 },
	{ "beckon-turn", "2147483647", NULL, 2147483647 },
	{ "beckon-turn", "007", NULL, 7 },
	{ "other", "x", NULL, 1 },
	{ "beckon-turn", "", "beckon-turn is not from 1 to 2147483647", 0 },
	{ "beckon-turn", "0", "beckon-turn is not from 1 to 2147483647", 0 },
	{ "beckon-turn", "2147483648", "beckon-turn is not from 1 to 2147483647", 0 },
	{ "beckon-turn", "99999999999999999999999999999999",
	  "beckon-turn is not from 1 to 2147483647", 0 },
	{ "beckon-turn", "-1", "beckon-turn is no number", 0 },
	{ "beckon-turn", "+1", "beckon-turn is no number", 0 },
	{ "beckon-turn", "1x", "beckon-turn is no number", 0 },
	{ "beckon-attempt", " 1", "beckon-attempt is no number", 0 },
	{ "beckon-attempt", "0", "beckon-attempt is not from 1 to 2147483647", 0 },
};

static void test_stands(void **state)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);

	(void)state;
	job_write(&sample, "{}", 2, &value);
	for (size_t i = 0; i < ARRAY_LEN(stands); i++) {
		struct header h = { stands[i].name, stands[i].value, strlen(stands[i].value) };
		struct record r = record_of(&h, 1, &value);
		struct err e = { "" };
		struct job j;
		int code = job_read(&r, &j, &e);

		assert_int_equal(code, stands[i].error ? ERR_INVALID : OK);
		if (stands[i].error) {
			assert_string_equal(e.text, stands[i].error);
			continue;
		}
		assert_int_equal(j.turn, stands[i].turn);
		job_clear(&j);
	}
}

/* Headers of our names with no value, with bytes behind them that are none of theirs, twice, too
 * long. */
static void test_odd_headers(void **state)
{
	static const char bytes[] = "3579", long_text[300] = { [0 ... 298] = 'w' };
	const struct header odd[] = {
		{ "beckon-turn", "9", 1 },
		{ "beckon-turn", bytes, 1 }, /* the last of a name counts, and only its own bytes */
		{ "beckon-waited", long_text, sizeof(long_text) - 1 },
		{ "traceparent", "00-a\nb", 6 }, /* would end a line of a kept outcome */
	};
	const struct header no_value = { "beckon-turn", NULL, 0 };
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct record r, none;
	struct err e = { "" };
	struct job j;

	(void)state;
	job_write(&sample, "{}", 2, &value);
	r = record_of(odd, ARRAY_LEN(odd), &value);
	assert_int_equal(job_read(&r, &j, &e), OK);
	assert_int_equal(j.turn, 3);
	assert_int_equal(strlen(j.waited), sizeof(j.waited) - 1);
	assert_string_equal(j.traceparent, "");
	job_clear(&j);
	none = record_of(&no_value, 1, &value);
	assert_int_equal(job_read(&none, &j, &e), ERR_INVALID);
}

#define REST                                                                                       \
	",\"kind\":\"invite\",\"to\":\"a@b.c\",\"recipient_hash\":\"h\",\"id\":\"e\",\"ttl_s\":"   \
	"300,"                                                                                     \
	"\"requested_ms\":1,\"not_after_ms\":2,\"data\":{}}"
#define HEAD "{\"v\":1,\"delivery\":\"t/i.1.email.0\""

static const struct {
	const char *value, *error; /* "" = any */
} bad[] = {
	{ "", "" },
	{ "null", "" },
	{ "[]", "" },
	{ "{}", "v: this version reads jobs of version 1" },
	{ "{\"v\":2,\"delivery\":\"t/i.1.email.0\"" REST,
	  "v: this version reads jobs of version 1" },
	{ "{\"v\":\"1\",\"delivery\":\"t/i.1.email.0\"" REST,
	  "v: this version reads jobs of version 1" },
	{ "{\"v\":1" REST, "delivery: missing or not one" },
	{ "{\"v\":1,\"delivery\":5" REST, "delivery: missing or not one" },
	{ "{\"v\":1,\"delivery\":\"t/i.1.email\"" REST, "delivery: missing or not one" },
	{ "{\"v\":1,\"delivery\":\"t/i/../x.1.email.0\"" REST, "delivery: missing or not one" },
	{ "{\"v\":1,\"v\":1,\"delivery\":\"t/i.1.email.0\"" REST, "" },
	{ HEAD ",\"to\":\"secret@b.c\"}", "kind, to, recipient_hash, id or data is missing" },
	{ HEAD ",\"kind\":\"invite\",\"to\":[\"secret@b.c\"],\"recipient_hash\":\"h\",\"id\":\"e\","
	       "\"data\":{}}",
	  "kind, to, recipient_hash, id or data is missing" },
	{ HEAD ",\"kind\":\"invite\",\"to\":\"a@b.c\",\"recipient_hash\":\"h\",\"id\":\"e\","
	       "\"data\":\"{}\"}",
	  "kind, to, recipient_hash, id or data is missing" },
	{ HEAD ",\"kind\":\"invite\",\"to\":\"a@b.c\",\"recipient_hash\":\"h\",\"id\":\"e\","
	       "\"data\":{}}",
	  "ttl_s, timer_turn or a time is out of range" },
	{ HEAD
	  ",\"kind\":\"invite\",\"to\":\"a@b.c\",\"recipient_hash\":\"h\",\"id\":\"e\",\"data\":{},"
	  "\"ttl_s\":9223372036854775807}",
	  "ttl_s, timer_turn or a time is out of range" },
	{ HEAD
	  ",\"kind\":\"invite\",\"to\":\"a@b.c\",\"recipient_hash\":\"h\",\"id\":\"e\",\"data\":{},"
	  "\"ttl_s\":300,\"not_after_ms\":-1}",
	  "ttl_s, timer_turn or a time is out of range" },
	{ HEAD REST "x", "" },
	{ HEAD ",\"x\":\"\xff\"" REST, "" },
	{ HEAD ",\"x\":\"\\u0000\"" REST, "" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct record r = { .value = bad[i].value, .value_len = strlen(bad[i].value) };
		struct err e = { "" };
		struct job j = { .turn = -1 };

		if (job_read(&r, &j, &e) != ERR_INVALID)
			fail_msg("taken: %s", bad[i].value);
		if (*bad[i].error)
			assert_string_equal(e.text, bad[i].error);
		assert_true(*e.text);
		assert_null(strstr(e.text, "secret"));
		assert_int_equal(j.turn, -1); /* untouched */
	}
}

static void test_good_of_the_bad_table(void **state)
{
	static const char good[] = HEAD REST;
	struct record r = { .value = good, .value_len = strlen(good) };
	struct err e = { "" };
	struct job j;

	(void)state;
	if (job_read(&r, &j, &e) < 0)
		fail_msg("%s", e.text);
	job_clear(&j);
}

/* A tombstone, a value over the bound, every beginning of a job, and every job with one byte
 * changed. */
static void test_hostile_bytes(void **state)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	autofree char *large = xcalloc(1, JOB_MAX_BYTES + 2);
	struct record tombstone = { 0 }, r;
	struct err e = { "" };
	struct job j;

	(void)state;
	assert_int_equal(job_read(&tombstone, &j, &e), ERR_INVALID);
	memset(large, ' ', JOB_MAX_BYTES + 1);
	memcpy(large, HEAD REST, sizeof(HEAD REST) - 1);
	r = (struct record){ .value = large, .value_len = JOB_MAX_BYTES };
	assert_int_equal(job_read(&r, &j, &e), OK);
	job_clear(&j);
	r.value_len++;
	assert_int_equal(job_read(&r, &j, &e), ERR_INVALID);
	job_write(&sample, DATA, strlen(DATA), &value);
	for (size_t n = 0; n < value.len; n++) {
		r = (struct record){ .value = value.data, .value_len = n };
		assert_int_equal(job_read(&r, &j, &e), ERR_INVALID);
	}
	for (size_t i = 0; i < value.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			value.data[i] ^= (char)(1 << bit);
			r = (struct record){ .value = value.data, .value_len = value.len };
			if (job_read(&r, &j, &e) == OK)
				job_clear(&j);
			value.data[i] ^= (char)(1 << bit);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_data_byte_for_byte),
		cmocka_unit_test(test_absent),	      cmocka_unit_test(test_headers),
		cmocka_unit_test(test_stands),	      cmocka_unit_test(test_odd_headers),
		cmocka_unit_test(test_bad),	      cmocka_unit_test(test_good_of_the_bad_table),
		cmocka_unit_test(test_hostile_bytes), cmocka_unit_test(test_password),
		cmocka_unit_test(test_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
