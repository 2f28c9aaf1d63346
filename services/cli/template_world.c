#include "template_world.h"

#include <stdlib.h>

#include "mem.h"
#include "now.h"
#include "place.h"
#include "settings_topic.h"
#include "template_files.h"
#include "templates_record.h"
#include "templates_topic.h"

static int read_topics(struct template_world *w, struct err *e)
{
	struct settings_view *settings;
	int r = templates_topic_lay(&w->catalog, &w->settings, e);

	if (r == OK)
		r = settings_topic_read(&settings, &w->settings, e);
	if (r != OK)
		return r;
	w->tenants = settings_view_tenants(settings);
	settings_view_free(settings);
	return OK;
}

/* A folder that is not fit yet has partials all the same. */
static int open_installed(struct template_world *w, bool fit, struct err *e)
{
	const struct template_options *o = w->o;

	w->installed = o->templates		   ? xstrdup(o->templates)
		       : w->settings.templates_dir ? xstrdup(w->settings.templates_dir)
						   : place_templates();
	if (!w->installed)
		return err_set(e, ERR_FATAL, "no folder of templates; name it with --templates");
	if (fit || catalog_open(&w->catalog, w->installed, e) == OK)
		return fit ? catalog_open(&w->catalog, w->installed, e) : OK;
	return catalog_open_partials(&w->catalog, w->installed, e);
}

static int lock_tenant(struct template_world *w, struct err *e)
{
	autofree char *name = xasprintf("templates/%s", w->o->tenant);

	return settings_lock_take(&w->lock, &w->settings, name, e);
}

int template_world_open(struct template_world *out, const struct template_options *o,
			const struct arg_list *settings, enum template_reach reach, struct err *e)
{
	const char *whose = o->tenant ? o->tenant : "*";
	int r;

	*out = (struct template_world){ .o = o };
	r = settings_open(&out->settings, settings, e);
	if (r == OK)
		r = open_installed(out, reach != TEMPLATE_INSTALLED, e);
	if (r == OK && reach == TEMPLATE_CHANGES)
		r = lock_tenant(out, e);
	if (r == OK)
		r = reach == TEMPLATE_INSTALLED
			    ? tenants_load(&out->tenants, out->settings.tenants, e)
			    : read_topics(out, e);
	if (r != OK)
		return r;
	templates_judge_of(&out->judge, out->catalog, tenants_find(out->tenants, whose), now_ms());
	out->judge.setting.hosts = o->hosts.items;
	out->judge.setting.nhosts = o->hosts.count;
	return OK;
}

void template_world_close(struct template_world *w)
{
	settings_lock_release(w->lock);
	tenants_free(w->tenants);
	catalog_free(w->catalog);
	free(w->installed);
	settings_close(&w->settings);
}

int template_world_parts(const struct template_world *w, const char *name, int64_t version,
			 json_t **out, struct err *e)
{
	struct catalog_source which = { .tenant = w->o->tenant,
					.name = name,
					.locale = w->o->locale,
					.version = (unsigned)version };
	struct template_folder folder;
	int r;

	*out = templates_parts_of(w->catalog, &which);
	if (!*out)
		return err_set(e, ERR_INVALID, "version %lld of %s/%s is not kept",
			       (long long)version, name, w->o->locale);
	if (!json_is_null(*out))
		return OK;
	r = template_folder_open(&folder, w->installed, name, w->o->locale, e);
	if (r != OK)
		return r == ERR_INVALID ? OK : r; /* the installation has none */
	*out = templates_record_parts(&folder.list[0].source);
	template_folder_close(&folder);
	return OK;
}
