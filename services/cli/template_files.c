#include "template_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"

#define PARTIALS_DIR "partials"

static int is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, PARTIALS_DIR) != 0;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int add(struct template_folder *f, const char *path, const char *name, const char *locale,
	       struct err *e)
{
	struct template_file *t;

	if (f->count == TEMPLATE_FILES_MAX)
		return err_set(e, ERR_INVALID, "%s: more than %d templates", path,
			       TEMPLATE_FILES_MAX);
	f->list = xgrow(f->list, f->count, sizeof(*f->list));
	t = &f->list[f->count++];
	*t = (struct template_file){ .name = xstrdup(name), .locale = xstrdup(locale) };
	t->source.name = t->name;
	t->source.locale = t->locale;
	return catalog_files_read(&t->files, path, &t->source, e);
}

/* Names that are folders, in order; only = this one alone. */
static int each_folder(const char *dir, const char *only,
		       int (*what)(void *ctx, const char *path, const char *name, struct err *e),
		       void *ctx, struct err *e)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_folder, alphasort), r = OK;

	if (n < 0)
		return err_set(e, ERR_FATAL, "cannot open %s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		autofree char *path = xasprintf("%s/%s", dir, names[i]->d_name);

		if (r == OK && is_dir(path) && (!only || !strcmp(only, names[i]->d_name)))
			r = what(ctx, path, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	return r;
}

struct walk {
	struct template_folder *folder;
	const char *name, *locale;
};

static int on_locale(void *ctx, const char *path, const char *locale, struct err *e)
{
	struct walk *w = ctx;

	return add(w->folder, path, w->name, locale, e);
}

static int on_name(void *ctx, const char *path, const char *name, struct err *e)
{
	struct walk *w = ctx;

	w->name = name;
	return each_folder(path, w->locale, on_locale, w, e);
}

int template_folder_open(struct template_folder *out, const char *dir, const char *name,
			 const char *locale, struct err *e)
{
	struct walk w = { .folder = out, .locale = locale };
	int r;

	*out = (struct template_folder){ 0 };
	r = each_folder(dir, name, on_name, &w, e);
	if (r == OK && !out->count)
		r = err_set(e, ERR_INVALID, "%s: no such template in it", dir);
	if (r != OK)
		template_folder_close(out);
	return r;
}

void template_folder_close(struct template_folder *f)
{
	for (size_t i = 0; i < f->count; i++) {
		catalog_files_clear(&f->list[i].files);
		free(f->list[i].name);
		free(f->list[i].locale);
	}
	free(f->list);
	*f = (struct template_folder){ 0 };
}
