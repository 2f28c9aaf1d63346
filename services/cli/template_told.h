/*
 * template_told - templates as people see them: what is there, what is wrong, what changed.
 */
#ifndef BECKON_CLI_TEMPLATE_TOLD_H
#define BECKON_CLI_TEMPLATE_TOLD_H

#include <jansson.h>
#include <stdbool.h>

#include "lang.h"
#include "template_lint.h"

/* "file:line:column: code: words", errors first in colour; with json one object a line. */
void template_told_report(const struct lint_report *r, const struct catalog_source *of,
			  enum lang lang, bool json);

/* The templates that a tenant has (NULL = the installation's): name, language, version, whose,
   parts, who changed it and when. */
void template_told_list(const struct catalog *c, const char *tenant, bool json);

/* What changed part by part, with three lines around it. Either may be NULL or null: no part. */
void template_told_diff(const json_t *from, const json_t *to, const char *from_title,
			const char *to_title);

#endif
