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

/* What a proxy that is trusted says, the last one it added. */
static const char *address_of(const struct web_callers *c, const struct http_request *h,
			      char out[ADDRESS_SIZE])
{
	const char *said = http_header(h, "X-Forwarded-For"), *last;
	bool trusted = false;

	for (size_t i = 0; i < c->o.nproxies; i++)
		trusted |= !strcmp(c->o.proxies[i], h->peer);
	if (!said || !trusted)
		return h->peer;
	last = strrchr(said, ',');
	last = last ? last + 1 : said;
	last += strspn(last, " ");
	snprintf(out, ADDRESS_SIZE, "%.*s", (int)strcspn(last, " "), last);
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
