#include "view_best.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* ---- the heap ---- */

void view_best_open(struct view_best *b, size_t max, bool ascending)
{
	*b = (struct view_best){ .list = xcalloc(max + 1, sizeof(*b->list)),
				 .max = max,
				 .direction = ascending ? 1 : -1 };
}

void view_best_clear(struct view_best *b)
{
	free(b->list);
	*b = (struct view_best){ 0 };
}

static bool is_blank(const struct view_key *k)
{
	return !*k->text && !k->number;
}

int view_best_compare(const struct view_best *b, const struct view_key *x, const struct view_key *y)
{
	if (is_blank(x) != is_blank(y))
		return is_blank(x) ? 1 : -1;
	return b->direction * view_key_compare(x, y);
}

static void sink(struct view_best *b, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < b->n; at = child) {
		struct view_key swap = b->list[at];

		if (child + 1 < b->n &&
		    view_best_compare(b, &b->list[child + 1], &b->list[child]) > 0)
			child++;
		if (view_best_compare(b, &b->list[child], &swap) <= 0)
			return;
		b->list[at] = b->list[child];
		b->list[child] = swap;
	}
}

static void rise(struct view_best *b, size_t at)
{
	for (size_t parent; at; at = parent) {
		struct view_key swap = b->list[at];

		parent = (at - 1) / 2;
		if (view_best_compare(b, &swap, &b->list[parent]) <= 0)
			return;
		b->list[at] = b->list[parent];
		b->list[parent] = swap;
	}
}

void view_best_offer(struct view_best *b, const struct view_key *k)
{
	if (b->n < b->max) {
		b->list[b->n++] = *k;
		rise(b, b->n - 1);
	} else if (b->max && view_best_compare(b, k, &b->list[0]) < 0) {
		b->list[0] = *k;
		sink(b, 0);
	}
}

void view_best_sort(struct view_best *b)
{
	size_t n = b->n;

	while (b->n > 1) {
		struct view_key worst = b->list[0];

		b->list[0] = b->list[--b->n];
		b->list[b->n] = worst;
		sink(b, 0);
	}
	b->n = n;
}

/* ---- cursors: "<order>.<number>.<invite>" ---- */

static int order_of(const struct view_query *q)
{
	return 2 * (int)q->sort + q->ascending;
}

char *view_cursor_write(const struct view_query *q, const struct view_key *k)
{
	return xasprintf("%d.%lld.%s", order_of(q), (long long)k->number, k->invite);
}

int view_cursor_read(const struct view_query *q, struct view_key *out, struct err *e)
{
	char *dot, *end;
	long long order = strtoll(q->cursor, &dot, 10);
	long long number = *dot == '.' ? strtoll(dot + 1, &end, 10) : 0;

	if (dot == q->cursor || *dot != '.' || end == dot + 1 || *end != '.' ||
	    !ids_name_ok(end + 1, strlen(end + 1)))
		return err_set(e, ERR_INVALID, "not a cursor of ours");
	if (order != order_of(q))
		return err_set(e, ERR_INVALID,
			       "this cursor goes on in another order: begin with the first page");
	*out = (struct view_key){ "", number, end + 1 };
	return OK;
}
