#include "config_slots.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config_mask.h"
#include "config_value.h"
#include "mem.h"
#include "nearest.h"
#include "yamldoc.h"

static const struct {
	const char *prefix;
	char joint; /* for the dots */
	const char *noun;
} spellings[] = {
	[SPELLING_DOTTED] = { "", '.', "key" },
	[SPELLING_VARIABLE] = { "BECKON_", '_', "variable" },
	[SPELLING_FLAG] = { "--", '-', "flag" },
};

struct config *config_slots_new(const struct config_program *p)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->program = p;
	for (size_t t = 0; t < p->table_count; t++)
		c->count += p->tables[t].count;
	c->slots = xcalloc(c->count, sizeof(*c->slots));
	struct slot *s = c->slots;

	for (size_t t = 0; t < p->table_count; t++)
		for (size_t i = 0; i < p->tables[t].count; i++, s++) {
			s->key = &p->tables[t].keys[i];
			s->field = (char *)p->tables[t].base + s->key->offset;
		}
	return c;
}

void config_slots_free(struct config *c)
{
	if (!c)
		return;
	for (struct slot *s = c->slots; s < c->slots + c->count; s++) {
		config_value_clear(s->key->type, s->field);
		free(s->shown);
		free(s->origin);
		free(s->path);
	}
	free(c->slots);
	free(c);
}

/* A dotted name in another spelling; returns out. */
static const char *spell(const char *dotted, const char *suffix, enum spelling spelling,
			 char out[SLOT_NAME_MAX])
{
	int n = snprintf(out, SLOT_NAME_MAX, "%s%s%s", spellings[spelling].prefix, dotted, suffix);

	assert(n < SLOT_NAME_MAX);
	for (char *p = out + strlen(spellings[spelling].prefix); *p; p++) {
		if (*p == '.' || (*p == '_' && spelling != SPELLING_DOTTED))
			*p = spellings[spelling].joint;
		if (spelling == SPELLING_VARIABLE)
			*p = (char)toupper((unsigned char)*p);
	}
	return out;
}

const char *slot_spell(const struct slot *s, enum spelling spelling, char out[SLOT_NAME_MAX])
{
	return spell(s->key->name, s->key->type == CONFIG_TYPE_SECRET ? "_file" : "", spelling,
		     out);
}

/* What follows prefix and a joint in name; NULL = name is not below prefix. */
static const char *below(const char *name, const char *prefix, enum spelling spelling)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 && name[n] == spellings[spelling].joint ? name + n + 1
										     : NULL;
}

/* Writes the name of a map's pair: joints of variables and flags are its dots. */
static void pair_name(const char *rest, enum spelling spelling, char pair[SLOT_NAME_MAX])
{
	snprintf(pair, SLOT_NAME_MAX, "%s", rest);
	if (spelling == SPELLING_DOTTED)
		return;
	for (char *p = pair; *p; p++)
		*p = *p == spellings[spelling].joint ? '.' : (char)tolower((unsigned char)*p);
}

struct slot *slot_find(const struct config *c, enum spelling spelling, const char *name,
		       char pair[SLOT_NAME_MAX])
{
	struct slot *map = NULL;
	char known[SLOT_NAME_MAX];
	const char *rest;

	pair[0] = '\0';
	for (struct slot *s = c->slots; s < c->slots + c->count; s++) {
		slot_spell(s, spelling, known);
		if (strcmp(known, name) == 0)
			return s;
		if (s->key->type != CONFIG_TYPE_MAP || !(rest = below(name, known, spelling)) ||
		    !*rest)
			continue;
		map = s;
		pair_name(rest, spelling, pair);
	}
	return map;
}

bool slot_is_section(const struct config *c, const char *name)
{
	char known[SLOT_NAME_MAX];

	for (const struct slot *s = c->slots; s < c->slots + c->count; s++) {
		slot_spell(s, SPELLING_DOTTED, known);
		if (below(known, name, SPELLING_DOTTED))
			return true;
		if (s->key->type == CONFIG_TYPE_MAP &&
		    (strcmp(known, name) == 0 || below(name, known, SPELLING_DOTTED)))
			return true;
	}
	for (const char *const *f = c->program->fleet; f && *f; f++)
		if (below(*f, name, SPELLING_DOTTED))
			return true;
	return false;
}

static int set_map(struct slot *s, const char *pair, const struct setting *from, const char *origin,
		   struct err *e)
{
	if (!*pair)
		return err_set(e, ERR_INVALID, "must be a mapping");
	return config_map_set(s->field, pair, from->value, origin, e);
}

static int set_secret_path(struct slot *s, const struct setting *from, struct err *e)
{
	if (!json_is_string(from->value))
		return err_set(e, ERR_INVALID, "must be the path of a file");
	free(s->path);
	s->path = xstrdup(json_string_value(from->value));
	return OK;
}

/* Text from a variable or a flag is read as YAML; from a file the tree is there. */
static int set_object(struct slot *s, const struct setting *from, struct err *e)
{
	const char *text = json_string_value(from->value);
	struct yamldoc y;
	int r;

	if (!text)
		return config_value_set(s->key, s->field, from->value, e);
	if ((r = yamldoc_parse(&y, "value", text, strlen(text), e)) < 0)
		return r;
	r = config_value_set(s->key, s->field, y.value, e);
	yamldoc_clear(&y);
	return r;
}

static int set_any(struct slot *s, const char *pair, const struct setting *from, const char *origin,
		   struct err *e)
{
	switch (s->key->type) {
	case CONFIG_TYPE_MAP:
		return set_map(s, pair, from, origin, e);
	case CONFIG_TYPE_SECRET:
		return set_secret_path(s, from, e);
	case CONFIG_TYPE_OBJECT:
		return set_object(s, from, e);
	default:
		return config_value_set(s->key, s->field, from->value, e);
	}
}

static char *origin_of(const struct setting *s)
{
	if (s->spelling == SPELLING_DOTTED)
		return xstrdup(s->place);
	return xasprintf("%s %s", s->place, s->name);
}

int slot_set(struct slot *s, const char *pair, const struct setting *from, struct err *e)
{
	autofree char *origin = origin_of(from);
	autobuf shown = BUF_INIT(0);

	if (set_any(s, pair, from, origin, e) < 0)
		return err_prefix(e, ERR_INVALID, "%s: %s", from->place, from->name);
	if (s->key->type == CONFIG_TYPE_SECRET)
		buf_str(&shown, "***");
	else
		config_mask(s->key->name, from->value, &shown);
	free(s->shown);
	free(s->origin);
	s->shown = buf_take(&shown);
	s->origin = xstrdup(origin);
	return OK;
}

/* Files and the environment serve all programs, the command line only this one. */
static const char *const *other_names(const struct config *c, enum spelling spelling)
{
	return spelling == SPELLING_FLAG ? NULL : c->program->fleet;
}

/* Whether the name is known to another program, as a key or below one. */
static bool is_foreign(const struct config *c, enum spelling spelling, const char *name)
{
	char known[SLOT_NAME_MAX];

	for (const char *const *f = other_names(c, spelling); f && *f; f++) {
		spell(*f, "", spelling, known);
		if (strcmp(name, known) == 0 || below(name, known, spelling))
			return true;
	}
	return false;
}

/* The known name nearest to the one that was given. */
struct guess {
	const char *given;
	char best[SLOT_NAME_MAX];
	size_t distance;
	const struct slot *slot; /* that best means, or NULL */
};

static void guess_offer(struct guess *g, const char *known, const struct slot *slot)
{
	size_t d = nearest_distance(g->given, known);

	if (d >= g->distance)
		return;
	g->distance = d;
	g->slot = slot;
	snprintf(g->best, sizeof(g->best), "%s", known);
}

/* Cuts a dotted name to as many parts as the given one has: a section is guessed as a section. */
static void cut_parts(char *known, const char *given)
{
	for (; known && given; given = strchr(given + 1, '.'))
		known = strchr(known + 1, '.');
	if (known)
		*known = '\0';
}

static void guess_known(const struct config *c, const struct setting *s, struct guess *g)
{
	char known[SLOT_NAME_MAX];

	for (const struct slot *o = c->slots; o < c->slots + c->count; o++) {
		slot_spell(o, s->spelling, known);
		if (s->spelling == SPELLING_DOTTED)
			cut_parts(known, s->name);
		guess_offer(g, known, o);
	}
	for (const char *const *f = other_names(c, s->spelling); f && *f; f++) {
		spell(*f, "", s->spelling, known);
		if (s->spelling == SPELLING_DOTTED)
			cut_parts(known, s->name);
		guess_offer(g, known, NULL);
	}
	for (const char *const *n = s->also; n && *n; n++)
		guess_offer(g, *n, NULL);
}

int config_unknown(const struct config *c, const struct setting *s, struct err *e)
{
	struct guess g = { .given = s->name, .best = "none", .distance = SIZE_MAX };
	autobuf value = BUF_INIT(0);

	guess_known(c, s, &g);
	/* a password under a name that was misspelt, or written where its file's name belongs */
	if (config_mask_suspects(s->name) || (g.slot && g.slot->key->type == CONFIG_TYPE_SECRET))
		buf_str(&value, "***");
	else
		config_mask(s->name, s->value, &value);
	return err_set(e, ERR_INVALID, "%s: unknown %s %.60s = \"%.40s\", the nearest known is %s",
		       s->place, spellings[s->spelling].noun, s->name, value.data ? value.data : "",
		       g.best);
}

int config_apply(struct config *c, const struct setting *s, struct err *e)
{
	char pair[SLOT_NAME_MAX];
	struct slot *slot = slot_find(c, s->spelling, s->name, pair);

	if (slot)
		return slot_set(slot, pair, s, e);
	if (is_foreign(c, s->spelling, s->name))
		return OK;
	return config_unknown(c, s, e);
}
