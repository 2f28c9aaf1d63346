/*
 * web_caller - whose request it is, and how often they may ask. Any thread.
 *
 * Each address has a rate for what is metered, and another one, as high, for what it has asked as a
 * stranger where nothing is metered: there only those calls cost that turn out not to be genuine,
 * and only who has made too many of them is turned away unread.
 */
#ifndef BECKON_WEB_CALLER_H
#define BECKON_WEB_CALLER_H

#include <stddef.h>
#include <stdint.h>

#include "http_front.h"

#define WEB_CALLER_BURST_S 5 /* as much as so many seconds allow may come at once */

struct web_callers;

struct web_callers_options {
	int64_t rate_per_s;	    /* 0 = any */
	const char *const *proxies; /* addresses whose X-Forwarded-For is believed; borrowed */
	size_t nproxies;
};
struct web_callers *web_callers_new(const struct web_callers_options *o);
void web_callers_free(struct web_callers *c); /* takes NULL */

/* Counts a metered request. 0: it may be asked; else in how many ms. */
int64_t web_callers_ask(struct web_callers *c, const struct http_request *h);

/* The same of a request that is not metered: counts nothing. */
int64_t web_callers_look(struct web_callers *c, const struct http_request *h);

/* It was a stranger's: counted against both rates of their address. */
void web_callers_charge(struct web_callers *c, const struct http_request *h);

#endif
