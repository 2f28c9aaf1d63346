#include "cmd_list.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "guard.h"
#include "ids.h"
#include "list_rows.h"
#include "mem.h"
#include "now.h"
#include "replay.h"
#include "settings.h"
#include "view_behind.h"
#include "view_query.h"
#include "view_scan.h"

#define PAGE 500
#define LOOK_MS 500 /* between two looks at what has changed */

struct list_options {
	struct view_filter filter;
	const char *status, *sort, *sent_before, *lang;
	int64_t limit;
	bool ascending, csv, json, follow;
};

#define AT(member) offsetof(struct list_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(filter.tenant), "NAME",
	  "the organisation's id; 'default' unless told", 0, 0 },
	{ "status", ARG_TEXT, AT(status), "STATUS",
	  "not_invited, waiting, invited, error, expired, accepted, declined, cancelled, or "
	  "pending; "
	  "by commas",
	  0, 0 },
	{ "search", ARG_TEXT, AT(filter.search), "WORDS",
	  "words that begin a word of address, phone, name, role, department, team, inviter, "
	  "organisation or batch; \"in quotes\" as a whole",
	  0, 0 },
	{ "email", ARG_TEXT, AT(filter.email), "ADDRESS", "exactly this one", 0, 0 },
	{ "phone", ARG_TEXT, AT(filter.phone), "NUMBER", "exactly this one", 0, 0 },
	{ "name", ARG_TEXT, AT(filter.name), "NAME", "exactly this one", 0, 0 },
	{ "role", ARG_TEXT, AT(filter.role), "NAME", "of this role", 0, 0 },
	{ "department", ARG_TEXT, AT(filter.department), "NAME", "of this department", 0, 0 },
	{ "team", ARG_TEXT, AT(filter.team), "NAME", "of this team", 0, 0 },
	{ "inviter", ARG_TEXT, AT(filter.inviter), "NAME", "who has invited", 0, 0 },
	{ "organisation", ARG_TEXT, AT(filter.organisation), "NAME", "of this organisation", 0, 0 },
	{ "batch", ARG_TEXT, AT(filter.batch), "ID", "of this import or batch", 0, 0 },
	{ "code", ARG_TEXT, AT(filter.code), "CODE", "why it was not sent, or waits", 0, 0 },
	{ "kind", ARG_TEXT, AT(filter.kind), "invite|password",
	  "invitations or password messages only", 0, 0 },
	{ "channel", ARG_TEXT, AT(filter.channel), "email|sms", "by this channel only", 0, 0 },
	{ "sent-before", ARG_TEXT, AT(sent_before), "TIME",
	  "sent before then: 2025-03-14T18:00:00Z, or longer ago than 12h, 7d", 0, 0 },
	{ "sort", ARG_TEXT, AT(sort), "COLUMN",
	  "updated (unless told), name, address, role, department, team, inviter, organisation, "
	  "batch, status, sent, expires, invited, requested",
	  0, 0 },
	{ "ascending", ARG_FLAG, AT(ascending), NULL, "the smallest or oldest first", 0, 0 },
	{ "limit", ARG_NUMBER, AT(limit), "N", "so many, 100 unless told; 0 = all", 0, INT64_MAX },
	{ "csv", ARG_FLAG, AT(csv), NULL, "CSV with a line of names; all unless --limit is told", 0,
	  0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
	{ "follow", ARG_FLAG, AT(follow), NULL, "go on with each invite that changes", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"list",
	"[OPTION...]",
	"Shows how the invites of an organisation stand, those that changed last first: who, what, "
	"until when.\n"
	"As they changed they are shown as they are read, however many; to sort by a column reads "
	"all first.\n"
	"Reads what beckon-status keeps in Redis, people's addresses among it. beckon show INVITE "
	"tells more of one.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* Everything one run of the command holds. */
struct listing {
	struct list_options o;
	struct view_query query;
	struct list_print print;
	struct guard *guard;
	enum view_reading reading; /* before the list was read */
};

/* ---- the list ---- */

/* What was found of it. */
struct found {
	size_t shown, total;
	const size_t *counts;
};

static const char *const status_words[VIEW_STATUSES][LANG_COUNT] = {
	[VIEW_NOT_INVITED] = { "Not invited", "Не приглашены" },
	[VIEW_WAITING] = { "Waiting", "Ожидают отправки" },
	[VIEW_INVITED] = { "Invited", "Приглашены" },
	[VIEW_ERROR] = { "Error", "Ошибка" },
	[VIEW_EXPIRED] = { "Expired", "Срок истёк" },
	[VIEW_ACCEPTED] = { "Accepted", "Приняли" },
	[VIEW_DECLINED] = { "Declined", "Отказались" },
	[VIEW_CANCELLED] = { "Cancelled", "Отменены" },
};

/* "100 of 2345 shown: Invited 2000, Error 345", on standard error: the table stays a table. */
static void sum_up(const struct listing *v, const struct found *f)
{
	static const char *const forms[LANG_COUNT] = { "%zu of %zu shown", "показано %zu из %zu" };
	const char *gap = ": ";

	fprintf(stderr, forms[v->print.lang], f->shown, f->total);
	for (int s = 0; s < VIEW_STATUSES; s++) {
		if (!f->counts[s])
			continue;
		fprintf(stderr, "%s%s %zu", gap, status_words[s][v->print.lang], f->counts[s]);
		gap = ", ";
	}
	fputc('\n', stderr);
}

/* What is empty just now may be full in a moment. */
static void say_behind(const struct listing *v)
{
	static const struct words_in words[] = {
		[VIEW_IS_READING] = { { "what was told is still being read: there may be more",
					"сообщённое ещё читается: может быть показано не всё" } },
		[VIEW_NOBODY_READS] = { { "no beckon-status reads what is told: this may be old",
					  "beckon-status не работает: данные могли устареть" } },
	};

	if (v->reading != VIEW_READ)
		fprintf(stderr, "%s\n", words[v->reading].in[v->print.lang]);
}

static void print_some(void *ctx, const json_t *rows)
{
	struct listing *v = ctx;

	list_rows_print(&v->print, rows);
	v->print.head = false;
}

static void end_list(struct listing *v, const struct found *f)
{
	json_t *none = json_array();

	if (v->print.head) /* nothing was found: the columns alone */
		print_some(v, none);
	json_decref(none);
	if (!v->o.csv)
		sum_up(v, f);
	say_behind(v);
}

/* By the last change: read as it is shown, a page at a time. */
static int show_changes(struct listing *v, struct err *e)
{
	struct view_scan s = { .filter = &v->query.filter,
			       .ascending = v->query.ascending,
			       .max = (size_t)v->o.limit,
			       .counts_on = !v->o.csv,
			       .each = print_some,
			       .ctx = v };
	int r = view_scan(v->guard, &s, e);

	if (r == OK)
		end_list(v, &(struct found){ s.shown, s.total, s.counts });
	return r;
}

/* By a column: all are compared, so all are read first. */
static int show_sorted(struct listing *v, struct err *e)
{
	size_t left = v->o.limit ? (size_t)v->o.limit : SIZE_MAX, shown = 0;
	struct view_sheets *sheets = view_sheets_new(0);
	struct view_page page = { 0 };
	autofree char *cursor = NULL;
	bool more = true;
	int r = OK;

	while (more && left && !ferror(stdout)) {
		v->query.limit = left < PAGE ? left : PAGE;
		v->query.cursor = cursor;
		view_page_clear(&page);
		r = view_list(sheets, v->guard, &v->query, &page, e);
		if (r < 0)
			break;
		print_some(v, page.items);
		shown += json_array_size(page.items);
		left -= json_array_size(page.items);
		more = page.next != NULL;
		mem_free_at(&cursor);
		cursor = page.next ? xstrdup(page.next) : NULL;
	}
	if (r == OK)
		end_list(v, &(struct found){ shown, page.total, page.counts });
	view_page_clear(&page);
	view_sheets_free(sheets);
	return r;
}

static int show_all(struct listing *v, struct err *e)
{
	return v->query.sort == VIEW_BY_UPDATED ? show_changes(v, e) : show_sorted(v, e);
}

/* ---- what changes ---- */

static int show_changed(struct listing *v, struct view_changes *c, struct err *e)
{
	json_t *rows = NULL;
	int r = view_scan_names(v->guard, &v->query.filter, c->invites, &rows, e);

	if (r == OK && json_array_size(rows))
		list_rows_print(&v->print, rows);
	json_decref(rows);
	json_decref(c->invites);
	return r;
}

static int follow(struct listing *v, struct view_changes *c, struct err *e)
{
	int r = OK;

	while (r == OK && !ferror(stdout)) {
		poll(NULL, 0, LOOK_MS);
		if (guard_ready(v->guard, e) < 0 || view_changed(v->guard, c, e) < 0)
			return ERR_AGAIN;
		if (json_array_size(c->invites))
			r = show_changed(v, c, e);
		else
			json_decref(c->invites);
	}
	return r;
}

static int run(struct listing *v, struct err *e)
{
	struct view_changes since = { .tenant = v->o.filter.tenant, .since = VIEW_FROM_NOW };
	int r = view_changed(v->guard, &since, e);

	if (r < 0)
		return r;
	json_decref(since.invites);
	r = view_behind(v->guard, &v->reading, e);
	if (r == OK)
		r = show_all(v, e);
	return r == OK && v->o.follow ? follow(v, &since, e) : r;
}

/* ---- the command ---- */

static int find_sort(const char *word, enum view_sort *out, struct err *e)
{
	int s = 0;

	while (word && s < VIEW_SORTS && strcmp(view_sorts[s], word) != 0)
		s++;
	if (s == VIEW_SORTS)
		return err_set(e, ERR_INVALID, "'%s' is no column to sort by", word);
	*out = (enum view_sort)s;
	return OK;
}

static int read_options(struct listing *v, struct err *e)
{
	struct view_filter *f = &v->o.filter;

	if (lang_read(v->o.lang, &v->print.lang, e))
		return ERR_INVALID;
	if (!ids_name_ok(f->tenant, strlen(f->tenant)))
		return err_set(e, ERR_INVALID, "a tenant is 1 to 64 letters, digits, _ and -");
	if (v->o.csv && v->o.json)
		return err_set(e, ERR_INVALID, "--csv or --json, not both");
	if (v->o.status && !view_statuses_read(v->o.status, &f->statuses))
		return err_set(e, ERR_INVALID, "'%s': beckon list --help names the statuses",
			       v->o.status);
	if (v->o.sent_before && replay_since(v->o.sent_before, now_ms(), &f->sent_before_ms, e))
		return ERR_INVALID;
	if (v->o.limit < 0)
		v->o.limit = v->o.csv ? 0 : 100;
	v->print.form = v->o.csv ? LIST_CSV : v->o.json ? LIST_JSON : LIST_TABLE;
	v->print.head = true;
	v->query.filter = *f;
	v->query.ascending = v->o.ascending;
	return find_sort(v->o.sort, &v->query.sort, e);
}

int cmd_list(int argc, char **argv)
{
	struct listing v = { .o = { .filter.tenant = "default", .limit = -1 } };
	struct arg_words words = { 0 };
	struct settings s;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &v.o, &words, &status))
		return status;
	if (read_options(&v, &e))
		return cli_usage("list", &e);
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("list", ERR_FATAL, &e);
	r = settings_guard_ready(&s, "beckon-list", &v.guard, &e);
	if (r == OK) {
		r = run(&v, &e);
		guard_free(v.guard);
	}
	settings_close(&s);
	return r ? cli_fail("list", r, &e) : CLI_GOOD;
}
