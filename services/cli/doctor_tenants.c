#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "catalog.h"
#include "doctor.h"
#include "mem.h"
#include "place.h"
#include "request.h"
#include "settings_topic.h"
#include "templates_topic.h"
#include "tenant.h"

/* Names under `tenants`; without any, those of "*" are for everybody. */
static const char *const everybody = "*";

/* ---- settings ---- */

static void say(const struct findings *f, const char *tenant, const char *what, const char *remedy)
{
	autofree char *line = xasprintf("tenant %s: %s", tenant, what);

	f->add(f->ctx, *remedy ? FINDING_WARN : FINDING_OK, line, remedy);
}

static const char *judge_sender(const struct tenant *t)
{
	struct address from;
	const char *code;

	if (!t->from || address_normalise(t->from, &from, &code, NULL))
		return "no mail can be sent: set sender.from";
	if (address_reserved(&from) != ADDRESS_PLAIN)
		return "sender.from is an address that nobody can have: relays and recipients "
		       "refuse it";
	return "";
}

static const char *judge_link(const struct tenant *t)
{
	if (!t->link_base)
		return "every request must bring link.base: set link_base";
	if (strncmp(t->link_base, "https://", 8))
		return "links travel in the clear, and whoever reads one may use it: let link_base "
		       "begin with https://";
	return "";
}

static void check_tenant(const struct tenants *tenants, const char *name, const struct findings *f)
{
	const struct tenant *t = tenants_find(tenants, name);

	say(f, name, "sender", judge_sender(t));
	say(f, name, "link", judge_link(t));
	say(f, name, "contact",
	    t->contact ? "" : "whoever cannot use a link is told nobody to ask: set contact");
}

/* What holds: the topic of settings stands above the file, which holds alone where the topic cannot
   be read. NULL where the file is wrong, which has been said then. */
static struct tenants *load(const struct settings *s, const struct findings *f)
{
	struct settings_view *view;
	struct tenants *tenants;
	struct err e = { "" };

	if (!f->no_kafka && settings_topic_read(&view, s, &e) == OK) {
		tenants = settings_view_tenants(view);
		settings_view_free(view);
		return tenants;
	}
	if (tenants_load(&tenants, s->tenants, &e) == OK)
		return tenants;
	f->add(f->ctx, FINDING_BAD, "tenants", e.text);
	return NULL;
}

void doctor_tenants(const struct settings *s, const struct findings *f)
{
	struct tenants *tenants;
	const char *name;
	const json_t *value;

	if (!s->tenants) {
		f->add(f->ctx, FINDING_WARN, "tenants",
		       "no tenants are named here: give the services' --config FILE");
		return;
	}
	if (!(tenants = load(s, f)))
		return;
	json_object_foreach (s->tenants, name, value)
		check_tenant(tenants, name, f);
	tenants_free(tenants);
}

/* ---- templates ---- */

/* What the tenant's templates are judged with. */
struct stock {
	const struct catalog *catalog;
	bool sms; /* there are providers */
};

static const struct catalog_entry *find(const struct stock *k, const char *name,
					const struct tenant *t)
{
	struct catalog_wanted q = { .tenant = t->name, .name = name, .locale = t->default_locale };

	return catalog_find_for(k->catalog, &q);
}

static void check_sms(const struct stock *k, const char *template, const struct tenant *t,
		      const struct findings *f)
{
	const struct catalog_entry *entry = find(k, template, t);
	autofree char *what = xasprintf("template %s: tenant %s: sms", template, t->name);
	bool there = entry && entry->parts[PART_SMS];

	f->add(f->ctx, there ? FINDING_OK : FINDING_WARN, what,
	       there ? "" : "it has no sms.txt, so who has a phone number alone gets an error");
}

/* Is there a template in the tenant's own language? Another one goes where there is none. */
static void check_language(const struct stock *k, enum request_kind kind, const struct tenant *t,
			   const struct findings *f)
{
	const char *template = request_kinds[kind];
	const struct catalog_entry *entry = find(k, template, t);
	autofree char *what = xasprintf("template %s: tenant %s", template, t->name);
	autofree char *remedy = xasprintf(
		"there is none in '%s'; people without a language of their own get '%s'",
		t->default_locale ? t->default_locale : "", entry ? entry->locale : "nothing");

	if (!entry || !entry->parts[PART_SUBJECT] || !entry->parts[PART_TEXT])
		f->add(f->ctx, kind == KIND_INVITE ? FINDING_BAD : FINDING_WARN, what,
		       "it is not there, or has no subject or no text");
	else if (t->default_locale &&
		 strncmp(t->default_locale, entry->locale, strcspn(t->default_locale, "-_")))
		f->add(f->ctx, FINDING_WARN, what, remedy);
	else
		f->add(f->ctx, FINDING_OK, what, "");
	if (k->sms)
		check_sms(k, template, t, f);
}

static void check_languages(const struct catalog *c, const struct settings *s,
			    const struct findings *f)
{
	struct stock k = { c, json_array_size(s->providers) > 0 };
	struct tenants *tenants = NULL;
	const char *name;
	const json_t *value;

	if (tenants_load(&tenants, s->tenants, NULL))
		return; /* doctor_tenants says why */
	for (enum request_kind kind = KIND_INVITE; request_kinds[kind]; kind++) {
		if (!json_object_size(s->tenants))
			check_language(&k, kind, tenants_find(tenants, everybody), f);
		json_object_foreach (s->tenants, name, value)
			check_language(&k, kind, tenants_find(tenants, name), f);
	}
	tenants_free(tenants);
}

void doctor_templates(const struct settings *s, const struct findings *f)
{
	autofree char *own = s->templates_dir ? xstrdup(s->templates_dir) : place_templates();
	struct catalog *c;
	struct err e = { "" };

	if (!own) {
		f->add(f->ctx, FINDING_WARN, "templates", "templates_dir is not named here");
		return;
	}
	if (catalog_open(&c, own, &e)) {
		f->add(f->ctx, FINDING_BAD, "templates", e.text);
		return;
	}
	f->add(f->ctx, FINDING_OK, "templates", "");
	if (!f->no_kafka && templates_topic_lay(&c, s, &e))
		f->add(f->ctx, FINDING_WARN, "templates: tenants' own", e.text);
	check_languages(c, s, f);
	catalog_free(c);
}
