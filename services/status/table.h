/*
 * table - entries found by a key that each holds itself: open addressing, nothing is ever removed.
 */
#ifndef BECKON_TABLE_H
#define BECKON_TABLE_H

#include <stddef.h>

struct table_entry {
	const char *key; /* the first member of an entry; lives as long as it does */
};

/* All zero = empty. Entries are the caller's. */
struct table_of {
	struct table_slot {
		size_t hash; /* of the key, which lies elsewhere and is seldom looked at */
		struct table_entry *entry;
	} * slots;
	size_t count, cap;
};

/* NULL = there is none. */
void *table_find(const struct table_of *t, const char *key);

/* There is none of this key yet. */
void table_add(struct table_of *t, void *entry);

/* In the place of the one that has the same key. */
void table_replace(struct table_of *t, void *entry);

/* Entries in no order: NULL at the end; *at begins as 0. */
void *table_next(const struct table_of *t, size_t *at);

/* Empty again, memory freed; entries were freed by the caller before. */
void table_forget(struct table_of *t);

#endif
