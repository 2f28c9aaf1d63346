/* Programs beside us: what they say, that they come again when they die, and that they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "cli.h"
#include "file.h"
#include "mem.h"
#include "now.h"
#include "supervisor.h"

#define WAIT_MS 20000

struct world {
	char dir[32];
	struct supervisor *s;
	struct buf lines; /* each with a line feed */
	int ends, last_status;
	int64_t last_pause_ms;
};

static void on_line(void *ctx, size_t child, const char *line)
{
	struct world *w = ctx;

	buf_fmt(&w->lines, "%zu %s\n", child, line);
}

static void on_ended(void *ctx, size_t child, int status, int64_t restart_ms)
{
	struct world *w = ctx;

	(void)child;
	w->ends++;
	w->last_status = status;
	w->last_pause_ms = restart_ms;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct supervisor_events events = { on_line, on_ended, w };

	snprintf(w->dir, sizeof(w->dir), "/tmp/test_supervisor_XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	buf_str(&w->lines, "");
	assert_int_equal(supervisor_new(&w->s, w->dir, &events, NULL), OK);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	supervisor_free(w->s);
	nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	buf_clear(&w->lines);
	free(w);
	return 0;
}

static void start(struct world *w, const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	assert_int_equal(supervisor_start(w->s, "child", argv, NULL, NULL), OK);
}

/* Works until as many children have ended, or until text has been said. */
static void until(struct world *w, int ends, const char *text)
{
	struct pollfd p = { supervisor_fd(w->s), POLLIN, 0 };
	int64_t end = now_mono_ms() + WAIT_MS;

	while (w->ends < ends || (text && !strstr(w->lines.data, text))) {
		int64_t next = supervisor_work(w->s, now_mono_ms());

		assert_true(now_mono_ms() < end);
		if (w->ends < ends || (text && !strstr(w->lines.data, text)))
			poll(&p, 1, next < 0 || next > 1000 ? 1000 : (int)next);
	}
}

static void test_output(void **state)
{
	struct world *w = *state;
	autofree char *log = xasprintf("%s/child.log", w->dir);
	autobuf kept = BUF_INIT(0);

	start(w, "echo one; echo two >&2; printf three; exit 78");
	until(w, 1, NULL);
	assert_string_equal(w->lines.data, "0 one\n0 two\n0 three\n");
	assert_int_equal(WEXITSTATUS(w->last_status), CLI_CONFIG);
	assert_int_equal(w->last_pause_ms, -1); /* it would only end again */
	assert_int_equal(file_read(log, &kept, NULL), OK);
	assert_string_equal(kept.data, "one\ntwo\nthree");
}

static void test_comes_again(void **state)
{
	struct world *w = *state;

	start(w, "echo up; kill -9 $$");
	until(w, 2, "0 up\n0 up\n");
	assert_true(WIFSIGNALED(w->last_status));
	assert_int_equal(w->last_pause_ms, 2 * SUPERVISOR_PAUSE_MIN_MS);
}

static void test_end(void **state)
{
	struct world *w = *state;

	start(w, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done");
	start(w, "echo up; exec sleep 1000");
	until(w, 0, "0 up");
	until(w, 0, "1 up");
	supervisor_end(w->s, 1, SIGTERM);
	until(w, 1, NULL);
	assert_int_equal(supervisor_running(w->s, 0), 1);
	assert_int_equal(supervisor_running(w->s, 1), 0);
	supervisor_end(w->s, 0, SIGTERM);
	until(w, 2, "0 bye");
	assert_int_equal(supervisor_running(w->s, 0), 0);
	assert_int_equal(w->last_pause_ms, -1);
}

static void test_no_such_program(void **state)
{
	struct world *w = *state;
	const char *argv[] = { "/nonexistent/program", NULL };

	assert_int_equal(supervisor_start(w->s, "child", argv, NULL, NULL), OK);
	until(w, 1, "No such file");
	assert_int_equal(w->last_pause_ms, -1);
}

/* Starts a child, tells its number through the pipe and dies the hard way. */
static void live_and_die(struct world *w, int pipe_end)
{
	start(w, "echo $$; exec sleep 1000");
	until(w, 0, "\n");
	dprintf(pipe_end, "%s", w->lines.data + strlen("0 "));
	kill(getpid(), SIGKILL);
}

/* However we die, nobody is left behind: the kernel tells. */
static void test_we_die(void **state)
{
	char text[32] = "";
	struct pollfd p;
	int ends[2];
	pid_t middle;

	assert_int_equal(pipe(ends), 0);
	middle = fork();
	if (middle == 0)
		live_and_die(*state, ends[1]);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	p = (struct pollfd){ pidfd_open((pid_t)strtol(text, NULL, 10), 0), POLLIN, 0 };
	if (p.fd >= 0) /* else it is gone already */
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	waitpid(middle, NULL, 0);
	close(p.fd);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comes_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_program, setup, teardown),
		cmocka_unit_test_setup_teardown(test_we_die, setup, teardown),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
