/*
 * templates_change - a tenant's template is changed: judged, and made the record of its topic.
 *
 * Dashboard, API and tool change templates by this alone, so nothing that the linter calls an error
 * gets into the topic: no credentials in an invitation, no password mail without. Pure.
 */
#ifndef BECKON_TEMPLATES_CHANGE_H
#define BECKON_TEMPLATES_CHANGE_H

#include <jansson.h>
#include <stdint.h>

#include "catalog.h"
#include "settings_record.h"
#include "template_lint.h"
#include "tenant.h"

#define TEMPLATES_ANY_VERSION (-1)

/* What a tenant's template is judged against. Not to be moved: setting points to sender. */
struct templates_judge {
	struct lint_setting setting;
	struct letter_sender sender;
};

/* Borrows from c and t. */
void templates_judge_of(struct templates_judge *j, const struct catalog *c, const struct tenant *t,
			int64_t now_ms);

struct templates_change {
	const struct catalog *catalog;	     /* what holds, records kept */
	const struct catalog_source *source; /* without any part: the installation's again */
	const struct lint_setting *setting;
	struct settings_author author;
	int64_t if_version; /* that must hold in this locale; TEMPLATES_ANY_VERSION */
};

/* *record: what is to be appended under the template's key, the caller decrefs it; NULL = nothing
   would change. ERR_INVALID: report has errors, or another version holds, or it is too large. */
int templates_change(const struct templates_change *c, struct lint_report *report, json_t **record,
		     struct err *e);

/* The version that holds in this locale: the tenant's own, or CATALOG_INSTALLED. */
unsigned templates_version_of(const struct catalog *c, const char *tenant, const char *name,
			      const char *locale);

/* The parts of a version as JSON: a new reference, json_null() where the installation's held;
   NULL = not kept. CATALOG_INSTALLED is json_null() always. */
json_t *templates_parts_of(const struct catalog *c, const struct catalog_source *which);

#endif
