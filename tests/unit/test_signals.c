/* Signals as the loop sees them, in processes of their own. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mem.h"
#include "signals.h"

#define PATIENCE_S 20

/* Runs body in a child and returns its wait status. */
static int in_child(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(PATIENCE_S);
		body();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			_exit(100);                                                                \
	} while (0)

static enum signals_event awaited(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
	return signals_read(fd);
}

static void reads_events(void)
{
	int fd;

	CHECK(signals_open(&fd, NULL) == OK);
	CHECK(signals_read(fd) == SIGNALS_NONE);
	kill(getpid(), SIGHUP);
	CHECK(awaited(fd) == SIGNALS_RELOAD);
	kill(getpid(), SIGPIPE); /* ignored */
	kill(getpid(), SIGHUP);
	CHECK(awaited(fd) == SIGNALS_RELOAD);
	CHECK(signals_read(fd) == SIGNALS_NONE);
	kill(getpid(), SIGTERM);
	CHECK(awaited(fd) == SIGNALS_STOP);
	CHECK(signals_read(fd) == SIGNALS_NONE);
	kill(getpid(), SIGHUP); /* still only read */
	CHECK(awaited(fd) == SIGNALS_RELOAD);
}

static void stops_twice(int first, int second)
{
	int fd;

	CHECK(signals_open(&fd, NULL) == OK);
	kill(getpid(), first);
	CHECK(awaited(fd) == SIGNALS_STOP);
	kill(getpid(), second);
	for (;;)
		pause(); /* the loop hangs: nobody reads */
}

static void term_then_int(void)
{
	stops_twice(SIGTERM, SIGINT);
}

static void int_then_term(void)
{
	stops_twice(SIGINT, SIGTERM);
}

static void *sleeps(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* A thread made after signals_open does not take the signal. */
static void threads_are_spared(void)
{
	pthread_t t;
	int fd;

	CHECK(signals_open(&fd, NULL) == OK);
	CHECK(pthread_create(&t, NULL, sleeps, NULL) == 0);
	kill(getpid(), SIGTERM);
	CHECK(awaited(fd) == SIGNALS_STOP);
}

static void test_signals(void **state)
{
	static const struct {
		void (*body)(void);
		int exit_code;
	} cases[] = {
		{ reads_events, 0 },
		{ term_then_int, 1 },
		{ int_then_term, 1 },
		{ threads_are_spared, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status = in_child(cases[i].body);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), cases[i].exit_code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
