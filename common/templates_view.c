#include "templates_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "ids.h"
#include "mem.h"
#include "templates_record.h"

struct slot {
	char key[TEMPLATES_KEY_SIZE];
	const struct catalog_entry *entry;
};

struct templates_view {
	struct catalog *base;
	bool compile, keep;
	struct slot *slots; /* by key */
	size_t count;
};

struct templates_view *templates_view_new(struct catalog *base, bool keep)
{
	struct templates_view *v = xcalloc(1, sizeof(*v));

	v->base = base ? catalog_hold(base) : catalog_empty();
	v->compile = base;
	v->keep = keep;
	return v;
}

void templates_view_free(struct templates_view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		catalog_entry_drop(v->slots[i].entry);
	free(v->slots);
	catalog_free(v->base);
	free(v);
}

bool templates_key(const char *tenant, const char *name, const char *locale,
		   char out[TEMPLATES_KEY_SIZE])
{
	if (!ids_name_ok(tenant, strlen(tenant)) || !ids_name_ok(name, strlen(name)) ||
	    !form_locale(locale, strlen(locale)))
		return false;
	snprintf(out, TEMPLATES_KEY_SIZE, "%s/%s/%s", tenant, name, locale);
	return true;
}

/* ---- where a key stands ---- */

/* Its place, or the one that it would have. */
static size_t place_of(const struct templates_view *v, const char *key)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(key, v->slots[middle].key) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct slot *find(const struct templates_view *v, const char *key)
{
	size_t at = place_of(v, key);

	return at < v->count && !strcmp(v->slots[at].key, key) ? &v->slots[at] : NULL;
}

static void forget(struct templates_view *v, const char *key)
{
	struct slot *s = find(v, key);

	if (!s)
		return;
	catalog_entry_drop(s->entry);
	v->count--;
	memmove(s, s + 1, (size_t)(v->slots + v->count - s) * sizeof(*s));
}

/* Takes over the entry. */
static int put(struct templates_view *v, const char *key, const struct catalog_entry *entry,
	       struct err *e)
{
	struct slot *s = find(v, key);
	size_t at = place_of(v, key);

	if (s) {
		catalog_entry_drop(s->entry);
		s->entry = entry;
		return OK;
	}
	if (v->count == TEMPLATES_MAX) {
		catalog_entry_drop(entry);
		return err_set(e, ERR_INVALID, "more than %d templates", TEMPLATES_MAX);
	}
	v->slots = xgrow(v->slots, v->count, sizeof(*v->slots));
	memmove(v->slots + at + 1, v->slots + at, (v->count++ - at) * sizeof(*v->slots));
	text_put(v->slots[at].key, sizeof(v->slots[at].key), key);
	v->slots[at].entry = entry;
	return OK;
}

/* ---- one record ---- */

/* Splits "<tenant>/<name>/<locale>" in place. */
static bool split_key(char *text, struct catalog_source *s)
{
	char *name = strchr(text, '/'), *locale = name ? strchr(name + 1, '/') : NULL;
	char checked[TEMPLATES_KEY_SIZE];

	if (!locale)
		return false;
	*name++ = *locale++ = '\0';
	s->tenant = text;
	s->name = name;
	s->locale = locale;
	return templates_key(text, name, locale, checked);
}

static int read_record(const struct record *r, struct catalog_source *s, json_t **out,
		       struct err *e)
{
	json_int_t version;

	if (r->value_len > RECORD_MAX_BYTES)
		return err_set(e, ERR_INVALID, "more than %u bytes", RECORD_MAX_BYTES);
	*out = json_loadb(r->value, r->value_len, JSON_REJECT_DUPLICATES, NULL);
	if (!*out)
		return err_set(e, ERR_INVALID, "no JSON");
	if (json_integer_value(json_object_get(*out, "format")) != TEMPLATES_FORMAT)
		return err_set(e, ERR_INVALID, "not of format %d", TEMPLATES_FORMAT);
	version = json_integer_value(json_object_get(*out, "version"));
	if (version <= CATALOG_INSTALLED || version > UINT32_MAX)
		return err_set(e, ERR_INVALID, "no version of a tenant's template");
	s->version = (unsigned)version;
	return templates_record_read(json_object_get(*out, "parts"), s, e);
}

/* What the record says, compiled where somebody sends by it. */
static int read_entry(const struct templates_view *v, const struct record *r,
		      struct catalog_source *s, const struct catalog_entry **out, struct err *e)
{
	autofree char *text = xstrndup(r->value, r->value_len);
	json_t *record = NULL;
	int code = read_record(r, s, &record, e);

	if (!v->compile)
		memset(s->parts, 0, sizeof(s->parts));
	if (v->keep)
		s->record = text;
	if (code == OK)
		code = catalog_compile(out, v->base, s, e);
	json_decref(record);
	return code;
}

/* A record that is refused, but for its version. */
static bool note_seen(struct templates_view *v, const char *key, struct catalog_source *s)
{
	const struct slot *slot = find(v, key);
	const struct catalog_entry *nothing;
	struct err e;

	if (slot) {
		catalog_entry_saw(slot->entry, s->version);
		return false;
	}
	memset(s->parts, 0, sizeof(s->parts));
	s->record = NULL;
	return catalog_compile(&nothing, v->base, s, &e) == OK && put(v, key, nothing, &e) == OK;
}

int templates_view_take(struct templates_view *v, const struct record *r, bool *changed,
			struct err *e)
{
	char key[TEMPLATES_KEY_SIZE], names[TEMPLATES_KEY_SIZE];
	const struct catalog_entry *entry;
	struct catalog_source s = { 0 };
	int code = OK;
	bool news;

	if (changed)
		*changed = false;
	if (!r->key_len || r->key_len >= sizeof(key) || memchr(r->key, '\0', r->key_len))
		return err_set(e, ERR_INVALID, "a key is <tenant>/<name>/<locale>");
	snprintf(key, sizeof(key), "%.*s", (int)r->key_len, (const char *)r->key);
	text_put(names, sizeof(names), key);
	if (!split_key(names, &s))
		return err_set(e, ERR_INVALID, "a key is <tenant>/<name>/<locale>");
	if (!r->value)
		forget(v, key);
	else if ((code = read_entry(v, r, &s, &entry, e)) == OK)
		code = put(v, key, entry, e);
	news = code == OK || (s.version && note_seen(v, key, &s));
	if (changed)
		*changed = news;
	return code;
}

/* ---- what holds ---- */

struct catalog *templates_view_catalog(const struct templates_view *v)
{
	autofree const struct catalog_entry **own = xcalloc(v->count + 1, sizeof(*own));

	for (size_t i = 0; i < v->count; i++)
		own[i] = v->slots[i].entry;
	return catalog_with(v->base, own, v->count);
}
