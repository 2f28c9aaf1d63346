#include "lobby.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define BUCKETS 4096

struct guest {
	struct guest *next;
	struct work *work;
	unsigned bucket; /* of its invite */
	char question[LOBBY_QUESTION_SIZE];
};

struct lobby {
	struct guest *first, *taken; /* taken: what lobby_take gave out last */
	size_t count;
	unsigned short present[BUCKETS]; /* who waits, or is expected, by invite */
	bool blocked[BUCKETS];		 /* while taking: somebody ahead stays */
};

static unsigned bucket_of(const char *key)
{
	unsigned h = 5381;

	for (const char *s = key; *s; s++)
		h = h * 33 ^ (unsigned char)*s;
	return h % BUCKETS;
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
	free(l);
}

bool lobby_has(const struct lobby *l, const char *key)
{
	return l->present[bucket_of(key)] > 0;
}

void lobby_expect(struct lobby *l, const char *key)
{
	l->present[bucket_of(key)]++;
}

void lobby_expect_no_more(struct lobby *l, const char *key)
{
	l->present[bucket_of(key)]--;
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
	g->bucket = bucket_of(key);
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
		bool goes = !l->blocked[g->bucket] &&
			    (!g->question[0] || answered(ctx, g->work, g->question));

		if (!goes) {
			l->blocked[g->bucket] = true;
			link = &g->next;
			continue;
		}
		*link = g->next;
		g->next = NULL;
		*taken = g;
		taken = &g->next;
		l->present[g->bucket]--;
		l->count--;
		out[n++] = g->work;
	}
	return n;
}

void lobby_take_back(struct lobby *l)
{
	for (struct guest *g = l->taken; g; g = g->next) {
		l->present[g->bucket]++;
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
		l->present[g->bucket]--;
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
