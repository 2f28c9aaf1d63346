#include "settings_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "settings_record.h"
#include "tenant_defaults.h"
#include "tenant_fields.h"
#include "term.h"

/* "a.b" -> [value, origin], later ones over those before. */
static void put(json_t *flat, const char *path, const json_t *value, const char *origin)
{
	json_object_set_new(flat, path, json_pack("[O, s]", value, origin));
}

static void put_members(json_t *flat, const char *name, const json_t *object, const char *origin)
{
	const char *part;
	json_t *value;

	json_object_foreach ((json_t *)object, part, value) {
		autofree char *path = xasprintf("%s.%s", name, part);

		put(flat, path, value, origin);
	}
}

static void lay(json_t *flat, const json_t *settings, const char *origin)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)settings, name, value) {
		json_t *said = tenant_spelled(name, value);

		if (json_is_object(said) && !tenant_is_whole(name))
			put_members(flat, name, said, origin);
		else
			put(flat, name, said, origin);
		json_decref(said);
	}
}

static char *text_of(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	return json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_flat(const json_t *flat)
{
	autofree const char **paths = xcalloc(json_object_size(flat) + 1, sizeof(*paths));
	struct table t;
	const char *path;
	json_t *entry;
	size_t n = 0;

	json_object_foreach ((json_t *)flat, path, entry)
		paths[n++] = path;
	qsort(paths, n, sizeof(*paths), by_text);
	table_init(&t, 3);
	for (size_t i = 0; i < n; i++) {
		const json_t *at = json_object_get(flat, paths[i]);
		autofree char *text = text_of(json_array_get(at, 0));

		table_cell(&t, TONE_PLAIN, paths[i]);
		table_cell(&t, TONE_GOOD, text);
		table_cell(&t, TONE_FAINT, json_string_value(json_array_get(at, 1)));
	}
	table_print(&t);
	table_clear(&t);
}

void settings_show(const struct settings_view *v, const json_t *base, const char *tenant)
{
	const json_t *all = settings_view_tenant(v, "*"), *own = settings_view_tenant(v, tenant);
	json_t *flat = json_object(), *defaults = tenant_defaults();

	lay(flat, defaults, "beckon");
	lay(flat, json_object_get(base, "*"), "configuration, all tenants");
	lay(flat, json_object_get(all, "settings"), "set for all tenants");
	if (strcmp(tenant, "*")) {
		lay(flat, json_object_get(base, tenant), "configuration");
		lay(flat, json_object_get(own, "settings"), "set");
	}
	print_flat(flat);
	json_decref(flat);
	json_decref(defaults);
	printf("version %lld\n", (long long)settings_record_version(own));
}

static void add_change(struct table *t, const json_t *change)
{
	autofree char *version = text_of(json_object_get(change, "version"));
	static const char *const members[] = { "time", "actor", "sha256" };

	table_cell(t, TONE_PLAIN, version);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		table_cell(t, TONE_PLAIN, json_string_value(json_object_get(change, members[i])));
}

void settings_show_history(const json_t *record)
{
	struct table t;
	json_t *change;
	size_t i;

	table_init(&t, 4);
	json_array_foreach (json_object_get(record, "history"), i, change)
		add_change(&t, change);
	if (record)
		add_change(&t, record);
	table_print(&t);
	table_clear(&t);
}
