#include "cmd_parked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "cloudevent.h"
#include "guard.h"
#include "later.h"
#include "mem.h"
#include "now.h"
#include "settings.h"
#include "term.h"
#include "told.h"

#define PAGE 200 /* items asked for at once: Redis serves nobody else meanwhile */
#define LIMIT_DEFAULT 100
#define TYPE_HEADER "ce_type"

struct parked_options {
	const char *tenant, *reason, *lang;
	int64_t limit;
	bool json;
};

#define AT(member) offsetof(struct parked_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "of this tenant only", 0, 0 },
	{ "reason", ARG_TEXT, AT(reason), "REASON",
	  "that wait for this only: rate_limited, quiet_hours, scheduled, retry, provider_down, "
	  "paused, outcome_unknown; reminder, ladder, receipt, expiry",
	  0, 0 },
	{ "limit", ARG_NUMBER, AT(limit), "N", "show so many, 100 unless told; 0 = all", 0,
	  INT64_MAX },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"parked",
	"[OPTION...]",
	"Shows what waits in Redis, soonest first: until when, for what reason, and which delivery "
	"or timer.\n"
	"Changes nothing. beckon send-now sends one without waiting longer.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* The type of the event that waits: a timer's. "" = it is a delivery. */
static const char *type_of(const struct later_item *item)
{
	static const size_t prefix = sizeof(CLOUDEVENT_PREFIX) - 1;

	for (size_t i = 0; i < item->header_count; i++) {
		const struct header *h = &item->headers[i];

		if (!strcmp(h->name, TYPE_HEADER) && h->value && h->len > prefix &&
		    !memcmp(h->value, CLOUDEVENT_PREFIX, prefix))
			return h->value + prefix; /* NUL follows every part of a packed item */
	}
	return "";
}

static bool wanted(const struct parked_options *o, const struct later_item *item)
{
	return (!o->tenant || (item->tenant && !strcmp(o->tenant, item->tenant))) &&
	       (!o->reason || !strcmp(o->reason, item->reason));
}

static void show_json(const struct later_leased *l)
{
	const struct later_item *item = &l->item;
	char until[NOW_TEXT_SIZE];

	cli_json(json_pack("{sssIssssss*ssssss*}", "id", item->id, "turn", (json_int_t)item->turn,
			   "until", now_text(item->due_ms, until), "reason", item->reason, "tenant",
			   item->tenant, "topic", item->topic, "key", item->key, "type",
			   type_of(item)[0] ? type_of(item) : NULL));
}

static void show(const struct later_leased *l, enum lang lang)
{
	static const char *const on_its_way[LANG_COUNT] = { "now", "сейчас" };
	bool leased = l->next_ms > l->item.due_ms;
	char until[TOLD_TIME_SIZE];

	term_cell(leased ? TONE_GOOD : TONE_PLAIN,
		  leased ? on_its_way[lang] : told_time(l->item.due_ms, lang, until), 14);
	term_cell(TONE_WARN, told_waits_for(l->item.reason, lang), 22);
	term_print(TONE_PLAIN, l->item.id);
	if (type_of(&l->item)[0]) {
		printf("  ");
		term_print(TONE_FAINT, type_of(&l->item));
	}
	putchar('\n');
}

/* Shows a page's items; returns how many. */
static int64_t show_page(const struct parked_options *o, enum lang lang, struct later_leased *page,
			 size_t n, int64_t room)
{
	int64_t shown = 0;

	for (size_t i = 0; i < n; i++) {
		if (shown < room && wanted(o, &page[i].item)) {
			if (o->json)
				show_json(&page[i]);
			else
				show(&page[i], lang);
			shown++;
		}
		later_leased_clear(&page[i]);
	}
	return shown;
}

/* A word that nothing can wait for would show nothing and mean nothing. */
static int check_reason(const char *reason, struct err *e)
{
	if (!reason || told_waits_for(reason, LANG_EN) != reason)
		return OK;
	return err_set(e, ERR_INVALID, "--reason: '%.40s' is no reason; the help names them",
		       reason);
}

static int show_all(const struct parked_options *o, enum lang lang, struct guard *g, int64_t *shown,
		    struct err *e)
{
	autofree struct later_leased *page = xcalloc(PAGE, sizeof(*page));
	int64_t limit = o->limit ? o->limit : INT64_MAX;
	struct later_cursor at = { 0 };
	size_t n = 1;

	*shown = 0;
	while (n && *shown < limit && !ferror(stdout)) {
		if (later_list(g, &at, PAGE, page, &n, e))
			return ERR_AGAIN;
		*shown += show_page(o, lang, page, n, limit - *shown);
	}
	return OK;
}

/* "100 of 2,345 shown: 2,300 rate_limited, 45 retry", on standard error: the table stays a table.
   Redis counts for everybody: who asked for a part is told that the sum is of all. */
static void sum_up(const struct later_stats *s, bool part, int64_t shown, enum lang lang)
{
	static const char *const forms[LANG_COUNT][2] = {
		{ "%lld of %lld shown", "%lld shown; of all tenants %lld wait" },
		{ "показано %lld из %lld", "показано %lld; у всех организаций ждёт %lld" },
	};
	const char *gap = ": ";

	fprintf(stderr, forms[lang][part], (long long)shown, (long long)s->waiting);
	for (size_t i = 0; i < s->nreasons; i++) {
		if (s->reasons[i].waiting <= 0)
			continue;
		fprintf(stderr, "%s%lld %s", gap, (long long)s->reasons[i].waiting,
			s->reasons[i].name[0] ? s->reasons[i].name : "-");
		gap = ", ";
	}
	fputc('\n', stderr);
}

static int run(const struct parked_options *o, enum lang lang, struct guard *g, struct err *e)
{
	struct later_stats stats;
	int64_t shown;

	if (later_stats(g, &stats, e) || show_all(o, lang, g, &shown, e))
		return ERR_AGAIN;
	sum_up(&stats, o->tenant || o->reason, shown, lang);
	return OK;
}

int cmd_parked(int argc, char **argv)
{
	struct parked_options o = { .limit = LIMIT_DEFAULT };
	struct arg_words words = { 0 };
	struct settings s;
	struct guard *g;
	enum lang lang;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (lang_read(o.lang, &lang, &e) || check_reason(o.reason, &e))
		return cli_usage("parked", &e);
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("parked", ERR_FATAL, &e);
	r = settings_guard_ready(&s, "beckon-parked", &g, &e);
	if (r == OK) {
		r = run(&o, lang, g, &e);
		guard_free(g);
	}
	settings_close(&s);
	return r ? cli_fail("parked", r, &e) : CLI_GOOD;
}
