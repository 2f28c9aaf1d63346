/*
 * http_front - a listener for people and programs: requests with bodies, several threads, streams.
 *
 * A pool of threads shares one port. Each request is shown twice: when its headers are there
 * (begin), and when its body is (handle). Bounded: connections, bytes of request line and headers,
 * bytes of a body and of all bodies together, seconds of silence, seconds that a body may take. TLS
 * and HTTP/2 are the business of the proxy in front. Signals that the process handles must be
 * blocked before http_front_open.
 */
#ifndef BECKON_HTTP_FRONT_H
#define BECKON_HTTP_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define HTTP_FRONT_HEAD_MAX_BYTES 16384 /* request line and headers; a longer one is refused */
#define HTTP_FRONT_BODIES_MAX_BYTES ((size_t)128 << 20) /* of all requests at once */
#define HTTP_FRONT_REPLY_MAX_BYTES ((size_t)64 << 20)
#define HTTP_FRONT_BODY_S 30	  /* how long a body may take to come */
#define HTTP_FRONT_HEADERS_MAX 16 /* that a reply may have beside its type */
#define HTTP_FRONT_LEAVE_MS 3000
#define HTTP_PEER_SIZE 46

struct http_stream;

/* A request; everything is borrowed until handle has returned. */
struct http_request {
	const char *method, *path; /* path is percent-decoded, without the query */
	const char *target;	   /* the path as it came, not decoded */
	const char *query;	   /* as it came, behind the question mark; "" = none */
	const char *body;	   /* NUL-terminated; "" in begin */
	size_t body_len;
	char peer[HTTP_PEER_SIZE]; /* the other end's address */
	void *user;		   /* the owner's, from begin on; freed by end */
	void *connection;	   /* for the functions below */
};

/* A body that is made while it is sent, as fast as the other end takes it, by a thread of the front
   that serves others in between. */
struct http_source {
	/* Adds what comes next to out, at most 16 MiB: 1 = there is more, 0 = that was all,
	   below 0 = the reply is broken off, which the other end notices. NULL = there is no
	   source.
	 */
	int (*more)(void *ctx, struct buf *out);
	void (*close)(void *ctx); /* it is over, or the other end is gone */
	void *ctx;
};

struct http_response {
	unsigned status;
	const char *type; /* static */
	struct buf body;
	/* A body that lies ready and lives as long as the process goes before body. */
	const void *fixed;
	size_t fixed_len;
	struct http_stream *stream; /* goes before both: the reply has no end of its own */
	struct http_source source;  /* goes before both */
	struct {
		const char *name; /* static */
		char *value;
	} headers[HTTP_FRONT_HEADERS_MAX];
	size_t header_count;
};

/* "" goes for an empty value, NULL for an absent one. The first of several, or the last. */
const char *http_header(const struct http_request *q, const char *name);
const char *http_header_last(const struct http_request *q, const char *name);
const char *http_query(const struct http_request *q, const char *name);
const char *http_cookie(const struct http_request *q, const char *name);
/* Decodes s in place; a % that begins no two hexadecimal digits stays. False: it has a NUL. */
bool http_unescape(char *s);

/* The first name in the query that is none of those known; NULL = it has no other. */
const char *http_query_strange(const struct http_request *q,
			       bool (*known)(const void *ctx, const char *name), const void *ctx);

/* Adds a header; a value with control characters is left out, since it could begin another. */
void http_add_header(struct http_response *a, const char *name, const char *value);

struct http_front_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080"; port 0 = any free one */
	unsigned threads, connections_max;
	int idle_s; /* of silence on a connection */
	/* The headers are there. True: a is the answer, no body is read. Else *body_max is how
	   large the body may be, and what q->user is given stays until end. The reply comes as 200,
	   text/plain, empty. */
	bool (*begin)(void *ctx, struct http_request *q, struct http_response *a, size_t *body_max);
	/* The whole request is there. */
	void (*handle)(void *ctx, struct http_request *q, struct http_response *a);
	/* The front's own refusals, so that they look like all others: 413, 503. A body that takes
	   longer than it may ends the connection. */
	void (*refuse)(void *ctx, unsigned status, struct http_response *a);
	void (*end)(void *ctx, void *user); /* after the reply is out, or the connection is gone */
	void *ctx;
};

struct http_front;

/* o's strings are not kept. ERR_FATAL: not an address in digits, or it cannot be listened on. */
int http_front_open(struct http_front **out, const struct http_front_options *o, struct err *e);
uint16_t http_front_port(const struct http_front *f);

/* Takes no more connections; those that are there are answered once more and end. Returns at once;
   takes NULL. */
void http_front_leave(struct http_front *f);

/* The same, and ends the threads once what is under way is answered, or HTTP_FRONT_LEAVE_MS are
   over; takes NULL. Every stream must have been ended. Nothing runs afterwards. */
void http_front_close(struct http_front *f);

/*
 * A reply that goes on: whoever holds it puts bytes in from any thread, and the other end gets them
 * at once. Held twice, by the response it is put into and by who writes.
 */
struct http_stream *http_stream_new(size_t waiting_max_bytes);
/* False: the other end is gone, or takes too little; to be ended. */
bool http_stream_put(struct http_stream *s, const void *bytes, size_t n);
/* The writer's hold: what was put still goes out, then the reply ends. */
void http_stream_end(struct http_stream *s);

#endif
