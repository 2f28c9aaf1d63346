#include "catcher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "catcher_session.h"

#define READ_BYTES 65536
#define EVENTS_MAX 64
/* A client that does not read its answers is not asked for more. */
#define UNREAD_MAX 8192

struct connection {
	int fd; /* -1 = free */
	int64_t active_ms;
	struct catcher_session session;
	char *rest; /* the line not ended yet */
	size_t nrest;
};

struct catcher {
	struct catcher_options options;
	int listener, epoll;
	uint16_t port;
	size_t open; /* connections */
	struct connection connections[CATCHER_CONNECTIONS_MAX];
};

static int listen_on(uint16_t *port, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(*port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_set(e, ERR_FATAL, "catcher: no socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)&a, &len)) {
		err_set(e, ERR_FATAL, "catcher: port %u of 127.0.0.1: %s", *port, strerror(errno));
		close(fd);
		return ERR_FATAL;
	}
	*port = ntohs(a.sin_port);
	return fd;
}

static void watch(struct catcher *c, int op, int fd, struct connection *who, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = who };

	epoll_ctl(c->epoll, op, fd, &event);
}

int catcher_open(struct catcher **out, const struct catcher_options *o, struct err *e)
{
	uint16_t port = o->port;
	int listener = listen_on(&port, e);
	struct catcher *c;

	if (listener < 0)
		return ERR_FATAL;
	c = xcalloc(1, sizeof(*c));
	c->options = *o;
	c->listener = listener;
	c->port = port;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0) {
		close(listener);
		free(c);
		return err_set(e, ERR_FATAL, "catcher: %s", strerror(errno));
	}
	for (size_t i = 0; i < CATCHER_CONNECTIONS_MAX; i++)
		c->connections[i].fd = -1;
	watch(c, EPOLL_CTL_ADD, listener, NULL, EPOLLIN);
	*out = c;
	return OK;
}

uint16_t catcher_port(const struct catcher *c)
{
	return c->port;
}

int catcher_fd(const struct catcher *c)
{
	return c->epoll;
}

static void hang_up(struct catcher *c, struct connection *k)
{
	if (c->open-- == CATCHER_CONNECTIONS_MAX)
		watch(c, EPOLL_CTL_ADD, c->listener, NULL, EPOLLIN);
	close(k->fd);
	k->fd = -1;
	catcher_session_clear(&k->session);
	free(k->rest);
	k->rest = NULL;
	k->nrest = 0;
}

/* Writes what there is to say. False: the connection is gone. */
static bool answer(struct catcher *c, struct connection *k)
{
	struct buf *out = &k->session.out;

	while (out->len) {
		ssize_t n = send(k->fd, out->data, out->len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			hang_up(c, k);
			return false;
		}
		memmove(out->data, out->data + n, out->len - (size_t)n);
		out->len -= (size_t)n;
	}
	if (!out->len && k->session.over) {
		hang_up(c, k);
		return false;
	}
	watch(c, EPOLL_CTL_MOD, k->fd, k,
	      (out->len > UNREAD_MAX || k->session.over ? 0u : (uint32_t)EPOLLIN) |
		      (out->len ? (uint32_t)EPOLLOUT : 0u));
	return true;
}

/* One read and what follows from it. */
static void serve(struct catcher *c, struct connection *k)
{
	char bytes[CATCHER_LINE_MAX + READ_BYTES];
	size_t taken, have = k->nrest;
	ssize_t n;

	if (have)
		memcpy(bytes, k->rest, have);
	n = recv(k->fd, bytes + have, READ_BYTES, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		hang_up(c, k);
		return;
	}
	have += n > 0 ? (size_t)n : 0;
	taken = catcher_session_feed(&k->session, bytes, have);
	free(k->rest);
	k->nrest = have - taken;
	k->rest = k->nrest ? xmemdup(bytes + taken, k->nrest) : NULL;
}

static void welcome(struct catcher *c, int fd, int64_t now_ms)
{
	size_t i = 0;

	while (c->connections[i].fd >= 0)
		i++;
	struct connection *k = &c->connections[i];

	k->fd = fd;
	k->active_ms = now_ms;
	catcher_session_init(&k->session, &c->options);
	watch(c, EPOLL_CTL_ADD, fd, k, EPOLLIN);
	if (++c->open == CATCHER_CONNECTIONS_MAX) /* the rest wait in the kernel's queue */
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->listener, NULL);
	answer(c, k);
}

static void welcome_all(struct catcher *c, int64_t now_ms)
{
	while (c->open < CATCHER_CONNECTIONS_MAX) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		welcome(c, fd, now_ms);
	}
}

void catcher_work(struct catcher *c, int64_t now_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(c->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct connection *k = events[i].data.ptr;

		if (!k) {
			welcome_all(c, now_ms);
			continue;
		}
		k->active_ms = now_ms;
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			serve(c, k);
		if (k->fd >= 0)
			answer(c, k);
	}
	for (size_t i = 0; i < CATCHER_CONNECTIONS_MAX && c->open; i++)
		if (c->connections[i].fd >= 0 &&
		    now_ms - c->connections[i].active_ms > CATCHER_IDLE_MS)
			hang_up(c, &c->connections[i]);
}

void catcher_close(struct catcher *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CATCHER_CONNECTIONS_MAX; i++)
		if (c->connections[i].fd >= 0)
			hang_up(c, &c->connections[i]);
	close(c->epoll);
	close(c->listener);
	free(c);
}
