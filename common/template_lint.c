#include "template_lint.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "template_lint_priv.h"

static bool is_told(const struct lint_report *r, const struct lint_finding *f)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].rule == f->rule && r->list[i].part == f->part &&
		    r->list[i].line == f->line && r->list[i].column == f->column &&
		    !strcmp(r->list[i].file, f->file))
			return true;
	return false;
}

void lint_add(struct linting *l, enum lint_id id, const struct lint_place *place,
	      const char *detail)
{
	const struct catalog_source *s = l->source;
	struct lint_finding f = { .rule = &lint_rules[id], .part = l->part };

	if (place && !strchr(place->file, '/') && l->part < PART_COUNT &&
	    !strcmp(place->file, catalog_file_names[l->part]))
		snprintf(f.file, sizeof(f.file), "%.20s/%.20s/%s", s->name, s->locale, place->file);
	else if (place)
		snprintf(f.file, sizeof(f.file), "%s", place->file);
	f.line = place ? place->line : 0;
	f.column = place ? place->column : 0;
	snprintf(f.detail, sizeof(f.detail), "%s", detail ? detail : "");
	if (is_told(l->report, &f))
		return;
	l->report->errors += !f.rule->warning;
	if (l->report->count < LINT_FINDINGS_MAX)
		l->report->list[l->report->count++] = f;
}

/* The parts by themselves: one that does not compile is told, the others are judged all the same.
 */
static void judge_parts(struct linting *l)
{
	const struct catalog_source *whole = l->source;

	for (l->part = 0; l->part < PART_COUNT; l->part++) {
		struct catalog_source one = *whole;
		struct err e;

		if (!whole->parts[l->part].data)
			continue;
		memset(one.parts, 0, sizeof(one.parts));
		one.parts[l->part] = whole->parts[l->part];
		if (catalog_compile(&l->entry, l->in->catalog, &one, &e) < 0) {
			lint_add(l, LINT_SYNTAX, NULL, e.text);
			continue;
		}
		lint_names(l);
		lint_output(l);
		catalog_entry_drop(l->entry);
	}
}

/* ---- the whole ---- */

static void judge_other(void *ctx, const struct catalog_entry *other)
{
	struct linting *l = ctx;

	if (strcmp(other->name, l->source->name) || !strcmp(other->locale, l->source->locale))
		return;
	for (l->part = 0; l->part < PART_COUNT; l->part++)
		if (other->parts[l->part] && !l->source->parts[l->part].data)
			lint_add(l, LINT_PART_MISSING, NULL, other->locale);
}

static void judge_whole(struct linting *l)
{
	const struct catalog_source *s = l->source;
	bool mail = s->parts[PART_TEXT].data || s->parts[PART_HTML].data;

	l->part = PART_COUNT;
	if (!s->parts[PART_SUBJECT].data && (mail || !s->parts[PART_SMS].data))
		lint_add(l, LINT_SUBJECT_MISSING, NULL, NULL);
	if (!mail && (s->parts[PART_SUBJECT].data || !s->parts[PART_SMS].data))
		lint_add(l, LINT_BODY_MISSING, NULL, NULL);
	catalog_each(l->in->catalog, s->tenant, judge_other, l);
}

void template_lint(const struct catalog_source *source, const struct lint_setting *in,
		   struct lint_report *report)
{
	struct linting l = {
		.source = source, .in = in, .kind = letter_kind_of(source->name), .report = report
	};

	report->count = report->errors = 0;
	judge_parts(&l);
	judge_whole(&l);
}

void lint_words(const struct lint_finding *f, enum lint_lang lang, struct buf *out)
{
	autobuf text = BUF_INIT(4 * LINT_DETAIL_SIZE + 512);

	buf_fmt(&text, f->rule->text[lang], f->detail);
	buf_add(out, text.data, text.len);
}
