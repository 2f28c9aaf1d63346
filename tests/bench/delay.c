#include "delay.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256

static struct {
	const struct delay_protocol *protocol;
	int epoll, timer, listener;
	struct delay_conn *first, **last;
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

void delay_answer(struct delay_conn *c, int64_t delay_us)
{
	c->due_us = now_us() + delay_us;
	c->next_due = NULL;
	*server.last = c;
	server.last = &c->next_due;
	if (server.first == c)
		set_timer();
}

void delay_leave(struct delay_conn *c)
{
	if (c->due_us) {
		epoll_ctl(server.epoll, EPOLL_CTL_DEL, c->fd, NULL);
		c->gone = true;
		return;
	}
	close(c->fd);
	free(c);
}

static void on_timer(void)
{
	int64_t now = now_us();
	uint64_t count;

	if (read(server.timer, &count, sizeof(count)) < 0)
		return; /* it is nobody's time yet */
	while (server.first && server.first->due_us <= now) {
		struct delay_conn *c = server.first;

		server.first = c->next_due;
		if (!server.first)
			server.last = &server.first;
		c->due_us = 0;
		if (c->gone || !server.protocol->answer(c))
			delay_leave(c);
	}
	set_timer();
}

static void on_connect(void)
{
	int fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
	struct delay_conn *c = fd < 0 ? NULL : calloc(1, server.protocol->conn_size);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (fd < 0)
		return;
	if (!c || epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = fd;
	if (server.protocol->greet)
		server.protocol->greet(c);
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
_Noreturn static void turn(void)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int n = epoll_wait(server.epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &server.listener)
				on_connect();
			else if (events[i].data.ptr != &server.timer)
				server.protocol->read(events[i].data.ptr);
		}
		on_timer();
	}
}

void delay_serve(const struct delay_protocol *p)
{
	server.protocol = p;
	server.epoll = epoll_create1(0);
	server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	if (server.epoll < 0 || server.timer < 0)
		err(1, "epoll or timer");
	server.listener = listen_anywhere();
	watch(server.listener, &server.listener);
	watch(server.timer, &server.timer);
	turn();
}
