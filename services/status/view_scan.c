#include "view_scan.h"

#include <stdlib.h>
#include <string.h>

#include "guard_view.h"
#include "mem.h"
#include "redis.h"
#include "state.h"
#include "view_load.h"
#include "view_match.h"

/* ---- a page ---- */

struct page {
	struct view_scan *scan;
	struct view_match match;
	char *names[VIEW_SCAN_PAGE]; /* owned */
	size_t n;
	json_t *rows;
};

static json_t *row_of(const char *value, const char *kept, bool masked)
{
	json_t *state = json_loads(state_json(value), 0, NULL);
	json_t *request = *kept ? json_loads(kept, 0, NULL) : NULL;
	json_t *row = state ? view_row(state, request, masked) : NULL;

	json_decref(state);
	json_decref(request);
	return row;
}

static bool is_asked_for(const struct view_filter *f, enum view_status status)
{
	return !f->statuses || f->statuses & VIEW_BIT(status);
}

static void look(void *ctx, const char *invite, const char *value, const char *kept)
{
	struct page *p = ctx;
	struct view_scan *s = p->scan;
	autofree struct view_row *r = view_row_read(invite, value, kept);
	json_t *row;

	if (!view_match_row(&p->match, r))
		return;
	s->counts[r->status]++;
	if (!is_asked_for(s->filter, r->status))
		return;
	s->total++;
	if (s->max && s->shown == s->max)
		return;
	row = row_of(value, kept, s->filter->masked);
	if (!row)
		return;
	json_array_append_new(p->rows, row);
	s->shown++;
}

static int load(struct guard *g, struct page *p, struct err *e)
{
	struct view_load l = { .tenant = p->scan->filter->tenant,
			       .names = (const char *const *)p->names,
			       .n = p->n,
			       .each_text = look,
			       .ctx = p };
	int r;

	p->rows = json_array();
	r = view_load(g, &l, e);
	if (r == OK && json_array_size(p->rows) && p->scan->each)
		p->scan->each(p->scan->ctx, p->rows);
	return r;
}

static void page_clear(struct page *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->names[i]);
	p->n = 0;
	json_decref(p->rows);
	p->rows = NULL;
}

/* ---- all of them ---- */

/* Names of the invites behind change *at, which becomes the last one read; "" = from the beginning.
 */
static int read_names(struct guard *g, struct page *p, char at[INT_TEXT_SIZE + 1], struct err *e)
{
	const struct view_scan *s = p->scan;
	autofree char *key = xasprintf("vz:%s", s->filter->tenant);
	autofree char *most = xasprintf("%d", VIEW_SCAN_PAGE);
	const char *from = *at ? at : s->ascending ? "-inf" : "+inf";
	const char *argv[] = { s->ascending ? "ZRANGEBYSCORE" : "ZREVRANGEBYSCORE",
			       key,
			       from,
			       s->ascending ? "+inf" : "-inf",
			       "WITHSCORES",
			       "LIMIT",
			       "0",
			       most };
	const struct redis_reply *v;

	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	v = guard_view_answer(g, 0);
	for (size_t i = 0; i + 1 < redis_len(v) && p->n < VIEW_SCAN_PAGE; i += 2) {
		p->names[p->n++] = xstrdup(redis_str(redis_at(v, i), NULL));
		at[0] = '(';
		at[1 + int_text(at + 1, redis_int(redis_at(v, i + 1)))] = '\0';
	}
	return OK;
}

static int scan_all(struct guard *g, struct page *p, struct err *e)
{
	struct view_scan *s = p->scan;
	char at[INT_TEXT_SIZE + 1] = "";
	bool more = true;
	int r = OK;

	while (r == OK && more) {
		r = read_names(g, p, at, e);
		more = p->n == VIEW_SCAN_PAGE;
		if (r == OK)
			r = load(g, p, e);
		if (s->max && s->shown == s->max && !s->counts_on)
			more = false;
		page_clear(p);
	}
	return r;
}

int view_scan(struct guard *g, struct view_scan *s, struct err *e)
{
	struct page *p = xcalloc(1, sizeof(*p));
	int r = view_match_open(&p->match, s->filter, e);

	p->scan = s;
	s->shown = s->total = 0;
	memset(s->counts, 0, sizeof(s->counts));
	if (r == OK)
		r = scan_all(g, p, e);
	view_match_clear(&p->match);
	free(p);
	return r;
}

/* ---- some of them ---- */

static void collect(void *ctx, const json_t *rows)
{
	json_array_extend(ctx, (json_t *)rows);
}

int view_scan_names(struct guard *g, const struct view_filter *f, const json_t *names, json_t **out,
		    struct err *e)
{
	json_t *rows = json_array();
	struct view_scan s = { .filter = f, .each = collect, .ctx = rows };
	struct page *p = xcalloc(1, sizeof(*p));
	int r = view_match_open(&p->match, f, e);

	p->scan = &s;
	for (size_t i = 0; r == OK && i < json_array_size(names);) {
		for (; i < json_array_size(names) && p->n < VIEW_SCAN_PAGE; i++)
			p->names[p->n++] = xstrdup(json_string_value(json_array_get(names, i)));
		r = load(g, p, e);
		page_clear(p);
	}
	view_match_clear(&p->match);
	free(p);
	if (r == OK)
		*out = rows;
	else
		json_decref(rows);
	return r;
}
