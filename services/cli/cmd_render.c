#include "cmd_render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "catalog.h"
#include "catalog_partials.h"
#include "cli.h"
#include "file.h"
#include "json_text.h"
#include "letter.h"
#include "letter_vars.h"
#include "mem.h"
#include "now.h"
#include "place.h"
#include "render_letter.h"
#include "template.h"
#include "words.h"

#define VARS_MAX_BYTES ((size_t)64 << 20)
#define OUTPUT_MAX_BYTES ((size_t)64 << 20)

struct render_options {
	const char *file, *vars, *partials, *escape;
	const char *template, *locale, *part, *templates;
	const char *data;
	struct render_letter letter;
	bool lenient;
};

#define O struct render_options
static const struct arg list[] = {
	{ "file", ARG_TEXT, offsetof(O, file), "FILE", "a Mustache template", 0, 0 },
	{ "partials", ARG_TEXT, offsetof(O, partials), "DIR", "its partials: NAME or NAME.mustache",
	  0, 0 },
	{ "escape", ARG_TEXT, offsetof(O, escape), "html|text",
	  "what {{name}} does to &<>\"' (html)", 0, 0 },
	{ "template", ARG_TEXT, offsetof(O, template), "NAME", "a template of the installation", 0,
	  0 },
	{ "locale", ARG_TEXT, offsetof(O, locale), "LOCALE", "its language (en)", 0, 0 },
	{ "part", ARG_TEXT, offsetof(O, part), "html|text|subject|sms|eml",
	  "which part of it (text)", 0, 0 },
	{ "templates", ARG_TEXT, offsetof(O, templates), "DIR",
	  "where templates are (BECKON_TEMPLATES, or those installed with this program)", 0, 0 },
	{ "vars", ARG_TEXT, offsetof(O, vars), "FILE", "the variables: one JSON value ({})", 0, 0 },
	{ "data", ARG_TEXT, offsetof(O, data), "FILE",
	  "instead of --vars: the data of an invite.requested", 0, 0 },
	{ "now", ARG_TEXT, offsetof(O, letter.now), "TIME", "RFC 3339, instead of the clock", 0,
	  0 },
	{ "link", ARG_TEXT, offsetof(O, letter.link), "URL", "the link, token included", 0, 0 },
	{ "contact", ARG_TEXT, offsetof(O, letter.contact), "TEXT", "whom to ask", 0, 0 },
	{ "to", ARG_TEXT, offsetof(O, letter.to), "ADDRESS", "eml: the recipient", 0, 0 },
	{ "from", ARG_TEXT, offsetof(O, letter.from), "ADDRESS", "eml: the sender", 0, 0 },
	{ "delivery", ARG_TEXT, offsetof(O, letter.delivery), "ID", "eml: names the message", 0,
	  0 },
	{ "lenient", ARG_FLAG, offsetof(O, lenient), NULL,
	  "plain Mustache: what is missing is empty", 0, 0 },
};
#undef O

static const struct args args = {
	.command = "render",
	.synopsis = "--file TEMPLATE | --template NAME [OPTION...]",
	.about = "Prints what a template makes of variables, nothing added. With --template the "
		 "variables\n"
		 "expires_on, expires_in and today are computed from expires_at and now (RFC 3339) "
		 "and\n"
		 "timezone where they are left out. The part eml is the message exactly as a relay "
		 "gets it.",
	.list = list,
	.count = ARRAY_LEN(list),
};

/* A named template with its variables, for whoever prints a part of it. */
struct named {
	const struct catalog_entry *entry;
	const json_t *vars, *data; /* data NULL: the variables came from a file */
	const struct render_letter *letter;
	bool lenient;
};

static int print_template_part(const struct named *n, size_t part, struct buf *out, struct err *e)
{
	if (!n->entry->parts[part])
		return err_set(e, ERR_INVALID, "%s/%s has no such part", n->entry->name,
			       n->entry->locale);
	return template_render(n->entry->parts[part], n->vars, n->lenient, out, e);
}

static int print_eml(const struct named *n, size_t part, struct buf *out, struct err *e)
{
	struct render_letter letter = *n->letter;

	(void)part;
	if (!n->data && !letter.now)
		letter.now = json_string_value(json_object_get(n->vars, "now"));
	return render_letter_eml(&letter, n->data, &(struct letter_content){ n->entry, n->vars },
				 out, e);
}

static const struct part_row {
	const char *name;
	int (*print)(const struct named *n, size_t part, struct buf *out, struct err *e);
	size_t part;
} parts[] = {
	{ "text", print_template_part, PART_TEXT },
	{ "html", print_template_part, PART_HTML },
	{ "subject", print_template_part, PART_SUBJECT },
	{ "sms", print_template_part, PART_SMS },
	{ "eml", print_eml, PART_COUNT },
};

/* The row's number, or count. */
static const struct part_row *part_of(const struct render_options *o)
{
	const char *name = o->part ? o->part : parts[0].name;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	return NULL;
}

/* The variables, or the data that they are made of. */
static int read_input(const struct render_options *o, json_t **out, struct err *e)
{
	const char *path = o->data ? o->data : o->vars;
	autobuf text = BUF_INIT(VARS_MAX_BYTES);
	int r;

	if (!path) {
		*out = json_object();
		return OK;
	}
	if ((r = file_read(path, &text, e)) < 0)
		return r;
	if (json_text_parse(text.data ? text.data : "", text.len, out, e) < 0)
		return err_prefix(e, ERR_INVALID, "%s", path);
	return OK;
}

static int render_source(const struct render_options *o, const struct buf *source,
			 const struct template_partials *partials, const json_t *vars,
			 struct buf *out, struct err *e)
{
	bool text = o->escape && strcmp(o->escape, "text") == 0;
	struct template *t;
	int r = template_compile(&t, o->file, source->data ? source->data : "", source->len,
				 text ? TEMPLATE_ESCAPE_NONE : TEMPLATE_ESCAPE_HTML, partials, e);

	if (r == OK) {
		r = template_render(t, vars, o->lenient, out, e);
		template_free(t);
	}
	return r;
}

static int render_file(const struct render_options *o, json_t *vars, struct buf *out, struct err *e)
{
	struct template_partials partials = { catalog_partials_find, NULL, o->lenient };
	struct catalog_partials *dir = NULL;
	autobuf source = BUF_INIT(TEMPLATE_SIZE_MAX);
	int r = file_read(o->file, &source, e);

	if (r == OK && o->partials)
		r = catalog_partials_open(&dir, o->partials, e);
	partials.ctx = dir;
	if (r == OK)
		r = render_source(o, &source, &partials, vars, out, e);
	catalog_partials_free(dir);
	return r;
}

static int time_of(const json_t *vars, const char *name, int64_t *ms, struct err *e)
{
	const json_t *v = json_object_get(vars, name);

	if (v && (!json_is_string(v) || !now_parse(json_string_value(v), ms)))
		return err_set(e, ERR_INVALID, "variable '%s' is not an RFC 3339 time", name);
	return OK;
}

static void put_short(json_t *vars)
{
	const char *name = json_string_value(json_object_get(vars, "organisation"));
	autobuf text = BUF_INIT(VARS_MAX_BYTES);

	if (!name || json_object_get(vars, "organisation_short"))
		return;
	letter_short(name, &text);
	json_object_set_new(vars, "organisation_short", json_string(text.data ? text.data : ""));
}

/* The variables that the fleet always gives, where the file leaves them out. */
static int complete_vars(json_t *vars, const char *locale, struct err *e)
{
	struct words_place place = { locale, json_string_value(json_object_get(vars, "timezone")),
				     NULL };
	int64_t now = now_ms(), expires = -1;
	autobuf today = BUF_INIT(0);

	if (time_of(vars, "now", &now, e) < 0 || time_of(vars, "expires_at", &expires, e) < 0)
		return ERR_INVALID;
	if (expires >= 0)
		words_set(vars, &place, now, expires);
	words_date(&place, now, &today);
	if (!json_object_get(vars, "today"))
		json_object_set_new(vars, "today", json_string(today.data));
	if (!json_object_get(vars, "brand_colour"))
		json_object_set_new(vars, "brand_colour", json_string(LETTER_COLOUR));
	put_short(vars);
	if (!json_object_get(vars, "vars"))
		json_object_set_new(vars, "vars", json_object());
	return OK;
}

static void set_option(json_t *vars, const char *name, const char *value)
{
	if (value)
		json_object_set_new(vars, name, json_string(value));
}

/* The whole variables; the caller decrefs *vars. */
static int named_vars(const struct render_options *o, json_t *input, const char *locale,
		      json_t **vars, struct err *e)
{
	if (o->data)
		return render_letter_vars(&o->letter, input, locale, vars, e);
	set_option(input, "link", o->letter.link);
	set_option(input, "contact", o->letter.contact);
	set_option(input, "now", o->letter.now);
	*vars = json_incref(input);
	return complete_vars(input, locale, e);
}

static int print_part(const struct catalog *c, const struct render_options *o, json_t *input,
		      struct buf *out, struct err *e)
{
	struct named n = { catalog_find(c, o->template, o->locale, NULL), NULL,
			   o->data ? input : NULL, &o->letter, o->lenient };
	const struct part_row *row = part_of(o);
	json_t *vars = NULL;
	int r;

	if (!n.entry)
		return err_set(e, ERR_INVALID, "there is no template '%s'", o->template);
	r = named_vars(o, input, n.entry->locale, &vars, e);
	n.vars = vars;
	if (r == OK)
		r = row->print(&n, row->part, out, e);
	json_decref(vars);
	return r;
}

static int render_named(const struct render_options *o, json_t *input, struct buf *out,
			struct err *e)
{
	autofree char *dir = o->templates ? xstrdup(o->templates) : place_templates();
	struct catalog *c = NULL;
	int r = dir ? catalog_open(&c, dir, e)
		    : err_set(e, ERR_FATAL, "no folder of templates; name it with --templates");

	if (r == OK)
		r = print_part(c, o, input, out, e);
	catalog_free(c);
	return r;
}

/* What cannot be asked for, or NULL. */
static const char *usage_fault(const struct render_options *o)
{
	if (!o->file == !o->template)
		return "needs one of --file and --template";
	if (o->file && (o->part || o->locale || o->templates))
		return "--part, --locale and --templates go with --template";
	if (o->data && (o->file || o->vars))
		return "--data goes with --template, instead of --vars";
	if (o->template && (o->partials || o->escape))
		return "--partials and --escape go with --file";
	if (o->escape && strcmp(o->escape, "html") != 0 && strcmp(o->escape, "text") != 0)
		return "--escape is html or text";
	if (!part_of(o))
		return "there is no such part; see --help";
	return NULL;
}

static int complain(const char *why, enum cli_exit code)
{
	fprintf(stderr, "beckon render: %s\n", why);
	return code;
}

int cmd_render(int argc, char **argv)
{
	struct render_options o = { 0 };
	struct arg_words words = { 0 };
	autobuf out = BUF_INIT(OUTPUT_MAX_BYTES);
	json_t *input = NULL;
	const char *fault;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if ((fault = usage_fault(&o)))
		return complain(fault, CLI_USAGE);
	r = read_input(&o, &input, &e);
	if (r == OK)
		r = o.file ? render_file(&o, input, &out, &e) : render_named(&o, input, &out, &e);
	json_decref(input);
	if (r != OK)
		return complain(e.text, r == ERR_FATAL ? CLI_USAGE : CLI_BAD);
	if (out.len)
		fwrite(out.data, 1, out.len, stdout);
	return CLI_GOOD;
}
