/*
 * delaysink - an SMTP server that takes everything over, late: replies wait a given time first.
 *
 *   delaysink [--final MS | --every MS]
 *
 * --final delays the reply to the end of the data, as a relay does that writes to disk; --every
 * delays each reply, as distance does. Replies to commands that came in one segment leave in one.
 * Listens on a free port of 127.0.0.1 and prints it; ends with SIGTERM. One thread, no limit on
 * connections: it must never be what is measured, so it parses as little as it can.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define READ_BYTES 65536
#define LINE_MAX_BYTES 2048
#define OUT_MAX_BYTES 1024

struct conn {
	int fd;
	bool in_data, closing;
	unsigned matched; /* characters of the end of the data seen */
	size_t len, out_len;
	char line[LINE_MAX_BYTES], out[OUT_MAX_BYTES];
	int64_t due_us; /* when out leaves; 0 = nothing waits */
	struct conn *next_due;
};

/* Every delay is equally long, so those who wait are in order of their time. */
static struct {
	int epoll, timer, listener;
	int64_t final_us, every_us;
	struct conn *first, **last;
} sink = { .last = &sink.first };

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void set_timer(void)
{
	struct itimerspec at = { 0 };

	if (sink.first) {
		at.it_value.tv_sec = sink.first->due_us / 1000000;
		at.it_value.tv_nsec = sink.first->due_us % 1000000 * 1000;
	}
	if (timerfd_settime(sink.timer, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		err(1, "timerfd_settime");
}

static void leave(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* A few dozen bytes always fit into the socket's buffer. False: the connection is gone. */
static bool flush(struct conn *c)
{
	bool ok = write(c->fd, c->out, c->out_len) == (ssize_t)c->out_len && !c->closing;

	c->out_len = 0;
	return ok;
}

static void wait_in_line(struct conn *c, int64_t delay_us)
{
	bool idle = !sink.first;

	c->due_us = now_us() + delay_us;
	c->next_due = NULL;
	*sink.last = c;
	sink.last = &c->next_due;
	if (idle)
		set_timer();
}

static void on_timer(void)
{
	int64_t now = now_us();
	uint64_t count;

	if (read(sink.timer, &count, sizeof(count)) < 0)
		return; /* it is nobody's time yet */
	while (sink.first && sink.first->due_us <= now) {
		struct conn *c = sink.first;

		sink.first = c->next_due;
		if (!sink.first)
			sink.last = &sink.first;
		c->due_us = 0;
		if (!flush(c))
			leave(c);
	}
	set_timer();
}

static void say(struct conn *c, const char *text)
{
	size_t n = strlen(text);

	if (c->out_len + n > sizeof(c->out))
		errx(1, "a client that does not wait for replies");
	memcpy(c->out + c->out_len, text, n);
	c->out_len += n;
}

static void on_command(struct conn *c)
{
	static const struct {
		const char *verb, *reply;
		bool data, quit;
	} replies[] = {
		{ .verb = "EHLO",
		  .reply = "250-delaysink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-"
			   "ENHANCEDSTATUSCODES\r\n250 DSN\r\n" },
		{ .verb = "DATA", .reply = "354 go on\r\n", .data = true },
		{ .verb = "QUIT", .reply = "221 2.0.0 bye\r\n", .quit = true },
		{ .verb = "", .reply = "250 2.0.0 ok\r\n" },
	};
	size_t i = 0;

	while (strncasecmp(c->line, replies[i].verb, strlen(replies[i].verb)) != 0)
		i++;
	say(c, replies[i].reply);
	c->closing = replies[i].quit;
	c->in_data = replies[i].data;
	c->matched = 2; /* as if a line had just ended */
}

/* Returns how many of the n bytes belong to the data; true in *ended: they end it. */
static size_t take_data(struct conn *c, const char *p, size_t n, bool *ended)
{
	static const char end[] = "\r\n.\r\n";

	for (size_t i = 0; i < n; i++) {
		if (p[i] == end[c->matched])
			c->matched++;
		else
			c->matched = p[i] == '\r';
		if (c->matched == sizeof(end) - 1) {
			*ended = true;
			return i + 1;
		}
	}
	return n;
}

static size_t take_line(struct conn *c, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t take = lf ? (size_t)(lf - p) + 1 : n;

	if (c->len + take >= sizeof(c->line))
		errx(1, "a command line of more than %d bytes", LINE_MAX_BYTES);
	memcpy(c->line + c->len, p, take);
	c->len += take;
	c->line[c->len] = '\0';
	if (lf) {
		on_command(c);
		c->len = 0;
	}
	return take;
}

static void on_bytes(struct conn *c, const char *p, size_t n)
{
	int64_t delay_us = sink.every_us;

	while (n > 0) {
		bool ended = false;
		size_t took = c->in_data ? take_data(c, p, n, &ended) : take_line(c, p, n);

		if (ended) {
			c->in_data = false;
			say(c, "250 2.0.0 taken\r\n");
			delay_us = sink.every_us + sink.final_us;
		}
		p += took;
		n -= took;
	}
	if (!c->out_len || c->due_us)
		return;
	if (delay_us)
		wait_in_line(c, delay_us);
	else if (!flush(c))
		leave(c);
}

static void on_readable(struct conn *c)
{
	static char bytes[READ_BYTES];
	ssize_t n = read(c->fd, bytes, sizeof(bytes));

	if (n > 0)
		on_bytes(c, bytes, (size_t)n);
	else if (c->due_us) {
		epoll_ctl(sink.epoll, EPOLL_CTL_DEL, c->fd,
			  NULL); /* the timer's turn to let it go */
		c->closing = true;
	} else
		leave(c);
}

static void on_connect(void)
{
	int fd = accept4(sink.listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
	struct conn *c = fd < 0 ? NULL : calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (fd < 0)
		return;
	if (!c || epoll_ctl(sink.epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = fd;
	say(c, "220 delaysink ESMTP\r\n");
	if (sink.every_us)
		wait_in_line(c, sink.every_us);
	else
		flush(c);
}

static int listen_anywhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		err(1, "listen");
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static void watch(int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(sink.epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "epoll_ctl");
}

/* Times come last: one who leaves then has no event left in this round. */
static void serve(void)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int n = epoll_wait(sink.epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &sink.listener)
				on_connect();
			else if (events[i].data.ptr != &sink.timer)
				on_readable(events[i].data.ptr);
		}
		on_timer();
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		int64_t *delay_us = !strcmp(argv[i], "--every") ? &sink.every_us : &sink.final_us;

		*delay_us = strtoll(argv[i + 1], NULL, 10) * 1000;
	}
	sink.epoll = epoll_create1(0);
	sink.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	if (sink.epoll < 0 || sink.timer < 0)
		err(1, "epoll or timer");
	sink.listener = listen_anywhere();
	watch(sink.listener, &sink.listener);
	watch(sink.timer, &sink.timer);
	serve();
}
