/* Templates as the API shows them. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "templates_api_priv.h"
#include "templates_record.h"
#include "text_diff.h"

static enum lint_lang lang_of(const char *lang)
{
	return strcmp(lang, "ru") ? LINT_EN : LINT_RU;
}

/* What the settings' page calls a template. */
static const char *title_of(const char *name, const char *lang)
{
	static const struct {
		const char *name, *titles[LINT_LANGS];
	} titles[] = {
		{ "invite",
		  { "Invitation Email to New Users", "Приглашение новым пользователям" } },
		{ "password", { "Reset Password", "Письмо с паролем" } },
		{ "reminder", { "Reminder", "Напоминание" } },
	};

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (!strcmp(titles[i].name, name))
			return titles[i].titles[lang_of(lang)];
	return name;
}

static json_t *part_names(const struct catalog_entry *entry)
{
	json_t *names = json_array();

	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			json_array_append_new(names, json_string(catalog_part_names[part]));
	return names;
}

json_t *shape_entry(const struct catalog *c, const struct catalog_entry *entry, const char *tenant,
		    const char *lang)
{
	bool password = letter_kind_of(entry->name) == LETTER_PASSWORD;
	json_t *o = json_pack(
		"{ss,ss,ss,ss,sI,sb,so,ss}", "name", entry->name, "locale", entry->locale, "title",
		title_of(entry->name, lang), "kind", password ? "password" : "invite", "version",
		(json_int_t)templates_version_of(c, tenant, entry->name, entry->locale), "own",
		entry->tenant != NULL, "parts", part_names(entry), "sha256", entry->sha256);
	json_t *record = entry->tenant
				 ? templates_record_of(c, entry->tenant, entry->name, entry->locale)
				 : NULL;

	if (record)
		json_object_update_new(o, json_pack("{sO*,sO*}", "time",
						    json_object_get(record, "time"), "actor",
						    json_object_get(record, "actor")));
	json_decref(record);
	return o;
}

static json_t *installed_parts(const struct templates_api *t, const struct catalog_source *which)
{
	autofree char *dir = xasprintf("%s/%s/%s", t->dir, which->name, which->locale);
	struct catalog_source source = { 0 };
	struct catalog_files files = { 0 };
	json_t *parts = NULL;
	struct err e;

	if (catalog_files_read(&files, dir, &source, &e) == OK)
		parts = templates_record_parts(&source);
	catalog_files_clear(&files);
	return parts;
}

json_t *shape_parts(const struct templates_api *t, const struct catalog *c,
		    const struct catalog_source *which)
{
	json_t *parts = templates_parts_of(c, which);

	if (!json_is_null(parts))
		return parts;
	return installed_parts(t, which);
}

static json_t *shape_version(const json_t *change)
{
	return json_pack("{sO,sO*,sO*,sb}", "version", json_object_get(change, "version"), "time",
			 json_object_get(change, "time"), "actor", json_object_get(change, "actor"),
			 "own", json_is_object(json_object_get(change, "parts")));
}

json_t *shape_versions_of(const struct catalog *c, const struct catalog_source *which)
{
	json_t *record = templates_record_of(c, which->tenant, which->name, which->locale);
	json_t *versions = json_array(), *change;
	size_t i;

	if (record)
		json_array_append_new(versions, shape_version(record));
	json_array_foreach (json_object_get(record, "history"), i, change)
		json_array_insert_new(versions, 1, shape_version(change));
	json_array_append_new(versions,
			      json_pack("{si,sb}", "version", CATALOG_INSTALLED, "own", 0));
	json_decref(record);
	return versions;
}

json_t *shape_findings(const struct lint_report *r, const char *lang)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct lint_finding *f = &r->list[i];
		const char *part = f->part < PART_COUNT ? catalog_part_names[f->part] : NULL;
		autobuf words = BUF_INIT(0);
		json_t *o;

		lint_words(f, lang_of(lang), &words);
		o = json_pack("{ss*,ss,sb,ss}", "part", part, "code", f->rule->code, "warning",
			      f->rule->warning, "text", words.data);
		if (f->line)
			json_object_update_new(o,
					       json_pack("{ss,si,si}", "file", f->file, "line",
							 (int)f->line, "column", (int)f->column));
		json_array_append_new(findings, o);
	}
	return findings;
}

static void add_line(void *lines, enum text_diff_op op, const char *line, size_t len)
{
	static const char *const marks[] = {
		[TEXT_SAME] = " ", [TEXT_TAKEN] = "-", [TEXT_PUT] = "+"
	};

	json_array_append_new(lines, json_pack("[s,s%]", marks[op], line, len));
}

bool shape_has_parts(const struct catalog_entry *entry)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			return true;
	return false;
}

static const char *text_of(const json_t *parts, enum part part)
{
	const char *text = json_string_value(json_object_get(parts, catalog_part_names[part]));

	return text ? text : "";
}

json_t *shape_diff(const json_t *from, const json_t *to)
{
	json_t *diff = json_array();

	for (enum part part = 0; part < PART_COUNT; part++) {
		json_t *lines;

		if (!strcmp(text_of(from, part), text_of(to, part)))
			continue;
		lines = json_array();
		text_diff(text_of(from, part), text_of(to, part), add_line, lines);
		json_array_append_new(diff, json_pack("{ss,so}", "part", catalog_part_names[part],
						      "lines", lines));
	}
	return diff;
}

json_t *shape_variables(enum letter_kind kind, const char *lang)
{
	json_t *list = json_array();
	size_t n;
	const struct letter_name *names = letter_names(&n);

	for (size_t i = 0; i < n; i++)
		if (names[i].presence[kind] != NAME_NEVER)
			json_array_append_new(
				list,
				json_pack("{ss,sb,ss}", "name", names[i].name, "always",
					  names[i].presence[kind] == NAME_ALWAYS, "text",
					  lang_of(lang) == LINT_RU ? names[i].ru : names[i].en));
	return list;
}
