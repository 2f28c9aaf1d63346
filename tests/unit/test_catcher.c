/* The mail catcher over real sockets: dialogues as files, and what does not fit in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "catcher.h"
#include "mem.h"
#include "now.h"

#define WAIT_MS 10000

struct world {
	struct catcher *catcher;
	struct buf caught; /* "from to,to data" of each message */
	int mails;
	bool full; /* nothing can be kept */
};

static int caught(void *ctx, const struct caught *m)
{
	struct world *w = ctx;

	if (w->full)
		return ERR_AGAIN;
	w->mails++;
	buf_reset(&w->caught);
	buf_fmt(&w->caught, "%s ", m->from);
	for (size_t i = 0; i < m->nto; i++)
		buf_fmt(&w->caught, "%s%s", i ? "," : "", m->to[i]);
	buf_byte(&w->caught, ' ');
	buf_add(&w->caught, m->data, m->len);
	return OK;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct catcher_options o = { .caught = caught, .ctx = w };

	w->caught.max = CATCHER_MESSAGE_MAX + 1024;
	assert_int_equal(catcher_open(&w->catcher, &o, NULL), OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	catcher_close(w->catcher);
	buf_clear(&w->caught);
	free(w);
	return 0;
}

static int dial(struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(catcher_port(w->catcher)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	connect(fd, (struct sockaddr *)&a, sizeof(a));
	return fd;
}

/* Lets the catcher work until fd is ready for events. */
static void until(struct world *w, int fd, short events)
{
	struct pollfd p[] = { { .fd = fd, .events = events },
			      { .fd = catcher_fd(w->catcher), .events = POLLIN } };
	int64_t end = now_mono_ms() + WAIT_MS;

	do {
		assert_true(now_mono_ms() < end);
		poll(p, 2, 100);
		if (p[1].revents)
			catcher_work(w->catcher, now_mono_ms());
	} while (!(p[0].revents & (events | POLLHUP)));
}

static void put(struct world *w, int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent;

		until(w, fd, POLLOUT);
		sent = send(fd, bytes, n, MSG_NOSIGNAL);
		assert_true(sent > 0);
		bytes += sent;
		n -= (size_t)sent;
	}
}

/* Reads one line without its CRLF; "" = the other side has hung up. */
static void get(struct world *w, int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		until(w, fd, POLLIN);
		if (recv(fd, line + n, 1, 0) != 1)
			break;
		if (n && line[n - 1] == '\r' && line[n] == '\n') {
			n--;
			break;
		}
		n++;
	}
	line[n] = '\0';
}

static size_t unescape(const char *text, char *out)
{
	size_t n = 0;

	for (; *text; text++) {
		char c = *text;

		if (c == '\\') {
			c = *++text;
			c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
		}
		out[n++] = c;
	}
	return n;
}

static void flush_sends(struct world *w, int fd, struct buf *sends)
{
	if (sends->len)
		put(w, fd, sends->data, sends->len);
	buf_reset(sends);
}

/* One line of a case file. */
static void step(struct world *w, int fd, const char *line, struct buf *sends)
{
	const char *rest = line[1] == ' ' ? line + 2 : line + 1;
	char got[512], raw[512];

	if (line[0] == '>') {
		buf_fmt(sends, "%s\r\n", rest);
		return;
	}
	if (line[0] == '~') {
		buf_add(sends, raw, unescape(rest, raw));
		flush_sends(w, fd, sends);
		return;
	}
	flush_sends(w, fd, sends);
	if (line[0] == '<') {
		get(w, fd, got, sizeof(got));
		assert_string_equal(got, rest);
	} else if (line[0] == '=') {
		while (!w->mails)
			until(w, fd, POLLIN);
		w->mails--;
		raw[unescape(rest, raw)] = '\0';
		assert_string_equal(w->caught.data, raw);
	} else if (line[0] == '$') {
		get(w, fd, got, sizeof(got));
		assert_string_equal(got, "");
	}
}

static void run_file(struct world *w, const char *path)
{
	FILE *f = fopen(path, "r");
	int fd = dial(w);
	autobuf sends = BUF_INIT(0);
	char line[512];

	assert_non_null(f);
	print_message("%s\n", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '#')
			step(w, fd, line, &sends);
	}
	flush_sends(w, fd, &sends);
	close(fd);
	fclose(f);
	assert_int_equal(w->mails, 0);
}

static void test_dialogues(void **state)
{
	glob_t g;

	assert_int_equal(glob("unit/cases/catcher/*.txt", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_file(*state, g.gl_pathv[i]);
	globfree(&g);
}

static int begin(struct world *w)
{
	static const char text[] =
		"HELO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
	char line[512];
	int fd = dial(w);

	put(w, fd, text, strlen(text));
	for (int i = 0; i < 5; i++)
		get(w, fd, line, sizeof(line));
	assert_string_equal(line, "354 end with a dot on a line of its own");
	return fd;
}

static void test_large(void **state)
{
	struct world *w = *state;
	int fd = begin(w);
	char line[512];
	autofree char *block = xmalloc(1 << 20);

	memset(block, 'x', 1 << 20); /* one line that never ends */
	for (size_t sent = 0; sent <= CATCHER_MESSAGE_MAX; sent += 1 << 20)
		put(w, fd, block, 1 << 20);
	put(w, fd, "\r\n.\r\nNOOP\r\n", 11);
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "552 5.3.4 message too large");
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "250 2.0.0 ok");
	close(fd);
}

static void test_long_line_kept(void **state)
{
	struct world *w = *state;
	int fd = begin(w);
	char line[512];
	autofree char *block = xmalloc(100000);

	memset(block, '.', 100000);
	put(w, fd, block, 100000);
	put(w, fd, "\r\n.\r\n", 5);
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "250 2.0.0 caught");
	assert_int_equal(w->caught.len, strlen("a@example.com b@example.com ") + 99999 + 2);
	w->mails = 0;
	close(fd);
}

static void test_long_command(void **state)
{
	struct world *w = *state;
	int fd = dial(w);
	char line[512], command[CATCHER_LINE_MAX];

	memset(command, 'x', sizeof(command));
	get(w, fd, line, sizeof(line));
	put(w, fd, command, sizeof(command));
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "500 5.5.6 line too long");
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "");
	close(fd);
}

static void test_cannot_keep(void **state)
{
	struct world *w = *state;
	int fd = begin(w);
	char line[512];

	w->full = true;
	put(w, fd, "x\r\n.\r\n", 6);
	get(w, fd, line, sizeof(line));
	w->full = false;
	assert_string_equal(line, "451 4.3.0 cannot be kept now");
	close(fd);
}

/* More clients than places: the rest wait for one, nobody is turned away. */
static void test_crowd(void **state)
{
	struct world *w = *state;
	int fds[CATCHER_CONNECTIONS_MAX + 8];
	char line[512];

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = dial(w);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		get(w, fds[i], line, sizeof(line));
		assert_string_equal(line, "220 localhost ESMTP beckon catcher");
		close(fds[i]);
	}
}

static void test_idle(void **state)
{
	struct world *w = *state;
	int fd = dial(w);
	char line[512];

	get(w, fd, line, sizeof(line));
	catcher_work(w->catcher, now_mono_ms() + CATCHER_IDLE_MS + 1);
	get(w, fd, line, sizeof(line));
	assert_string_equal(line, "");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dialogues, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_line_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cannot_keep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
	};

	return cmocka_run_group_tests_name("catcher", tests, NULL, NULL);
}
