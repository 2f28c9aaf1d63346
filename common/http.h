/*
 * http - a small server for those who watch the process: one thread, a few fixed paths.
 *
 * Only GET and HEAD. Bounded: HTTP_MAX_CONNECTIONS connections, HTTP_MAX_REQUEST_BYTES of request
 * line and headers, HTTP_IDLE_S seconds of silence; request bodies are not read. It sleeps in
 * poll() while nobody asks. Signals that the process handles must be blocked before http_open.
 */
#ifndef BECKON_HTTP_H
#define BECKON_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define HTTP_MAX_CONNECTIONS 16
#define HTTP_MAX_REQUEST_BYTES 4096
#define HTTP_IDLE_S 10

struct http_reply {
	unsigned status;
	const char *type; /* content type; static */
	struct buf body;
};

/* answer is called on the server's thread; reply comes as 200, text/plain, empty. */
struct http_route {
	const char *path;
	void (*answer)(void *ctx, struct http_reply *reply);
};

struct http_options {
	const char *listen; /* "127.0.0.1:9464", "[::1]:9464"; port 0 = any free one */
	const struct http_route *routes;
	size_t route_count;
	void *ctx; /* handed to every answer */
};

struct http;

/* Listens and starts the thread. o's listen is not kept; routes and ctx must live until http_close.
   ERR_FATAL: not an address in digits, or it cannot be listened on. */
int http_open(struct http **out, const struct http_options *o, struct err *e);

uint16_t http_port(const struct http *h);

/* Ends the thread; takes NULL. No answer runs after it has returned. */
void http_close(struct http *h);

#endif
