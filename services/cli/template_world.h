/*
 * template_world - what the verbs of `beckon template` know: templates, tenants, options.
 */
#ifndef BECKON_CLI_TEMPLATE_WORLD_H
#define BECKON_CLI_TEMPLATE_WORLD_H

#include <jansson.h>

#include "args.h"
#include "catalog.h"
#include "lang.h"
#include "settings.h"
#include "templates_change.h"
#include "tenant.h"

struct template_options {
	const char *tenant, *locale, *part, *templates, *dir, *data, *actor, *lang_name;
	int64_t version, from, to, if_version; /* 0 = not said; if_version: TEMPLATES_ANY_VERSION */
	struct arg_list hosts;
	bool json, dry_run;
	enum lang lang;
};

struct template_world {
	const struct template_options *o;
	struct settings settings;
	struct settings_lock *lock; /* NULL = nothing is changed */
	char *installed;	    /* the installation's folder */
	struct catalog *catalog;
	struct tenants *tenants;
	struct templates_judge judge; /* of the tenant, or of all */
};

enum template_reach {
	TEMPLATE_INSTALLED, /* the installation and the configuration alone */
	TEMPLATE_TENANTS,   /* and what tenants have, from Kafka, records kept */
	TEMPLATE_CHANGES,   /* the same, and nobody else changes the tenant's meanwhile */
};

/* *out is to be closed whatever is returned. */
int template_world_open(struct template_world *out, const struct template_options *o,
			const struct arg_list *settings, enum template_reach reach, struct err *e);
void template_world_close(struct template_world *w);

/* The parts of a version as JSON, those of the installation read from its files. A new reference.
   ERR_INVALID: there is none of that number. */
int template_world_parts(const struct template_world *w, const char *name, int64_t version,
			 json_t **out, struct err *e);

#endif
