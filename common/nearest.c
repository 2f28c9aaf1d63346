#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t nearest_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX + 1]; /* the row before the last, the last, this one */
	size_t *old = rows[0], *last = rows[1], *now = rows[2];
	size_t na = strnlen(a, NEAREST_MAX), nb = strnlen(b, NEAREST_MAX);

	for (size_t j = 0; j <= nb; j++)
		last[j] = old[j] = j;
	for (size_t i = 1; i <= na; i++) {
		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			bool equal = same(a[i - 1], b[j - 1]);

			now[j] = MIN(last[j - 1] + !equal, MIN(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = MIN(now[j], old[j - 2] + 1);
		}
		size_t *spare = old;

		old = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t d = nearest_distance(n->word, candidate);

	if (n->best && d >= n->distance)
		return;
	n->best = candidate;
	n->distance = d;
}
