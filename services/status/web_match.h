/*
 * web_match - which route a path belongs to. Pure.
 */
#ifndef BECKON_WEB_MATCH_H
#define BECKON_WEB_MATCH_H

#include "web.h"

struct web_found {
	const struct web_module *module; /* NULL = no such page */
	const struct web_route *route;	 /* NULL = there is one, but not by this method: */
	char allow[64];			 /* those it has, ", " between them */
	size_t index;			 /* of the module */
};

/* path, as it came, is decoded and cut into params, which point into it (a copy that the caller
   keeps). */
void web_match(const struct web_options *o, enum web_door door, const char *method, char *path,
	       struct web_found *out, const char *params[WEB_PARAMS_MAX]);

/* Which param of the pattern is called name; -1 = none. */
int web_param_index(const char *pattern, const char *name);

#endif
