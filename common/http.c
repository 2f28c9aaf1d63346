#include "http.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_address.h"
#include "mem.h"
#include "now.h"
#include "thread.h"

#define BODY_MAX_BYTES ((size_t)4 << 20)
#define HEAD_MAX_BYTES ((size_t)1 << 10) /* of a reply's own headers */
#define FAREWELL_MS 1000     /* what a client still sends is read, else it might lose the reply */
#define ACCEPT_AGAIN_MS 1000 /* after no descriptor was left */

enum step { ASKING, ANSWERED, LEAVING };

struct guest {
	int fd; /* -1 = the place is free */
	enum step step;
	int64_t until_ms; /* when the step must have ended, monotonic */
	size_t got, sent;
	struct buf reply;
	char head[HTTP_MAX_REQUEST_BYTES + 1];
};

struct http {
	const struct http_route *routes;
	size_t route_count;
	void *ctx;
	pthread_t thread;
	int listener, wake_fd; /* the second is readable: the thread ends */
	int64_t accept_ms;     /* not before */
	struct guest guests[HTTP_MAX_CONNECTIONS];
};

/* ---- what is answered ---- */

static const char *phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *words;
	} phrases[] = { { 200, "OK" },
			{ 400, "Bad Request" },
			{ 404, "Not Found" },
			{ 405, "Method Not Allowed" },
			{ 431, "Request Header Fields Too Large" },
			{ 503, "Service Unavailable" } };

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].words;
	return "";
}

static const struct http_route *route_of(const struct http *h, const char *path)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (strcmp(h->routes[i].path, path) == 0)
			return &h->routes[i];
	return NULL;
}

static void say(struct http_reply *reply, unsigned status, const char *text)
{
	reply->status = status;
	buf_str(&reply->body, text);
}

static void answer(const struct http *h, const char *method, const char *path,
		   struct http_reply *reply)
{
	const struct http_route *route = route_of(h, path);

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		say(reply, 405, "only GET and HEAD\n");
	else if (!route)
		say(reply, 404, "no such page\n");
	else
		route->answer(h->ctx, reply);
}

/* "<method> <path>[?query] HTTP/1.x" (RFC 9112 3). Cuts head up. */
static bool read_line(char *head, const char **method, const char **path)
{
	char *line = strsep(&head, "\r\n"), *target;

	*method = strsep(&line, " ");
	*path = target = strsep(&line, " ");
	if (!target || !line || strncmp(line, "HTTP/1.", 7) != 0)
		return false;
	target[strcspn(target, "?")] = '\0';
	return true;
}

/* One request a connection: who watches asks every few seconds. */
static void write_reply(struct guest *g, const struct http_reply *r, bool head_only)
{
	g->reply.max = BODY_MAX_BYTES + HEAD_MAX_BYTES;
	buf_fmt(&g->reply,
		"HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Cache-Control: no-store\r\n%sConnection: close\r\n\r\n",
		r->status, phrase(r->status), r->type, r->body.len,
		r->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head_only)
		buf_add(&g->reply, r->body.data, r->body.len);
}

/* ---- guests ---- */

static void step(struct guest *g, enum step next, int64_t ms)
{
	g->step = next;
	g->until_ms = now_mono_ms() + ms;
}

static void drop(struct guest *g)
{
	close(g->fd);
	buf_clear(&g->reply);
	g->fd = -1;
}

/* Whether something of n was done; else nothing can be now, or never again, and g is gone. */
static bool moved(struct guest *g, ssize_t n)
{
	if (n > 0)
		return true;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		drop(g);
	return false;
}

static void send_on(struct http *h, struct guest *g)
{
	ssize_t n = send(g->fd, g->reply.data + g->sent, g->reply.len - g->sent, MSG_NOSIGNAL);

	(void)h;
	if (!moved(g, n))
		return;
	g->sent += (size_t)n;
	if (g->sent < g->reply.len)
		return;
	shutdown(g->fd, SHUT_WR);
	step(g, LEAVING, FAREWELL_MS);
}

static void reply_to(struct http *h, struct guest *g, bool whole)
{
	struct http_reply r = { .status = 200,
				.type = "text/plain; charset=utf-8",
				.body = BUF_INIT(BODY_MAX_BYTES) };
	const char *method = "", *path;

	if (!whole)
		say(&r, 431, "the request is too long\n");
	else if (!read_line(g->head, &method, &path))
		say(&r, 400, "this is no HTTP\n");
	else
		answer(h, method, path, &r);
	write_reply(g, &r, !strcmp(method, "HEAD"));
	buf_clear(&r.body);
	step(g, ANSWERED, HTTP_IDLE_S * 1000);
	send_on(h, g);
}

static void hear(struct http *h, struct guest *g)
{
	ssize_t n = recv(g->fd, g->head + g->got, HTTP_MAX_REQUEST_BYTES - g->got, 0);

	if (!moved(g, n))
		return;
	g->got += (size_t)n;
	g->head[g->got] = '\0';
	if (memmem(g->head, g->got, "\r\n\r\n", 4))
		reply_to(h, g, true);
	else if (g->got == HTTP_MAX_REQUEST_BYTES)
		reply_to(h, g, false);
}

static void hear_out(struct http *h, struct guest *g)
{
	(void)h;
	moved(g, recv(g->fd, g->head, HTTP_MAX_REQUEST_BYTES, 0));
}

static struct guest *free_place(struct http *h)
{
	for (size_t i = 0; i < HTTP_MAX_CONNECTIONS; i++)
		if (h->guests[i].fd < 0)
			return &h->guests[i];
	return NULL;
}

static void let_in(struct http *h)
{
	struct guest *g = free_place(h);
	int fd = accept4(h->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		h->accept_ms = now_mono_ms() + ACCEPT_AGAIN_MS;
	if (fd < 0)
		return;
	g->fd = fd;
	g->got = g->sent = 0;
	step(g, ASKING, HTTP_IDLE_S * 1000);
}

/* ---- the thread ---- */

enum { WAKE, LISTENER, GUESTS }; /* places in what is polled; one for each guest from the last on */

/* Fills fds; answers how long nothing needs to be done, -1 = for ever. */
static int expect(const struct http *h, struct pollfd fds[GUESTS + HTTP_MAX_CONNECTIONS])
{
	int64_t now = now_mono_ms(), until = INT64_MAX;
	bool room = false;

	for (size_t i = 0; i < HTTP_MAX_CONNECTIONS; i++) {
		const struct guest *g = &h->guests[i];
		short events = g->step == ANSWERED ? POLLOUT : POLLIN;

		fds[GUESTS + i] = (struct pollfd){ .fd = g->fd, .events = events };
		room = room || g->fd < 0;
		if (g->fd >= 0 && g->until_ms < until)
			until = g->until_ms;
	}
	if (h->accept_ms > now && h->accept_ms < until)
		until = h->accept_ms;
	fds[WAKE] = (struct pollfd){ .fd = h->wake_fd, .events = POLLIN };
	fds[LISTENER] = (struct pollfd){ .fd = room && h->accept_ms <= now ? h->listener : -1,
					 .events = POLLIN };
	if (until == INT64_MAX)
		return -1;
	return until > now ? (int)(until - now) : 0;
}

static void serve(struct http *h, const struct pollfd *fds)
{
	static void (*const steps[])(struct http *, struct guest *) = {
		[ASKING] = hear, [ANSWERED] = send_on, [LEAVING] = hear_out
	};
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < HTTP_MAX_CONNECTIONS; i++) {
		struct guest *g = &h->guests[i];

		if (g->fd >= 0 && fds[GUESTS + i].revents)
			steps[g->step](h, g);
		else if (g->fd >= 0 && now >= g->until_ms)
			drop(g);
	}
	if (fds[LISTENER].revents)
		let_in(h);
}

static void *http_main(void *arg)
{
	struct pollfd fds[GUESTS + HTTP_MAX_CONNECTIONS];
	struct http *h = arg;

	for (;;) {
		if (poll(fds, ARRAY_LEN(fds), expect(h, fds)) < 0)
			continue; /* interrupted */
		if (fds[WAKE].revents)
			return NULL;
		serve(h, fds);
	}
}

/* Port reuse is not asked for: a second process on the same port must fail, not share. */
static int listen_on(const struct addrinfo *a)
{
	int on = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* after a restart */
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, HTTP_MAX_CONNECTIONS) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

int http_open(struct http **out, const struct http_options *o, struct err *e)
{
	struct addrinfo *address;
	struct http *h;
	int r = http_address(o->listen, &address, e), fd;

	if (r < 0)
		return r;
	fd = listen_on(address);
	freeaddrinfo(address);
	if (fd < 0)
		return err_set(e, ERR_FATAL, "cannot listen on %.60s: %s", o->listen,
			       strerror(errno));
	h = xcalloc(1, sizeof(*h));
	h->routes = o->routes;
	h->route_count = o->route_count;
	h->ctx = o->ctx;
	h->listener = fd;
	h->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	for (size_t i = 0; i < HTTP_MAX_CONNECTIONS; i++)
		h->guests[i].fd = -1;
	thread_start(&h->thread, http_main, h);
	*out = h;
	return OK;
}

uint16_t http_port(const struct http *h)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	getsockname(h->listener, (struct sockaddr *)&a, &len);
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
					     : ((struct sockaddr_in *)&a)->sin_port);
}

void http_close(struct http *h)
{
	if (!h)
		return;
	thread_wake(h->wake_fd);
	pthread_join(h->thread, NULL);
	for (size_t i = 0; i < HTTP_MAX_CONNECTIONS; i++)
		if (h->guests[i].fd >= 0)
			drop(&h->guests[i]);
	close(h->listener);
	close(h->wake_fd);
	free(h);
}
