/* The view from outcome to page: what is told is folded into Redis, and found by what people ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard_fixture.h"
#include "view_batch.h"
#include "view_match.h"
#include "view_query.h"
#include "view_scan.h"

#define BASE_MS 1795000000000 /* 2026-11-18T11:06:40Z */
#define MINUTE_MS 60000

/* Invites of tenant acme, each told a minute after the one before. */
static const struct {
	const char *invite, *word, *code, *role, *batch; /* batch: id:row */
	const char *kept; /* '…' for "…"; NULL = nothing is kept */
} invites[] = {
	{ "i-1", "sent", NULL, "Editor", "spring:1",
	  "{'recipient':{'email':'Anna.Koch@example.com','name':'Anna Koch'},"
	  "'inviter':{'id':'u-1','name':'Olga Petrova'},'organisation':{'name':'Works'},"
	  "'department':'Ward Three'}" },
	{ "i-2", "held", NULL, "Editor", "spring:2",
	  "{'recipient':{'email':'bert@example.com','name':'Берта Ёлкина'}}" },
	{ "i-3", "error", "mailbox_unknown", "Viewer", "spring:3",
	  "{'recipient':{'email':'carl@example.org','name':'Carl Koch'}}" },
	{ "i-4", "accepted", NULL, "Viewer", NULL,
	  "{'recipient':{'phone':'+79051111111','name':'Dora'}}" },
	{ "i-5", "queued", NULL, NULL, NULL, NULL },
};

static void unquote(char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			*s = '"';
}

static char *outcome(size_t i, int64_t generation, const char *word)
{
	int rank = outcome_words[outcome_word_find(word)].rank;
	bool ended = outcome_words[outcome_word_find(word)].of_invitation;
	autobuf b = BUF_INIT(0);

	buf_fmt(&b,
		"{'tenant':'acme','invite':'%s','kind':'invite','word':'%s','sequence':[%d,%d,%d],"
		"'recipient_masked':'m','recipient_hash':'h%zu'",
		invites[i].invite, word, (int)generation, ended ? OUTCOME_TURN_OF_INVITATION : 1,
		rank, i);
	if (!ended)
		buf_fmt(&b, ",'delivery':'acme/%s.%d.email.0','channel':'email'", invites[i].invite,
			(int)generation);
	if (i == 0)
		buf_str(&b, ",'teams':['Night shift','Day']");
	if (invites[i].role)
		buf_fmt(&b, ",'role':'%s'", invites[i].role);
	if (invites[i].batch)
		buf_fmt(&b, ",'batch':{'id':'%.6s','row':%s}", invites[i].batch,
			invites[i].batch + 7);
	if (invites[i].code && !strcmp(word, "error"))
		buf_fmt(&b, ",'code':'%s'", invites[i].code);
	buf_str(&b, "}");
	unquote(b.data);
	return buf_take(&b);
}

static void take(struct view_batch *b, size_t i, int64_t generation, const char *word)
{
	autofree char *value = outcome(i, generation, word);
	autofree char *id = xasprintf("%s-%d-%s", invites[i].invite, (int)generation, word);
	struct header headers[] = { { "ce_id", id, strlen(id) } };
	struct record r = { .value = value,
			    .value_len = strlen(value),
			    .timestamp_ms = BASE_MS + (int64_t)i * MINUTE_MS,
			    .headers = headers,
			    .header_count = 1 };

	view_batch_take(b, &r, false);
}

static void apply(struct fixture *f, struct view_batch *b)
{
	struct err e;

	if (view_batch_apply(b, f->guards[A], &e) < 0)
		fail_msg("%s", e.text);
	view_batch_clear(b);
}

static void keep(struct fixture *f, size_t i)
{
	autofree char *key = xasprintf("beckon:r:acme/%s", invites[i].invite);
	autofree char *kept = xstrdup(invites[i].kept);
	const char *argv[] = { "SET", key, kept };
	struct err e;

	unquote(kept);
	redis_add(guard_redis(f->guards[A]), 3, argv, NULL);
	assert_int_equal(redis_run(guard_redis(f->guards[A]), &e), OK);
}

static int fill(void **state)
{
	struct view_batch b = { 0 };
	struct fixture *f;

	if (fixture_open(state) < 0)
		return -1;
	f = *state;
	for (size_t i = 0; i < ARRAY_LEN(invites); i++) {
		if (invites[i].kept)
			keep(f, i);
		if (strcmp(invites[i].word, "held") != 0)
			take(&b, i, 1, "queued");
		take(&b, i, 1, invites[i].word);
	}
	apply(f, &b);
	return 0;
}

/* Names of a page, by commas. */
static const char *names_of(const json_t *items, char *out, size_t size)
{
	size_t i, used = 0;
	json_t *row;

	out[0] = '\0';
	json_array_foreach (items, i, row)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "",
					 json_string_value(json_object_get(row, "invite")));
	return out;
}

static struct view_page list(struct fixture *f, struct view_sheets *s, struct view_query q)
{
	struct view_page page;
	struct err e;

	q.filter.tenant = "acme";
	if (view_list(s, f->guards[A], &q, &page, &e) < 0)
		fail_msg("%s", e.text);
	return page;
}

/* What is asked, and the invites that are answered, in order. */
#define STATUS(s) .filter.statuses = VIEW_BIT(s)
static const struct {
	struct view_query q;
	const char *names;
} questions[] = {
	{ { .limit = 0 }, "i-5,i-4,i-3,i-2,i-1" },
	{ { .ascending = true }, "i-1,i-2,i-3,i-4,i-5" },
	{ { STATUS(VIEW_ERROR) }, "i-3" },
	{ { .filter.statuses = VIEW_PENDING }, "i-5,i-3,i-2,i-1" },
	{ { .filter.role = "editor", .ascending = true }, "i-1,i-2" },
	{ { .filter.code = "mailbox_unknown" }, "i-3" },
	{ { .filter.batch = "spring", .sort = VIEW_BY_BATCH, .ascending = true }, "i-1,i-2,i-3" },
	{ { .filter.batch = "sprin" }, "" },
	{ { .filter.batch = "sprin*", .ascending = true }, "i-1,i-2,i-3" },
	{ { .filter.inviter = "olga*" }, "i-1" },
	{ { .filter.inviter = "petrova*" }, "" },
	{ { .filter.person = "koch", .ascending = true }, "i-1,i-3" },
	{ { .filter.person = "editor" }, "" },
	{ { .filter.invited = VIEW_YES }, "i-1" },
	{ { .filter.invited = VIEW_NO, .ascending = true }, "i-2,i-3,i-4,i-5" },
	{ { .filter.asked_again = VIEW_YES }, "" },
	{ { .filter.asked_again = VIEW_NO }, "i-5,i-4,i-3,i-2,i-1" },
	{ { .filter.role = "*", .ascending = true }, "i-1,i-2,i-3,i-4" },
	{ { .filter.phone = "+7 (905) 111-11-11" }, "i-4" },
	{ { .filter.phone = "7905111*" }, "i-4" },
	{ { .filter.phone = "+7905" }, "" },
	{ { .filter.person = "+7 905 111-11-11" }, "i-4" },
	{ { .filter.search = "+7 (905) 111" }, "i-4" },
	{ { .filter.search = "+7 (905) 112" }, "" },
	{ { .filter.email = "ANNA.koch@example.com" }, "i-1" },
	{ { .filter.phone = "+79051111111" }, "i-4" },
	{ { .filter.inviter = "olga petrova" }, "i-1" },
	{ { .filter.organisation = "works" }, "i-1" },
	{ { .filter.name = "anna koch" }, "i-1" },
	{ { .filter.name = "anna" }, "" },
	{ { .filter.kind = "password" }, "" },
	{ { .filter.channel = "sms" }, "" },
	{ { .filter.search = "anna.k" }, "i-1" },
	{ { .filter.search = "+7905" }, "i-4" },
	{ { .filter.search = "edit", .ascending = true }, "i-1,i-2" },
	{ { .filter.search = "petr" }, "i-1" },
	{ { .filter.search = "wor" }, "i-1" },
	{ { .filter.department = "ward three" }, "i-1" },
	{ { .filter.department = "ward" }, "" },
	{ { .filter.team = "night SHIFT" }, "i-1" },
	{ { .filter.team = "night" }, "" },
	{ { .filter.search = "thr" }, "i-1" },
	{ { .filter.search = "nig" }, "i-1" },
	{ { .filter.search = "spr", .ascending = true }, "i-1,i-2,i-3" },
	{ { .filter.search = "koch", .ascending = true }, "i-1,i-3" },
	{ { .filter.search = "koch carl" }, "i-3" },
	{ { .filter.search = "елк" }, "i-2" },
	{ { .filter.search = "och" }, "" },
	{ { .filter.search = "\"anna ko\"" }, "" },
	{ { .filter.search = "\"anna koch\"" }, "i-1" },
	{ { .filter.search = "example.org" }, "i-3" },
	{ { .filter.search = "example.org", .filter.masked = true }, "" },
	{ { .filter.email = "bert@example.com", .filter.masked = true }, "" },
	{ { .sort = VIEW_BY_NAME, .ascending = true }, "i-1,i-3,i-4,i-2,i-5" },
	{ { .sort = VIEW_BY_NAME }, "i-2,i-4,i-3,i-1,i-5" }, /* who has none is last either way */
	{ { .sort = VIEW_BY_STATUS, .ascending = true }, "i-2,i-5,i-1,i-3,i-4" },
	{ { .filter.sent_before_ms = BASE_MS + 1 }, "i-1" },
	{ { .filter.sent_before_ms = BASE_MS }, "" },
	{ { .filter.sent_after_ms = BASE_MS - 1 }, "i-1" },
	{ { .filter.updated_after_ms = BASE_MS + 2 * MINUTE_MS }, "i-5,i-4" },
};

static void test_questions(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	char names[200];

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		struct view_page page = list(f, s, questions[i].q);

		if (strcmp(names_of(page.items, names, sizeof(names)), questions[i].names) != 0)
			fail_msg("question %zu: %s instead of %s", i, names, questions[i].names);
		assert_int_equal(page.total, json_array_size(page.items));
		view_page_clear(&page);
	}
	view_sheets_free(s);
}

static void collect(void *ctx, const json_t *rows)
{
	json_array_extend(ctx, (json_t *)rows);
}

/* Read without a sheet the answers are the same; of what is not handed over it may be counted. */
static void test_scans(void **state)
{
	struct fixture *f = *state;
	struct view_query q;
	char names[200];
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		if (questions[i].q.sort)
			continue;
		q = questions[i].q;
		q.filter.tenant = "acme";
		for (size_t max = 0; max < 2; max++) {
			json_t *rows = json_array();
			struct view_scan s = { .filter = &q.filter,
					       .ascending = q.ascending,
					       .max = max,
					       .counts_on = true,
					       .each = collect,
					       .ctx = rows };
			size_t n = max && *questions[i].names ? strcspn(questions[i].names, ",")
							      : strlen(questions[i].names);

			if (view_scan(f->guards[A], &s, &e) < 0)
				fail_msg("%s", e.text);
			names_of(rows, names, sizeof(names));
			if (strlen(names) != n || strncmp(names, questions[i].names, n) != 0)
				fail_msg("question %zu: %s instead of %s", i, names,
					 questions[i].names);
			assert_int_equal(s.shown, json_array_size(rows));
			assert_true(max || s.total == s.shown);
			assert_true(s.total >= s.shown);
			json_decref(rows);
		}
	}
}

/* Counts are those of the filter without its status. */
static void test_counts(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	struct view_page page =
		list(f, s, (struct view_query){ STATUS(VIEW_ERROR), .filter.batch = "spring" });

	assert_int_equal(page.counts[VIEW_INVITED], 1);
	assert_int_equal(page.counts[VIEW_NOT_INVITED], 1);
	assert_int_equal(page.counts[VIEW_ERROR], 1);
	assert_int_equal(page.counts[VIEW_ACCEPTED], 0);
	assert_int_equal(page.total, 1);
	view_page_clear(&page);
	view_sheets_free(s);
}

/* Every sort, both ways, a row a page: each row once and in the order of one large page. */
static void test_pages(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);

	for (int sort = 0; sort < 2 * VIEW_SORTS; sort++) {
		struct view_query q = { .sort = (enum view_sort)(sort / 2), .ascending = sort % 2 };
		struct view_page whole = list(f, s, q);
		size_t i = 0;
		char *next = NULL;

		q.limit = 1;
		do {
			q.cursor = next;
			struct view_page page = list(f, s, q);

			free(next);
			next = page.next ? xstrdup(page.next) : NULL;
			assert_int_equal(json_array_size(page.items), 1);
			assert_true(json_equal(json_array_get(page.items, 0),
					       json_array_get(whole.items, i++)));
			view_page_clear(&page);
		} while (next);
		assert_int_equal(i, ARRAY_LEN(invites));
		view_page_clear(&whole);
	}
	view_sheets_free(s);
}

static void test_wrong_questions(void **state)
{
	static const struct view_query wrong[] = {
		{ .cursor = "" },
		{ .cursor = "12" },
		{ .cursor = "0.12" },
		{ .cursor = "1.12.i-1" }, /* the other way */
		{ .cursor = "2.12.i-1" }, /* by another column */
		{ .cursor = "x.i-1" },
		{ .cursor = "1.a/b" },
		{ .limit = VIEW_LIMIT_MAX + 1 },
		{ .sort = VIEW_BY_ADDRESS, .filter.masked = true },
		{ .filter.search = "a b c d e f g h i j k l m n o p q" },
	};
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	struct view_page page;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct view_query q = wrong[i];

		q.filter.tenant = "acme";
		assert_int_equal(view_list(s, f->guards[A], &q, &page, &e), ERR_INVALID);
	}
	view_sheets_free(s);
}

/* A sheet follows: changed, corrected, of another tenant, Redis made anew. */
static void test_follows(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	struct view_changes since = { .tenant = "acme", .since = VIEW_FROM_NOW };
	struct view_page page = list(f, s, (struct view_query){ STATUS(VIEW_NOT_INVITED) });
	struct view_batch b = { 0 };
	struct err e;

	assert_int_equal(page.total, 1);
	view_page_clear(&page);
	assert_int_equal(view_changed(f->guards[A], &since, &e), OK);
	json_decref(since.invites);
	take(&b, 1, 2, "sent");
	apply(f, &b);
	page = list(f, s, (struct view_query){ STATUS(VIEW_NOT_INVITED) });
	assert_int_equal(page.total, 0);
	view_page_clear(&page);
	page = list(f, s, (struct view_query){ STATUS(VIEW_INVITED) });
	assert_int_equal(page.total, 2);
	view_page_clear(&page);

	assert_int_equal(view_changed(f->guards[A], &since, &e), OK);
	assert_int_equal(json_array_size(since.invites), 1);
	assert_string_equal(json_string_value(json_array_get(since.invites, 0)), "i-2");
	assert_false(since.reset);
	json_decref(since.invites);
	assert_int_equal(view_changed(f->guards[A], &since, &e), OK);
	assert_int_equal(json_array_size(since.invites), 0);
	json_decref(since.invites);

	command(f, "FLUSHALL");
	bool created;
	assert_int_equal(guard_init_epoch(f->guards[A], &created, &e), OK);
	page = list(f, s, (struct view_query){ .limit = 5 });
	assert_int_equal(page.total, 0);
	view_page_clear(&page);
	assert_int_equal(view_changed(f->guards[A], &since, &e), OK);
	assert_true(since.reset);
	json_decref(since.invites);
	view_sheets_free(s);
}

/* Many at once are one piece of news for live pages, and the next one is of what changed since. */
static void test_changes_that_are_skipped(void **state)
{
	struct fixture *f = *state;
	struct view_changes all = { .tenant = "acme", .since = VIEW_FROM_NOW, .max = 2 }, live;
	struct view_batch b = { 0 };
	struct err e;

	assert_int_equal(view_changed(f->guards[A], &all, &e), OK);
	json_decref(all.invites);
	live = all;
	live.skips = true;
	for (size_t i = 0; i < 5; i++)
		take(&b, i, 3, "sent");
	apply(f, &b);
	for (size_t left = 5; left; left -= left < 2 ? left : 2) {
		assert_int_equal(view_changed(f->guards[A], &all, &e), OK);
		assert_int_equal(json_array_size(all.invites), left < 2 ? left : 2);
		json_decref(all.invites);
	}
	assert_int_equal(view_changed(f->guards[A], &live, &e), OK);
	assert_int_equal(json_array_size(live.invites), 2);
	json_decref(live.invites);
	assert_int_equal(live.since, all.since);
	take(&b, 1, 4, "sent");
	apply(f, &b);
	assert_int_equal(view_changed(f->guards[A], &live, &e), OK);
	assert_int_equal(json_array_size(live.invites), 1);
	json_decref(live.invites);
}

static void test_one(void **state)
{
	static const struct view_name name = { "acme", "i-1", false },
				      masked = { "acme", "i-1", true },
				      no = { "acme", "i-9", true };
	struct fixture *f = *state;
	json_t *one, *history;
	struct err e;

	assert_int_equal(view_one(f->guards[A], &name, &one, &e), OK);
	assert_string_equal(json_string_value(json_object_get(one, "status")), "invited");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(one, "person"), "email")),
		"Anna.Koch@example.com");
	history = json_object_get(one, "history");
	assert_int_equal(json_array_size(history), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(history, 0), "at")),
			    "2026-11-18T11:06:40.000Z");
	json_decref(one);
	assert_int_equal(view_one(f->guards[A], &masked, &one, &e), OK);
	assert_null(json_object_get(json_object_get(one, "person"), "email"));
	json_decref(one);
	assert_int_equal(view_one(f->guards[A], &no, &one, &e), OK);
	assert_null(one);
}

static int64_t number(const json_t *o, const char *a, const char *b)
{
	return json_integer_value(json_object_get(json_object_get(o, a), b));
}

static void test_batches(void **state)
{
	struct fixture *f = *state;
	json_t *all, *one;
	struct err e;

	assert_int_equal(view_batches(f->guards[A], "acme", 10, &all, &e), OK);
	assert_int_equal(json_array_size(all), 1);
	one = json_array_get(all, 0);
	assert_string_equal(json_string_value(json_object_get(one, "batch")), "spring");
	assert_string_equal(json_string_value(json_object_get(one, "state")),
			    "finished_with_errors");
	assert_int_equal(number(one, "counts", "error"), 1);
	assert_int_equal(number(one, "errors", "mailbox_unknown"), 1);
	assert_int_equal(json_integer_value(json_object_get(one, "total")), 3);
	json_decref(all);
	assert_int_equal(view_batches(f->guards[A], "nobody", 10, &all, &e), OK);
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
	assert_int_equal(view_batch(f->guards[A], "acme", "autumn", &one, &e), OK);
	assert_null(one);
	assert_int_equal(view_summary(f->guards[A], "acme", &one, &e), OK);
	assert_int_equal(json_integer_value(json_object_get(one, "total")), 5);
	json_decref(one);
	assert_int_equal(view_tenants(f->guards[A], &all, &e), OK);
	assert_string_equal(json_string_value(json_array_get(all, 0)), "acme");
	json_decref(all);
}

/* The same once more, and older ones late: nothing changes, nothing is counted twice. */
static void test_repeated(void **state)
{
	struct fixture *f = *state;
	struct view_batch b = { 0 };
	static const struct view_name name = { "acme", "i-1", false };
	json_t *before, *after, *one;
	struct err e;

	assert_int_equal(view_summary(f->guards[A], "acme", &before, &e), OK);
	for (size_t i = ARRAY_LEN(invites); i-- > 0;) {
		take(&b, i, 1, invites[i].word);
		if (strcmp(invites[i].word, "held") != 0)
			take(&b, i, 1, "queued");
	}
	apply(f, &b);
	assert_int_equal(view_summary(f->guards[A], "acme", &after, &e), OK);
	assert_true(json_equal(before, after));
	assert_int_equal(view_one(f->guards[A], &name, &one, &e), OK);
	assert_int_equal(json_array_size(json_object_get(one, "history")), 2);
	json_decref(one);
	json_decref(before);
	json_decref(after);
}

static void take_forget(struct view_batch *b, const char *invite)
{
	autofree char *value = xasprintf("{\"tenant\":\"acme\",\"invite\":\"%s\"}", invite);
	const struct header headers[] = {
		{ "ce_specversion", "1.0", 3 },
		{ "ce_id", "f", 1 },
		{ "ce_source", "t", 1 },
		{ "ce_type", "dev.beckon.invite.forget-requested", 34 },
		{ "content-type", "application/json", 16 },
	};
	struct record r = { .value = value,
			    .value_len = strlen(value),
			    .headers = headers,
			    .header_count = ARRAY_LEN(headers) };

	view_batch_take(b, &r, true);
}

/* Nobody is found any more, and still counted; of somebody unknown nothing is made. */
static void test_forgotten(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(0);
	struct view_query koch = { .filter.search = "koch" };
	struct view_batch b = { 0 };
	struct view_page page = list(f, s, koch);

	assert_int_equal(page.total, 2);
	view_page_clear(&page);
	take_forget(&b, "i-1");
	take_forget(&b, "i-8");
	apply(f, &b);
	page = list(f, s, koch);
	assert_int_equal(page.total, 1);
	view_page_clear(&page);
	page = list(f, s, (struct view_query){ STATUS(VIEW_INVITED) });
	assert_int_equal(page.total, 1);
	assert_true(json_is_true(json_object_get(json_array_get(page.items, 0), "forgotten")));
	view_page_clear(&page);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:v:acme/i-8")), 0);
	view_sheets_free(s);
}

/* Of more invites than rows those that changed last are shown. */
static void test_bounded(void **state)
{
	struct fixture *f = *state;
	struct view_sheets *s = view_sheets_new(3);
	struct view_page page = list(f, s, (struct view_query){ .limit = 0 });
	size_t total = page.total;

	view_page_clear(&page);
	page = list(f, s, (struct view_query){ .limit = 0 });
	assert_true(total <= 5 && page.total <= 3 && page.total > 0);
	view_page_clear(&page);
	view_sheets_free(s);
}

/* Two that write the same invite at once: both are in the end there. */
static void test_race(void **state)
{
	struct fixture *f = *state;
	struct view_batch one = { 0 }, two = { 0 };
	struct err e;

	for (int i = 0; i < 100; i++) { /* more than an operation takes, of one invite */
		autofree char *value = xasprintf("{\"tenant\":\"acme\",\"invite\":\"i-1\",\"word\":"
						 "\"refused\",\"sequence\":[1,0,0]}");
		autofree char *id = xasprintf("r-%d", i);
		struct header headers[] = { { "ce_id", id, strlen(id) } };
		struct record r = { .value = value,
				    .value_len = strlen(value),
				    .timestamp_ms = BASE_MS + i,
				    .headers = headers,
				    .header_count = 1 };

		view_batch_take(i % 2 ? &one : &two, &r, false);
	}
	assert_int_equal(view_batch_apply(&one, f->guards[A], &e), OK);
	assert_int_equal(view_batch_apply(&two, f->guards[B], &e), OK);
	assert_int_equal(redis_int(command(f, "LLEN beckon:vh:acme/i-1")), 102);
	view_batch_clear(&one);
	view_batch_clear(&two);
}

/* The tick "User invited": what failed, or is sent again only now, has none, whatever arrived once.
 */
static void test_ticks(void **state)
{
	static const bool ticked[VIEW_STATUSES] = { [VIEW_INVITED] = true,
						    [VIEW_EXPIRED] = true,
						    [VIEW_ACCEPTED] = true,
						    [VIEW_DECLINED] = true,
						    [VIEW_CANCELLED] = true };
	struct view_filter asked = { .tenant = "acme", .invited = VIEW_YES };
	struct view_match m;
	struct err e;

	(void)state;
	assert_int_equal(view_match_open(&m, &asked, &e), OK);
	for (int s = VIEW_WAITING; s < VIEW_STATUSES; s++) {
		struct view_row r = { .key = "i", .status = s, .invited_ms = 1 };

		assert_int_equal(view_match_row(&m, &r), ticked[s]);
		r.invited_ms = 0;
		assert_false(view_match_row(&m, &r));
	}
	view_match_clear(&m);
}

#define WITH_INVITES(test) cmocka_unit_test_setup_teardown(test, fill, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_INVITES(test_questions),
		WITH_INVITES(test_scans),
		WITH_INVITES(test_counts),
		WITH_INVITES(test_pages),
		WITH_INVITES(test_wrong_questions),
		WITH_INVITES(test_follows),
		WITH_INVITES(test_changes_that_are_skipped),
		WITH_INVITES(test_one),
		WITH_INVITES(test_batches),
		WITH_INVITES(test_repeated),
		WITH_INVITES(test_forgotten),
		WITH_INVITES(test_bounded),
		WITH_INVITES(test_race),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
