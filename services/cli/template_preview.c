#include "template_preview.h"

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "json_text.h"
#include "letter_sample.h"
#include "letter_vars.h"
#include "mem.h"
#include "record.h"
#include "sms_text.h"
#include "template_files.h"
#include "templates_record.h"
#include "term.h"

#define PREVIEW_MAX_BYTES ((size_t)2 << 20)

struct preview {
	const struct template_world *w;
	const struct catalog_entry *entry;
	json_t *vars;
};

static int render(const struct preview *p, enum part part, struct buf *out, struct err *e)
{
	int r = template_render(p->entry->parts[part], p->vars, false, out, e);

	buf_str(out, "");
	return r;
}

static void print_title(enum part part, const struct buf *text)
{
	struct sms_count count;
	struct err e;

	printf("\n");
	term_print(TONE_FAINT, catalog_part_names[part]);
	if (part == PART_SMS && sms_text_count(text->data, text->len, &count, &e) == OK)
		printf(" (%s, %zu segments)", sms_encoding_word(count.encoding), count.segments);
	printf("\n");
}

static int print_all(const struct preview *p, struct err *e)
{
	for (enum part part = 0; part < PART_COUNT; part++) {
		autobuf out = BUF_INIT(PREVIEW_MAX_BYTES);

		if (!p->entry->parts[part])
			continue;
		if (render(p, part, &out, e) < 0)
			return ERR_INVALID;
		print_title(part, &out);
		printf("%s\n", out.data);
	}
	return OK;
}

static int print_one(const struct preview *p, const char *name, struct err *e)
{
	autobuf out = BUF_INIT(PREVIEW_MAX_BYTES);
	enum part part = 0;

	while (part < PART_COUNT && strcmp(catalog_part_names[part], name))
		part++;
	if (part == PART_COUNT || !p->entry->parts[part])
		return err_set(e, ERR_INVALID, "%s/%s has no part '%s'", p->entry->name,
			       p->entry->locale, name);
	if (render(p, part, &out, e) < 0)
		return ERR_INVALID;
	fwrite(out.data, 1, out.len, stdout);
	return OK;
}

static int read_data(const char *path, json_t **out, struct err *e)
{
	autobuf text = BUF_INIT(RECORD_MAX_BYTES);
	int r;

	if (!path)
		return OK;
	if ((r = file_read(path, &text, e)) < 0)
		return r;
	buf_str(&text, "");
	return json_text_parse(text.data, text.len, out, e) < 0
		       ? err_prefix(e, ERR_INVALID, "%s", path)
		       : OK;
}

static int print(struct preview *p, struct err *e)
{
	const struct template_options *o = p->w->o;
	const struct lint_setting *in = &p->w->judge.setting;
	struct letter_sample sample = { .kind = letter_kind_of(p->entry->name),
					.locale = p->entry->locale,
					.sender = in->sender,
					.link_base = in->link_base,
					.now_ms = in->now_ms };
	json_t *data = NULL;
	int r = read_data(o->data, &data, e);

	if (r != OK)
		return r;
	sample.data = data;
	p->vars = letter_sample_vars(&sample, p->entry);
	r = o->part ? print_one(p, o->part, e) : print_all(p, e);
	letter_vars_free(p->vars);
	json_decref(data);
	return r;
}

/* From a folder that is nobody's yet, or a version that held once. */
static int compile(const struct template_world *w, const char *name,
		   const struct catalog_entry **out, struct err *e)
{
	const struct template_options *o = w->o;
	struct catalog_source source = { .name = name, .locale = o->locale };
	struct template_folder folder;
	json_t *parts = NULL;
	int r;

	if (o->dir) {
		if ((r = template_folder_open(&folder, o->dir, name, o->locale, e)) != OK)
			return r;
		r = catalog_compile(out, w->catalog, &folder.list[0].source, e);
		template_folder_close(&folder);
		return r;
	}
	if ((r = template_world_parts(w, name, o->version, &parts, e)) != OK)
		return r;
	templates_record_source(parts, &source);
	r = catalog_compile(out, w->catalog, &source, e);
	json_decref(parts);
	return r;
}

int template_preview(const struct template_world *w, const char *name, struct err *e)
{
	const struct template_options *o = w->o;
	const struct catalog_entry *made = NULL;
	struct preview p = { .w = w };
	int r = o->dir || o->version ? compile(w, name, &made, e) : OK;

	if (r != OK)
		return r;
	p.entry = made ? made
		       : catalog_find_for(w->catalog, &(struct catalog_wanted){
							      .tenant = o->tenant,
							      .name = name,
							      .locale = o->locale,
						      });
	r = p.entry ? print(&p, e) : err_set(e, ERR_INVALID, "there is no template '%s'", name);
	catalog_entry_drop(made);
	return r;
}
