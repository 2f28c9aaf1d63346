#include "web_match.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"

#define SEGMENTS_MAX 16 /* of a path; no route has as many */

/* A path's segments, decoded: a slash that is written as %2F belongs to a name. */
struct segments {
	char *list[SEGMENTS_MAX];
	size_t n; /* 0 = it fits no pattern */
};

/* They point into path, which is cut. */
static void split(char *path, struct segments *out)
{
	char *segment;

	out->n = 0;
	for (path += *path == '/'; (segment = strsep(&path, "/")); out->n++) {
		if (out->n == SEGMENTS_MAX || !http_unescape(segment)) {
			out->n = 0;
			return;
		}
		out->list[out->n] = segment;
	}
}

/* How many params a pattern has; -1 where the path does not fit it. */
static int fits(const char *pattern, const struct segments *s)
{
	int params = 0;
	size_t i = 0;

	for (pattern++; i < s->n; i++) {
		size_t len = strcspn(pattern, "/");

		if (*pattern == '{' && (!*s->list[i] || params++ == WEB_PARAMS_MAX))
			return -1;
		if (*pattern != '{' &&
		    (strlen(s->list[i]) != len || memcmp(pattern, s->list[i], len) != 0))
			return -1;
		pattern += len;
		if (i + 1 < s->n && *pattern++ != '/')
			return -1;
	}
	return *pattern || !s->n ? -1 : params;
}

/* What stands where pattern, which fits, has params. */
static void take(const char *pattern, const struct segments *s, const char *params[WEB_PARAMS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < s->n; i++, pattern += strcspn(pattern, "/")) {
		pattern++;
		if (*pattern == '{')
			params[count++] = s->list[i];
	}
}

static bool answers(const struct web_route *r, const char *method)
{
	return !strcmp(r->method, method) || (!strcmp(r->method, "GET") && !strcmp(method, "HEAD"));
}

static void allow(struct web_found *f, const struct web_route *r)
{
	size_t n = strlen(f->allow);

	snprintf(f->allow + n, sizeof(f->allow) - n, "%s%s%s", n ? ", " : "", r->method,
		 !strcmp(r->method, "GET") ? ", HEAD" : "");
}

void web_match(const struct web_options *o, enum web_door door, const char *method, char *path,
	       struct web_found *out, const char *params[WEB_PARAMS_MAX])
{
	int best = WEB_PARAMS_MAX + 1;
	struct segments segments;

	split(path, &segments);
	*out = (struct web_found){ 0 };
	for (size_t i = 0; i < o->nmodules; i++) {
		const struct web_module *m = &o->modules[i];

		for (size_t k = 0; k < m->count; k++) {
			const struct web_route *r = &m->routes[k];
			int n = r->door == door ? fits(r->pattern, &segments) : -1;

			if (n < 0 || n > best)
				continue;
			if (n < best)
				*out = (struct web_found){ .module = m, .index = i };
			best = n;
			allow(out, r);
			if (!answers(r, method))
				continue;
			out->module = m;
			out->index = i;
			out->route = r;
		}
	}
	if (out->route)
		take(out->route->pattern, &segments, params);
}

int web_param_index(const char *pattern, const char *name)
{
	size_t len = strlen(name);
	int index = 0;

	for (const char *p = strchr(pattern, '{'); p; p = strchr(p + 1, '{'), index++)
		if (!strncmp(p + 1, name, len) && p[1 + len] == '}')
			return index;
	return -1;
}
