#include "text_catcher.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "mem.h"

#define EVENTS_MAX 64
#define READ_BYTES 16384

struct client {
	struct client *prev, *next;
	int fd;
	struct buf request;
};

struct text_catcher {
	int epoll_fd, listener;
	uint16_t port;
	void (*caught)(void *ctx, const struct text_caught *t);
	void *ctx;
	struct client *clients;
	size_t nclients;
	uint64_t count;
};

static void leave(struct text_catcher *c, struct client *k)
{
	*(k->prev ? &k->prev->next : &c->clients) = k->next;
	if (k->next)
		k->next->prev = k->prev;
	c->nclients--;
	close(k->fd);
	buf_clear(&k->request);
	free(k);
}

/* Where the body begins, once all of it is there; NULL before. *bad: it never will be. */
static const char *find_body(const struct buf *b, size_t *len, bool *bad)
{
	static const char name[] = "\r\nContent-Length:";
	const char *end = b->data ? strstr(b->data, "\r\n\r\n") : NULL;
	const char *length = end ? strcasestr(b->data, name) : NULL;

	*bad = b->full || (end && (!length || length > end));
	if (!end || *bad)
		return NULL;
	*len = strtoul(length + sizeof(name) - 1, NULL, 10);
	*bad = *len > TEXT_CATCHER_REQUEST_MAX;
	return (size_t)(b->data + b->len - end - 4) >= *len ? end + 4 : NULL;
}

static bool take(struct text_catcher *c, const char *body, size_t len)
{
	json_t *message = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	struct text_caught t = { json_string_value(json_object_get(message, "to")),
				 json_string_value(json_object_get(message, "text")) };
	bool good = t.to && t.text;

	if (good)
		c->caught(c->ctx, &t);
	json_decref(message);
	return good;
}

static bool answer(struct text_catcher *c, struct client *k, bool good)
{
	char body[64], text[192];
	int n = good ? snprintf(body, sizeof(body), "{\"id\":\"caught-%llu\"}",
				(unsigned long long)++c->count)
		     : snprintf(body, sizeof(body), "{\"error\":\"content_rejected\"}");

	n = snprintf(
		text, sizeof(text),
		"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		good ? "200 OK" : "400 Bad Request", n, body);
	return write(k->fd, text, (size_t)n) == n;
}

/* False: the connection is to end. */
static bool serve(struct text_catcher *c, struct client *k)
{
	char bytes[READ_BYTES];
	ssize_t n = read(k->fd, bytes, sizeof(bytes));
	const char *body;
	size_t len;
	bool bad, good;

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	buf_add(&k->request, bytes, (size_t)n);
	if (!(body = find_body(&k->request, &len, &bad)))
		return !bad;
	good = !strncmp(k->request.data, "POST ", 5) && take(c, body, len);
	buf_reset(&k->request); /* our client waits for the answer before it sends the next */
	return answer(c, k, good);
}

static void take_client(struct text_catcher *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *k;
	struct epoll_event ev = { .events = EPOLLIN };

	if (fd < 0)
		return;
	if (c->nclients == TEXT_CATCHER_CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	k = xcalloc(1, sizeof(*k));
	k->fd = fd;
	k->request.max = TEXT_CATCHER_REQUEST_MAX;
	if ((k->next = c->clients))
		k->next->prev = k;
	c->clients = k;
	c->nclients++;
	ev.data.ptr = k;
	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		leave(c, k);
}

void text_catcher_work(struct text_catcher *c)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(c->epoll_fd, events, EVENTS_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct client *k = events[i].data.ptr;

		if (!k)
			take_client(c);
		else if (!serve(c, k))
			leave(c, k);
	}
}

int text_catcher_open(struct text_catcher **out,
		      void (*caught)(void *ctx, const struct text_caught *t), void *ctx,
		      struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct text_catcher *c = xcalloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	socklen_t size = sizeof(at);

	c->caught = caught;
	c->ctx = ctx;
	c->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->listener < 0 || c->epoll_fd < 0 ||
	    bind(c->listener, (struct sockaddr *)&at, size) < 0 ||
	    listen(c->listener, TEXT_CATCHER_CONNECTIONS_MAX) < 0 ||
	    getsockname(c->listener, (struct sockaddr *)&at, &size) < 0 ||
	    epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, c->listener, &ev) < 0) {
		err_set(e, ERR_FATAL, "a catcher of texts on 127.0.0.1: %s", strerror(errno));
		text_catcher_close(c);
		return ERR_FATAL;
	}
	c->port = ntohs(at.sin_port);
	*out = c;
	return OK;
}

uint16_t text_catcher_port(const struct text_catcher *c)
{
	return c->port;
}

int text_catcher_fd(const struct text_catcher *c)
{
	return c->epoll_fd;
}

void text_catcher_close(struct text_catcher *c)
{
	if (!c)
		return;
	while (c->clients)
		leave(c, c->clients);
	if (c->listener >= 0)
		close(c->listener);
	if (c->epoll_fd >= 0)
		close(c->epoll_fd);
	free(c);
}
