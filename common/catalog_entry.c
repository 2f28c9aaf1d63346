/* One template in one locale, compiled from its sources. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "catalog_priv.h"
#include "crypto.h"
#include "mem.h"

const char *const catalog_part_names[PART_COUNT] = {
	[PART_SUBJECT] = "subject",
	[PART_TEXT] = "text",
	[PART_HTML] = "html",
	[PART_SMS] = "sms",
};

const char *const catalog_file_names[PART_COUNT] = {
	[PART_SUBJECT] = "subject.txt",
	[PART_TEXT] = "text.txt",
	[PART_HTML] = "html.html",
	[PART_SMS] = "sms.txt",
};

static const struct {
	enum template_escape escape;
	bool one_line; /* the line end that an editor leaves is not part of the text */
} rules[PART_COUNT] = {
	[PART_SUBJECT] = { TEMPLATE_ESCAPE_NONE, true },
	[PART_TEXT] = { TEMPLATE_ESCAPE_NONE, false },
	[PART_HTML] = { TEMPLATE_ESCAPE_HTML, false },
	[PART_SMS] = { TEMPLATE_ESCAPE_NONE, true },
};

struct entry {
	struct catalog_entry shown; /* first: what callers know is what we keep */
	atomic_uint holders, seen;
};

/* An entry being compiled, and the hash over what it is made of, partials included. */
struct compiling {
	struct catalog_entry *entry;
	struct catalog_partials *partials;
	struct crypto_hash hash;
};

static const char *find_partial(void *ctx, const char *name, size_t *len)
{
	struct compiling *c = ctx;
	const char *source = catalog_partials_find(c->partials, name, len);

	crypto_hash_str(&c->hash, name);
	if (source)
		crypto_hash_field(&c->hash, source, *len);
	return source;
}

static size_t without_line_end(const char *data, size_t len)
{
	if (len && data[len - 1] == '\n')
		len--;
	if (len && data[len - 1] == '\r')
		len--;
	return len;
}

static int compile_part(struct compiling *c, const struct catalog_source *s, enum part part,
			struct err *e)
{
	struct template_partials partials = { .find = find_partial, .ctx = c };
	autofree char *shown = xasprintf("%s/%s/%s", s->name, s->locale, catalog_file_names[part]);
	const char *data = s->parts[part].data;
	size_t len = s->parts[part].len;
	struct template *t;

	if (rules[part].one_line)
		len = without_line_end(data, len);
	crypto_hash_str(&c->hash, catalog_file_names[part]);
	crypto_hash_field(&c->hash, data, len);
	if (template_compile(&t, shown, data, len, rules[part].escape, &partials, e) < 0)
		return ERR_INVALID;
	c->entry->parts[part] = t;
	return OK;
}

int entry_compile(const struct catalog_entry **out, struct catalog_partials *partials,
		  const struct catalog_source *s, struct err *e)
{
	struct entry *new = xcalloc(1, sizeof(*new));
	struct compiling c = { .entry = &new->shown, .partials = partials };
	unsigned char digest[CRYPTO_HASH_BYTES];
	int r = OK;

	atomic_init(&new->holders, 1);
	atomic_init(&new->seen, s->version);
	new->shown = (struct catalog_entry){ .tenant = s->tenant ? xstrdup(s->tenant) : NULL,
					     .name = xstrdup(s->name),
					     .locale = xstrdup(s->locale),
					     .record = s->record ? xstrdup(s->record) : NULL,
					     .version = s->version };
	crypto_hash_init(&c.hash);
	for (enum part part = 0; part < PART_COUNT && r == OK; part++)
		if (s->parts[part].data)
			r = compile_part(&c, s, part, e);
	crypto_hash_final(&c.hash, digest);
	crypto_hex(digest, sizeof(digest), new->shown.sha256);
	if (r == OK)
		*out = &new->shown;
	else
		catalog_entry_drop(&new->shown);
	return r;
}

const struct catalog_entry *entry_hold(const struct catalog_entry *entry)
{
	atomic_fetch_add(&((struct entry *)entry)->holders, 1);
	return entry;
}

void catalog_entry_saw(const struct catalog_entry *entry, unsigned version)
{
	struct entry *e = (struct entry *)entry;

	if (version > atomic_load(&e->seen))
		atomic_store(&e->seen, version);
}

unsigned entry_seen(const struct catalog_entry *entry)
{
	return atomic_load(&((struct entry *)entry)->seen);
}

void catalog_entry_drop(const struct catalog_entry *entry)
{
	struct entry *e = (struct entry *)entry;

	if (!e || atomic_fetch_sub(&e->holders, 1) > 1)
		return;
	for (enum part part = 0; part < PART_COUNT; part++)
		template_free((struct template *)entry->parts[part]);
	free((char *)entry->tenant);
	free((char *)entry->name);
	free((char *)entry->locale);
	free((char *)entry->record);
	free(e);
}
