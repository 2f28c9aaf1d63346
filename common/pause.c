#include "pause.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define PROVIDERS "providers/" /* begins no pause's key, which has /pause/ in it */

const char *const pause_scopes[PAUSE_SCOPES] = {
	[PAUSE_ALL] = "all",	       [PAUSE_TENANT] = "tenant", [PAUSE_BATCH] = "batch",
	[PAUSE_PROVIDER] = "provider", [PAUSE_DOMAIN] = "domain",
};

struct pauses {
	atomic_uint holders;
	size_t count;
	struct pause list[]; /* in the order of their keys */
};

/* ---- keys ---- */

const char *pause_key(char out[PAUSE_KEY_SIZE], const char *tenant, enum pause_scope scope,
		      const char *name)
{
	snprintf(out, PAUSE_KEY_SIZE, "%s/pause/%s%s%s", tenant ? tenant : "*", pause_scopes[scope],
		 name ? "/" : "", name ? name : "");
	return out;
}

static bool has_name(enum pause_scope scope)
{
	return scope != PAUSE_ALL && scope != PAUSE_TENANT;
}

bool pause_key_scope(const char *key, enum pause_scope *scope)
{
	const char *slash = strchr(key, '/');
	const char *word = slash && !strncmp(slash, "/pause/", 7) ? slash + 7 : "";
	size_t len = strcspn(word, "/");
	bool for_all = !strncmp(key, "*/", 2);

	for (int i = 0; i < PAUSE_SCOPES; i++) {
		if (strlen(pause_scopes[i]) != len || strncmp(pause_scopes[i], word, len) != 0)
			continue;
		if (has_name((enum pause_scope)i) ? word[len] != '/' || !word[len + 1] : word[len])
			return false;
		if ((i == PAUSE_ALL && !for_all) || (i == PAUSE_TENANT && for_all))
			return false;
		*scope = (enum pause_scope)i;
		return true;
	}
	return false;
}

/* ---- the set ---- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pause *)a)->key, ((const struct pause *)b)->key);
}

struct pauses *pauses_new(const struct pause *list, size_t n)
{
	struct pauses *p = xcalloc(1, sizeof(*p) + n * sizeof(*list));

	atomic_init(&p->holders, 1);
	p->count = n;
	if (n)
		memcpy(p->list, list, n * sizeof(*list));
	qsort(p->list, n, sizeof(*p->list), by_key);
	return p;
}

struct pauses *pauses_hold(struct pauses *p)
{
	atomic_fetch_add(&p->holders, 1);
	return p;
}

void pauses_free(struct pauses *p)
{
	if (p && atomic_fetch_sub(&p->holders, 1) == 1)
		free(p);
}

static bool holds(const struct pause *p, int64_t now_ms)
{
	return !p->until_ms || now_ms < p->until_ms;
}

static int key_order(const void *key, const void *pause)
{
	return strcmp(key, ((const struct pause *)pause)->key);
}

const struct pause *pause_of(const struct pauses *p, const char *key, int64_t now_ms)
{
	const struct pause *found = bsearch(key, p->list, p->count, sizeof(*p->list), key_order);

	return found && holds(found, now_ms) ? found : NULL;
}

static const struct pause *find(const struct pauses *p, const char *tenant, enum pause_scope scope,
				const char *name, int64_t now_ms)
{
	char key[PAUSE_KEY_SIZE];

	if (has_name(scope) && !name)
		return NULL;
	return pause_of(p, pause_key(key, tenant, scope, name), now_ms);
}

const struct pause *pause_find(const struct pauses *p, const struct pause_for *who, int64_t now_ms)
{
	const char *names[PAUSE_SCOPES] = {
		[PAUSE_BATCH] = who->batch,
		[PAUSE_PROVIDER] = who->provider,
		[PAUSE_DOMAIN] = who->domain,
	};
	const struct pause *found = NULL;

	if (!p->count)
		return NULL;
	for (int i = PAUSE_TENANT; i < PAUSE_SCOPES && !found; i++) {
		if (who->tenant)
			found = find(p, who->tenant, (enum pause_scope)i, names[i], now_ms);
		if (!found && i != PAUSE_TENANT)
			found = find(p, NULL, (enum pause_scope)i, names[i], now_ms);
	}
	return found ? found : find(p, NULL, PAUSE_ALL, NULL, now_ms);
}

/* FNV-1a over the keys of the providers that are paused, which are in order. */
static const char *name_providers(const struct pauses *p, int64_t now_ms, char out[PAUSE_KEY_SIZE])
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].scope == PAUSE_PROVIDER && holds(&p->list[i], now_ms))
			for (const char *s = p->list[i].key;; s++) {
				h = (h ^ (unsigned char)*s) * 0x100000001b3;
				if (!*s)
					break;
			}
	snprintf(out, PAUSE_KEY_SIZE, PROVIDERS "%016llx", (unsigned long long)h);
	return out;
}

const char *pause_group(const struct pauses *p, const struct pause *stopped_by, int64_t now_ms,
			char out[PAUSE_KEY_SIZE])
{
	if (stopped_by->scope == PAUSE_PROVIDER)
		return name_providers(p, now_ms, out);
	snprintf(out, PAUSE_KEY_SIZE, "%s", stopped_by->key);
	return out;
}

bool pause_group_holds(const struct pauses *p, const char *group, int64_t now_ms)
{
	char providers[PAUSE_KEY_SIZE];

	if (strncmp(group, PROVIDERS, sizeof(PROVIDERS) - 1) == 0)
		return strcmp(group, name_providers(p, now_ms, providers)) == 0;
	return pause_of(p, group, now_ms) != NULL;
}

size_t pauses_count(const struct pauses *p, enum pause_scope scope, int64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->list[i].scope == scope && holds(&p->list[i], now_ms);
	return n;
}
