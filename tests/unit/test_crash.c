/* The n-th time that the named point is reached, and no other, ends the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "crash.h"
#include "mem.h"

/* Passes a and b in turn and exits with how often a was passed. */
static void walk(const char *at)
{
	if (at)
		setenv("BECKON_CRASH_AT", at, 1);
	else
		unsetenv("BECKON_CRASH_AT");
	close(STDERR_FILENO);
	for (int i = 0; i < 5; i++) {
		crash_point("before-dot");
		crash_point("after-dot");
	}
	_exit(5);
}

static void test_points(void **state)
{
	static const struct {
		const char *at;
		int signal; /* 0 = it lives */
	} cases[] = {
		{ NULL, 0 },
		{ "before-dot:1", SIGKILL },
		{ "after-dot:5", SIGKILL },
		{ "after-dot:6", 0 },
		{ "before:1", 0 },
		{ "before-dot:0", 0 },
		{ "before-dot", SIGABRT },
		{ "before-dot:x", SIGABRT },
		{ "before-dot:1:sleep", SIGABRT },
		{ "", SIGABRT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			walk(cases[i].at);
		waitpid(pid, &status, 0);
		assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, cases[i].signal);
		assert_int_equal(cases[i].signal ? 5 : WEXITSTATUS(status), 5);
	}
}

static void test_stop(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		walk("before-dot:2:stop");
	waitpid(pid, &status, WUNTRACED);
	assert_true(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_points),
					    cmocka_unit_test(test_stop) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
