/*
 * delayhttp - an HTTP server that answers every request after a given time with {"id":"<number>"}.
 *
 *   delayhttp MS
 *
 * HTTP/1.1 with connections kept; listens on a free port of 127.0.0.1 and prints it; ends with
 * SIGTERM. One thread, no limit on connections: it must never be what is measured, so it parses as
 * little as it can: the end of the head, and how long the body is.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define REQUEST_MAX_BYTES 16384

struct conn {
	int fd;
	size_t len;
	char request[REQUEST_MAX_BYTES + 1];
	int64_t due_us; /* when the answer leaves; 0 = nothing waits */
	bool gone;
	struct conn *next_due;
};

/* Every delay is equally long, so those who wait are in order of their time. */
static struct {
	int epoll, timer, listener;
	int64_t delay_us;
	unsigned long answers;
	struct conn *first, **last;
} server = { .last = &server.first };

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void set_timer(void)
{
	struct itimerspec at = { 0 };

	if (server.first) {
		at.it_value.tv_sec = server.first->due_us / 1000000;
		at.it_value.tv_nsec = server.first->due_us % 1000000 * 1000;
	}
	if (timerfd_settime(server.timer, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		err(1, "timerfd_settime");
}

static void leave(struct conn *c)
{
	close(c->fd);
	free(c);
}

static void answer(struct conn *c)
{
	char text[160], body[48];
	int n = snprintf(body, sizeof(body), "{\"id\":\"%lu\"}", ++server.answers);

	n = snprintf(
		text, sizeof(text),
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		n, body);
	if (c->gone || write(c->fd, text, (size_t)n) != n)
		leave(c);
}

static void on_timer(void)
{
	int64_t now = now_us();
	uint64_t count;

	if (read(server.timer, &count, sizeof(count)) < 0)
		return; /* it is nobody's time yet */
	while (server.first && server.first->due_us <= now) {
		struct conn *c = server.first;

		server.first = c->next_due;
		if (!server.first)
			server.last = &server.first;
		c->due_us = 0;
		answer(c);
	}
	set_timer();
}

/* A whole request is there: its length; else 0. */
static size_t whole(const struct conn *c)
{
	const char *end = strstr(c->request, "\r\n\r\n");
	const char *length = end ? strcasestr(c->request, "\r\ncontent-length:") : NULL;
	size_t head = end ? (size_t)(end - c->request) + 4 : 0, body = 0;

	if (length && length < end)
		body = strtoul(length + 17, NULL, 10);
	return end && c->len >= head + body ? head + body : 0;
}

static void on_readable(struct conn *c)
{
	ssize_t n = read(c->fd, c->request + c->len, REQUEST_MAX_BYTES - c->len);
	size_t used;

	if (n <= 0) {
		epoll_ctl(server.epoll, EPOLL_CTL_DEL, c->fd, NULL);
		c->gone = true;
		if (!c->due_us) /* else it is the timer's turn to let it go */
			leave(c);
		return;
	}
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (!(used = whole(c)))
		return;
	c->len = 0; /* nobody here sends before the answer has come */
	c->due_us = now_us() + server.delay_us;
	c->next_due = NULL;
	*server.last = c;
	server.last = &c->next_due;
	if (server.first == c)
		set_timer();
}

static void on_connect(void)
{
	int fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
	struct conn *c = fd < 0 ? NULL : calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (fd < 0)
		return;
	if (!c || epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = fd;
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

	if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "epoll_ctl");
}

/* Times come last: one who leaves then has no event left in this round. */
static void serve(void)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int n = epoll_wait(server.epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &server.listener)
				on_connect();
			else if (events[i].data.ptr != &server.timer)
				on_readable(events[i].data.ptr);
		}
		on_timer();
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(64, "usage: delayhttp MS");
	server.delay_us = strtoll(argv[1], NULL, 10) * 1000;
	server.epoll = epoll_create1(0);
	server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	if (server.epoll < 0 || server.timer < 0)
		err(1, "epoll or timer");
	server.listener = listen_anywhere();
	watch(server.listener, &server.listener);
	watch(server.timer, &server.timer);
	serve();
}
