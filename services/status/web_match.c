#include "web_match.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"

/* How many params a pattern has; -1 where the path does not fit it. */
static int fits(const char *pattern, const char *path)
{
	int params = 0;

	while (*pattern && *path) {
		size_t n = strcspn(path, "/"), m = strcspn(pattern, "/");

		if (*pattern == '{') {
			if (!n || params++ == WEB_PARAMS_MAX)
				return -1;
		} else if (n != m || memcmp(pattern, path, n) != 0) {
			return -1;
		}
		pattern += m;
		path += n;
		if (*pattern != *path)
			return -1;
		pattern += *pattern == '/';
		path += *path == '/';
	}
	return *pattern || *path ? -1 : params;
}

/* Cuts path where pattern, which fits it, has params. */
static void cut(const char *pattern, char *path, const char *params[WEB_PARAMS_MAX])
{
	size_t count = 0;

	while (*pattern) {
		size_t n = strcspn(path, "/"), m = strcspn(pattern, "/");
		char end = path[n];

		if (*pattern == '{') {
			params[count++] = path;
			path[n] = '\0';
		}
		pattern += m + (pattern[m] == '/');
		path += n + (end == '/');
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

	*out = (struct web_found){ 0 };
	for (size_t i = 0; i < o->nmodules; i++) {
		const struct web_module *m = &o->modules[i];

		for (size_t k = 0; k < m->count; k++) {
			const struct web_route *r = &m->routes[k];
			int n = r->door == door ? fits(r->pattern, path) : -1;

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
		cut(out->route->pattern, path, params);
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
