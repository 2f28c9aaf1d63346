#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http_address.h"
#include "mem.h"

#define BODY_MAX_BYTES ((size_t)4 << 20)
#define STACK_BYTES ((size_t)256 << 10)

struct http {
	struct MHD_Daemon *daemon;
	const struct http_route *routes;
	size_t route_count;
	void *ctx;
};

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

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		say(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	else if (!route)
		say(reply, MHD_HTTP_NOT_FOUND, "no such page\n");
	else
		route->answer(h->ctx, reply);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct http_reply *reply)
{
	size_t len = reply->body.len;
	struct MHD_Response *r =
		MHD_create_response_from_buffer(len, buf_take(&reply->body), MHD_RESPMEM_MUST_FREE);
	enum MHD_Result sent;

	if (!r)
		abort(); /* out of memory */
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	sent = MHD_queue_response(connection, reply->status, r);
	MHD_destroy_response(r);
	return sent;
}

/* Called when the headers are there. An answer at once means that no body is waited for. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct http_reply reply = { .status = MHD_HTTP_OK,
				    .type = "text/plain; charset=utf-8",
				    .body = BUF_INIT(BODY_MAX_BYTES) };

	(void)version;
	(void)upload;
	(void)upload_len;
	(void)state;
	answer(ctx, method, path, &reply);
	return send_reply(connection, &reply);
}

/* Port reuse is not asked for: a second process on the same port must fail, not share. */
static struct MHD_Daemon *start(struct http *h, struct addrinfo *a)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_SOCK_ADDR, 0, a->ai_addr },
		{ MHD_OPTION_CONNECTION_LIMIT, HTTP_MAX_CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_MAX_REQUEST_BYTES, NULL },
		{ MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (a->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

int http_open(struct http **out, const struct http_options *o, struct err *e)
{
	struct addrinfo *address;
	struct http *h;
	int r = http_address(o->listen, &address, e);

	if (r < 0)
		return r;
	h = xcalloc(1, sizeof(*h));
	*h = (struct http){ .routes = o->routes, .route_count = o->route_count, .ctx = o->ctx };
	errno = 0;
	h->daemon = start(h, address);
	freeaddrinfo(address);
	if (!h->daemon) {
		free(h);
		return err_set(e, ERR_FATAL, "cannot listen on %.60s: %s", o->listen,
			       strerror(errno));
	}
	*out = h;
	return OK;
}

uint16_t http_port(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}
