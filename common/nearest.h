/*
 * nearest - which known word was probably meant.
 *
 * Edit distance (insert, delete, replace, swap of neighbours), ignoring case. Words are compared
 * in their first NEAREST_MAX bytes.
 */
#ifndef BECKON_NEAREST_H
#define BECKON_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 63

size_t nearest_distance(const char *a, const char *b);

/* Offer the candidates one after the other; best is the nearest so far, the first of equals. */
struct nearest {
	const char *word;
	const char *best; /* NULL before the first offer; borrowed from the offers */
	size_t distance;
};

void nearest_offer(struct nearest *n, const char *candidate);

#endif
