#include "template_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "mem.h"
#include "templates_change.h"
#include "templates_record.h"
#include "term.h"
#include "text_diff.h"

#define AROUND 3 /* lines that stay the same */

/* ---- what is wrong ---- */

static void finding_json(const struct lint_finding *f, const struct catalog_source *of,
			 const char *words)
{
	const char *part = f->part < PART_COUNT ? catalog_part_names[f->part] : NULL;
	json_t *o = json_pack("{s:s, s:s, s:s?, s:s, s:b, s:s}", "template", of->name, "locale",
			      of->locale, "part", part, "code", f->rule->code, "warning",
			      f->rule->warning, "text", words);

	if (f->line)
		json_object_update_new(o, json_pack("{s:s, s:i, s:i}", "file", f->file, "line",
						    (int)f->line, "column", (int)f->column));
	cli_json(o);
}

static void finding_line(const struct lint_finding *f, const struct catalog_source *of,
			 const char *words)
{
	const char *part = f->part < PART_COUNT ? catalog_file_names[f->part] : "";

	if (f->line)
		printf("%s:%u:%u: ", f->file, f->line, f->column);
	else
		printf("%s/%s/%s: ", of->name, of->locale, part);
	term_print(f->rule->warning ? TONE_WARN : TONE_BAD, f->rule->code);
	fputs(": ", stdout);
	term_print(TONE_PLAIN, words);
	putchar('\n');
}

void template_told_report(const struct lint_report *r, const struct catalog_source *of,
			  enum lang lang, bool json)
{
	for (size_t i = 0; i < r->count; i++) {
		autobuf words = BUF_INIT(0);

		lint_words(&r->list[i], lang == LANG_RU ? LINT_RU : LINT_EN, &words);
		(json ? finding_json : finding_line)(&r->list[i], of, words.data);
	}
}

/* ---- what is there ---- */

struct listing {
	const struct catalog *catalog;
	const char *tenant;
	struct table table;
	bool json;
};

static void parts_text(const struct catalog_entry *entry, struct buf *out)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			buf_fmt(out, "%s%s", out->len ? " " : "", catalog_part_names[part]);
	if (!out->len)
		buf_str(out, "as installed");
}

static void list_row(struct listing *l, const struct catalog_entry *entry, const json_t *record)
{
	const char *cells[] = { entry->name,
				entry->locale,
				NULL,
				entry->tenant ? entry->tenant : "installation",
				NULL,
				json_string_value(json_object_get(record, "time")),
				json_string_value(json_object_get(record, "actor")) };
	autobuf parts = BUF_INIT(0);
	char version[24];

	snprintf(version, sizeof(version), "%u", entry->version);
	parts_text(entry, &parts);
	cells[2] = version;
	cells[4] = parts.data;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_cell(&l->table, entry->tenant && i == 3 ? TONE_GOOD : TONE_PLAIN, cells[i]);
}

static void list_json(const struct catalog_entry *entry, const json_t *record)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:s?, s:s, s:[]}", "name", entry->name, "locale",
			      entry->locale, "version", (int)entry->version, "tenant",
			      entry->tenant, "sha256", entry->sha256, "parts");

	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			json_array_append_new(json_object_get(o, "parts"),
					      json_string(catalog_part_names[part]));
	if (record)
		json_object_update_new(o, json_pack("{s:O*, s:O*}", "time",
						    json_object_get(record, "time"), "actor",
						    json_object_get(record, "actor")));
	cli_json(o);
}

static void list_one(void *ctx, const struct catalog_entry *entry)
{
	struct listing *l = ctx;
	json_t *record;

	if (!entry->tenant && l->tenant &&
	    catalog_own(l->catalog, l->tenant, entry->name, entry->locale))
		return; /* the tenant's own stands in its place */
	record = entry->tenant ? templates_record_of(l->catalog, entry->tenant, entry->name,
						     entry->locale)
			       : NULL;
	if (l->json)
		list_json(entry, record);
	else
		list_row(l, entry, record);
	json_decref(record);
}

void template_told_list(const struct catalog *c, const char *tenant, bool json)
{
	struct listing l = { c, tenant, { 0 }, json };

	table_init(&l.table, 7);
	catalog_each(c, tenant, list_one, &l);
	table_print(&l.table);
	table_clear(&l.table);
}

/* ---- what changed ---- */

/* The lines of a part's change, so that those far from it can be left out. */
struct change {
	struct {
		enum text_diff_op op;
		const char *line;
		size_t len;
	} * list;
	size_t count;
};

static void change_add(void *ctx, enum text_diff_op op, const char *line, size_t len)
{
	struct change *c = ctx;

	c->list = xgrow(c->list, c->count, sizeof(*c->list));
	c->list[c->count].op = op;
	c->list[c->count].line = line;
	c->list[c->count++].len = len;
}

static bool is_near(const struct change *c, size_t at)
{
	size_t from = at < AROUND ? 0 : at - AROUND, to = at + AROUND + 1;

	for (size_t i = from; i < to && i < c->count; i++)
		if (c->list[i].op != TEXT_SAME)
			return true;
	return false;
}

static void change_print(const struct change *c)
{
	static const struct {
		char mark;
		enum tone tone;
	} marks[] = { [TEXT_SAME] = { ' ', TONE_PLAIN },
		      [TEXT_TAKEN] = { '-', TONE_BAD },
		      [TEXT_PUT] = { '+', TONE_GOOD } };
	bool gap = false;

	for (size_t i = 0; i < c->count; i++) {
		autofree char *line = NULL;

		if (!is_near(c, i)) {
			gap = true;
			continue;
		}
		if (gap)
			puts("...");
		gap = false;
		line = xasprintf("%c%.*s", marks[c->list[i].op].mark, (int)c->list[i].len,
				 c->list[i].line);
		term_print(marks[c->list[i].op].tone, line);
		putchar('\n');
	}
}

static const char *text_of(const json_t *parts, enum part part)
{
	const char *text = json_string_value(json_object_get(parts, catalog_part_names[part]));

	return text ? text : "";
}

void template_told_diff(const json_t *from, const json_t *to, const char *from_title,
			const char *to_title)
{
	for (enum part part = 0; part < PART_COUNT; part++) {
		struct change c = { 0 };

		if (!strcmp(text_of(from, part), text_of(to, part)))
			continue;
		printf("--- %s %s\n+++ %s %s\n", catalog_file_names[part], from_title,
		       catalog_file_names[part], to_title);
		text_diff(text_of(from, part), text_of(to, part), change_add, &c);
		change_print(&c);
		free(c.list);
	}
}
