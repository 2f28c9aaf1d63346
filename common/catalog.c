#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog_partials.h"
#include "crypto.h"
#include "file.h"
#include "mem.h"

#define PARTIALS_DIR "partials"

struct catalog {
	struct catalog_entry *entries;
	size_t count;
	struct catalog_partials *partials; /* while loading */
};

static const struct part_file {
	const char *file;
	enum template_escape escape;
	bool one_line; /* the line end that an editor leaves is not part of the text */
} part_files[PART_COUNT] = {
	[PART_SUBJECT] = { "subject.txt", TEMPLATE_ESCAPE_NONE, true },
	[PART_TEXT] = { "text.txt", TEMPLATE_ESCAPE_NONE, false },
	[PART_HTML] = { "html.html", TEMPLATE_ESCAPE_HTML, false },
	[PART_SMS] = { "sms.txt", TEMPLATE_ESCAPE_NONE, true },
};

/* An entry being loaded: its directory for the system and for messages, and the hash over what it
   is made of, partials included. */
struct loading {
	struct catalog *c;
	struct catalog_entry *entry;
	const char *dir;
	struct crypto_hash hash;
};

static const char *find_partial(void *ctx, const char *name, size_t *len)
{
	struct loading *l = ctx;
	const char *source = catalog_partials_find(l->c->partials, name, len);

	crypto_hash_str(&l->hash, name);
	if (source)
		crypto_hash_field(&l->hash, source, *len);
	return source;
}

static void drop_line_end(struct buf *b)
{
	if (b->len && b->data[b->len - 1] == '\n')
		b->len--;
	if (b->len && b->data[b->len - 1] == '\r')
		b->len--;
}

static int load_part(struct loading *l, enum part part, struct err *e)
{
	const struct part_file *f = &part_files[part];
	autofree char *path = xasprintf("%s/%s", l->dir, f->file);
	autofree char *shown = xasprintf("%s/%s/%s", l->entry->name, l->entry->locale, f->file);
	struct template_partials partials = { .find = find_partial, .ctx = l };
	autobuf source = BUF_INIT(TEMPLATE_SIZE_MAX);
	struct template *t;
	int r;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return OK;
	if ((r = file_read(path, &source, e)) < 0)
		return r;
	buf_str(&source, ""); /* an empty file is an empty text */
	if (f->one_line)
		drop_line_end(&source);
	crypto_hash_str(&l->hash, f->file);
	crypto_hash_field(&l->hash, source.data, source.len);
	if (template_compile(&t, shown, source.data, source.len, f->escape, &partials, e) < 0)
		return ERR_INVALID;
	l->entry->parts[part] = t;
	return OK;
}

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
		if (strcmp(name, part_files[part].file) == 0)
			return OK;
	return err_set(e, ERR_INVALID, "%s: no part of a template is called that", path);
}

static int load_parts(struct loading *l, struct err *e)
{
	unsigned char digest[CRYPTO_HASH_BYTES];
	size_t found = 0;
	int r = each_name(l->dir, check_part_name, NULL, e);

	crypto_hash_init(&l->hash);
	for (enum part part = 0; part < PART_COUNT && r == OK; part++) {
		r = load_part(l, part, e);
		found += l->entry->parts[part] != NULL;
	}
	crypto_hash_final(&l->hash, digest);
	crypto_hex(digest, sizeof(digest), l->entry->sha256);
	if (r == OK && !found)
		return err_set(e, ERR_INVALID, "%s: has none of the parts of a template", l->dir);
	return r;
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
	struct loading l = { .c = c, .dir = path };

	if (!is_dir(path))
		return OK;
	if (c->count == CATALOG_ENTRIES_MAX)
		return err_set(e, ERR_INVALID, "%s: more than %d templates", path,
			       CATALOG_ENTRIES_MAX);
	c->entries = xrealloc(c->entries, (c->count + 1) * sizeof(*c->entries));
	l.entry = &c->entries[c->count++];
	*l.entry = (struct catalog_entry){ .name = xstrdup(of->name),
					   .locale = xstrdup(locale),
					   .version = 1 };
	return load_parts(&l, e);
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

int catalog_open(struct catalog **out, const char *dir, struct err *e)
{
	struct catalog *c = xcalloc(1, sizeof(*c));
	int r = load_partials(c, dir, e);

	if (r == OK)
		r = each_name(dir, load_template, c, e);
	if (r == OK && !c->count)
		r = err_set(e, ERR_FATAL, "%s: holds no templates", dir);
	catalog_partials_free(c->partials);
	c->partials = NULL;
	if (r == OK)
		*out = c;
	else
		catalog_free(c);
	return r;
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		for (enum part part = 0; part < PART_COUNT; part++)
			template_free((struct template *)c->entries[i].parts[part]);
		free((char *)c->entries[i].name);
		free((char *)c->entries[i].locale);
	}
	free(c->entries);
	free(c);
}

/* Language tags are the same in any case (RFC 5646 section 2.1.1), and people write ru_RU too. */
static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

static bool same_tag(const char *a, const char *b, size_t b_len)
{
	size_t i = 0;

	while (i < b_len && a[i] && folded(a[i]) == folded(b[i]))
		i++;
	return i == b_len && !a[i];
}

static const struct catalog_entry *find_exact(const struct catalog *c, const char *name,
					      const char *tag, size_t len)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->entries[i].name, name) == 0 &&
		    same_tag(c->entries[i].locale, tag, len))
			return &c->entries[i];
	return NULL;
}

/* The locale, then with its last subtag taken off again and again (RFC 4647 section 3.4). */
static const struct catalog_entry *find_locale(const struct catalog *c, const char *name,
					       const char *locale)
{
	size_t len = locale ? strlen(locale) : 0;

	while (len) {
		const struct catalog_entry *entry = find_exact(c, name, locale, len);

		if (entry)
			return entry;
		while (len && locale[len - 1] != '-' && locale[len - 1] != '_')
			len--;
		len -= len > 0;
	}
	return NULL;
}

const struct catalog_entry *catalog_find(const struct catalog *c, const char *name,
					 const char *locale, const char *default_locale)
{
	const struct catalog_entry *entry = find_locale(c, name, locale);

	if (!entry)
		entry = find_locale(c, name, default_locale);
	return entry ? entry : find_locale(c, name, "en");
}
