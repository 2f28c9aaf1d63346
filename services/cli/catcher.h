/*
 * catcher - a small SMTP server that keeps mail instead of passing it on, for a first look and
 * tests.
 *
 * RFC 5321 on 127.0.0.1, with PIPELINING, 8BITMIME, SIZE and ENHANCEDSTATUSCODES; no TLS and no
 * AUTH, since nothing leaves the machine. A message ends by CRLF.CRLF only. Recipients whose local
 * part is in the table of catcher.c are refused, so that a refusal can be looked at, too. One
 * thread; never blocks.
 */
#ifndef BECKON_CATCHER_H
#define BECKON_CATCHER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CATCHER_CONNECTIONS_MAX 256
#define CATCHER_RECIPIENTS_MAX 100
#define CATCHER_LINE_MAX 2048		      /* bytes of a command, its CRLF included */
#define CATCHER_MESSAGE_MAX ((size_t)8 << 20) /* bytes; told by SIZE */
#define CATCHER_IDLE_MS (5 * 60 * 1000)	      /* RFC 5321 4.5.3.2.7 */

/* A message as it was handed over: dots unstuffed, CRLF line ends. Borrowed during the call. */
struct caught {
	const char *from;
	const char *const *to;
	size_t nto;
	const char *data;
	size_t len;
};

struct catcher;

struct catcher_options {
	uint16_t port; /* 0 = any free one */
	/* OK: the client is told 250; anything else: 451, and it may come again. */
	int (*caught)(void *ctx, const struct caught *m);
	void *ctx;
};

int catcher_open(struct catcher **out, const struct catcher_options *o, struct err *e);
uint16_t catcher_port(const struct catcher *c);
/* Readable when catcher_work has something to do. Belongs to the catcher. */
int catcher_fd(const struct catcher *c);
/* Serves whoever is ready, once, without waiting; ends those idle for too long. */
void catcher_work(struct catcher *c, int64_t now_ms);
void catcher_close(struct catcher *c);

#endif
