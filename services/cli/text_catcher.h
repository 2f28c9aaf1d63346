/*
 * text_catcher - a small gateway for SMS that keeps texts instead of passing them on, for a first
 * look.
 *
 * The provider "webhook" of deploy/providers on 127.0.0.1: POST of JSON, answered with an id. No
 * TLS and nothing else of HTTP, since its only client is our own beckon-sms. One thread; never
 * blocks.
 */
#ifndef BECKON_TEXT_CATCHER_H
#define BECKON_TEXT_CATCHER_H

#include <stdint.h>

#include "err.h"

#define TEXT_CATCHER_CONNECTIONS_MAX 256
#define TEXT_CATCHER_REQUEST_MAX ((size_t)64 << 10)

/* Borrowed during the call. */
struct text_caught {
	const char *to, *text;
};

struct text_catcher;

/* Listens on any free port. caught is called by text_catcher_work. ERR_FATAL: cannot listen. */
int text_catcher_open(struct text_catcher **out,
		      void (*caught)(void *ctx, const struct text_caught *t), void *ctx,
		      struct err *e);
uint16_t text_catcher_port(const struct text_catcher *c);
/* Readable when text_catcher_work has something to do. Belongs to the catcher. */
int text_catcher_fd(const struct text_catcher *c);
void text_catcher_work(struct text_catcher *c);	 /* serves whoever is ready, once */
void text_catcher_close(struct text_catcher *c); /* takes NULL */

#endif
