#include "config_show.h"

#include <stdio.h>

#include "config_mask.h"
#include "config_number.h"
#include "config_value.h"

static const char usage[] =
	"  --config FILE    read this YAML file; may be given several times, the later wins\n"
	"  --set KEY=VALUE  set a key by its name in the file\n"
	"  --check          read everything, say ok, or what is wrong in one line and end with 78\n"
	"  --show           print each key, its effective value and where it came from\n"
	"  --help           this text; --help-markdown prints the keys as a table\n"
	"  --version\n";

void config_show_version(const struct config *c, struct buf *out)
{
	buf_fmt(out, "%s %s\n", c->program->name, BECKON_VERSION);
}

void config_show_help(const struct config *c, struct buf *out)
{
	char flag[SLOT_NAME_MAX];

	buf_fmt(out, "%s - %s\n\nusage: %s [--config FILE] [--KEY VALUE] ...\n\n%s\nKeys:\n\n",
		c->program->name, c->program->summary, c->program->name, usage);
	for (const struct slot *s = c->slots; s < c->slots + c->count; s++) {
		bool is_map = s->key->type == CONFIG_TYPE_MAP;

		buf_fmt(out, "  %s%s  (%s", slot_spell(s, SPELLING_FLAG, flag),
			is_map ? "-NAME" : "", config_type_word(s->key->type));
		if (s->key->fallback)
			buf_fmt(out, ", default %s",
				*s->key->fallback ? s->key->fallback : "empty");
		buf_fmt(out, "%s)\n      %s\n", s->key->required ? ", required" : "", s->key->help);
	}
}

/* Text in a cell of a table: a bar would end it. */
static void cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_byte(out, '\\');
		buf_byte(out, *text);
	}
}

static void allowed_cell(const struct config_key *k, struct buf *out)
{
	if (k->words) {
		for (const char *const *w = k->words; *w; w++)
			buf_fmt(out, "%s`%s`", w == k->words ? "" : ", ", *w);
	} else if (k->min || k->max) {
		config_number_range(k, out);
	}
}

void config_show_markdown(const struct config *c, struct buf *out)
{
	char name[SLOT_NAME_MAX];

	buf_str(out, "| Key | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n");
	for (const struct slot *s = c->slots; s < c->slots + c->count; s++) {
		const struct config_key *k = s->key;

		buf_fmt(out, "| `%s%s` | %s | ", slot_spell(s, SPELLING_DOTTED, name),
			k->type == CONFIG_TYPE_MAP ? ".*" : "", config_type_word(k->type));
		if (k->required)
			buf_str(out, "required");
		else if (k->fallback)
			buf_fmt(out, "`%s`", k->fallback);
		buf_str(out, " | ");
		allowed_cell(k, out);
		buf_str(out, " | ");
		cell(out, k->help);
		buf_str(out, " |\n");
	}
}

static void row(struct buf *out, const char *name, const char *value, const char *origin)
{
	buf_fmt(out, "%-32s  %-40s  %s\n", name, value && *value ? value : "-",
		origin ? origin : "not set");
}

void config_show_values(const struct config *c, struct buf *out)
{
	char name[SLOT_NAME_MAX], full[2 * SLOT_NAME_MAX];

	row(out, "KEY", "VALUE", "FROM");
	for (const struct slot *s = c->slots; s < c->slots + c->count; s++) {
		const struct config_map *m = s->field;

		slot_spell(s, SPELLING_DOTTED, name);
		if (s->key->type != CONFIG_TYPE_MAP) {
			row(out, name, s->shown, s->origin);
			continue;
		}
		for (size_t i = 0; i < m->count; i++) {
			autobuf value = BUF_INIT(0);

			snprintf(full, sizeof(full), "%s.%s", name, m->pairs[i].name);
			config_mask_text(full, m->pairs[i].value, &value);
			row(out, full, value.data, m->pairs[i].origin);
		}
	}
}
