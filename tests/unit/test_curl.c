/* Where requests may go: addresses that are not public are refused however they are written. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "curl.h"
#include "inet.h"
#include "mem.h"

/* All of them mean a machine of ours, or none at all. */
static const char *const forbidden[] = {
	"127.0.0.1",
	"127.1",
	"127.0.1",
	"2130706433",
	"0x7f000001",
	"0x7f.1",
	"0177.0.0.1",
	"017700000001",
	"127.0.0.2",
	"127.255.255.254",
	"0.0.0.0",
	"0",
	"0x0",
	"10.0.0.1",
	"10.255.255.255",
	"172.16.0.1",
	"172.31.255.254",
	"192.168.0.1",
	"192.168.1.1",
	"3232235521",
	"0xc0a80001",
	"0300.0250.0.1",
	"169.254.169.254",
	"2852039166",
	"0xa9fea9fe",
	"0251.0376.0251.0376",
	"169.254.0.1",
	"100.64.0.1",
	"100.127.255.254",
	"192.0.0.1",
	"192.0.2.1",
	"198.18.0.1",
	"198.19.255.255",
	"198.51.100.7",
	"203.0.113.9",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"192.88.99.1",
	"[::1]",
	"[::]",
	"[::ffff:127.0.0.1]",
	"[::ffff:7f00:1]",
	"[::ffff:10.0.0.1]",
	"[::ffff:169.254.169.254]",
	"[::127.0.0.1]",
	"[0:0:0:0:0:0:0:1]",
	"[fe80::1]",
	"[fec0::1]",
	"[fc00::1]",
	"[fd12:3456::1]",
	"[fd00:ec2::254]",
	"[ff02::1]",
	"[2001:db8::1]",
	"[2001::1]",
	"[2002:7f00:1::]",
	"[2002:a00:1::]",
	"[64:ff9b::127.0.0.1]",
	"[64:ff9b::a00:1]",
	"[64:ff9b:1::808:808]",
	"[100::1]",
	"[100:0:0:1::1]",
	"[::ffff:0:127.0.0.1]",
	"[2001:10::1]",
	"[3fff::1]",
	"[5f00::1]",
	"127.0.0.1.",
	"user@127.0.0.1",
	"127.0.0.1%00.example.com",
	"\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
	"localhost",
	"localhost.",
	"LOCALHOST",
};

struct seen {
	bool asked, done;
	struct curl_answer answer;
};

static bool begin(void *ctx)
{
	((struct seen *)ctx)->asked = true;
	return true;
}

static void done(void *ctx, const struct curl_answer *a)
{
	struct seen *s = ctx;

	s->done = true;
	s->answer = *a;
}

static void post(struct curl_wire *w, const char *url, struct seen *seen)
{
	struct curl_request r = { .method = "POST",
				  .url = url,
				  .body = "a=b",
				  .body_len = 3,
				  .timeout_ms = 5000,
				  .begin = begin,
				  .done = done,
				  .user_data = seen };

	*seen = (struct seen){ .done = false };
	curl_wire_add(w, &r);
	while (!seen->done)
		curl_wire_run(w, 1000);
}

static void test_forbidden(void **state)
{
	struct curl_options o = { .plain_ok = true, .connections = 1, .connect_timeout_ms = 2000 };
	struct curl_wire *w = curl_wire_new(&o);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		char url[128];
		struct seen seen;
		struct err e = { "" };

		snprintf(url, sizeof(url), "http://%s:9/", forbidden[i]);
		post(w, url, &seen);
		if (seen.asked || seen.answer.begun || !seen.answer.fault)
			fail_msg("%s was connected to", url);
		assert_int_equal(curl_probe(&o, url, &e), ERR_AGAIN);
	}
	assert_true(ARRAY_LEN(forbidden) >= 60);
	curl_wire_free(w);
}

static void test_other_protocols(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1:9/",
					    "file:///etc/passwd",
					    "ftp://127.0.0.1/",
					    "gopher://127.0.0.1:6379/_INFO",
					    "dict://127.0.0.1:6379/",
					    "https://",
					    "",
					    "x" };
	struct curl_options o = { .private_ok = true, .connections = 1, .connect_timeout_ms = 500 };
	struct curl_wire *w = curl_wire_new(&o);
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		post(w, urls[i], &seen);
		assert_false(seen.asked);
	}
	curl_wire_free(w);
}

static void test_public(void **state)
{
	static const struct {
		const char *address;
		bool public;
	} rows[] = {
		{ "1.1.1.1", true },
		{ "8.8.8.8", true },
		{ "9.255.255.255", true },
		{ "11.0.0.0", true },
		{ "100.63.255.255", true },
		{ "100.128.0.0", true },
		{ "126.255.255.255", true },
		{ "128.0.0.0", true },
		{ "172.15.255.255", true },
		{ "172.32.0.0", true },
		{ "192.167.255.255", true },
		{ "192.169.0.0", true },
		{ "223.255.255.255", true },
		{ "2606:4700::1111", true },
		{ "2a00:1450::1", true },
		{ "::ffff:8.8.8.8", true },
		{ "64:ff9b::8.8.8.8", true },
		{ "2002:808:808::1", true },
		{ "64:ff9b:2::1", true },
		{ "101::1", true },
		{ "::ffff:192.168.0.1", false },
		{ "fe80::1", false },
		{ "febf::1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		bool v4 = inet_pton(AF_INET, rows[i].address, &in.sin_addr) == 1;

		if (!v4)
			assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
		if (inet_is_public(v4 ? (const struct sockaddr *)&in
				      : (const struct sockaddr *)&in6) != rows[i].public)
			fail_msg("%s", rows[i].address);
	}
}

/* Nobody listens: nothing has left, and a request that was cut had not begun either. */
static void test_nobody_there(void **state)
{
	struct curl_options o = {
		.plain_ok = true, .private_ok = true, .connections = 1, .connect_timeout_ms = 500
	};
	struct curl_wire *w = curl_wire_new(&o);
	struct seen seen;

	(void)state;
	post(w, "http://127.0.0.1:1/", &seen);
	assert_false(seen.asked);
	assert_false(seen.answer.begun);
	assert_string_equal(seen.answer.fault, "connect_failed");
	curl_wire_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
