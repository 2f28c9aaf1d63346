/* A starved process dies by SIGALRM and says so; a fed one lives; neither leaves a core. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "watchdog.h"

/* Forks; the child's standard error goes to *err_fd. */
static pid_t fork_with_pipe(int *err_fd)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	*err_fd = ends[0];
	return pid;
}

static void test_starved(void **state)
{
	char text[256] = "";
	int err_fd, status;
	pid_t pid = fork_with_pipe(&err_fd);

	(void)state;
	if (pid == 0) {
		watchdog_open();
		watchdog_feed(1);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGALRM);
	assert_true(read(err_fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text,
			    "level=error ev=stuck text=\"the loop has not turned, ending\"\n");
	close(err_fd);
}

static void test_fed(void **state)
{
	(void)state;
	watchdog_feed(1);
	watchdog_feed(1000);
	assert_in_range(alarm(1000), 990, 1000); /* what was left of it */
	watchdog_feed(0);
	assert_int_equal(alarm(0), 0);
}

static void test_no_core(void **state)
{
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		watchdog_no_core();
		getrlimit(RLIMIT_CORE, &limit);
		_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starved),
		cmocka_unit_test(test_fed),
		cmocka_unit_test(test_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
