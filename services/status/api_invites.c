/* Lists and single invites: everything that is read. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_query.h"
#include "api_words.h"
#include "csv_write.h"
#include "exports.h"
#include "ids.h"
#include "log.h"
#include "mem.h"
#include "view.h"
#include "view_behind.h"
#include "view_csv.h"

#define EXPORT_PAGE 500	   /* rows that are read at once */
#define EXPORT_MAX 1000000 /* rows */

/* ---- what every one of them needs ---- */

/* False: Redis is away or being made anew, and that is answered. */
static bool ready(struct web_request *q, struct http_response *a)
{
	struct err e;
	int r = guard_ready(q->local, &e);

	if (r)
		web_fail(a, r, &e);
	return r == OK;
}

static const char *of_query(const void *ctx, const char *name)
{
	return web_query(ctx, name);
}

static struct api_asked asked_by(const struct web_request *q)
{
	return (struct api_asked){ of_query, q, q->now_ms };
}

/* What every question of the tenant's says. */
static struct view_filter filter_of(const struct web_request *q)
{
	return (struct view_filter){
		.tenant = q->tenant,
		.masked = !web_sees_addresses(q),
		.ended_after_ms = api_ended_after(q->tenants, q->tenant, q->now_ms),
	};
}

static bool answer_fault(struct http_response *a, int r, const struct err *e)
{
	if (r)
		web_fail(a, r, e);
	return r;
}

static json_t *counts_of(const struct view_page *p)
{
	json_t *counts = json_object();

	for (int s = 0; s < VIEW_STATUSES; s++)
		json_object_set_new(counts, view_statuses[s],
				    json_integer((json_int_t)p->counts[s]));
	return counts;
}

static void dress_row(const struct web_request *q, json_t *row)
{
	const struct site_shared *shared = q->ctx;
	const char *invite = json_string_value(json_object_get(row, "invite"));
	autofree char *url =
		xasprintf("/v1/tenants/%s/invites/%s", q->tenant, invite ? invite : "");

	api_words_row(shared->words, web_lang(q), row);
	json_object_set_new(row, "history_url", json_string(url));
}

/* ---- lists ---- */

static void list(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	struct view_query query = { .filter = filter_of(q) };
	struct api_asked asked = asked_by(q);
	/* before it is asked: what is read meanwhile may be missing there */
	bool filling = shared->view && view_is_behind(view_stand(shared->view).lag);
	struct view_page page;
	struct err e;
	json_t *row;
	size_t i;

	if (answer_fault(a, web_query_only(q, api_query_knows, &e), &e) ||
	    answer_fault(a, api_query_read(&asked, &query, &e), &e) || !ready(q, a))
		return;
	if (answer_fault(a, view_list(shared->sheets, q->local, &query, &page, &e), &e))
		return;
	json_array_foreach (page.items, i, row)
		dress_row(q, row);
	json_t *out = json_pack("{sO,ss?,so,sI}", "items", page.items, "next", page.next, "counts",
				counts_of(&page), "total", (json_int_t)page.total);

	if (filling)
		json_object_set_new(out, "filling", json_true());
	web_json(a, 200, out);
	view_page_clear(&page);
}

/* ---- export ---- */

/* One that is under way: the invites that were found when it was asked for, of which the last is
   written next, since they are the oldest first. Each is written as it is by then. */
struct exporting {
	struct guard *guard; /* its own: handlers have theirs */
	struct exports *exports;
	char tenant[IDS_NAME_MAX + 1];
	bool masked, headed;
	json_t *invites;
};

static void export_close(void *ctx)
{
	struct exporting *x = ctx;

	exports_end(x->exports, x->tenant);
	site_guard_close(x->guard);
	json_decref(x->invites);
	free(x);
}

/* The next names, which are forgotten. */
static json_t *next_names(struct exporting *x)
{
	json_t *names = json_array();
	size_t left = json_array_size(x->invites);

	for (size_t n = 0; left && n < EXPORT_PAGE; n++) {
		json_array_append(names, json_array_get(x->invites, --left));
		json_array_remove(x->invites, left);
	}
	return names;
}

/* Rows, a page at a time: what is held at once is that, and the names. */
static int export_more(void *ctx, struct buf *out)
{
	struct exporting *x = ctx;
	json_t *names = next_names(x), *rows = NULL, *row;
	struct view_which which = { .tenant = x->tenant, .names = names, .masked = x->masked };
	struct err e;
	size_t i;
	int r = guard_ready(x->guard, &e);

	if (!x->headed) {
		csv_write_begin(out);
		view_csv_head(VIEW_CSV_EXPORT, out);
		x->headed = true;
	}
	if (r == OK)
		r = view_rows(x->guard, &which, &rows, &e);
	json_array_foreach (rows, i, row)
		view_csv_row(VIEW_CSV_EXPORT, row, out);
	json_decref(rows);
	json_decref(names);
	if (r)
		log_warn("ev=export-broken-off why=\"%s\"", e.text);
	return r ? -1 : json_array_size(x->invites) > 0;
}

static struct exporting *export_new(const struct web_request *q, struct view_names *found)
{
	const struct site_shared *shared = q->ctx;
	struct exporting *x = xcalloc(1, sizeof(*x));

	x->exports = shared->exports;
	x->guard = site_guard_open(q->ctx);
	text_put(x->tenant, sizeof(x->tenant), q->tenant);
	x->masked = !web_sees_addresses(q);
	x->invites = found->invites;
	return x;
}

static void export(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	struct view_filter filter = filter_of(q);
	struct api_asked asked = asked_by(q);
	struct view_names found = { .max = EXPORT_MAX };
	struct err e;

	if (answer_fault(a, web_query_only(q, api_filter_knows, &e), &e) ||
	    answer_fault(a, api_filter_read(&asked, &filter, &e), &e) || !ready(q, a))
		return;
	if (!exports_begin(shared->exports, q->tenant)) {
		err_set(&e, ERR_AGAIN, "too many exports are under way");
		web_fail(a, ERR_AGAIN, &e);
		return;
	}
	if (answer_fault(a, view_find(shared->sheets, q->local, &filter, &found, &e), &e)) {
		exports_end(shared->exports, q->tenant);
		json_decref(found.invites);
		return;
	}
	a->source = (struct http_source){ export_more, export_close, export_new(q, &found) };
	a->type = "text/csv; charset=utf-8";
	http_add_header(a, "Content-Disposition", "attachment; filename=\"invites.csv\"");
}

static void summary(struct web_request *q, struct http_response *a)
{
	json_t *out;
	struct err e;

	if (ready(q, a) && !answer_fault(a, view_summary(q->local, q->tenant, &out, &e), &e))
		web_json(a, 200, out);
}

/* ---- single ones ---- */

static void one(struct web_request *q, struct http_response *a)
{
	struct view_name name = { q->tenant, q->params[1], !web_sees_addresses(q) };
	json_t *row = NULL;
	struct err e;

	if (!ids_name_ok(name.invite, strlen(name.invite))) {
		web_problem(a, 422, "invalid", "an invite's name has 1 to 64 of A-Z a-z 0-9 _ -");
		return;
	}
	if (!ready(q, a) || answer_fault(a, view_one(q->local, &name, &row, &e), &e))
		return;
	if (!row) {
		web_problem(a, 404, "not_found", "nothing is known of this invite");
		return;
	}
	dress_row(q, row);
	web_json(a, 200, row);
}

static bool is_limit(const char *name)
{
	return !strcmp(name, "limit");
}

static void batches(struct web_request *q, struct http_response *a)
{
	struct view_query query = { .limit = 0 };
	struct api_asked asked = asked_by(q);
	json_t *items;
	struct err e;

	if (answer_fault(a, web_query_only(q, is_limit, &e), &e) ||
	    answer_fault(a, api_query_read(&asked, &query, &e), &e) || !ready(q, a))
		return;
	size_t limit = query.limit ? query.limit : VIEW_LIMIT_DEFAULT;

	if (!answer_fault(a, view_batches(q->local, q->tenant, limit, &items, &e), &e))
		web_json(a, 200, json_pack("{so}", "items", items));
}

static void batch(struct web_request *q, struct http_response *a)
{
	json_t *out = NULL;
	struct err e;

	if (!ready(q, a) ||
	    answer_fault(a, view_batch(q->local, q->tenant, q->params[1], &out, &e), &e))
		return;
	if (out)
		web_json(a, 200, out);
	else
		web_problem(a, 404, "not_found", "there is no such batch");
}

static int by_tenant(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those of whom anything was told, and those that have settings: each once, by name. */
static json_t *tenant_items(const json_t *told, const struct tenants *set)
{
	size_t n = json_array_size(told), count = 0;
	json_t *items = json_array();

	while (tenants_name(set, count))
		count++;
	autofree const char **names = xcalloc(n + count + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = json_string_value(json_array_get(told, i));
	for (size_t i = 0; i < count; i++)
		names[n + i] = tenants_name(set, i);
	qsort(names, n + count, sizeof(*names), by_tenant);
	for (size_t i = 0; i < n + count; i++)
		if (!i || strcmp(names[i], names[i - 1]))
			json_array_append_new(items, json_pack("{ss}", "tenant", names[i]));
	return items;
}

static void tenants(struct web_request *q, struct http_response *a)
{
	json_t *told = NULL, *items;
	struct err e;

	if (strcmp(q->person.tenant, "*")) {
		items = json_pack("[{ss}]", "tenant", q->person.tenant);
	} else if (!ready(q, a) || answer_fault(a, view_tenants(q->local, &told, &e), &e)) {
		return;
	} else {
		items = tenant_items(told, q->tenants);
		json_decref(told);
	}
	web_json(a, 200, json_pack("{so}", "items", items));
}

static void errors(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;

	web_json(a, 200, api_words_all(shared->words, web_lang(q)));
}

#define T "/v1/tenants/{tenant}"
static const struct web_route routes[] = {
	{ "GET", "/v1/tenants", WEB_PRIVATE, WEB_VIEWER, .handle = tenants },
	{ "GET", T "/summary", WEB_PRIVATE, WEB_VIEWER, .handle = summary },
	{ "GET", T "/errors", WEB_PRIVATE, WEB_VIEWER, .handle = errors },
	{ "GET", T "/invites", WEB_PRIVATE, WEB_VIEWER, .handle = list },
	{ "GET", T "/invites/export", WEB_PRIVATE, WEB_VIEWER, .handle = export },
	{ "GET", T "/invites/{invite}", WEB_PRIVATE, WEB_VIEWER, .handle = one },
	{ "GET", T "/batches", WEB_PRIVATE, WEB_VIEWER, .handle = batches },
	{ "GET", T "/batches/{batch}", WEB_PRIVATE, WEB_VIEWER, .handle = batch },
};

struct web_module api_invites_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
