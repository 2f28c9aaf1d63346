#include "suppress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"
#include "now.h"
#include "settings_view.h"

#define NAME_BYTES 16 /* of a person of a tenant: a hash, so that all entries are alike */
#define RECENT_MAX 1024

const char *const suppress_whys[SUPPRESS_WHYS] = {
	[SUPPRESS_NOT] = "",
	[SUPPRESS_FAILED] = "failed",
	[SUPPRESS_COMPLAINT] = "complaint",
	[SUPPRESS_OPTED_OUT] = "opted_out",
	[SUPPRESS_BY_HAND] = "by_hand",
};

enum suppress_why suppress_why_find(const char *word)
{
	for (int i = SUPPRESS_NOT + 1; i < SUPPRESS_WHYS; i++)
		if (!strcmp(suppress_whys[i], word))
			return (enum suppress_why)i;
	return SUPPRESS_NOT;
}

/* ---- keys and records ---- */

#define SECTION "/suppress/"

const char *suppress_key(char out[SUPPRESS_KEY_SIZE], const char *tenant, const char *hash)
{
	snprintf(out, SUPPRESS_KEY_SIZE, "%s" SECTION "%s", tenant ? tenant : "*", hash);
	return out;
}

bool suppress_key_read(const char *key, struct suppress_who *out)
{
	static const char hash_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-_";
	size_t tenant = strcspn(key, "/");
	const char *hash = key + tenant + sizeof(SECTION) - 1;

	if (strncmp(key + tenant, SECTION, sizeof(SECTION) - 1) != 0)
		return false;
	if (!ids_name_ok(key, tenant) && (tenant != 1 || *key != '*'))
		return false;
	if (strlen(hash) != IDS_HASH_SIZE - 1 || strspn(hash, hash_chars) != IDS_HASH_SIZE - 1)
		return false;
	snprintf(out->tenant, sizeof(out->tenant), "%.*s", (int)tenant, key);
	snprintf(out->hash, sizeof(out->hash), "%s", hash);
	return true;
}

static void put_text(json_t *record, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(record, name, json_string(value));
}

char *suppress_record_text(const struct suppress_record *r)
{
	json_t *record = json_pack("{s:i, s:b}", "format", SETTINGS_FORMAT, "suppressed",
				   r->why != SUPPRESS_NOT);
	char time[NOW_TEXT_SIZE];
	char *text;

	put_text(record, "why", suppress_whys[r->why]);
	put_text(record, "code", r->code);
	if (r->until_ms)
		put_text(record, "until", now_text(r->until_ms, time));
	put_text(record, "actor", r->actor);
	put_text(record, "time", now_text(r->time_ms, time));
	text = json_dumps(record, JSON_COMPACT);
	json_decref(record);
	return text;
}

int suppress_record_read(const json_t *record, struct suppress_said *out, struct err *e)
{
	const json_t *suppressed = json_object_get(record, "suppressed");
	const json_t *until = json_object_get(record, "until");
	struct suppress_said said = { .suppressed = json_is_true(suppressed) };

	if (!json_is_boolean(suppressed))
		return err_set(e, ERR_INVALID, "suppressed must be true or false");
	if (until &&
	    (!json_is_string(until) || !now_parse(json_string_value(until), &said.until_ms)))
		return err_set(e, ERR_INVALID, "until must be a time of RFC 3339");
	*out = said;
	return OK;
}

/* ---- all of them ---- */

struct entry {
	unsigned char name[NAME_BYTES];
	int64_t until_ms; /* INT64_MAX = without end; 0 = it holds no more */
};

/* In the order of their names. */
struct table {
	atomic_uint holders;
	size_t count;
	struct entry list[];
};

/* The many of before, shared by those that follow one another, and the few of since. */
struct suppressions {
	atomic_uint holders;
	struct table *settled;
	struct table *recent;
};

static void name_of(const char *tenant, const char *hash, unsigned char out[NAME_BYTES])
{
	unsigned char whole[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, tenant);
	crypto_hash_str(&h, hash);
	crypto_hash_final(&h, whole);
	memcpy(out, whole, NAME_BYTES);
}

static int by_name(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name, NAME_BYTES);
}

static struct table *table_new(size_t room)
{
	struct table *t = xcalloc(1, sizeof(*t) + room * sizeof(struct entry));

	atomic_init(&t->holders, 1);
	return t;
}

static struct table *table_hold(struct table *t)
{
	atomic_fetch_add(&t->holders, 1);
	return t;
}

static void table_free(struct table *t)
{
	if (t && atomic_fetch_sub(&t->holders, 1) == 1)
		free(t);
}

/* A change, and its place among them: of one person the last one stands. */
struct numbered {
	struct entry entry;
	size_t at;
};

static int by_name_and_place(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = by_name(&x->entry, &y->entry);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

static struct table *table_of(const struct suppress_change *changes, size_t n)
{
	autofree struct numbered *all = xcalloc(n + 1, sizeof(*all));
	struct table *t = table_new(n);

	for (size_t i = 0; i < n; i++) {
		const struct suppress_change *c = &changes[i];

		name_of(c->who.tenant, c->who.hash, all[i].entry.name);
		all[i].at = i;
		if (c->said.suppressed)
			all[i].entry.until_ms = c->said.until_ms ? c->said.until_ms : INT64_MAX;
	}
	qsort(all, n, sizeof(*all), by_name_and_place);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || by_name(&all[i].entry, &all[i + 1].entry) != 0)
			t->list[t->count++] = all[i].entry;
	return t;
}

/* Both, newer standing above older. ended: what holds no more is kept, to hide what is below. */
static struct table *merge(const struct table *older, const struct table *newer, bool ended)
{
	struct table *t = table_new(older->count + newer->count);
	size_t i = 0, k = 0;

	while (i < older->count || k < newer->count) {
		int order = i == older->count	? 1
			    : k == newer->count ? -1
						: by_name(&older->list[i], &newer->list[k]);
		const struct entry *next = order < 0 ? &older->list[i] : &newer->list[k];

		i += order <= 0;
		k += order >= 0;
		if (ended || next->until_ms)
			t->list[t->count++] = *next;
	}
	return t;
}

struct suppressions *suppressions_next(const struct suppressions *former,
				       const struct suppress_change *changes, size_t n)
{
	struct suppressions *s = xcalloc(1, sizeof(*s));
	struct table *fresh = table_of(changes, n);

	atomic_init(&s->holders, 1);
	s->settled = former ? table_hold(former->settled) : table_new(0);
	s->recent = former ? merge(former->recent, fresh, true) : table_hold(fresh);
	table_free(fresh);
	if (s->recent->count > RECENT_MAX) {
		struct table *both = merge(s->settled, s->recent, false);

		table_free(s->settled);
		table_free(s->recent);
		s->settled = both;
		s->recent = table_new(0);
	}
	return s;
}

struct suppressions *suppressions_hold(struct suppressions *s)
{
	atomic_fetch_add(&s->holders, 1);
	return s;
}

void suppressions_free(struct suppressions *s)
{
	if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
		return;
	table_free(s->settled);
	table_free(s->recent);
	free(s);
}

static const struct entry *find(const struct table *t, const struct entry *key)
{
	return bsearch(key, t->list, t->count, sizeof(*t->list), by_name);
}

static bool holds(const struct suppressions *s, const char *tenant, const char *hash,
		  int64_t now_ms)
{
	const struct entry *found;
	struct entry key;

	name_of(tenant, hash, key.name);
	found = find(s->recent, &key);
	if (!found)
		found = find(s->settled, &key);
	return found && now_ms < found->until_ms;
}

bool suppressions_find(const struct suppressions *s, const char *tenant, const char *hash,
		       int64_t now_ms)
{
	if (!s->settled->count && !s->recent->count)
		return false;
	return holds(s, tenant, hash, now_ms) || holds(s, "*", hash, now_ms);
}
