/* The front of the status service, asked over real sockets by several routes of a module made here.
 */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto.h"
#include "mem.h"
#include "web.h"
#include "web_rate.h"

#define PATIENCE_S 20
#define STREAM_MAX_BYTES 65536

/* ---- the module under test's web ---- */

static struct http_stream *held; /* of the route /stream */

static void say_params(struct web_request *q, struct http_response *a)
{
	for (size_t i = 0; i < WEB_PARAMS_MAX && q->params[i]; i++)
		buf_fmt(&a->body, "%s%s", i ? "," : "", q->params[i]);
	buf_fmt(&a->body, " tenant=%s local=%s", q->tenant ? q->tenant : "-", (char *)q->local);
}

static void say_json(struct web_request *q, struct http_response *a)
{
	const char *word = web_text(q, "word");

	web_json(a, 202, json_pack("{ss?}", "word", word));
}

static void say_stream(struct web_request *q, struct http_response *a)
{
	(void)q;
	a->stream = held = http_stream_new(STREAM_MAX_BYTES);
	a->type = "text/event-stream";
	http_stream_put(held, "one ", 4);
}

/* A reply that is made as it is sent: more than the sockets hold, and one that breaks. */
#define SOURCE_BLOCKS 40

struct source {
	char block[STREAM_MAX_BYTES];
	int left; /* blocks */
	bool breaks;
};
static atomic_int sources_closed; /* by any of the server's threads */

static int source_more(void *ctx, struct buf *out)
{
	struct source *s = ctx;

	if (s->left)
		buf_add(out, s->block, sizeof(s->block));
	if (!s->left || !--s->left)
		return s->breaks ? -1 : 0;
	return 1;
}

static void source_close(void *ctx)
{
	sources_closed++;
	free(ctx);
}

static void say_source(struct web_request *q, struct http_response *a)
{
	struct source *s = xcalloc(1, sizeof(*s));

	memset(s->block, 'x', sizeof(s->block));
	s->left = SOURCE_BLOCKS;
	s->breaks = web_query(q, "breaks");
	a->source = (struct http_source){ source_more, source_close, s };
}

static void inject(struct web_request *q, struct http_response *a)
{
	http_add_header(a, "X-Said", web_query(q, "v"));
}

/* Whoever says that they are a stranger is charged. */
static void believe(struct web_request *q, struct http_response *a)
{
	(void)a;
	if (web_query(q, "stranger"))
		web_charge(q);
}

static atomic_bool slow_began;

static void take_time(struct web_request *q, struct http_response *a)
{
	(void)q;
	slow_began = true;
	usleep(300000);
	buf_str(&a->body, "done at last");
}

static const struct web_route routes[] = {
	{ "GET", "/t/{tenant}/x/{id}", WEB_PRIVATE, WEB_VIEWER, .handle = say_params },
	{ "GET", "/t/{tenant}/x/all", WEB_PRIVATE, WEB_VIEWER, .handle = say_params },
	{ "POST", "/t/{tenant}/x", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, 64, say_json },
	{ "GET", "/open", WEB_PRIVATE, WEB_ANYONE, .handle = say_params },
	{ "GET", "/out/{id}", WEB_PUBLIC, WEB_ANYONE, .handle = say_params },
	{ "GET", "/stream", WEB_PUBLIC, WEB_ANYONE, .handle = say_stream },
	{ "GET", "/source", WEB_PUBLIC, WEB_ANYONE, .handle = say_source },
	{ "GET", "/slow", WEB_PUBLIC, WEB_ANYONE, .handle = take_time },
	{ "GET", "/inject", WEB_PUBLIC, WEB_ANYONE, .handle = inject },
	{ "GET", "/told", WEB_PUBLIC, WEB_ANYONE, WEB_UNMETERED, .handle = believe },
};

static void *open_local(void *ctx)
{
	return xstrdup(ctx);
}

/* "Authorization: <role> <tenant> key|session"; what is not that is nobody good. */
static int who(void *ctx, void *local, struct web_request *q, struct err *why)
{
	struct web_person *p = &q->person;
	const char *said = web_header(q, "Authorization");
	char role[16], proof[16];

	(void)ctx;
	(void)local;
	if (!said)
		return OK;
	if (sscanf(said, "%15s %64s %15s", role, p->tenant, proof) != 3)
		return err_set(why, ERR_INVALID, "no such key");
	while (strcmp(web_roles[p->role], role))
		p->role++;
	p->proof = strcmp(proof, "key") ? WEB_PROOF_SESSION : WEB_PROOF_KEY;
	text_put(p->csrf, sizeof(p->csrf), "right");
	return OK;
}

static char local_text[] = "own";
static const char *const proxies[] = { "127.0.0.1" };

static void put_face(void *ctx, const struct http_request *q, struct http_response *a)
{
	if (!http_header(q, "Accept"))
		return;
	buf_reset(&a->body);
	buf_fmt(&a->body, "%s %u", (const char *)ctx, a->status);
	web_html(a, a->status);
}

static struct web *open_web(int64_t rate)
{
	struct web_options o = {
		.listen = { "127.0.0.1:0", "127.0.0.1:0" },
		.threads = 2,
		.rate_per_s = rate,
		.proxies = proxies,
		.nproxies = ARRAY_LEN(proxies),
		.modules = { { routes, ARRAY_LEN(routes), local_text, open_local, free } },
		.nmodules = 1,
		.gate = { .who = who },
		.face = put_face,
		.face_ctx = local_text,
	};
	struct tenants *t;
	struct web *w;
	struct err e = { "" };

	if (web_open(&w, &o, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(tenants_load(&t, NULL, &e), OK);
	web_publish(w, t);
	tenants_free(t);
	return w;
}

/* ---- asking ---- */

static int connect_to(const struct web *w, enum web_door door)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(web_port(w, door)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* head: request line and own headers, each with its CRLF. The caller frees the whole answer. */
static char *ask(const struct web *w, enum web_door door, const char *head, const char *body)
{
	autofree char *text =
		xasprintf("%sHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", head,
			  strlen(body), body);
	int fd = connect_to(w, door);
	struct buf out = BUF_INIT(1 << 20);
	char chunk[4096];
	ssize_t n;

	send(fd, text, strlen(text), MSG_NOSIGNAL);
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(&out, chunk, (size_t)n);
	close(fd);
	return buf_take(&out);
}

struct row {
	enum web_door door;
	const char *head, *body, *status, *holds;
};

#define KEY(who) "Authorization: " who "\r\n"
#define JSON "Content-Type: application/json\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n"
#define POST(path) "POST " path " HTTP/1.1\r\n"

static const struct row rows[] = {
	/* routes and params */
	{ WEB_PUBLIC, GET("/out/a%20b"), "", "200", "a b tenant=- local=own" },
	{ WEB_PUBLIC, GET("/out/2026%2F11"), "", "200", "2026/11 tenant=-" },
	{ WEB_PUBLIC, GET("/%6fut/a%zz"), "", "200", "a%zz tenant=-" },
	{ WEB_PUBLIC, GET("/out%2Fa"), "", "404", "not_found" },
	{ WEB_PUBLIC, GET("/out/a%00b"), "", "404", "not_found" },
	{ WEB_PUBLIC, GET("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"), "", "404", "not_found" },
	{ WEB_PUBLIC, GET("/out/a/"), "", "404", "\"code\":\"not_found\"" },
	{ WEB_PUBLIC, GET("/out/"), "", "404", "" },
	{ WEB_PUBLIC, GET("/open"), "", "404", "" }, /* it is behind the other door */
	{ WEB_PRIVATE, GET("/t/acme/x/1") KEY("viewer acme key"), "", "200", "acme,1 tenant=acme" },
	{ WEB_PRIVATE, GET("/t/acme/x/all") KEY("viewer acme key"), "", "200", "acme tenant=acme" },
	{ WEB_PRIVATE, "PUT /t/acme/x/1 HTTP/1.1\r\n" KEY("viewer acme key"), "", "405",
	  "Allow: GET, HEAD" },
	{ WEB_PRIVATE, "HEAD /open HTTP/1.1\r\n", "", "200", "" },
	/* who may */
	{ WEB_PRIVATE, GET("/open"), "", "200", "tenant=-" },
	{ WEB_PRIVATE, GET("/t/acme/x/1"), "", "401", "WWW-Authenticate: Bearer" },
	{ WEB_PRIVATE, GET("/open") KEY("nonsense"), "", "401", "no such key" },
	{ WEB_PRIVATE, GET("/t/acme/x/1") KEY("super other key"), "", "403", "not of this tenant" },
	{ WEB_PRIVATE, GET("/t/acme/x/1") KEY("viewer * key"), "", "200", "acme,1" },
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("viewer acme key"), "{}", "403",
	  "needs the role operator" },
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("operator acme session"), "{}", "403",
	  "\"code\":\"csrf\"" },
	{ WEB_PRIVATE,
	  POST("/t/acme/x") JSON KEY("operator acme session") "X-CSRF-Token: wrong\r\n", "{}",
	  "403", "\"code\":\"csrf\"" },
	{ WEB_PRIVATE,
	  POST("/t/acme/x") JSON KEY("operator acme session") "X-CSRF-Token: right\r\n", "{}",
	  "202", "" },
	/* bodies */
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("admin acme key"), "{\"word\":\"hello\"}", "202",
	  "{\"word\":\"hello\"}" },
	{ WEB_PRIVATE, POST("/t/acme/x") KEY("admin acme key"), "{}", "415", "" },
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("admin acme key"), "{", "400", "no_json" },
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("admin acme key"), "[]", "422",
	  "application/problem+json" },
	{ WEB_PRIVATE, POST("/t/acme/x") JSON KEY("admin acme key"),
	  "{\"word\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
	  "413", "too_large" },
	/* what every answer has */
	{ WEB_PUBLIC, GET("/out/1"), "", "200", "Referrer-Policy: no-referrer" },
	{ WEB_PUBLIC, GET("/nothing"), "", "404", "Cache-Control: no-store" },
	{ WEB_PUBLIC, GET("/inject?v=plain"), "", "200", "X-Said: plain" },
};

static void test_rows(void **state)
{
	struct web *w = open_web(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *answer = ask(w, rows[i].door, rows[i].head, rows[i].body);

		if (strncmp(answer + strlen("HTTP/1.1 "), rows[i].status, 3) ||
		    !strstr(answer, rows[i].holds))
			fail_msg("row %zu: %s wanted: %s %s\n%s", i, rows[i].head, rows[i].status,
				 rows[i].holds, answer);
	}
	web_close(w);
}

static void test_no_header_begins_in_a_value(void **state)
{
	struct web *w = open_web(0);
	autofree char *answer = ask(w, WEB_PUBLIC, GET("/inject?v=a%0d%0aSet-Cookie:%20b=c"), "");

	(void)state;
	assert_non_null(strstr(answer, "200 OK"));
	assert_null(strstr(answer, "Set-Cookie"));
	web_close(w);
}

static void test_bodies_are_bounded_without_a_length_too(void **state)
{
	struct web *w = open_web(0);
	int fd = connect_to(w, WEB_PRIVATE);
	static const char head[] = POST("/t/acme/x")
		JSON KEY("admin acme key") "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[128] = "40\r\n", answer[4096] = "";
	ssize_t n;

	(void)state;
	memset(chunk + 4, ' ', 64);
	memcpy(chunk + 68, "\r\n", 2);
	send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL);
	send(fd, chunk, 70, MSG_NOSIGNAL);
	send(fd, chunk, 70, MSG_NOSIGNAL);
	send(fd, "0\r\n\r\n", 5, MSG_NOSIGNAL);
	n = recv(fd, answer, sizeof(answer) - 1, 0);
	close(fd);
	assert_true(n > 0);
	assert_non_null(strstr(answer, " 413 "));
	web_close(w);
}

static void test_nothing_is_answered_before_settings_are_known(void **state)
{
	struct web_options o = { .listen = { "127.0.0.1:0", NULL },
				 .threads = 1,
				 .modules = { { routes, ARRAY_LEN(routes), NULL, NULL, NULL } },
				 .nmodules = 1 };
	struct web *w;
	struct err e;

	(void)state;
	assert_int_equal(web_open(&w, &o, &e), OK);
	autofree char *answer = ask(w, WEB_PUBLIC, GET("/out/1"), "");

	assert_non_null(strstr(answer, " 503 "));
	assert_int_equal(web_port(w, WEB_PRIVATE), 0);
	web_close(w);
}

/* Waits until what comes from fd holds word. */
static void await(int fd, struct buf *got, const char *word)
{
	char chunk[512];

	while (!got->data || !strstr(got->data, word)) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		assert_true(n > 0);
		buf_add(got, chunk, (size_t)n);
	}
}

static void test_streams(void **state)
{
	static const char get[] = GET("/stream") "Host: h\r\n\r\n";
	struct web *w = open_web(0);
	int fd = connect_to(w, WEB_PUBLIC);
	autobuf got = BUF_INIT(1 << 16);

	(void)state;
	send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL);
	await(fd, &got, "one ");
	assert_true(http_stream_put(held, "two ", 4));
	await(fd, &got, "two ");
	http_stream_put(held, "three", 5);
	http_stream_end(held);
	await(fd, &got, "three");
	await(fd, &got, "0\r\n\r\n"); /* its end, in chunks */
	close(fd);
	web_close(w);
}

/* All that comes before the other end closes. */
static size_t read_all(struct web *w, const char *head, struct buf *got)
{
	int fd = connect_to(w, WEB_PUBLIC);
	char chunk[4096];
	ssize_t n;

	send(fd, head, strlen(head), MSG_NOSIGNAL);
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(got, chunk, (size_t)n);
	close(fd);
	return got->len;
}

static void test_sources(void **state)
{
	struct web *w = open_web(0);
	autobuf whole = BUF_INIT(16 << 20), broken = BUF_INIT(16 << 20), head = BUF_INIT(1 << 16);
	int fd = connect_to(w, WEB_PUBLIC);

	(void)state;
	sources_closed = 0;
	read_all(w, GET("/source") "Host: h\r\nConnection: close\r\n\r\n", &whole);
	assert_true(whole.len > (size_t)SOURCE_BLOCKS * STREAM_MAX_BYTES);
	assert_non_null(strstr(whole.data, "Transfer-Encoding: chunked"));
	assert_string_equal(whole.data + whole.len - 5, "0\r\n\r\n");
	read_all(w, GET("/source?breaks=1") "Host: h\r\nConnection: close\r\n\r\n", &broken);
	assert_non_null(strstr(broken.data, "xxxx"));
	assert_string_not_equal(broken.data + broken.len - 5, "0\r\n\r\n");
	send(fd, GET("/source") "Host: h\r\n\r\n", strlen(GET("/source") "Host: h\r\n\r\n"),
	     MSG_NOSIGNAL);
	await(fd, &head, "xxxx"); /* and who leaves in the middle of it */
	close(fd);
	web_close(w);
	assert_int_equal(sources_closed, 3);
}

/* Who takes nothing is not waited for. */
static void test_a_stream_is_bounded(void **state)
{
	static const char get[] = GET("/stream") "Host: h\r\n\r\n";
	struct web *w = open_web(0);
	int fd = connect_to(w, WEB_PUBLIC), small = 4096;
	autobuf got = BUF_INIT(1 << 16);
	char block[STREAM_MAX_BYTES / 4] = { 0 };
	int blocks = 0;

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL);
	await(fd, &got, "one ");
	while (http_stream_put(held, block, sizeof(block)) && blocks < 100000)
		blocks++;
	assert_in_range(blocks, 1, 99999);
	close(fd);
	http_stream_end(held);
	web_close(w);
}

static void *ask_slowly(void *w)
{
	return ask(w, WEB_PUBLIC, GET("/slow"), "");
}

/* Who ends while somebody is being answered: they get it, and nobody else is let in. */
static void test_what_is_under_way_is_answered(void **state)
{
	struct web *w = open_web(0);
	pthread_t thread;
	char *answer;

	(void)state;
	slow_began = false;
	pthread_create(&thread, NULL, ask_slowly, w);
	while (!slow_began)
		usleep(1000);
	web_close(w);
	pthread_join(thread, (void **)&answer);
	assert_non_null(answer);
	assert_non_null(strstr(answer, "done at last"));
	assert_non_null(strstr(answer, "Connection: close"));
	free(answer);
}

static void test_one_address_asks_so_often(void **state)
{
	struct web *w = open_web(1);
	int refused = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		autofree char *answer = ask(w, WEB_PUBLIC, GET("/out/1"), "");

		if (strstr(answer, " 429 ")) {
			assert_non_null(strstr(answer, "Retry-After: "));
			refused++;
		}
	}
	assert_in_range(refused, 1, 15); /* five at once, and one a second */
	web_close(w);
}

static int turned_away(const struct web *w, const char *head, int times)
{
	int n = 0;

	for (int i = 0; i < times; i++) {
		autofree char *answer = ask(w, WEB_PUBLIC, head, "");

		n += strstr(answer, " 429 ") != NULL;
	}
	return n;
}

/* However a proxy spells an address, it is one; what the caller said before it is not believed. */
static void test_an_address_is_one(void **state)
{
	static const char *const same[] = {
		"192.0.2.9",
		" 192.0.2.9 ",
		"192.0.2.9:51234",
		"::ffff:192.0.2.9",
		"[::ffff:c000:209]:7",
		"198.51.100.1, 192.0.2.9",
		"198.51.100.1\r\nX-Forwarded-For: 192.0.2.9",
	};
	static const char *const others[] = { "::ffff:192.0.2.10", "[2001:db8::1]:7",
					      "192.0.2.9, 192.0.2.11" };
	struct web *w = open_web(1);

	(void)state;
	turned_away(w, GET("/out/1") "X-Forwarded-For: 192.0.2.9\r\n", 20);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		autofree char *head = xasprintf(GET("/out/1") "X-Forwarded-For: %s\r\n", same[i]);

		if (!turned_away(w, head, 20))
			fail_msg("'%s' is somebody else", same[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		autofree char *head = xasprintf(GET("/out/1") "X-Forwarded-For: %s\r\n", others[i]);

		if (turned_away(w, head, 1))
			fail_msg("'%s' is the same", others[i]);
	}
	web_close(w);
}

/* Of the public door people read what stands in their way; programs, and the other door, as ever.
 */
static void test_problems_have_a_face(void **state)
{
	static const struct {
		enum web_door door;
		const char *head, *answer;
	} cases[] = {
		{ WEB_PUBLIC, GET("/none") "Accept: text/html\r\n", "own 404" },
		{ WEB_PUBLIC, "PUT /out/1 HTTP/1.1\r\nAccept: text/html\r\n", "own 405" },
		{ WEB_PUBLIC, GET("/none"), "\"not_found\"" },
		{ WEB_PRIVATE, GET("/none") "Accept: text/html\r\n", "\"not_found\"" },
		{ WEB_PUBLIC, GET("/out/1") "Accept: text/html\r\n", "1 tenant=- local=own" },
	};
	struct web *w = open_web(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autofree char *answer = ask(w, cases[i].door, cases[i].head, "");

		if (!strstr(answer, cases[i].answer))
			fail_msg("row %zu: %s", i, answer);
	}
	web_close(w);
}

/* Where nothing is metered, strangers are turned away in the end, each by their own address. */
static void test_only_strangers_are_charged(void **state)
{
	struct web *w = open_web(1);

	(void)state;
	assert_int_equal(turned_away(w, GET("/out/1"), 20) > 0, true); /* as anywhere else */
	assert_int_equal(turned_away(w, GET("/told"), 20), 0);
	assert_in_range(turned_away(w, GET("/told?stranger=1"), 20), 1, 15);
	for (int tries = 0; !turned_away(w, GET("/told"), 1); tries++) { /* one a second is free */
		assert_in_range(tries, 0, 20);
		turned_away(w, GET("/told?stranger=1"), 20);
	}
	assert_int_equal(turned_away(w, GET("/told") "X-Forwarded-For: 192.0.2.7\r\n", 20), 0);
	web_close(w);
}

static void test_rate(void **state)
{
	struct web_rate *r = web_rate_new(10, 2);

	(void)state;
	assert_int_equal(web_rate_take(r, "192.0.2.1", 1000), 0);
	assert_int_equal(web_rate_look(r, "192.0.2.1", 1000), 0);
	assert_int_equal(web_rate_take(r, "192.0.2.1", 1000), 0);
	assert_in_range(web_rate_look(r, "192.0.2.1", 1000), 1, 101);
	assert_in_range(web_rate_take(r, "192.0.2.1", 1000), 1, 101);
	assert_int_equal(web_rate_take(r, "192.0.2.1", 1100), 0);
	assert_true(web_rate_take(r, "192.0.2.1", 1100) > 0);
	/* a network of IPv6 counts as one */
	web_rate_take(r, "2001:db8::1", 1000);
	web_rate_take(r, "2001:db8::2", 1000);
	assert_true(web_rate_take(r, "2001:db8::3", 1000) > 0);
	web_rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_header_begins_in_a_value),
		cmocka_unit_test(test_bodies_are_bounded_without_a_length_too),
		cmocka_unit_test(test_nothing_is_answered_before_settings_are_known),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_a_stream_is_bounded),
		cmocka_unit_test(test_what_is_under_way_is_answered),
		cmocka_unit_test(test_one_address_asks_so_often),
		cmocka_unit_test(test_an_address_is_one),
		cmocka_unit_test(test_problems_have_a_face),
		cmocka_unit_test(test_only_strangers_are_charged),
		cmocka_unit_test(test_rate),
	};
	struct err e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
