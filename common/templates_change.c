#include "templates_change.h"

#include <string.h>

#include "templates_record.h"

void templates_judge_of(struct templates_judge *j, const struct catalog *c, const struct tenant *t,
			int64_t now_ms)
{
	j->sender = (struct letter_sender){ .from_name = t->from_name ? t->from_name : t->name,
					    .contact = t->contact,
					    .brand_colour = t->brand_colour };
	j->setting = (struct lint_setting){ .catalog = c,
					    .sender = &j->sender,
					    .link_base = t->link_base,
					    .logo = t->brand_logo,
					    .listed = t->link_hosts,
					    .segment_cap = t->segment_cap,
					    .now_ms = now_ms };
}

unsigned templates_version_of(const struct catalog *c, const char *tenant, const char *name,
			      const char *locale)
{
	const struct catalog_entry *own = catalog_own(c, tenant, name, locale);

	return own ? own->version : CATALOG_INSTALLED;
}

json_t *templates_parts_of(const struct catalog *c, const struct catalog_source *which)
{
	json_t *record, *parts;

	if (which->version == CATALOG_INSTALLED)
		return json_null();
	record = templates_record_of(c, which->tenant, which->name, which->locale);
	parts = json_object_get(templates_record_version(record, which->version), "parts");
	json_incref(parts);
	json_decref(record);
	return parts;
}

static bool has_parts(const struct catalog_source *s)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		if (s->parts[part].data)
			return true;
	return false;
}

static int make(const struct templates_change *c, const json_t *former, json_t **record,
		struct err *e)
{
	const struct catalog_source *s = c->source;
	json_t *parts = has_parts(s) ? templates_record_parts(s) : json_null();
	const json_t *held = former ? json_object_get(former, "parts") : json_null();
	int r;

	if (json_equal(parts, (json_t *)held))
		r = OK;
	else
		r = templates_record_next(record, former,
					  catalog_version(c->catalog, s->tenant, s->name), parts,
					  &c->author, e);
	json_decref(parts);
	return r;
}

int templates_change(const struct templates_change *c, struct lint_report *report, json_t **record,
		     struct err *e)
{
	const struct catalog_source *s = c->source;
	unsigned holds = templates_version_of(c->catalog, s->tenant, s->name, s->locale);
	json_t *former;
	int r;

	report->count = report->errors = 0;
	*record = NULL;
	if (c->if_version != TEMPLATES_ANY_VERSION && c->if_version != holds)
		return err_set(e, ERR_INVALID, "version %u holds by now; nothing was changed",
			       holds);
	if (has_parts(s))
		template_lint(s, c->setting, report);
	if (report->errors)
		return err_set(e, ERR_INVALID, "%s/%s: %zu errors", s->name, s->locale,
			       report->errors);
	former = templates_record_of(c->catalog, s->tenant, s->name, s->locale);
	r = make(c, former, record, e);
	json_decref(former);
	return r;
}
