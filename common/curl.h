/*
 * curl - HTTP requests, hundreds under way at once on one thread, on libcurl's multi interface.
 *
 * A wire belongs to the thread that runs it; connections are kept and used again, by HTTP/2 many
 * requests on one. Each request ends in exactly one done(), within its time. Certificates and names
 * are verified, nothing is redirected, an answer is bounded, and no connection is made but to the
 * public internet unless the wire's options say otherwise: that is decided on the address that is
 * being connected to, not on a name or on what it resolved to before. Nothing here logs.
 *
 * libcurl repeats by itself a request whose reused connection had died; a wire never does, since
 * the server may have acted on it.
 */
#ifndef BECKON_CURL_H
#define BECKON_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CURL_ANSWER_MAX_BYTES ((size_t)64 << 10)
#define CURL_HEADERS_MAX 16
#define CURL_RETRY_AFTER_MAX_S (24 * 60 * 60) /* nobody is made to wait longer */

struct curl_wire;

struct curl_options {
	bool plain_ok;	     /* http:// as well */
	bool private_ok;     /* any address may be connected to */
	const char *ca_file; /* trusted instead of the system's; NULL = the system's */
	const char *proxy;   /* URL; NULL = none, whatever the environment says */
	size_t connections;  /* kept for use again */
	int64_t connect_timeout_ms;
};

enum curl_auth { CURL_AUTH_NONE, CURL_AUTH_BASIC, CURL_AUTH_AWS };

struct curl_answer {
	/* Nothing of the request has left: fault says why. Else it may have been acted on. */
	bool begun;
	bool whole;	  /* status and body are all there */
	int status;	  /* HTTP; 0 = none came */
	const char *body; /* NUL-terminated, never NULL */
	size_t len;
	int64_t retry_after_ms; /* 0 to CURL_RETRY_AFTER_MAX_S */
	const char *fault;	/* a code of schemas/errors.json: dns_temporary, connect_failed,
				   tls_failed; NULL = none of them */
	char text[128];		/* why it is not whole, for people */
};

/* Texts live until done() has returned. */
struct curl_request {
	const char *method; /* GET or POST */
	const char *url;
	const char *headers[CURL_HEADERS_MAX]; /* "Name: value" */
	size_t nheaders;
	const char *body; /* NULL = none */
	size_t body_len;
	enum curl_auth auth;
	const char *user, *secret;
	const char *aws; /* CURL_AUTH_AWS: "aws:amz:<region>:<service>" */
	int64_t timeout_ms;
	/* The request is about to leave; false = do not. Called at most once. */
	bool (*begin)(void *user_data);
	void (*done)(void *user_data, const struct curl_answer *a);
	void *user_data;
};

/* o is copied, its texts are borrowed. Cannot fail: no memory and no descriptors end the
 * process. */
struct curl_wire *curl_wire_new(const struct curl_options *o);
void curl_wire_free(struct curl_wire *w); /* requests under way are cut first; takes NULL */

/* r is copied. A URL that libcurl does not take ends as connect_failed. */
void curl_wire_add(struct curl_wire *w, const struct curl_request *r);
size_t curl_wire_busy(const struct curl_wire *w);
/* Works until something has ended, it was woken, or ms have passed. */
void curl_wire_run(struct curl_wire *w, int64_t ms);
/* One request on a wire of its own: asks, and returns when done() has been called. */
void curl_ask(const struct curl_options *o, const struct curl_request *r);
/* Ends every request under way: done() as if the connection had broken. */
void curl_wire_cut(struct curl_wire *w);
void curl_wire_wake(struct curl_wire *w); /* from any thread: curl_wire_run returns */

/* Connects, with TLS where the URL says so, and sends nothing. ERR_AGAIN with text. On any
   thread. */
int curl_probe(const struct curl_options *o, const char *url, struct err *e);

/* Appends text percent-encoded for a query or a form (RFC 3986 unreserved stays). */
struct buf;
void curl_percent(const char *text, struct buf *out);

#endif
