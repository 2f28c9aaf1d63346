#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define CAP_MIN 1024

/* FNV-1a with a last mix, since slots are taken from the low bits. Keys were checked when they were
   read and nobody gains by choosing them: a slow rebuild is not a wrong one. */
static size_t hash(const char *key)
{
	uint64_t h = 14695981039346656037u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(h ^ h >> 29);
}

/* The slot that holds the key, or where it belongs. */
static struct table_entry **slot(const struct table_of *t, const char *key)
{
	size_t i = hash(key) & (t->cap - 1);

	while (t->slots[i] && strcmp(t->slots[i]->key, key) != 0)
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

void *table_find(const struct table_of *t, const char *key)
{
	return t->cap ? *slot(t, key) : NULL;
}

static void grow(struct table_of *t)
{
	struct table_of wider = { .count = t->count, .cap = t->cap ? 2 * t->cap : CAP_MIN };

	wider.slots = xcalloc(wider.cap, sizeof(struct table_entry *));
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i])
			*slot(&wider, t->slots[i]->key) = t->slots[i];
	free(t->slots);
	*t = wider;
}

void table_add(struct table_of *t, void *entry)
{
	struct table_entry *e = entry;

	if (2 * t->count >= t->cap)
		grow(t);
	*slot(t, e->key) = e;
	t->count++;
}

void table_replace(struct table_of *t, void *entry)
{
	struct table_entry *e = entry;

	*slot(t, e->key) = e;
}

void *table_next(const struct table_of *t, size_t *at)
{
	while (*at < t->cap)
		if (t->slots[(*at)++])
			return t->slots[*at - 1];
	return NULL;
}

void table_forget(struct table_of *t)
{
	free(t->slots);
	*t = (struct table_of){ 0 };
}
