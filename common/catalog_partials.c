#include "catalog_partials.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "file.h"
#include "mem.h"
#include "template.h"

#define SUFFIX ".mustache"

struct partial {
	char *name;
	struct buf source;
};

struct catalog_partials {
	struct partial *list;
	size_t count;
};

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static char *name_of(const char *file)
{
	size_t n = strlen(file), suffix = strlen(SUFFIX);

	if (n > suffix && strcmp(file + n - suffix, SUFFIX) == 0)
		n -= suffix;
	return xstrndup(file, n);
}

static int load(struct catalog_partials *p, const char *dir, const char *file, struct err *e)
{
	autofree char *path = xasprintf("%s/%s", dir, file);
	struct partial *added;

	if (file[0] == '.' || !is_file(path))
		return OK;
	if (p->count == CATALOG_PARTIALS_MAX)
		return err_set(e, ERR_INVALID, "%s: more than %d partials", dir,
			       CATALOG_PARTIALS_MAX);
	p->list = xrealloc(p->list, (p->count + 1) * sizeof(*p->list));
	added = &p->list[p->count++];
	*added = (struct partial){ name_of(file), BUF_INIT(TEMPLATE_SIZE_MAX) };
	return file_read(path, &added->source, e);
}

int catalog_partials_open(struct catalog_partials **out, const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct catalog_partials *p;
	const struct dirent *entry;
	int r = OK;

	if (!d)
		return err_set(e, ERR_FATAL, "cannot open %s: %s", dir, strerror(errno));
	p = xcalloc(1, sizeof(*p));
	while (r == OK && (entry = readdir(d)))
		r = load(p, dir, entry->d_name, e);
	closedir(d);
	if (r == OK)
		*out = p;
	else
		catalog_partials_free(p);
	return r;
}

void catalog_partials_free(struct catalog_partials *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].name);
		buf_clear(&p->list[i].source);
	}
	free(p->list);
	free(p);
}

const char *catalog_partials_find(void *ctx, const char *name, size_t *len)
{
	const struct catalog_partials *p = ctx;

	for (size_t i = 0; p && i < p->count; i++) {
		if (strcmp(p->list[i].name, name) != 0)
			continue;
		*len = p->list[i].source.len;
		return p->list[i].source.data ? p->list[i].source.data : "";
	}
	return NULL;
}
