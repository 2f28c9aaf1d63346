/*
 * compose - a message as the request that a provider's description asks for: pure.
 */
#ifndef BECKON_COMPOSE_H
#define BECKON_COMPOSE_H

#include <jansson.h>

#include "buf.h"
#include "description.h"
#include "err.h"

#define COMPOSE_URL_MAX ((size_t)16 << 10) /* a query carries the text */
#define COMPOSE_BODY_MAX ((size_t)64 << 10)

/* What {names} stand for. NULL = "". */
struct compose_facts {
	const char *to; /* "+79051111111"; {digits} is without the plus */
	const char *text, *sender, *encoding;
	const char *key;      /* the delivery's own, the same for each try */
	const char *callback; /* where receipts are to go */
	const char *secret, *receipt_secret;
	const char *url;	/* instead of the description's */
	const json_t *settings; /* further names */
};

/* A request's parts; clear with composed_clear. What holds the message or the secret is wiped. */
struct composed {
	struct buf url, body;
	char *headers[CURL_HEADERS_MAX];
	size_t nheaders;
	char *user, *secret, *aws; /* what is filled in; NULL = not */
};

/* out zeroed, or cleared. Fields and headers in which a name stands for nothing are left out.
   ERR_INVALID: what is too long, would end a header's line, or a name that the URL or the sign-in
   needs and nobody has set. */
int compose(const struct description *d, const struct compose_facts *f, struct composed *out,
	    struct err *e);
void composed_clear(struct composed *c);

/* The name in the description that none of the facts and settings stands for; NULL = each has a
   meaning. What may be empty at times (sender, callback) counts as set. */
const char *compose_unknown_name(const struct description *d, const json_t *settings, char out[64]);

/* Does it say {name} anywhere? */
bool compose_needs(const struct description *d, const char *name);

#endif
