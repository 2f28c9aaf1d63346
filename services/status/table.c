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
static struct table_slot *slot(const struct table_of *t, const char *key, size_t h)
{
	size_t i = h & (t->cap - 1);

	while (t->slots[i].entry &&
	       (t->slots[i].hash != h || strcmp(t->slots[i].entry->key, key) != 0))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

void *table_find(const struct table_of *t, const char *key)
{
	return t->cap ? slot(t, key, hash(key))->entry : NULL;
}

/* All keys differ: only free slots are looked for. */
static void grow(struct table_of *t)
{
	struct table_of wider = { .count = t->count, .cap = t->cap ? 2 * t->cap : CAP_MIN };

	wider.slots = xcalloc(wider.cap, sizeof(*wider.slots));
	for (size_t i = 0; i < t->cap; i++) {
		size_t at = t->slots[i].hash & (wider.cap - 1);

		if (!t->slots[i].entry)
			continue;
		while (wider.slots[at].entry)
			at = (at + 1) & (wider.cap - 1);
		wider.slots[at] = t->slots[i];
	}
	free(t->slots);
	*t = wider;
}

void table_add(struct table_of *t, void *entry)
{
	struct table_entry *e = entry;
	size_t h = hash(e->key);

	if (2 * t->count >= t->cap)
		grow(t);
	*slot(t, e->key, h) = (struct table_slot){ h, e };
	t->count++;
}

void table_replace(struct table_of *t, void *entry)
{
	struct table_entry *e = entry;
	size_t h = hash(e->key);

	*slot(t, e->key, h) = (struct table_slot){ h, e };
}

void *table_next(const struct table_of *t, size_t *at)
{
	while (*at < t->cap)
		if (t->slots[(*at)++].entry)
			return t->slots[*at - 1].entry;
	return NULL;
}

void table_forget(struct table_of *t)
{
	free(t->slots);
	*t = (struct table_of){ 0 };
}
