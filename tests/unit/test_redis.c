/* URLs, and one connection to a real server: what it carries, how it fails, how it comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mem.h"
#include "redis.h"
#include "redis_server.h"
#include "redis_url.h"

/* ---- URLs ---- */

static void test_good_urls(void **state)
{
	static const struct {
		const char *url;
		struct redis_url is;
	} rows[] = {
		{ "redis://localhost", { .at = { "localhost", 6379 } } },
		{ "redis://10.0.0.1:7000/3", { .at = { "10.0.0.1", 7000 }, .db = 3 } },
		{ "redis://fleet@redis.example/",
		  { .at = { "redis.example", 6379 }, .user = "fleet" } },
		{ "redis://[::1]:1", { .at = { "::1", 1 } } },
		{ "redis://[2001:db8::1]/2", { .at = { "2001:db8::1", 6379 }, .db = 2 } },
		{ "rediss://r.example:6380", { .tls = true, .at = { "r.example", 6380 } } },
		{ "unix:///run/redis.sock", { .path = "/run/redis.sock" } },
		{ "unix://fleet@/run/r@2.sock?db=9",
		  { .path = "/run/r@2.sock", .user = "fleet", .db = 9 } },
		{ "sentinel://s1.example/beckon",
		  { .sentinels = { { "s1.example", 26379 } },
		    .nsentinels = 1,
		    .primary = "beckon" } },
		{ "sentinel://fleet@10.0.0.1:1,[::1]:2,s3/the-primary/4",
		  { .sentinels = { { "10.0.0.1", 1 }, { "::1", 2 }, { "s3", 26379 } },
		    .nsentinels = 3,
		    .primary = "the-primary",
		    .user = "fleet",
		    .db = 4 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct redis_url u;
		struct err e;

		if (redis_url_parse(rows[i].url, &u, &e) < 0)
			fail_msg("%s: %s", rows[i].url, e.text);
		assert_string_equal(u.at.host, rows[i].is.at.host);
		assert_string_equal(u.path, rows[i].is.path);
		assert_string_equal(u.user, rows[i].is.user);
		assert_int_equal(u.at.port, rows[i].is.at.port);
		assert_int_equal(u.db, rows[i].is.db);
		assert_int_equal(u.tls, rows[i].is.tls);
		assert_string_equal(u.primary, rows[i].is.primary);
		assert_int_equal(u.nsentinels, rows[i].is.nsentinels);
		for (int n = 0; n < u.nsentinels; n++) {
			assert_string_equal(u.sentinels[n].host, rows[i].is.sentinels[n].host);
			assert_int_equal(u.sentinels[n].port, rows[i].is.sentinels[n].port);
		}
	}
}

static void test_bad_urls(void **state)
{
	static const struct {
		const char *url, *told;
	} rows[] = {
		{ "", "begins with none of" },
		{ "localhost:6379", "begins with none of" },
		{ "http://localhost", "begins with none of" },
		{ "redis://", "no host" },
		{ "redis://:6379", "no host" },
		{ "redis://user:secret@host", "password belongs into its own file" },
		{ "redis://:secret@host", "password belongs into its own file" },
		{ "redis://host:", "port is empty" },
		{ "redis://host:65536", "port is over 65535" },
		{ "redis://host:6a", "port is not a number" },
		{ "redis://host/x", "database is not a number" },
		{ "redis://host/99999999999999999999", "database is over" },
		{ "redis://host?db=1", "only :port and /db" },
		{ "redis://[::1", "'[' without ']'" },
		{ "redis://[::1]x", "only :port and /db" },
		{ "unix://run/redis.sock", "whole path" },
		{ "unix:///", "whole path" },
		{ "unix:///run/redis.sock?x=1", "only ?db=N" },
		{ "unix:///run/redis.sock?db=", "database is empty" },
		{ "redis://a,b", "only :port and /db" },
		{ "sentinel://s1", "/NAME" },
		{ "sentinel://s1/", "/NAME" },
		{ "sentinel://s1,/beckon", "no host" },
		{ "sentinel://s1:x/beckon", "port is not a number" },
		{ "sentinel://s1/beckon/x", "database is not a number" },
		{ "sentinel://s1/beckon?x", "only /db" },
		{ "sentinel://1,2,3,4,5,6,7,8,9/beckon", "more than 8" },
		{ "sentinel://user:secret@s1/beckon", "password belongs into its own file" },
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct redis_url u;
		struct err e;

		assert_int_equal(redis_url_parse(rows[i].url, &u, &e), ERR_INVALID);
		if (!strstr(e.text, rows[i].told) || strstr(e.text, "secret"))
			fail_msg("%s: %s", rows[i].url, e.text);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const heads[] = { "unix:///", "redis://", "redis://" };
		struct redis_url u;

		memset(longest, 'a', sizeof(longest) - 1);
		longest[sizeof(longest) - 1] = '\0';
		memcpy(longest, heads[i], strlen(heads[i]));
		if (i == 2)
			longest[300] = '@';
		assert_int_equal(redis_url_parse(longest, &u, NULL), ERR_INVALID);
	}
}

/* ---- a connection ---- */

enum { ECHO, COUNT };

struct fixture {
	struct redis_server server;
	struct redis *redis;
	struct redis_script scripts[2];
};

static struct redis *connection(struct fixture *f, const char *url, const char *password)
{
	struct redis_options o = {
		.url = url, .password = password, .name = "test", .timeout_ms = 300
	};
	struct redis *r = NULL;
	struct err e;

	if (redis_new(&r, &o, f->scripts, ARRAY_LEN(f->scripts), &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

/* A server that has just been started may still be loading. */
static void connect_or_fail(struct redis *r)
{
	struct err e;

	for (int i = 0; i < 1000 && redis_connect(r, &e) < 0; i++)
		usleep(10 * 1000);
	if (!redis_connected(r))
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->scripts[ECHO] =
		(struct redis_script){ "echo", "return {ARGV[1], #ARGV[1], false, {1, 'x'}}", "" };
	f->scripts[COUNT] =
		(struct redis_script){ "count", "return redis.call('INCR', ARGV[1])", "" };
	redis_server_start(&f->server);
	f->redis = connection(f, f->server.url, NULL);
	connect_or_fail(f->redis);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	redis_free(f->redis);
	redis_server_stop(&f->server);
	free(f);
	return 0;
}

static void add(struct redis *r, const char *line)
{
	char copy[256], *rest = copy;
	const char *argv[8];
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word; argc < 8 && (word = strsep(&rest, " "));)
		argv[argc++] = word;
	redis_add(r, argc, argv, NULL);
}

static void run_or_fail(struct redis *r)
{
	struct err e;

	if (redis_run(r, &e) < 0)
		fail_msg("%s", e.text);
}

/* The one reply to one command, as text. */
static const char *ask(struct redis *r, const char *line)
{
	add(r, line);
	run_or_fail(r);
	assert_int_equal(redis_replies(r), 1);
	return redis_str(redis_reply(r, 0), NULL);
}

static void test_types(void **state)
{
	struct fixture *f = *state;
	const char *bytes = "a\0b";
	size_t three = 3, len;

	redis_add_script(f->redis, &f->scripts[ECHO], 1, &bytes, &three);
	add(f->redis, "GET nothing");
	add(f->redis, "NONSENSE");
	add(f->redis, "SET n 1795342001464");
	add(f->redis, "GET n");
	run_or_fail(f->redis);
	assert_int_equal(redis_replies(f->redis), 5);
	const struct redis_reply *v = redis_reply(f->redis, 0);

	assert_int_equal(redis_type(v), REDIS_ARRAY);
	assert_int_equal(redis_len(v), 4);
	assert_memory_equal(redis_str(redis_at(v, 0), &len), bytes, 3);
	assert_int_equal(len, 3);
	assert_int_equal(redis_int(redis_at(v, 1)), 3);
	assert_int_equal(redis_type(redis_at(v, 1)), REDIS_INT);
	assert_int_equal(redis_type(redis_at(v, 2)), REDIS_NIL);
	assert_string_equal(redis_str(redis_at(redis_at(v, 3), 1), NULL), "x");
	assert_int_equal(redis_type(redis_at(v, 4)), REDIS_NIL);
	assert_int_equal(redis_int(redis_at(v, 0)), 0);
	assert_int_equal(redis_len(redis_at(v, 0)), 0);
	assert_int_equal(redis_type(redis_reply(f->redis, 1)), REDIS_NIL);
	assert_string_equal(redis_str(redis_reply(f->redis, 1), NULL), "");
	assert_int_equal(redis_type(redis_reply(f->redis, 2)),
			 REDIS_ERROR); /* its neighbours are served */
	assert_int_equal(redis_type(redis_reply(f->redis, 3)), REDIS_STRING);
	assert_int_equal(redis_int(redis_reply(f->redis, 4)), 1795342001464);
}

static void test_greeting(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(ask(f->redis, "CLIENT GETNAME"), "test");
	assert_int_equal(strlen(redis_run_id(f->redis)), 40);
	assert_non_null(strstr(ask(f->redis, "INFO server"), redis_run_id(f->redis)));
}

static void test_database(void **state)
{
	struct fixture *f = *state;
	autofree char *url = xasprintf("%s?db=5", f->server.url);
	struct redis *five = connection(f, url, NULL);

	connect_or_fail(five);
	ask(five, "SET here 1");
	assert_int_equal(redis_type((ask(f->redis, "GET here"), redis_reply(f->redis, 0))),
			 REDIS_NIL);
	assert_string_equal(ask(five, "GET here"), "1");
	redis_free(five);
}

static void test_users(void **state)
{
	static const struct {
		const char *user, *password, *told; /* told NULL = let in */
	} rows[] = {
		{ "fleet", "hunter2", NULL },	{ "fleet", "wrong", "WRONGPASS" },
		{ "fleet", NULL, "WRONGPASS" }, { NULL, NULL, "NOAUTH" },
		{ NULL, "default1", NULL },
	};
	struct fixture *f = *state;

	ask(f->redis, "ACL SETUSER fleet on >hunter2 ~* +@all");
	ask(f->redis, "CONFIG SET requirepass default1");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *url = xasprintf("unix://%s%s%s", rows[i].user ? rows[i].user : "",
					       rows[i].user ? "@" : "", f->server.socket);
		struct redis *r = connection(f, url, rows[i].password);
		struct err e = { "" };

		assert_int_equal(redis_connect(r, &e), rows[i].told ? ERR_AGAIN : OK);
		assert_int_equal(redis_connected(r), !rows[i].told);
		if (rows[i].told && (!strstr(e.text, rows[i].told) || strstr(e.text, "hunter2")))
			fail_msg("row %zu: %s", i, e.text);
		redis_free(r);
	}
}

static void test_large_pipeline(void **state)
{
	struct fixture *f = *state;
	const char *argv[3] = { "SET", NULL, NULL };
	autofree char *value = xmalloc(1000);
	size_t len[3] = { 3, 0, 1000 };

	memset(value, 'v', 1000);
	argv[2] = value;
	for (int i = 0; i < 5000; i++) {
		char key[16];

		len[1] = (size_t)snprintf(key, sizeof(key), "k%d", i % 100);
		argv[1] = key;
		redis_add(f->redis, 3, argv, len);
	}
	add(f->redis, "DBSIZE");
	run_or_fail(f->redis);
	assert_int_equal(redis_replies(f->redis), 5001);
	assert_int_equal(redis_int(redis_reply(f->redis, 5000)), 100);
}

/* A transaction ends with the pipeline; the next begins anew. */
static void test_transactions(void **state)
{
	struct fixture *f = *state;
	const struct redis_reply *all;
	struct err e = { "" };

	redis_add_multi(f->redis);
	add(f->redis, "SET multi 1");
	redis_add_multi(f->redis); /* it is open already */
	add(f->redis, "INCR multi");
	run_or_fail(f->redis);
	assert_int_equal(redis_check(f->redis, &e), OK);
	all = redis_reply(f->redis, redis_replies(f->redis) - 1);
	assert_int_equal(redis_len(all), 2);
	assert_int_equal(redis_int(redis_at(all, 1)), 2);
	assert_string_equal(ask(f->redis, "GET multi"), "2");

	redis_add_multi(f->redis);
	add(f->redis, "HSET multi field 1");
	add(f->redis, "SET multi 3");
	run_or_fail(f->redis);
	assert_int_equal(redis_check(f->redis, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "WRONGTYPE"));
}

/* Adds so many bytes under a key, by one command. */
static void add_bytes(struct redis *r, const char *key, size_t len)
{
	autofree char *value = xmalloc(len);
	const char *argv[] = { "SET", key, value };
	const size_t lens[] = { 3, strlen(key), len };

	memset(value, 'v', len);
	redis_add(r, 3, argv, lens);
}

static int64_t transactions(struct fixture *f)
{
	const char *info = ask(f->redis, "INFO commandstats"),
		   *exec = strstr(info, "cmdstat_exec:calls=");

	return exec ? strtoll(exec + strlen("cmdstat_exec:calls="), NULL, 10) : 0;
}

/* What Redis would read in several goes becomes transactions of a size; each command keeps its
   reply. */
static void test_pipelines_as_transactions(void **state)
{
	struct fixture *f = *state;
	struct err e = { "" };
	int64_t before = transactions(f);

	add_bytes(f->redis, "a", 10000);
	add(f->redis, "INCR small");
	run_or_fail(f->redis);
	assert_int_equal(transactions(f), before);

	for (int i = 0; i < 10; i++)
		add_bytes(f->redis, "b", 40000);
	add(f->redis, "LPUSH b 1");
	add(f->redis, "INCR small");
	run_or_fail(f->redis);
	assert_int_equal(redis_replies(f->redis), 12);
	assert_int_equal(transactions(f), before + 2);
	add_bytes(f->redis, "c", 20000);
	add(f->redis, "LPUSH c 1");
	add(f->redis, "INCR small");
	run_or_fail(f->redis);
	assert_int_equal(redis_type(redis_reply(f->redis, 1)), REDIS_ERROR);
	assert_int_equal(redis_int(redis_reply(f->redis, 2)), 3);
	assert_int_equal(redis_check(f->redis, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "WRONGTYPE"));
}

/* Nothing of a transaction has been done where one of its commands cannot be. */
static void test_spoiled_pipeline(void **state)
{
	struct fixture *f = *state;
	struct err e;

	add_bytes(f->redis, "d", 20000);
	add(f->redis, "NONSENSE d");
	assert_int_equal(redis_run(f->redis, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "unknown command"));
	assert_false(redis_connected(f->redis));
	assert_int_equal(redis_connect(f->redis, &e), OK);
	assert_string_equal(ask(f->redis, "GET d"), "");
}

static void await_answer(struct redis *r)
{
	for (int i = 0; i < 30000 && !redis_answered(r); i++)
		usleep(1000);
	assert_true(redis_answered(r));
}

/* Who asks whether all of the answer is there is not kept waiting, and hears the same. */
static void test_answered(void **state)
{
	struct fixture *f = *state;
	struct err e = { "" };

	for (int whole = 0; whole < 2; whole++) {
		kill(f->server.pid, SIGSTOP);
		for (int i = 0; i < 200; i++)
			add(f->redis, "INCR n");
		for (int i = 0; i < whole; i++)
			add_bytes(f->redis, "d", 40000);
		add(f->redis, "ECHO end");
		redis_send(f->redis);
		for (int i = 0; i < 20; i++)
			assert_false(redis_answered(f->redis));
		kill(f->server.pid, SIGCONT);
		await_answer(f->redis);
		kill(f->server.pid, SIGSTOP); /* what it has said is all that hearing needs */
		assert_int_equal(redis_hear(f->redis, &e), OK);
		kill(f->server.pid, SIGCONT);
		assert_int_equal(redis_replies(f->redis), 201 + whole);
		assert_int_equal(redis_int(redis_reply(f->redis, 199)), 200 * (whole + 1));
		assert_string_equal(redis_str(redis_reply(f->redis, 200 + whole), NULL), "end");
	}
}

/* Some of it is enough to ask, all of it is waited for; and who is cut off need not wait. */
static void test_answered_in_part(void **state)
{
	struct fixture *f = *state;
	struct err e = { "" };

	for (int i = 0; i < 300; i++)
		add_bytes(f->redis, "d", 1000); /* more than is sent at once */
	redis_send(f->redis);
	redis_answered(f->redis);
	assert_int_equal(redis_hear(f->redis, &e), OK);
	assert_int_equal(redis_replies(f->redis), 300);
	assert_string_equal(ask(f->redis, "ECHO next"), "next");

	kill(f->server.pid, SIGSTOP);
	add(f->redis, "ECHO lost");
	redis_send(f->redis);
	assert_false(redis_answered(f->redis));
	redis_server_kill(&f->server);
	await_answer(f->redis);
	assert_int_equal(redis_hear(f->redis, &e), ERR_AGAIN);
	assert_false(redis_connected(f->redis));
}

/* ---- scripts that were flushed ---- */

static void test_noscript(void **state)
{
	struct fixture *f = *state;
	const char *key = "counted";

	redis_add_script(f->redis, &f->scripts[COUNT], 1, &key, NULL);
	add(f->redis, "SCRIPT FLUSH");
	redis_add_script(f->redis, &f->scripts[COUNT], 1, &key, NULL);
	add(f->redis, "PING");
	redis_add_script(f->redis, &f->scripts[COUNT], 1, &key, NULL);
	run_or_fail(f->redis);
	assert_int_equal(redis_replies(f->redis), 5);
	for (int i = 0; i < 3; i++)
		assert_int_equal(redis_int(redis_reply(f->redis, (size_t)(2 * i))), i + 1);
	assert_string_equal(redis_str(redis_reply(f->redis, 3), NULL), "PONG");
	assert_string_equal(ask(f->redis, "GET counted"), "3");

	ask(f->redis, "SCRIPT FLUSH");
	add_bytes(f->redis, "large", 20000);
	redis_add_script(f->redis, &f->scripts[COUNT], 1, &key, NULL);
	add(f->redis, "GET counted");
	run_or_fail(f->redis);
	assert_int_equal(redis_int(redis_reply(f->redis, 1)), 4);
	assert_string_equal(ask(f->redis, "GET counted"), "4");
}

static void test_faulty_script(void **state)
{
	struct fixture *f = *state;
	struct redis_script bad[] = { { "bad", "return nonsense(", "" } };
	struct redis_options o = { .url = f->server.url };
	struct redis *r = NULL;
	struct err e;

	assert_int_equal(redis_new(&r, &o, bad, 1, &e), OK);
	assert_int_equal(redis_connect(r, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "script bad is refused"));
	redis_free(r);
}

/* ---- failure ---- */

static void test_nobody_there(void **state)
{
	static const char *const urls[] = { "unix:///nonexistent/redis.sock",
					    "redis://127.0.0.1:1" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct redis *r = connection(f, urls[i], NULL);
		struct err e = { "" };

		assert_int_equal(redis_run(r, &e), ERR_AGAIN);
		assert_int_equal(redis_connect(r, &e), ERR_AGAIN);
		assert_non_null(strstr(e.text, "redis: "));
		assert_false(redis_connected(r));
		add(r, "PING");
		assert_int_equal(redis_run(r, &e), ERR_AGAIN);
		assert_int_equal(redis_replies(r), 0);
		redis_free(r);
	}
}

static void test_silent_server(void **state)
{
	struct fixture *f = *state;
	struct redis *other = connection(f, f->server.url, NULL);
	struct err e = { "" };

	kill(f->server.pid, SIGSTOP);
	add(f->redis, "INCR n");
	assert_int_equal(redis_run(f->redis, &e), ERR_AGAIN);
	assert_string_equal(e.text, "redis: no answer within 300 ms");
	assert_false(redis_connected(f->redis));
	assert_int_equal(redis_run(f->redis, &e), ERR_AGAIN); /* dead from then on */
	assert_int_equal(redis_connect(other, &e),
			 ERR_AGAIN); /* the kernel accepts, nobody answers */
	assert_false(redis_connected(other));
	kill(f->server.pid, SIGCONT);
	connect_or_fail(f->redis);
	assert_string_equal(ask(f->redis, "CLIENT GETNAME"), "test");
	assert_string_equal(ask(f->redis, "GET n"), "1"); /* the command that timed out had run */
	redis_free(other);
}

/* A second is longer than was agreed: waited for while there is patience, and no longer then. */
static void test_patience(void **state)
{
	struct fixture *f = *state;
	struct err e = { "" };

	redis_patience(f->redis, 30000);
	add(f->redis, "BLPOP nothing 1");
	assert_int_equal(redis_run(f->redis, &e), OK);
	assert_int_equal(redis_type(redis_reply(f->redis, 0)), REDIS_NIL);
	redis_patience(f->redis, 0);
	add(f->redis, "BLPOP nothing 1");
	assert_int_equal(redis_run(f->redis, &e), ERR_AGAIN);
	assert_string_equal(e.text, "redis: no answer within 300 ms");
}

static void test_killed_server(void **state)
{
	struct fixture *f = *state;
	char run_id[41];
	struct err e;

	snprintf(run_id, sizeof(run_id), "%s", redis_run_id(f->redis));
	ask(f->redis, "SET kept 1");
	redis_server_kill(&f->server);
	add(f->redis, "PING");
	assert_int_equal(redis_run(f->redis, &e), ERR_AGAIN);
	assert_int_equal(redis_connect(f->redis, &e), ERR_AGAIN);
	redis_server_run(&f->server);
	connect_or_fail(f->redis);
	assert_string_equal(ask(f->redis, "GET kept"), "1");
	assert_string_not_equal(redis_run_id(f->redis), run_id);
}

#ifndef BECKON_HIREDIS_SSL
static void test_tls_needs_a_build_with_it(void **state)
{
	struct fixture *f = *state;
	struct redis_options o = { .url = "rediss://127.0.0.1:1" };
	struct redis *r = NULL;
	struct err e;

	assert_int_equal(redis_new(&r, &o, f->scripts, 1, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "rediss:// needs a hiredis built with TLS"));
}
#endif

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_urls),
		cmocka_unit_test(test_bad_urls),
		CASE(test_types),
		CASE(test_greeting),
		CASE(test_database),
		CASE(test_users),
		CASE(test_large_pipeline),
		CASE(test_transactions),
		CASE(test_pipelines_as_transactions),
		CASE(test_spoiled_pipeline),
		CASE(test_answered),
		CASE(test_answered_in_part),
		CASE(test_noscript),
		CASE(test_faulty_script),
		CASE(test_nobody_there),
		CASE(test_silent_server),
		CASE(test_patience),
		CASE(test_killed_server),
#ifndef BECKON_HIREDIS_SSL
		CASE(test_tls_needs_a_build_with_it),
#endif
	};

	return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
