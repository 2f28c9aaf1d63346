/* Where requests may go: addresses that are not public are refused however they are written. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* A machine of ours that is asked on one connection after the other. */
struct gateway {
	pthread_t thread;
	int fd;
	char url[64];
	int asked; /* to be read once it has ended */
};

/* Every request but the second one is answered: after that the connection is closed. */
static bool answer(struct gateway *g, int fd)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char text[4096] = "";
	size_t len = 0;
	ssize_t n;

	while (!strstr(text, "a=b")) {
		if ((n = read(fd, text + len, sizeof(text) - 1 - len)) <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
	}
	return ++g->asked != 2 && write(fd, ok, sizeof(ok) - 1) > 0;
}

static void *serve(void *arg)
{
	struct gateway *g = arg;
	int fd;

	while ((fd = accept(g->fd, NULL, NULL)) >= 0) {
		while (answer(g, fd))
			continue;
		close(fd);
	}
	return NULL;
}

static void gateway_open(struct gateway *g)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);

	*g = (struct gateway){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(bind(g->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(g->fd, 8), 0);
	assert_int_equal(getsockname(g->fd, (struct sockaddr *)&at, &len), 0);
	snprintf(g->url, sizeof(g->url), "http://127.0.0.1:%u/", (unsigned)ntohs(at.sin_port));
	assert_int_equal(pthread_create(&g->thread, NULL, serve, g), 0);
}

static int gateway_close(struct gateway *g)
{
	shutdown(g->fd, SHUT_RDWR);
	pthread_join(g->thread, NULL);
	close(g->fd);
	return g->asked;
}

static const struct curl_options ours = {
	.plain_ok = true, .private_ok = true, .connections = 1, .connect_timeout_ms = 2000
};

/* A kept connection that ends without an answer: libcurl would ask once more on another one, and
   the message would go out twice. */
static void test_nothing_is_repeated(void **state)
{
	struct curl_wire *w = curl_wire_new(&ours);
	struct gateway g;
	struct seen seen;

	(void)state;
	gateway_open(&g);
	post(w, g.url, &seen);
	assert_int_equal(seen.answer.status, 200);
	post(w, g.url, &seen);
	assert_true(seen.answer.begun && !seen.answer.whole && !seen.answer.status);
	curl_wire_free(w);
	assert_int_equal(gateway_close(&g), 2);
}

/* A proxy is the setting's, or none: what the environment names would see every number and text. */
static void test_no_proxy_of_the_environment(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
					     "all_proxy", "ALL_PROXY" };
	struct curl_wire *w = curl_wire_new(&ours);
	struct gateway g;
	struct seen seen;

	(void)state;
	gateway_open(&g);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	post(w, g.url, &seen);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	assert_int_equal(seen.answer.status, 200); /* and not by way of port 1 */
	curl_wire_free(w);
	assert_int_equal(gateway_close(&g), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_nothing_is_repeated),
		cmocka_unit_test(test_no_proxy_of_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
