/* Lists of a tenant's invites, from its sheet. */
#include <stdlib.h>

#include "mem.h"
#include "view_best.h"
#include "view_load.h"
#include "view_sheets.h"

/* A question in hand. */
struct asking {
	const struct view_query *q;
	struct view_match match;
	struct view_best best;
	struct view_key after; /* its invite NULL = the first page */
	struct view_page *page;
};

static int open_asking(struct asking *a, const struct view_query *q, size_t max, struct err *e)
{
	if (q->filter.masked && q->sort == VIEW_BY_ADDRESS)
		return err_set(e, ERR_INVALID, "addresses are not to be seen, nor their order");
	if (q->cursor && view_cursor_read(q, &a->after, e) < 0)
		return ERR_INVALID;
	if (view_match_open(&a->match, &q->filter, e) < 0)
		return ERR_INVALID;
	a->q = q;
	view_best_open(&a->best, max, q->ascending);
	return OK;
}

static void close_asking(struct asking *a)
{
	view_match_clear(&a->match);
	view_best_clear(&a->best);
}

static void look(struct asking *a, const struct view_row *r)
{
	unsigned statuses = a->q->filter.statuses;
	struct view_key key;

	if (!view_match_row(&a->match, r))
		return;
	a->page->counts[r->status]++;
	if (statuses && !(statuses & VIEW_BIT(r->status)))
		return;
	a->page->total++;
	key = view_key_of(r, a->q->sort);
	if (!a->after.invite || view_best_compare(&a->best, &key, &a->after) > 0)
		view_best_offer(&a->best, &key);
}

/* The names of the first rows: at most limit of them, copied; one more tells that there is another
   page. */
static json_t *first_names(struct asking *a, size_t limit)
{
	json_t *names = json_array();

	view_best_sort(&a->best);
	for (size_t i = 0; i < a->best.n && i < limit; i++)
		json_array_append_new(names, json_string(a->best.list[i].invite));
	if (limit && a->best.n > limit)
		a->page->next = view_cursor_write(a->q, &a->best.list[limit - 1]);
	return names;
}

/* The cursor's invite may have changed since: its number is that of the page, its text today's. */
static void find_text(struct asking *a, const struct view_sheet *sheet)
{
	const struct view_row *r =
		a->after.invite ? table_find(&sheet->table, a->after.invite) : NULL;

	if (r)
		a->after.text = view_key_of(r, a->q->sort).text;
}

static int ask(struct view_sheets *s, struct guard *g, struct asking *a, json_t **names,
	       struct err *e)
{
	struct view_held *held = view_sheets_hold(s, a->q->filter.tenant);
	struct view_sheet *sheet = view_sheets_of(held);
	int r = view_sheet_refresh(sheet, g, view_sheets_rows_max(s), e);

	find_text(a, sheet);
	for (size_t i = 0; r == OK && i < sheet->count; i++)
		look(a, sheet->rows[i]);
	*names = first_names(a, a->best.max ? a->best.max - 1 : 0);
	view_sheets_release(s, held);
	return r;
}

/* As many of the first names as limit says, and the numbers of all. */
static int ask_names(struct view_sheets *s, struct guard *g, const struct view_query *q,
		     struct view_page *page, json_t **names, struct err *e)
{
	struct asking a = { .page = page };
	int r = open_asking(&a, q, q->limit + 1, e);

	*names = NULL;
	if (r == OK)
		r = ask(s, g, &a, names, e);
	close_asking(&a);
	return r;
}

int view_list(struct view_sheets *s, struct guard *g, const struct view_query *q,
	      struct view_page *out, struct err *e)
{
	struct view_query asked = *q;
	struct view_which which = { .tenant = q->filter.tenant, .masked = q->filter.masked };
	json_t *names;
	int r;

	*out = (struct view_page){ 0 };
	if (q->limit > VIEW_LIMIT_MAX || (unsigned)q->sort >= VIEW_SORTS)
		return err_set(e, ERR_INVALID, "a page has at most %d rows", VIEW_LIMIT_MAX);
	asked.limit = q->limit ? q->limit : VIEW_LIMIT_DEFAULT;
	r = ask_names(s, g, &asked, out, &names, e);
	which.names = names;
	if (r == OK)
		r = view_rows(g, &which, &out->items, e);
	json_decref(names);
	if (r != OK)
		view_page_clear(out);
	return r;
}

void view_page_clear(struct view_page *p)
{
	json_decref(p->items);
	free(p->next);
	*p = (struct view_page){ 0 };
}

int view_count(struct view_sheets *s, struct guard *g, const struct view_filter *f,
	       struct view_page *out, struct err *e)
{
	struct view_query q = { .filter = *f };
	json_t *names;
	int r;

	*out = (struct view_page){ 0 };
	r = ask_names(s, g, &q, out, &names, e);
	json_decref(names);
	out->items = r == OK ? json_array() : NULL;
	return r;
}

int view_find(struct view_sheets *s, struct guard *g, const struct view_filter *f,
	      struct view_names *out, struct err *e)
{
	struct view_query q = { .filter = *f, .ascending = true, .limit = out->max };
	struct view_page page = { 0 };
	int r = ask_names(s, g, &q, &page, &out->invites, e);

	out->total = page.total;
	view_page_clear(&page);
	return r;
}

static bool fits(const struct view_match *m, const struct view_sheet *sheet, const json_t *name)
{
	const struct view_row *r = table_find(&sheet->table, json_string_value(name));
	unsigned statuses = m->f.statuses;

	return r && view_match_row(m, r) && (!statuses || statuses & VIEW_BIT(r->status));
}

int view_fitting(struct view_sheets *s, struct guard *g, const struct view_filter *f,
		 struct view_names *names, struct err *e)
{
	json_t *fitting = json_array(), *name;
	struct view_match match;
	struct view_held *held;
	size_t i;
	int r = view_match_open(&match, f, e);

	if (r < 0) {
		json_decref(fitting);
		return r;
	}
	held = view_sheets_hold(s, f->tenant);
	r = view_sheet_refresh(view_sheets_of(held), g, view_sheets_rows_max(s), e);
	json_array_foreach (names->invites, i, name) {
		if (fits(&match, view_sheets_of(held), name))
			json_array_append(fitting, name);
	}
	view_sheets_release(s, held);
	view_match_clear(&match);
	json_decref(names->invites);
	names->invites = fitting;
	names->total = json_array_size(fitting);
	return r;
}

/* ---- rows by name ---- */

struct adding {
	json_t *rows;
	const struct view_which *which;
};

static void add_row(void *ctx, const char *invite, const json_t *state, const json_t *kept)
{
	struct adding *a = ctx;
	json_t *row = view_row(state, kept, a->which->masked);

	(void)invite;
	if (a->which->requests && kept)
		json_object_set(row, "request", (json_t *)kept);
	json_array_append_new(a->rows, row);
}

int view_rows(struct guard *g, const struct view_which *which, json_t **out, struct err *e)
{
	size_t n = json_array_size(which->names);
	autofree const char **names = xcalloc(n + 1, sizeof(*names));
	struct adding a = { json_array(), which };
	struct view_load load = {
		.tenant = which->tenant, .names = names, .each = add_row, .ctx = &a
	};

	for (size_t i = 0; i < n; i++) {
		names[load.n] = json_string_value(json_array_get(which->names, i));
		load.n += names[load.n] != NULL;
	}
	if (view_load(g, &load, e) < 0) {
		json_decref(a.rows);
		return ERR_AGAIN;
	}
	*out = a.rows;
	return OK;
}
