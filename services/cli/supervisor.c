#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "mem.h"
#include "now.h"

#define ARGV_MAX 32
#define EVENTS_MAX 16

struct child {
	char *name;
	char *argv[ARGV_MAX];
	int log;			      /* its file */
	pid_t pid;			      /* 0 = does not run */
	int pidfd, output;		      /* -1 = closed */
	bool ending;			      /* is not started again */
	int64_t started_ms, due_ms, pause_ms; /* due_ms 0 = not due */
	char line[SUPERVISOR_LINE_MAX];
	size_t len;
};

struct supervisor {
	char *log_dir;
	struct supervisor_events events;
	int epoll, null;
	struct child children[SUPERVISOR_CHILDREN_MAX];
	size_t count;
};

int supervisor_new(struct supervisor **out, const char *log_dir,
		   const struct supervisor_events *events, struct err *e)
{
	struct supervisor *s = xcalloc(1, sizeof(*s));

	s->events = *events;
	s->log_dir = xstrdup(log_dir);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (s->epoll < 0 || s->null < 0) {
		err_set(e, ERR_FATAL, "supervisor: %s", strerror(errno));
		supervisor_free(s);
		return ERR_FATAL;
	}
	*out = s;
	return OK;
}

int supervisor_fd(const struct supervisor *s)
{
	return s->epoll;
}

/* Between fork and exec of a process that has threads: only calls that are safe there. */
static void become(const struct child *c, int null, int output, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died before we could ask to be told */
		_exit(CLI_AWAY);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	execvp(c->argv[0], c->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", c->argv[0], strerror(errno));
	_exit(CLI_CONFIG);
}

static void watch(struct supervisor *s, int fd, struct child *c)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int spawn(struct supervisor *s, struct child *c, int64_t now_ms, struct err *e)
{
	int ends[2];
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return err_set(e, ERR_FATAL, "%s: %s", c->name, strerror(errno));
	fcntl(ends[1], F_SETFL, 0); /* the child's end blocks, as programs expect */
	c->pid = fork();
	if (c->pid == 0)
		become(c, s->null, ends[1], parent);
	close(ends[1]);
	if (c->pid < 0) {
		c->pid = 0;
		close(ends[0]);
		return err_set(e, ERR_FATAL, "%s: %s", c->name, strerror(errno));
	}
	c->output = ends[0];
	c->pidfd = pidfd_open(c->pid, 0);
	c->started_ms = now_ms;
	c->due_ms = 0;
	c->len = 0;
	watch(s, c->output, c);
	watch(s, c->pidfd, c);
	return OK;
}

int supervisor_start(struct supervisor *s, const char *name, const char *const *argv, size_t *child,
		     struct err *e)
{
	struct child *c = &s->children[s->count];
	autofree char *log = xasprintf("%s/%s.log", s->log_dir, name);

	if (s->count == SUPERVISOR_CHILDREN_MAX)
		return err_set(e, ERR_FATAL, "more than %d programs", SUPERVISOR_CHILDREN_MAX);
	*c = (struct child){ .name = xstrdup(name),
			     .pidfd = -1,
			     .output = -1,
			     .pause_ms = SUPERVISOR_PAUSE_MIN_MS };
	for (size_t i = 0; argv[i] && i < ARGV_MAX - 1; i++)
		c->argv[i] = xstrdup(argv[i]);
	c->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (child)
		*child = s->count;
	s->count++;
	if (c->log < 0)
		return err_set(e, ERR_FATAL, "%s: %s", log, strerror(errno));
	return spawn(s, c, now_mono_ms(), e);
}

static void end_line(struct supervisor *s, struct child *c)
{
	c->line[c->len] = '\0';
	c->len = 0;
	s->events.line(s->events.ctx, (size_t)(c - s->children), c->line);
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Reads what there is. False: nothing more now. */
static bool listen_to(struct supervisor *s, struct child *c)
{
	char bytes[SUPERVISOR_LINE_MAX];
	ssize_t n = c->output < 0 ? 0 : read(c->output, bytes, sizeof(bytes));

	if (n == 0 || (n < 0 && errno != EAGAIN))
		shut(&c->output); /* it may have closed its output and live on */
	if (n <= 0)
		return false;
	if (write(c->log, bytes, (size_t)n) != n)
		c->len = 0; /* a full disk: the lines are still shown */
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(s, c);
		else if (c->len + 1 < sizeof(c->line))
			c->line[c->len++] = bytes[i];
	}
	return true;
}

/* The child has ended: its last words, then when it comes again. */
static void bury(struct supervisor *s, struct child *c, int status, int64_t now_ms)
{
	bool useless = WIFEXITED(status) && WEXITSTATUS(status) == CLI_CONFIG;
	int64_t pause = -1;

	while (listen_to(s, c))
		;
	if (c->len)
		end_line(s, c);
	shut(&c->output);
	shut(&c->pidfd);
	c->pid = 0;
	if (now_ms - c->started_ms >= SUPERVISOR_STEADY_MS)
		c->pause_ms = SUPERVISOR_PAUSE_MIN_MS;
	if (!c->ending && !useless) {
		pause = c->pause_ms;
		c->due_ms = now_ms + pause;
		c->pause_ms =
			2 * pause < SUPERVISOR_PAUSE_MAX_MS ? 2 * pause : SUPERVISOR_PAUSE_MAX_MS;
	}
	s->events.ended(s->events.ctx, (size_t)(c - s->children), status, pause);
}

static void look(struct supervisor *s, struct child *c, int64_t now_ms)
{
	int status;

	if (!c->pid)
		return;
	listen_to(s, c);
	if (waitpid(c->pid, &status, WNOHANG) == c->pid)
		bury(s, c, status, now_ms);
}

static int64_t start_due(struct supervisor *s, int64_t now_ms)
{
	int64_t next = -1;

	for (size_t i = 0; i < s->count; i++) {
		struct child *c = &s->children[i];

		if (!c->due_ms || c->ending)
			continue;
		if (c->due_ms <= now_ms && spawn(s, c, now_ms, NULL))
			c->due_ms = now_ms + c->pause_ms;
		if (c->due_ms && (next < 0 || c->due_ms - now_ms < next))
			next = c->due_ms - now_ms;
	}
	return next;
}

int64_t supervisor_work(struct supervisor *s, int64_t now_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(s->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < n; i++)
		look(s, events[i].data.ptr, now_ms);
	return start_due(s, now_ms);
}

void supervisor_end(struct supervisor *s, size_t from, int signal)
{
	for (size_t i = from; i < s->count; i++) {
		s->children[i].ending = true;
		if (s->children[i].pid)
			kill(s->children[i].pid, signal);
	}
}

size_t supervisor_running(const struct supervisor *s, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < s->count; i++)
		n += s->children[i].pid != 0;
	return n;
}

void supervisor_free(struct supervisor *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		struct child *c = &s->children[i];

		if (c->pid) {
			kill(c->pid, SIGKILL);
			waitpid(c->pid, NULL, 0);
		}
		shut(&c->output);
		shut(&c->pidfd);
		shut(&c->log);
		free(c->name);
		for (size_t a = 0; c->argv[a]; a++)
			free(c->argv[a]);
	}
	shut(&s->epoll);
	shut(&s->null);
	free(s->log_dir);
	free(s);
}
