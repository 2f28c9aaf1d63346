/* The pages for those who watch the process, asked over real sockets. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "health.h"
#include "http.h"
#include "mem.h"
#include "now.h"

#define STUCK_MS 5000
#define PATIENCE_S 20

struct site {
	struct health *health;
	struct http *http;
};

static struct site open_site(const char *listen)
{
	struct site s = { .health = health_new(STUCK_MS, now_mono_ms()) };
	struct http_options o = { listen, health_routes, HEALTH_ROUTES, s.health };
	struct err e = { "" };

	if (http_open(&s.http, &o, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void close_site(struct site *s)
{
	http_close(s->http);
	health_free(s->health);
}

static int connect_to(const struct site *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(http_port(s->http)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void send_text(int fd, const char *text, size_t n)
{
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

/* Everything up to the end of the connection. */
static char *read_all(int fd)
{
	autobuf out = BUF_INIT(1 << 20);
	char chunk[4096];
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(&out, chunk, (size_t)n);
	close(fd);
	return buf_take(&out);
}

/* The whole reply to one request of one connection. */
static char *ask(const struct site *s, const char *request)
{
	autofree char *text =
		xasprintf("%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", request);
	int fd = connect_to(s);

	send_text(fd, text, strlen(text));
	return read_all(fd);
}

static void assert_reply(const struct site *s, const char *request, int status, const char *body)
{
	autofree char *reply = ask(s, request);
	autofree char *first = xasprintf("HTTP/1.1 %d ", status);
	const char *end = strstr(reply, "\r\n\r\n");

	if (strncmp(reply, first, strlen(first)) != 0 || !end || strcmp(end + 4, body) != 0)
		fail_msg("%s: expected %d %s, got\n%s", request, status, body, reply);
}

static void test_alive(void **state)
{
	struct site s = open_site("127.0.0.1:0");

	(void)state;
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	health_beat(s.health, now_mono_ms() - STUCK_MS - 2000);
	assert_reply(&s, "GET /healthz", 503, "stuck: the loop has not turned for 7 s\n");
	health_beat(s.health, now_mono_ms());
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	close_site(&s);
}

static void test_ready(void **state)
{
	struct site s = open_site("127.0.0.1:0");
	char reason[2 * HEALTH_REASON_MAX];

	(void)state;
	assert_reply(&s, "GET /readyz", 503, "not ready: starting\n");
	health_ready(s.health, "epoch missing; run beckon init");
	assert_reply(&s, "GET /readyz", 503, "not ready: epoch missing; run beckon init\n");
	health_ready(s.health, NULL);
	assert_reply(&s, "GET /readyz", 200, "ready\n");
	/* not ready is still alive */
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	health_ready(s.health, reason);
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	autofree char *reply = ask(&s, "GET /readyz");

	assert_true(strlen(strstr(reply, "\r\n\r\n")) < HEALTH_REASON_MAX + 20);
	close_site(&s);
}

static void test_metrics(void **state)
{
	struct site s = open_site("127.0.0.1:0");
	autobuf text = BUF_INIT(0);

	(void)state;
	assert_reply(&s, "GET /metrics", 200, "");
	buf_str(&text, "one 1\n");
	health_metrics(s.health, &text);
	assert_reply(&s, "GET /metrics", 200, "one 1\n");
	buf_reset(&text);
	buf_str(&text, "two 2\n");
	health_metrics(s.health, &text);
	assert_reply(&s, "GET /metrics", 200, "two 2\n");
	assert_string_equal(text.data, "one 1\n"); /* what comes back is the buffer before */
	autofree char *reply = ask(&s, "GET /metrics");

	assert_non_null(
		strstr(reply, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	close_site(&s);
}

static void test_refusals(void **state)
{
	struct site s = open_site("127.0.0.1:0");

	(void)state;
	assert_reply(&s, "GET /", 404, "no such page\n");
	assert_reply(&s, "GET /metrics/../healthz", 404, "no such page\n");
	assert_reply(&s, "POST /metrics", 405, "only GET and HEAD\n");
	assert_reply(&s, "DELETE /healthz", 405, "only GET and HEAD\n");
	assert_reply(&s, "HEAD /healthz", 200, "");
	assert_reply(&s, "GET /healthz?verbose=1", 200, "ok\n");
	autofree char *reply = ask(&s, "PUT /healthz");

	assert_non_null(strstr(reply, "Allow: GET, HEAD\r\n"));
	close_site(&s);
}

/* Bad clients: each gets an error or is cut off, and the next good one is served. */
static void test_bounds(void **state)
{
	struct site s = open_site("127.0.0.1:0");
	autobuf request = BUF_INIT(1 << 20);

	(void)state;
	buf_str(&request, "GET /healthz HTTP/1.1\r\nHost: x\r\nA: ");
	while (request.len < 2 * HTTP_MAX_REQUEST_BYTES)
		buf_byte(&request, 'a');
	buf_str(&request, "\r\n\r\n");
	int fd = connect_to(&s);

	send_text(fd, request.data, request.len);
	autofree char *long_header = read_all(fd);

	assert_null(strstr(long_header, " 200 "));
	fd = connect_to(&s);
	send_text(fd, "\0\xff\x16\x03\r\n\r\n", 8);
	shutdown(fd, SHUT_WR);
	autofree char *noise = read_all(fd);

	assert_null(strstr(noise, " 200 "));
	/* a body is never read */
	static const char post[] =
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n";

	fd = connect_to(&s);
	send_text(fd, post, sizeof(post) - 1);
	autofree char *body = read_all(fd);

	assert_non_null(strstr(body, " 405 "));
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	close_site(&s);
}

/* When all places are taken by silent clients, one that leaves makes room. */
static void test_connections(void **state)
{
	struct site s = open_site("127.0.0.1:0");
	int silent[HTTP_MAX_CONNECTIONS];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		silent[i] = connect_to(&s);
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		close(silent[i]);
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	close_site(&s);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "",
					   "9464",
					   ":9464",
					   "localhost:9464",
					   "127.0.0.1",
					   "127.0.0.1:",
					   "127.0.0.1:99999",
					   "[::1:0",
					   "127.0.0.1:http",
					   "256.0.0.1:0" };
	struct site s = open_site("127.0.0.1:0"), v6 = open_site("[::1]:0");
	autofree char *taken = xasprintf("127.0.0.1:%u", http_port(s.http));
	struct http_options o = { .routes = health_routes, .route_count = HEALTH_ROUTES };
	struct http *h = NULL;
	struct err e;

	(void)state;
	assert_true(http_port(v6.http) > 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		o.listen = bad[i];
		if (http_open(&h, &o, &e) != ERR_FATAL)
			fail_msg("%s was taken", bad[i]);
	}
	o.listen = taken;
	assert_int_equal(http_open(&h, &o, &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "Address already in use"));
	assert_null(h);
	close_site(&s);
	close_site(&v6);
}

/* Nobody asks: the thread sleeps. */
static void test_idle(void **state)
{
	struct site s = open_site("127.0.0.1:0");
	struct rusage before, after;

	(void)state;
	assert_reply(&s, "GET /healthz", 200, "ok\n");
	getrusage(RUSAGE_SELF, &before);
	nanosleep(&(struct timespec){ 0, 300000000 },
		  NULL); /* the time in which nothing may happen */
	getrusage(RUSAGE_SELF, &after);
	assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 20);
	close_site(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alive),	  cmocka_unit_test(test_ready),
		cmocka_unit_test(test_metrics),	  cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_bounds),	  cmocka_unit_test(test_connections),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
