/* rediss://: the chain and the name are checked, and what passes is a connection like any other.
   Where hiredis has no TLS there is nothing to test here; test_redis holds the sentence that says
   so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef BECKON_HIREDIS_SSL

#include <arpa/inet.h>

#include "mem.h"
#include "redis.h"
#include "redis_server.h"

struct fixture {
	struct redis_server server; /* its Unix socket, and TLS on a port beside */
	char cert[128], key[128];
	int port;
};

static void run_and_wait(char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		freopen("/dev/null", "w", stderr);
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* A certificate for the name localhost and no other, signed by itself. */
static void make_certificate(struct fixture *f)
{
	snprintf(f->cert, sizeof(f->cert), "%s/cert.pem", f->server.dir);
	snprintf(f->key, sizeof(f->key), "%s/key.pem", f->server.dir);
	run_and_wait((char *[]){ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
				 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
				 "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
				 "-keyout", f->key, "-out", f->cert, NULL });
}

static int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	close(fd);
	return ntohs(at.sin_port);
}

static void configure(struct redis *r, const char *key, const char *value)
{
	const char *argv[] = { "CONFIG", "SET", key, value };
	struct err e;

	redis_add(r, 4, argv, NULL);
	assert_int_equal(redis_run(r, &e), OK);
	assert_string_equal(redis_str(redis_reply(r, 0), NULL), "OK");
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct redis_options o = { 0 };
	struct redis *r = NULL;
	char port[12];

	redis_server_start(&f->server);
	o.url = f->server.url;
	make_certificate(f);
	assert_int_equal(redis_new(&r, &o, NULL, 0, NULL), OK);
	assert_int_equal(redis_connect(r, NULL), OK);
	f->port = free_port();
	snprintf(port, sizeof(port), "%d", f->port);
	configure(r, "tls-cert-file", f->cert);
	configure(r, "tls-key-file", f->key);
	configure(r, "tls-ca-cert-file", f->cert);
	configure(r, "tls-auth-clients", "no");
	configure(r, "tls-port", port);
	redis_free(r);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unsetenv("SSL_CERT_FILE");
	redis_server_stop(&f->server);
	free(f);
	return 0;
}

static void test_who_is_let_in(void **state)
{
	static const struct {
		const char *host;
		bool trusted;
		int result;
	} rows[] = {
		{ "localhost", true, OK },
		{ "localhost", false, ERR_AGAIN }, /* nobody we trust has signed it */
		{ "127.0.0.1", true, ERR_AGAIN },  /* not in the certificate */
		{ "localhost", true, OK },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *url = xasprintf("rediss://%s:%d", rows[i].host, f->port);
		struct redis_options o = { .url = url, .timeout_ms = 5000 };
		struct redis *r = NULL;
		struct err e = { "" };

		setenv("SSL_CERT_FILE", rows[i].trusted ? f->cert : "/dev/null", 1);
		assert_int_equal(redis_new(&r, &o, NULL, 0, &e), OK);
		if (redis_connect(r, &e) != rows[i].result)
			fail_msg("row %zu: %s", i, e.text);
		if (rows[i].result == OK)
			configure(r, "hz", "10");
		redis_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_who_is_let_in) };

	return cmocka_run_group_tests_name("redis_tls", tests, setup, teardown);
}

#else

int main(void)
{
	return 0;
}

#endif
