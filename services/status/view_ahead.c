#include "view_ahead.h"

#include <stdlib.h>

#include "background.h"
#include "guard_view.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "redis.h"

#define EVERY_MS 600000
#define AGAIN_MS 1000 /* where Redis did not answer */
#define ASKED_MAX 500 /* tenants in one pipeline */

struct view_ahead {
	struct view_sheets *sheets;
	struct guard *guard; /* the thread's own */
	struct view_ahead_bounds bounds;
	struct background background;
};

struct large {
	const char *tenant;
	size_t rows;
};

/* How many invites each tenant has. */
static int read_sizes(struct guard *g, struct large *all, size_t n, struct err *e)
{
	for (size_t from = 0; from < n; from += ASKED_MAX) {
		size_t some = n - from < ASKED_MAX ? n - from : ASKED_MAX;

		for (size_t i = 0; i < some; i++) {
			autofree char *key = xasprintf("vz:%s", all[from + i].tenant);
			const char *argv[] = { "ZCARD", key };

			guard_view_ask(g, (int)ARRAY_LEN(argv), argv);
		}
		if (guard_view_read(g, e) < 0)
			return ERR_AGAIN;
		for (size_t i = 0; i < some; i++)
			all[from + i].rows = (size_t)redis_int(guard_view_answer(g, i));
	}
	return OK;
}

static int by_rows(const void *x, const void *y)
{
	const struct large *a = x, *b = y;

	return (a->rows < b->rows) - (a->rows > b->rows);
}

/* Counting needs the whole sheet. */
static int read_sheet(struct view_ahead *a, const struct large *one, struct err *e)
{
	struct view_filter filter = { .tenant = one->tenant };
	int64_t began_ms = now_mono_ms();
	struct view_page page;
	int r = view_count(a->sheets, a->guard, &filter, &page, e);

	if (r == OK)
		log_debug("ev=sheet-ahead tenant=%s rows=%zu took_ms=%lld", one->tenant, page.total,
			  (long long)(now_mono_ms() - began_ms));
	view_page_clear(&page);
	return r;
}

static int read_large(struct view_ahead *a, struct large *all, size_t n, struct err *e)
{
	size_t left = a->bounds.rows_max;

	if (read_sizes(a->guard, all, n, e) < 0)
		return ERR_AGAIN;
	qsort(all, n, sizeof(*all), by_rows);
	for (size_t i = 0; i < n && all[i].rows >= a->bounds.tenant_min; i++) {
		if (all[i].rows > left)
			continue;
		if (!background_rest(&a->background, 0))
			return OK;
		if (read_sheet(a, &all[i], e) < 0)
			return ERR_AGAIN;
		left -= all[i].rows;
	}
	return OK;
}

static int read_ahead(struct view_ahead *a, struct err *e)
{
	json_t *names = NULL;
	int r;

	if (guard_ready(a->guard, e) < 0 || view_tenants(a->guard, &names, e) < 0)
		return ERR_AGAIN;
	size_t n = json_array_size(names);
	autofree struct large *all = xcalloc(n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i].tenant = json_string_value(json_array_get(names, i));
	r = read_large(a, all, n, e);
	json_decref(names);
	return r;
}

static void *turn(void *arg)
{
	struct view_ahead *a = arg;
	int64_t wait_ms = 0;
	struct err e;

	while (background_rest(&a->background, wait_ms))
		wait_ms = read_ahead(a, &e) == OK ? EVERY_MS : AGAIN_MS;
	return NULL;
}

struct view_ahead *view_ahead_open(struct view_sheets *sheets, struct guard *guard,
				   struct view_ahead_bounds bounds)
{
	struct view_ahead *a = xcalloc(1, sizeof(*a));

	a->sheets = sheets;
	a->guard = guard;
	a->bounds = bounds;
	background_open(&a->background, turn, a);
	return a;
}

void view_ahead_close(struct view_ahead *a)
{
	if (!a)
		return;
	background_close(&a->background);
	guard_free(a->guard);
	free(a);
}
