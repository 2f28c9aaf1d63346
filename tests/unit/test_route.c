/* A route: closed by a fault, probed with growing pauses, opened again, freed at any moment. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "now.h"
#include "route.h"
#include "smtp_connect.h"

#define PATIENCE_MS 20000
#define PROBES_MAX 64

struct relay {
	struct route *route;
	int wake_fd;
	atomic_int whole_at, probes; /* the probe that finds the relay whole */
	int64_t at_ms[PROBES_MAX];   /* when each began; read when no probe runs */
	struct sockaddr_in silent;
	int listener;
	atomic_int cut;
};

static int count_probe(void *ctx, struct err *e)
{
	struct relay *r = ctx;
	int n = r->probes;

	if (n < PROBES_MAX)
		r->at_ms[n] = now_mono_ms();
	r->probes++;
	if (n + 1 >= r->whole_at)
		return OK;
	return err_set(e, ERR_AGAIN, "probe %d was not answered", n + 1);
}

/* As a session with a relay that accepts and never greets. */
static int silent_probe(void *ctx, struct err *e)
{
	struct relay *r = ctx;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	smtp_connect_forget_deadline();
	r->probes++;
	smtp_connect_begin(PATIENCE_MS);
	if (connect(fd, (const struct sockaddr *)&r->silent, sizeof(r->silent)) < 0)
		r->cut += errno == ECANCELED;
	else
		r->cut += poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &byte, 1) == 0;
	smtp_connect_end();
	close(fd);
	return err_set(e, ERR_AGAIN, "silent");
}

static void relay_open(struct relay *r, int (*probe)(void *ctx, struct err *e), int whole_at)
{
	socklen_t size = sizeof(r->silent);

	*r = (struct relay){ .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
			     .whole_at = whole_at };
	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r->silent = (struct sockaddr_in){ .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(r->listener, (struct sockaddr *)&r->silent, size), 0);
	assert_int_equal(listen(r->listener, 8), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&r->silent, &size), 0);
	r->route = route_new("mx", probe, r, r->wake_fd);
}

static void relay_close(struct relay *r)
{
	route_free(r->route);
	close(r->listener);
	close(r->wake_fd);
}

static void until(atomic_int *what, int least)
{
	for (int64_t end = now_mono_ms() + PATIENCE_MS; *what < least; usleep(500))
		assert_true(now_mono_ms() < end);
}

static void await_wake(struct relay *r)
{
	struct pollfd p = { .fd = r->wake_fd, .events = POLLIN };
	uint64_t count;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(read(r->wake_fd, &count, sizeof(count)), sizeof(count));
	assert_true(route_is_open(r->route));
}

static void test_open_at_first(void **state)
{
	struct relay r;

	(void)state;
	relay_open(&r, count_probe, 1);
	assert_true(route_is_open(r.route));
	relay_close(&r);
	assert_int_equal(r.probes, 0);
	route_free(NULL);
}

static void test_closed_probed_open(void **state)
{
	struct relay r;
	char why[64];

	(void)state;
	relay_open(&r, count_probe, PROBES_MAX);
	route_close(r.route, "connection refused");
	assert_false(route_is_open(r.route));
	until(&r.probes, 4);
	assert_non_null(strstr(route_why(r.route, why, sizeof(why)), "mx: "));
	route_close(r.route, "again"); /* does nothing while closed */
	assert_null(strstr(route_why(r.route, why, sizeof(why)), "again"));
	r.whole_at = 1;
	await_wake(&r);
	relay_close(&r);
	/* At once, then after 100, 200 and 400 ms at least: each pause is longer. */
	for (int i = 1; i < 4; i++)
		assert_true(r.at_ms[i] - r.at_ms[i - 1] >= (100 << (i - 1)) - 1);
}

static void test_why(void **state)
{
	struct relay r;
	char why[64], cut[8];

	(void)state;
	relay_open(&r, count_probe, 1000);
	route_close(r.route, "530 5.7.0 no");
	until(&r.probes, 2); /* the first has left its text by now */
	assert_non_null(strstr(route_why(r.route, why, sizeof(why)), "was not answered"));
	assert_string_equal(route_why(r.route, cut, sizeof(cut)), "mx: pro");
	relay_close(&r);
}

static void test_many_times(void **state)
{
	struct relay r;

	(void)state;
	relay_open(&r, count_probe, 0); /* always whole */
	for (int i = 1; i <= 50; i++) {
		route_close(r.route, "lost");
		await_wake(&r);
		assert_int_equal(r.probes, i);
		route_proved(r.route);
	}
	relay_close(&r);
}

/* It greets, and then breaks every message: each closing waits longer, until one is taken over. */
static void test_flapping(void **state)
{
	struct relay r;

	(void)state;
	relay_open(&r, count_probe, 0); /* always whole */
	for (int i = 1; i <= 4; i++) {
		route_close(r.route, "lost");
		await_wake(&r);
	}
	route_proved(r.route);
	int64_t proved_ms = now_mono_ms();

	route_close(r.route, "lost");
	await_wake(&r);
	relay_close(&r);
	for (int i = 1; i < 4; i++)
		assert_true(r.at_ms[i] - r.at_ms[i - 1] >= (100 << (i - 1)) - 1);
	assert_true(r.at_ms[4] - proved_ms < 400);
}

/* A secret that is refused: whoever connects finds all well, and closings follow each other. */
static void test_what_no_probe_sees(void **state)
{
	struct relay r;
	int64_t closed_ms[3];

	(void)state;
	relay_open(&r, count_probe, 0); /* always whole */
	for (int i = 0; i < 3; i++) {
		closed_ms[i] = now_mono_ms();
		route_close_unseen(r.route, "401");
		if (i == 2)
			route_hurry(r.route); /* the secret has been read again */
		await_wake(&r);
	}
	assert_true(r.at_ms[0] - closed_ms[0] >= 999);
	assert_true(r.at_ms[1] - closed_ms[1] >= 1999);
	assert_true(r.at_ms[2] - closed_ms[2] < 3999);
	route_hurry(r.route); /* of one that is open it says nothing */
	closed_ms[0] = now_mono_ms();
	route_close_unseen(r.route, "401");
	await_wake(&r);
	relay_close(&r);
	assert_true(r.at_ms[3] - closed_ms[0] >= 999);
}

/* Where the probe sees it after all, it is a fault like any other. */
static void test_unseen_and_seen(void **state)
{
	struct relay r;

	(void)state;
	relay_open(&r, count_probe, 5);
	route_close_unseen(r.route, "401");
	route_hurry(r.route);
	await_wake(&r);
	route_proved(r.route);
	r.whole_at = 0;
	route_close(r.route, "lost");
	await_wake(&r);
	relay_close(&r);
	assert_int_equal(r.probes, 6);
}

static void test_freed_in_a_pause(void **state)
{
	struct relay r;
	int probes;

	(void)state;
	relay_open(&r, count_probe, 1000);
	route_close(r.route, "down");
	until(&r.probes, 4);
	probes = r.probes;
	relay_close(&r);
	assert_in_range(r.probes, probes,
			probes + 1); /* one may just have begun; none is begun to end */
}

static void test_freed_while_probing(void **state)
{
	struct relay r;

	(void)state;
	relay_open(&r, silent_probe, 0);
	route_close(r.route, "down");
	until(&r.probes, 1);
	relay_close(&r);
	assert_int_equal(r.cut, 1);
	assert_int_equal(r.probes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_at_first),
		cmocka_unit_test(test_closed_probed_open),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_many_times),
		cmocka_unit_test(test_flapping),
		cmocka_unit_test(test_what_no_probe_sees),
		cmocka_unit_test(test_unseen_and_seen),
		cmocka_unit_test(test_freed_in_a_pause),
		cmocka_unit_test(test_freed_while_probing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
