/*
 * template_uses - what a compiled template asks of its variables, tag by tag. For whoever judges
 * templates before anybody is sent one.
 */
#ifndef BECKON_TEMPLATE_USES_H
#define BECKON_TEMPLATE_USES_H

#include <stdbool.h>
#include <stddef.h>

#include "template.h"

enum template_use_kind { TEMPLATE_USE_VALUE, TEMPLATE_USE_SECTION, TEMPLATE_USE_INVERTED };

struct template_use {
	enum template_use_kind kind;
	const char *name; /* "vars.team"; "." = the current item */
	bool optional;	  /* {{name?}} */
	bool escaped;	  /* a value that HTML escaping is for */
	/* The sections (not inverted ones) that it stands in, outermost first. */
	const char *const *sections;
	size_t depth;
	const char *file; /* the template or a partial, as messages name it */
	unsigned line, column;
};

/* Calls each in the order of the source, partials in their place; everything is borrowed until each
   returns. */
void template_uses(const struct template *t,
		   void (*each)(void *ctx, const struct template_use *use), void *ctx);

/* Is it inside a section of this name? */
bool template_use_within(const struct template_use *use, const char *section);

#endif
