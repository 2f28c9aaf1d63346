#include "text_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct line {
	const char *at;
	size_t len;
};

struct lines {
	struct line *list;
	size_t n;
};

struct diff {
	struct lines from, to;
	size_t head, tail; /* lines at both ends that are the same */
	void (*each)(void *ctx, enum text_diff_op op, const char *line, size_t len);
	void *ctx;
};

static struct lines split(const char *text)
{
	struct lines l = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");

		l.list = xgrow(l.list, l.n, sizeof(*l.list));
		l.list[l.n++] = (struct line){ text, n };
		text += n + (text[n] == '\n');
	}
	return l;
}

static int same(const struct line *a, const struct line *b)
{
	return a->len == b->len && !memcmp(a->at, b->at, a->len);
}

static void tell(const struct diff *d, enum text_diff_op op, const struct line *l)
{
	d->each(d->ctx, op, l->at, l->len);
}

static void set_ends_aside(struct diff *d)
{
	size_t least = d->from.n < d->to.n ? d->from.n : d->to.n;

	while (d->head < least && same(&d->from.list[d->head], &d->to.list[d->head]))
		d->head++;
	while (d->tail < least - d->head &&
	       same(&d->from.list[d->from.n - 1 - d->tail], &d->to.list[d->to.n - 1 - d->tail]))
		d->tail++;
}

/* [i][j]: the longest common sequence of what follows line i and line j; NULL where it would be too
 * large. */
static uint32_t *measure(const struct line *a, size_t n, const struct line *b, size_t m)
{
	uint32_t *t;

	if ((n + 1) * (m + 1) > TEXT_DIFF_CELLS)
		return NULL;
	t = xcalloc((n + 1) * (m + 1), sizeof(*t));
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t down = t[(i + 1) * (m + 1) + j], right = t[i * (m + 1) + j + 1];

			t[i * (m + 1) + j] = same(&a[i], &b[j]) ? t[(i + 1) * (m + 1) + j + 1] + 1
					     : down > right	? down
								: right;
		}
	return t;
}

static void tell_middle(struct diff *d)
{
	const struct line *a = d->from.list + d->head, *b = d->to.list + d->head;
	size_t n = d->from.n - d->head - d->tail, m = d->to.n - d->head - d->tail, i = 0, j = 0;
	autofree uint32_t *t = measure(a, n, b, m);

	while (i < n || j < m) {
		if (t && i < n && j < m && same(&a[i], &b[j])) {
			tell(d, TEXT_SAME, &a[i++]);
			j++;
		} else if (i < n &&
			   (j == m || !t || t[(i + 1) * (m + 1) + j] >= t[i * (m + 1) + j + 1])) {
			tell(d, TEXT_TAKEN, &a[i++]);
		} else {
			tell(d, TEXT_PUT, &b[j++]);
		}
	}
}

void text_diff(const char *from, const char *to,
	       void (*each)(void *ctx, enum text_diff_op op, const char *line, size_t len),
	       void *ctx)
{
	struct diff d = { .from = split(from), .to = split(to), .each = each, .ctx = ctx };

	set_ends_aside(&d);
	for (size_t i = 0; i < d.head; i++)
		tell(&d, TEXT_SAME, &d.from.list[i]);
	tell_middle(&d);
	for (size_t i = d.from.n - d.tail; i < d.from.n; i++)
		tell(&d, TEXT_SAME, &d.from.list[i]);
	free(d.from.list);
	free(d.to.list);
}
