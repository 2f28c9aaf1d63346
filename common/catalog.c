#include "catalog.h"

#include <stdlib.h>
#include <string.h>

#include "catalog_priv.h"
#include "mem.h"

/* ---- life ---- */

struct catalog *catalog_empty(void)
{
	struct catalog *c = xcalloc(1, sizeof(*c));

	atomic_init(&c->holders, 1);
	return c;
}

struct catalog *catalog_hold(struct catalog *c)
{
	atomic_fetch_add(&c->holders, 1);
	return c;
}

void catalog_free(struct catalog *c)
{
	if (!c || atomic_fetch_sub(&c->holders, 1) > 1)
		return;
	for (size_t i = 0; i < c->count; i++)
		catalog_entry_drop(c->entries[i]);
	free(c->entries);
	catalog_partials_free(c->partials);
	catalog_free(c->base);
	free(c);
}

int catalog_compile(const struct catalog_entry **out, const struct catalog *base,
		    const struct catalog_source *source, struct err *e)
{
	return entry_compile(out, base->base ? base->base->partials : base->partials, source, e);
}

/* ---- tenants' own ---- */

static int compare(const char *tenant, const char *name, const struct catalog_entry *entry)
{
	int by_tenant = strcmp(tenant, entry->tenant);

	return by_tenant ? by_tenant : name ? strcmp(name, entry->name) : 0;
}

static int by_tenant_and_name(const void *a, const void *b)
{
	const struct catalog_entry *left = *(const struct catalog_entry *const *)a;

	return compare(left->tenant, left->name, *(const struct catalog_entry *const *)b);
}

struct catalog *catalog_with(struct catalog *base, const struct catalog_entry *const *own, size_t n)
{
	struct catalog *c = catalog_empty();

	c->base = catalog_hold(base->base ? base->base : base);
	c->entries = xcalloc(n + 1, sizeof(struct catalog_entry *));
	for (c->count = 0; c->count < n; c->count++)
		c->entries[c->count] = entry_hold(own[c->count]);
	qsort(c->entries, n, sizeof(*c->entries), by_tenant_and_name);
	return c;
}

/* The tenant's own of this name, or all of the tenant's where it is NULL. */
struct range {
	const struct catalog_entry *const *list;
	size_t n;
};

static struct range own_of(const struct catalog *c, const char *tenant, const char *name)
{
	size_t low = 0, high = c->base && tenant ? c->count : 0, end;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(tenant, name, c->entries[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; c->base && tenant && end < c->count; end++)
		if (compare(tenant, name, c->entries[end]) != 0)
			break;
	return (struct range){ c->entries + low, end - low };
}

static struct range installed(const struct catalog *c)
{
	const struct catalog *disk = c->base ? c->base : c;

	return (struct range){ disk->entries, disk->count };
}

unsigned catalog_version(const struct catalog *c, const char *tenant, const char *name)
{
	struct range own = own_of(c, tenant, name);
	unsigned version = CATALOG_INSTALLED;

	for (size_t i = 0; i < own.n; i++)
		if (entry_seen(own.list[i]) > version)
			version = entry_seen(own.list[i]);
	return version;
}

const struct catalog_entry *catalog_own(const struct catalog *c, const char *tenant,
					const char *name, const char *locale)
{
	struct range own = own_of(c, tenant, name);

	for (size_t i = 0; i < own.n; i++)
		if (!strcmp(own.list[i]->locale, locale))
			return own.list[i];
	return NULL;
}

void catalog_each(const struct catalog *c, const char *tenant,
		  void (*each)(void *ctx, const struct catalog_entry *entry), void *ctx)
{
	struct range ranges[] = { installed(c), own_of(c, tenant, NULL) };

	for (size_t r = 0; r < ARRAY_LEN(ranges); r++)
		for (size_t i = 0; i < ranges[r].n; i++)
			each(ctx, ranges[r].list[i]);
}

/* ---- finding ---- */

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

static bool has_parts(const struct catalog_entry *entry)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			return true;
	return false;
}

static const struct catalog_entry *find_in(struct range r, const char *name, const char *tag,
					   size_t len)
{
	for (size_t i = 0; i < r.n; i++)
		if (strcmp(r.list[i]->name, name) == 0 && same_tag(r.list[i]->locale, tag, len) &&
		    has_parts(r.list[i]))
			return r.list[i];
	return NULL;
}

/* Where a template may be: the tenant's own first. */
struct places {
	const char *name;
	struct range own, installed;
};

/* The locale, then with its last subtag taken off again and again (RFC 4647 section 3.4). */
static const struct catalog_entry *find_locale(const struct places *p, const char *locale)
{
	size_t len = locale ? strlen(locale) : 0;

	while (len) {
		const struct catalog_entry *entry = find_in(p->own, p->name, locale, len);

		if (!entry)
			entry = find_in(p->installed, p->name, locale, len);
		if (entry)
			return entry;
		while (len && locale[len - 1] != '-' && locale[len - 1] != '_')
			len--;
		len -= len > 0;
	}
	return NULL;
}

const struct catalog_entry *catalog_find_for(const struct catalog *c,
					     const struct catalog_wanted *w)
{
	struct places places = { w->name, own_of(c, w->tenant, w->name), installed(c) };
	const struct catalog_entry *entry;

	if (w->version > catalog_version(c, w->tenant, w->name))
		return NULL;
	entry = find_locale(&places, w->locale);
	if (!entry)
		entry = find_locale(&places, w->default_locale);
	return entry ? entry : find_locale(&places, "en");
}

const struct catalog_entry *catalog_find(const struct catalog *c, const char *name,
					 const char *locale, const char *default_locale)
{
	return catalog_find_for(c,
				&(struct catalog_wanted){ NULL, name, locale, default_locale, 0 });
}
