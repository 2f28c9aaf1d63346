/* The installation's templates, from its folder. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog_priv.h"
#include "file.h"
#include "mem.h"

#define PARTIALS_DIR "partials"

/* Calls what for each name in dir that is not hidden, with its path. */
static int each_name(const char *dir,
		     int (*what)(void *ctx, const char *path, const char *name, struct err *e),
		     void *ctx, struct err *e)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	int r = OK;

	if (!d)
		return err_set(e, ERR_FATAL, "cannot open %s: %s", dir, strerror(errno));
	while (r == OK && (entry = readdir(d))) {
		autofree char *path = xasprintf("%s/%s", dir, entry->d_name);

		if (entry->d_name[0] != '.')
			r = what(ctx, path, entry->d_name, e);
	}
	closedir(d);
	return r;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A part under a mistyped name would silently be missing in every mail. */
static int check_part_name(void *ctx, const char *path, const char *name, struct err *e)
{
	(void)ctx;
	for (enum part part = 0; part < PART_COUNT; part++)
		if (strcmp(name, catalog_file_names[part]) == 0)
			return OK;
	return err_set(e, ERR_INVALID, "%s: no part of a template is called that", path);
}

int catalog_files_read(struct catalog_files *f, const char *dir, struct catalog_source *s,
		       struct err *e)
{
	size_t found = 0;
	int r = each_name(dir, check_part_name, NULL, e);

	for (enum part part = 0; part < PART_COUNT && r == OK; part++) {
		autofree char *path = xasprintf("%s/%s", dir, catalog_file_names[part]);
		struct buf *text = &f->parts[part];

		text->max = TEMPLATE_SIZE_MAX;
		if (access(path, F_OK) < 0 && errno == ENOENT)
			continue;
		r = file_read(path, text, e);
		buf_str(text, ""); /* an empty file is an empty text */
		s->parts[part].data = text->data;
		s->parts[part].len = text->len;
		found++;
	}
	if (r == OK && !found)
		return err_set(e, ERR_INVALID, "%s: has none of the parts of a template", dir);
	return r;
}

void catalog_files_clear(struct catalog_files *f)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		buf_clear(&f->parts[part]);
}

/* A template's directory, whose directories are locales. */
struct template_dir {
	struct catalog *c;
	const char *name;
};

static int load_locale(void *ctx, const char *path, const char *locale, struct err *e)
{
	const struct template_dir *of = ctx;
	struct catalog *c = of->c;
	struct catalog_source s = { .name = of->name,
				    .locale = locale,
				    .version = CATALOG_INSTALLED };
	struct catalog_files files = { 0 };
	int r;

	if (!is_dir(path))
		return OK;
	if (c->count == CATALOG_ENTRIES_MAX)
		return err_set(e, ERR_INVALID, "%s: more than %d templates", path,
			       CATALOG_ENTRIES_MAX);
	r = catalog_files_read(&files, path, &s, e);
	c->entries = xgrow(c->entries, c->count, sizeof(*c->entries));
	if (r == OK && (r = entry_compile(&c->entries[c->count], c->partials, &s, e)) == OK)
		c->count++;
	catalog_files_clear(&files);
	return r;
}

static int load_template(void *ctx, const char *path, const char *name, struct err *e)
{
	struct template_dir of = { ctx, name };

	if (!is_dir(path) || strcmp(name, PARTIALS_DIR) == 0)
		return OK;
	return each_name(path, load_locale, &of, e);
}

static int load_partials(struct catalog *c, const char *dir, struct err *e)
{
	autofree char *path = xasprintf("%s/%s", dir, PARTIALS_DIR);

	return is_dir(path) ? catalog_partials_open(&c->partials, path, e) : OK;
}

int catalog_open_partials(struct catalog **out, const char *dir, struct err *e)
{
	struct catalog *c = catalog_empty();
	int r = load_partials(c, dir, e);

	if (r == OK)
		*out = c;
	else
		catalog_free(c);
	return r;
}

int catalog_open(struct catalog **out, const char *dir, struct err *e)
{
	struct catalog *c = catalog_empty();
	int r = load_partials(c, dir, e);

	if (r == OK)
		r = each_name(dir, load_template, c, e);
	if (r == OK && !c->count)
		r = err_set(e, ERR_FATAL, "%s: holds no templates", dir);
	if (r == OK)
		*out = c;
	else
		catalog_free(c);
	return r;
}
