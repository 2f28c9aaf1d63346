/*
 * api_query - what is asked of lists, as a URL's query or as members of a JSON object. Pure.
 */
#ifndef BECKON_API_QUERY_H
#define BECKON_API_QUERY_H

#include "tenant.h"
#include "view_query.h"

/* Where the texts come from; get answers NULL for what is not there. */
struct api_asked {
	const char *(*get)(const void *ctx, const char *name);
	const void *ctx;
	int64_t now_ms; /* what "more than 12 h ago" counts from */
};

/* Texts are borrowed from who was asked; tenant and masked stay as they are. ERR_INVALID: the text
   names the member. */
int api_filter_read(const struct api_asked *asked, struct view_filter *out, struct err *e);

/* The filter, sort, order, limit and cursor. */
int api_query_read(const struct api_asked *asked, struct view_query *out, struct err *e);

/* Does a filter have this member? */
bool api_filter_knows(const char *name);
bool api_query_knows(const char *name); /* or a list besides */

/* Before which what has ended is kept no longer, by the tenant's settings; 0 = for ever. */
int64_t api_ended_after(const struct tenants *t, const char *tenant, int64_t now_ms);

#endif
