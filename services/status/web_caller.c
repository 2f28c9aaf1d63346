#include "web_caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "web_rate.h"

#define ADDRESS_SIZE 64

struct web_callers {
	struct web_callers_options o;
	struct web_rate *metered, *strangers; /* NULL = not limited */
};

struct web_callers *web_callers_new(const struct web_callers_options *o)
{
	struct web_callers *c = xcalloc(1, sizeof(*c));

	c->o = *o;
	if (!o->rate_per_s)
		return c;
	c->metered = web_rate_new(o->rate_per_s, o->rate_per_s * WEB_CALLER_BURST_S);
	c->strangers = web_rate_new(o->rate_per_s, o->rate_per_s * WEB_CALLER_BURST_S);
	return c;
}

void web_callers_free(struct web_callers *c)
{
	if (!c)
		return;
	web_rate_free(c->metered);
	web_rate_free(c->strangers);
	free(c);
}

/* "192.0.2.1:51234" and "[2001:db8::1]:51234", as some proxies say it: without port and brackets.
 */
static size_t address_len(const char **at)
{
	size_t n = strcspn(*at, " \t");
	const char *colon = memchr(*at, ':', n);

	if (**at == '[') {
		(*at)++;
		return strcspn(*at, "] \t");
	}
	return colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - *at))
		       ? (size_t)(colon - *at)
		       : n;
}

/* What a proxy that is trusted says: the last one it added, to a header or as one. */
static const char *address_of(const struct web_callers *c, const struct http_request *h,
			      char out[ADDRESS_SIZE])
{
	const char *said = http_header_last(h, "X-Forwarded-For"), *last;
	bool trusted = false;
	size_t n;

	for (size_t i = 0; i < c->o.nproxies; i++)
		trusted |= !strcmp(c->o.proxies[i], h->peer);
	if (!said || !trusted)
		return h->peer;
	last = strrchr(said, ',');
	last = last ? last + 1 : said;
	last += strspn(last, " \t");
	n = address_len(&last);
	snprintf(out, ADDRESS_SIZE, "%.*s", (int)n, last);
	return out;
}

typedef int64_t rate_fn(struct web_rate *r, const char *address, int64_t now_ms);

static int64_t ask(const struct web_callers *c, struct web_rate *r, rate_fn *how,
		   const struct http_request *h)
{
	char text[ADDRESS_SIZE];

	return r ? how(r, address_of(c, h, text), now_mono_ms()) : 0;
}

int64_t web_callers_ask(struct web_callers *c, const struct http_request *h)
{
	return ask(c, c->metered, web_rate_take, h);
}

int64_t web_callers_look(struct web_callers *c, const struct http_request *h)
{
	return ask(c, c->strangers, web_rate_look, h);
}

void web_callers_charge(struct web_callers *c, const struct http_request *h)
{
	ask(c, c->metered, web_rate_take, h);
	ask(c, c->strangers, web_rate_take, h);
}
