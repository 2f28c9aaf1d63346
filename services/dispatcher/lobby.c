#include "lobby.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define BUCKETS 4096

struct guest {
	struct guest *next;
	struct work *work;
	uint64_t invite; /* hashed */
	char question[LOBBY_QUESTION_SIZE];
};

struct lobby {
	struct guest *first, *taken; /* taken: what lobby_take gave out last */
	size_t count;
	uint64_t *expected; /* invites of whom enters with this batch */
	size_t nexpected, expected_cap;
	unsigned short present[BUCKETS]; /* who waits, or is expected: where none is, none is looked
					    for */
	bool blocked[BUCKETS];		 /* while taking: somebody ahead may stay */
};

/* FNV-1a. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *s = key; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

static size_t bucket_of(uint64_t invite)
{
	return invite % BUCKETS;
}

/* Is one of these of the invite? Up to `end`. */
static bool among(const struct guest *list, const struct guest *end, uint64_t invite)
{
	for (const struct guest *g = list; g != end; g = g->next)
		if (g->invite == invite)
			return true;
	return false;
}

struct lobby *lobby_new(void)
{
	return xcalloc(1, sizeof(struct lobby));
}

static void free_all(struct guest **list)
{
	struct guest *g;

	while ((g = *list)) {
		*list = g->next;
		free(g);
	}
}

void lobby_free(struct lobby *l)
{
	if (!l)
		return;
	free_all(&l->first);
	free_all(&l->taken);
	free(l->expected);
	free(l);
}

bool lobby_has(const struct lobby *l, const char *key)
{
	uint64_t invite = hash_of(key);

	if (!l->present[bucket_of(invite)])
		return false;
	for (size_t i = 0; i < l->nexpected; i++)
		if (l->expected[i] == invite)
			return true;
	return among(l->first, NULL, invite);
}

void lobby_expect(struct lobby *l, const char *key)
{
	uint64_t invite = hash_of(key);

	if (l->nexpected == l->expected_cap) {
		l->expected_cap = l->expected_cap ? 2 * l->expected_cap : 64;
		l->expected = xrealloc(l->expected, l->expected_cap * sizeof(*l->expected));
	}
	l->expected[l->nexpected++] = invite;
	l->present[bucket_of(invite)]++;
}

static void expect_no_more(struct lobby *l, uint64_t invite)
{
	size_t i = 0;

	while (i < l->nexpected && l->expected[i] != invite)
		i++;
	assert(i < l->nexpected);
	l->expected[i] = l->expected[--l->nexpected];
}

void lobby_expect_no_more(struct lobby *l, const char *key)
{
	expect_no_more(l, hash_of(key));
	l->present[bucket_of(hash_of(key))]--;
}

static struct guest **end_of(struct guest **list)
{
	while (*list)
		list = &(*list)->next;
	return list;
}

void lobby_enter(struct lobby *l, struct work *w, const char *key, const char *question)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	g->work = w;
	g->invite = hash_of(key);
	expect_no_more(l, g->invite);
	snprintf(g->question, sizeof(g->question), "%s", question);
	*end_of(&l->first) = g;
	l->count++;
}

size_t lobby_take(struct lobby *l,
		  bool (*answered)(void *ctx, const struct work *w, const char *question),
		  void *ctx, struct work **out, size_t max)
{
	struct guest **link = &l->first, **taken = &l->taken, *g;
	size_t n = 0;

	free_all(&l->taken);
	memset(l->blocked, 0, sizeof(l->blocked));
	while ((g = *link) && n < max) {
		bool behind = l->blocked[bucket_of(g->invite)] && among(l->first, g, g->invite);
		bool goes = !behind && (!g->question[0] || answered(ctx, g->work, g->question));

		if (!goes) {
			l->blocked[bucket_of(g->invite)] = true;
			link = &g->next;
			continue;
		}
		*link = g->next;
		g->next = NULL;
		*taken = g;
		taken = &g->next;
		l->present[bucket_of(g->invite)]--;
		l->count--;
		out[n++] = g->work;
	}
	return n;
}

void lobby_take_back(struct lobby *l)
{
	for (struct guest *g = l->taken; g; g = g->next) {
		l->present[bucket_of(g->invite)]++;
		l->count++;
	}
	*end_of(&l->taken) = l->first;
	l->first = l->taken;
	l->taken = NULL;
}

size_t lobby_count(const struct lobby *l)
{
	return l->count;
}

bool lobby_remove(struct lobby *l, const struct work *w)
{
	for (struct guest **link = &l->first; *link; link = &(*link)->next) {
		struct guest *g = *link;

		if (g->work != w)
			continue;
		*link = g->next;
		l->present[bucket_of(g->invite)]--;
		l->count--;
		free(g);
		return true;
	}
	return false;
}

struct work *lobby_any(const struct lobby *l)
{
	return l->first ? l->first->work : NULL;
}
