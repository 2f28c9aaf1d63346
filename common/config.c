#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config_args.h"
#include "config_show.h"
#include "config_slots.h"
#include "file.h"
#include "mem.h"
#include "yamldoc.h"

#define PATH_MAX_BYTES 1024
#define CREDENTIALS "CREDENTIALS_DIRECTORY"

extern char **environ;

/* A file while its tree is walked. */
struct walk {
	struct config *config;
	const char *file;
	const struct yamldoc *lines; /* NULL = it is no file, its name tells the place */
	struct buf path;	     /* dotted, of the member being looked at */
};

static int walk_mapping(struct walk *w, const json_t *object, struct err *e);

static int walk_member(struct walk *w, const json_t *value, struct err *e)
{
	autofree char *place =
		w->lines ? xasprintf("%s:%d", w->file, yamldoc_line(w->lines, w->path.data))
			 : xstrdup(w->file);
	struct setting s = { .place = place, .name = w->path.data, .value = value };
	char pair[SLOT_NAME_MAX];
	const struct slot *slot = slot_find(w->config, SPELLING_DOTTED, s.name, pair);
	bool is_leaf = slot && slot->key->type != CONFIG_TYPE_MAP;

	if (w->path.full)
		return err_set(e, ERR_INVALID, "%s: keys are too long", place);
	if (is_leaf || !slot_is_section(w->config, s.name))
		return config_apply(w->config, &s, e);
	if (json_is_object(value))
		return walk_mapping(w, value, e);
	/* a section whose keys are all commented out */
	return json_is_null(value) && !pair[0] ? OK : config_apply(w->config, &s, e);
}

static int walk_mapping(struct walk *w, const json_t *object, struct err *e)
{
	size_t len = w->path.len;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		buf_fmt(&w->path, "%s%s", len ? "." : "", key);
		int r = walk_member(w, value, e);

		w->path.len = len;
		if (r < 0)
			return r;
	}
	return OK;
}

static int load_file(struct config *c, const char *file, struct err *e)
{
	struct walk w = { .config = c, .file = file, .path = BUF_INIT(PATH_MAX_BYTES) };
	struct yamldoc y;
	int r = yamldoc_read(&y, file, e);

	if (r < 0)
		return r;
	w.lines = &y;
	if (json_is_object(y.value))
		r = walk_mapping(&w, y.value, e);
	else if (!json_is_null(y.value))
		r = err_set(e, ERR_INVALID, "%s:1: a configuration is a mapping of keys to values",
			    file);
	buf_clear(&w.path);
	yamldoc_clear(&y);
	return r;
}

static int load_files(struct config *c, const struct config_args *a, struct err *e)
{
	const char *file = getenv("BECKON_CONFIG");
	int r = OK;

	if (a->file_count == 0 && file && *file)
		return load_file(c, file, e);
	for (size_t i = 0; i < a->file_count && r == OK; i++)
		r = load_file(c, a->files[i], e);
	return r;
}

/* The default of a map is a YAML mapping. */
static int load_default_map(struct slot *s, struct config *c, struct err *e)
{
	struct walk w = { .config = c, .file = "default", .path = BUF_INIT(PATH_MAX_BYTES) };
	struct yamldoc y;
	int r = yamldoc_parse(&y, w.file, s->key->fallback, strlen(s->key->fallback), e);

	if (r < 0)
		return r;
	buf_str(&w.path, s->key->name);
	r = walk_mapping(&w, y.value, e);
	buf_clear(&w.path);
	yamldoc_clear(&y);
	return r;
}

static int load_default(struct slot *s, struct config *c, struct err *e)
{
	struct setting from = { .place = "default", .name = s->key->name };
	json_t *text;
	int r;

	if (s->key->type == CONFIG_TYPE_MAP)
		return load_default_map(s, c, e);
	from.value = text = json_string(s->key->fallback);
	r = slot_set(s, "", &from, e);
	json_decref(text);
	return r;
}

static int load_defaults(struct config *c, struct err *e)
{
	int r = OK;

	for (struct slot *s = c->slots; s < c->slots + c->count && r == OK; s++)
		if (s->key->fallback)
			r = load_default(s, c, e);
	return r;
}

/* One NAME=value of the environment. */
static int load_variable(struct config *c, const char *text, struct err *e)
{
	static const char *const no_keys[] = { "BECKON_CONFIG",
					       "BECKON_BUILD",
					       "BECKON_TEMPLATES",
					       "BECKON_CRASH_AT",
					       "BECKON_SKEW_MS",
					       "BECKON_BOOT_ID",
					       NULL };
	size_t n = strcspn(text, "=");
	autofree char *name = xstrndup(text, n);
	struct setting s = { .place = "environment", .spelling = SPELLING_VARIABLE, .name = name };
	int r;

	if (strncmp(name, "BECKON_", strlen("BECKON_")) != 0 || !text[n] || !text[n + 1])
		return OK;
	for (const char *const *k = no_keys; *k; k++)
		if (strcmp(*k, name) == 0)
			return OK;
	json_t *value = json_string(text + n + 1);

	if (!value)
		return err_set(e, ERR_INVALID, "environment: %.60s is not UTF-8", name);
	s.value = value;
	s.also = no_keys;
	r = config_apply(c, &s, e);
	json_decref(value);
	return r;
}

static int load_environment(struct config *c, struct err *e)
{
	int r = OK;

	for (char **v = environ; *v && r == OK; v++)
		r = load_variable(c, *v, e);
	return r;
}

static int require(const struct config *c, struct err *e)
{
	char key[SLOT_NAME_MAX], variable[SLOT_NAME_MAX], flag[SLOT_NAME_MAX];

	for (const struct slot *s = c->slots; s < c->slots + c->count; s++)
		if (s->key->required && !s->origin)
			return err_set(e, ERR_INVALID,
				       "%s is required: set it in a file, as %s or as %s",
				       slot_spell(s, SPELLING_DOTTED, key),
				       slot_spell(s, SPELLING_VARIABLE, variable),
				       slot_spell(s, SPELLING_FLAG, flag));
	return OK;
}

void config_secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* Under systemd the directory of secrets has another name for each instance. */
static char *secret_path(const char *path)
{
	const char *dir = getenv(CREDENTIALS);

	return *path != '/' && dir ? xasprintf("%s/%s", dir, path) : xstrdup(path);
}

/* Somebody has called the tool by hand with what systemd hands to the services. */
static int err_credential(struct err *e)
{
	struct err why = *e;

	return err_set(e, ERR_FATAL, "%.200s (a name alone is looked for in " CREDENTIALS ")",
		       why.text);
}

int config_secret_read(const char *path, char **out, struct err *e)
{
	autobuf text = BUF_INIT(CONFIG_SECRET_MAX);
	autofree char *full = secret_path(path);
	size_t n;
	int r = file_read(full, &text, e);

	if (r < 0)
		return *path == '/' || getenv(CREDENTIALS) ? ERR_FATAL : err_credential(e);
	n = text.len;
	n -= n > 0 && text.data[n - 1] == '\n';
	n -= n > 0 && text.data[n - 1] == '\r';
	if (n == 0 || memchr(text.data, '\0', n))
		return err_set(e, ERR_FATAL, "%s %s", full, n ? "holds a NUL" : "is empty");
	*out = xstrndup(text.data, n);
	explicit_bzero(text.data, text.cap);
	return OK;
}

/* Reads all files before the first value is replaced. */
int config_reload_secrets(struct config *c, struct err *e)
{
	char **values = xcalloc(c->count, sizeof(*values));
	char name[SLOT_NAME_MAX];
	int r = OK;

	for (size_t i = 0; i < c->count && r == OK; i++)
		if (c->slots[i].path &&
		    (r = config_secret_read(c->slots[i].path, &values[i], e)) < 0)
			r = err_prefix(e, r, "%s: %s", c->slots[i].origin,
				       slot_spell(&c->slots[i], SPELLING_DOTTED, name));
	for (size_t i = 0; i < c->count; i++) {
		char **field = c->slots[i].field;

		if (r == OK && c->slots[i].path) {
			config_secret_free(*field);
			*field = values[i];
		} else {
			config_secret_free(values[i]);
		}
	}
	free(values);
	return r;
}

/* Whether the text speaks of name, or of something inside it. */
static bool speaks_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && text[n] && strchr(":.[ ", text[n]);
}

/* Where that was set which the text speaks of; of a map, the pair. */
static const char *place_of(const struct slot *s, const char *text)
{
	char name[SLOT_NAME_MAX];
	const struct config_map *map = s->field;

	if (!speaks_of(text, slot_spell(s, SPELLING_DOTTED, name)))
		return NULL;
	for (size_t i = 0; s->key->type == CONFIG_TYPE_MAP && i < map->count; i++) {
		const struct config_pair *p = &map->pairs[i];

		if (speaks_of(text + strlen(name) + 1, p->name))
			return p->origin;
	}
	return s->origin;
}

/* Puts before the text of e where the key was set that it begins with. */
static int add_place(const struct config *c, int kind, struct err *e)
{
	for (const struct slot *s = c->slots; s < c->slots + c->count; s++) {
		const char *place = place_of(s, e->text);

		if (place)
			return err_prefix(e, kind, "%s", place);
	}
	return kind;
}

static int check_tables(const struct config *c, struct err *e)
{
	const struct config_table *t = c->program->tables;
	int r = OK;

	for (; t < c->program->tables + c->program->table_count && r == OK; t++)
		if (t->check)
			r = t->check(t->base, e);
	return r < 0 ? add_place(c, r, e) : r;
}

static int load_values(struct config *c, const struct config_args *a, struct err *e)
{
	int r;

	if ((r = load_defaults(c, e)) < 0 || (r = load_files(c, a, e)) < 0 ||
	    (r = load_environment(c, e)) < 0 || (r = config_args_apply(c, a, e)) < 0 ||
	    (r = require(c, e)) < 0)
		return r;
	return config_reload_secrets(c, e);
}

static void say_ok(const struct config *c, struct buf *out)
{
	(void)c;
	buf_str(out, "ok\n");
}

/* What is printed for each answer, whether the configuration must be read for it, and whether it
   must be good: who asks what is set looks for what is wrong. */
static const struct {
	void (*print)(const struct config *c, struct buf *out);
	bool needs_values, needs_checks;
} answers[] = {
	[ANSWER_NONE] = { NULL, true, true },
	[ANSWER_CHECK] = { say_ok, true, true },
	[ANSWER_SHOW] = { config_show_values, true, false },
	[ANSWER_HELP] = { config_show_help, false, false },
	[ANSWER_MARKDOWN] = { config_show_markdown, false, false },
	[ANSWER_VERSION] = { config_show_version, false, false },
};

static int run(struct config *c, char **argv, struct err *e)
{
	struct config_args args = { 0 };
	autobuf out = BUF_INIT(0);
	int r = config_args_parse(c, argv, &args, e);

	if (r == OK && answers[args.answer].needs_values)
		r = load_values(c, &args, e);
	if (r == OK && answers[args.answer].needs_checks)
		r = check_tables(c, e);
	if (r == OK && args.answer != ANSWER_NONE) {
		answers[args.answer].print(c, &out);
		fwrite(out.data, 1, out.len, stdout);
		fflush(stdout);
		r = CONFIG_DONE;
	}
	config_args_clear(&args);
	return r;
}

int config_load(struct config **out, const struct config_program *p, char **argv, struct err *e)
{
	struct config *c = config_slots_new(p);
	int r = run(c, argv, e);

	*out = r == OK ? c : NULL;
	c->program = NULL; /* from here on only keys and structs are needed */
	if (r == OK)
		return OK;
	config_slots_free(c);
	for (char *t = e->text; r < 0 && *t; t++)
		if (iscntrl((unsigned char)*t))
			*t = ' '; /* one line, whatever was in the file */
	return r < 0 ? ERR_FATAL : r;
}

void config_free(struct config *c)
{
	config_slots_free(c);
}
