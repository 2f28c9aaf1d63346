#include "cmd_top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "cli.h"
#include "guard.h"
#include "kafka_reader.h"
#include "later.h"
#include "mem.h"
#include "now.h"
#include "rates.h"
#include "routes_seen.h"
#include "routes_table.h"
#include "settings.h"
#include "term.h"
#include "told.h"

#define TURN_MS 100
#define RATE_SECONDS 10 /* what "a second" is averaged over */
#define CLEAR "\033[H\033[J"

struct top_options {
	const char *tenant, *lang_name;
	int64_t interval_s, count;
	bool json;
};

#define AT(member) offsetof(struct top_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "outcomes of this tenant only", 0, 0 },
	{ "interval", ARG_NUMBER, AT(interval_s), "SECONDS", "between two looks, 1 unless told", 1,
	  3600 },
	{ "count", ARG_NUMBER, AT(count), "N", "end after so many looks", 1, INT64_MAX },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a look", 0, 0 },
	LANG_ARG(AT(lang_name)),
};
#undef AT

static const struct args args = {
	"top",
	"[OPTION...]",
	"What the fleet does now: outcomes a second and in the last minute, errors by code, what "
	"waits and why,\nwhether Redis is whole, and how relays and providers do. Ends with "
	"Ctrl-C, or after --count looks.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* What one look shows. */
struct top {
	struct top_options o;
	enum lang lang;
	struct settings settings;
	struct kafka_reader *reader;
	struct guard *guard;
	struct rates words, codes, channels;
	struct later_stats waiting;
	json_t *routes;	 /* NULL = Redis did not tell */
	char redis[200]; /* why it is not whole; "" = it is */
};

/* ---- reading ---- */

static void take(struct top *t, const struct record *r)
{
	int64_t now = now_ms();
	struct told told;
	struct err e;

	if (told_read(r, &told, &e))
		return;
	if (!t->o.tenant || !strcmp(t->o.tenant, told.tenant)) {
		rates_add(&t->words, outcome_words[told.word].name, now);
		if (told.code && (told.word == WORD_ERROR || told.word == WORD_REFUSED))
			rates_add(&t->codes, told.code, now);
		if (told.channel && told.word == WORD_SENT)
			rates_add(&t->channels, told.channel, now);
	}
	told_clear(&told);
}

/* Until the next look is due. */
static int read_until(struct top *t, int64_t until_ms, struct err *e)
{
	struct record record;
	int64_t left_ms;

	while ((left_ms = until_ms - now_mono_ms()) > 0) {
		int r = kafka_reader_next(t->reader, left_ms < TURN_MS ? (int)left_ms : TURN_MS,
					  &record, e);

		if (r == ERR_FATAL)
			return ERR_AGAIN;
		if (r == OK)
			take(t, &record);
	}
	return OK;
}

static void look_at_redis(struct top *t)
{
	struct err e;

	t->waiting = (struct later_stats){ 0 };
	t->redis[0] = '\0';
	if (guard_ready(t->guard, &e) != OK || later_stats(t->guard, &t->waiting, &e) < 0)
		text_put(t->redis, sizeof(t->redis), e.text);
	json_decref(t->routes);
	t->routes = NULL;
	if (routes_seen(guard_redis(t->guard), t->settings.redis_prefix, &t->routes, &e))
		text_put(t->redis, sizeof(t->redis), e.text);
}

/* ---- for programs ---- */

static json_t *rates_json(const struct rates *r)
{
	json_t *o = json_object();

	for (size_t i = 0; i < r->count; i++)
		json_object_set_new(o, r->list[i].name,
				    json_pack("{sf,si,sI}", "per_s",
					      rate_per_s(r, &r->list[i], RATE_SECONDS), "minute",
					      (int)rate_minute(&r->list[i]), "total",
					      (json_int_t)r->list[i].total));
	return o;
}

static void print_json(const struct top *t)
{
	char time[NOW_TEXT_SIZE];
	json_t *reasons = json_object();

	for (size_t i = 0; i < t->waiting.nreasons; i++)
		json_object_set_new(reasons, t->waiting.reasons[i].name,
				    json_integer(t->waiting.reasons[i].waiting));
	cli_json(json_pack("{ss,sb,ss*,s{sI,sI,so},so,so,so,sO*}", "time", now_text(now_ms(), time),
			   "redis_whole", !t->redis[0], "why", t->redis[0] ? t->redis : NULL,
			   "waiting", "total", (json_int_t)t->waiting.waiting, "overdue",
			   (json_int_t)t->waiting.overdue, "reasons", reasons, "told",
			   rates_json(&t->words), "errors", rates_json(&t->codes), "sent",
			   rates_json(&t->channels), "routes", t->routes));
}

/* ---- for people ---- */

enum phrase {
	PHRASE_WAITING,
	PHRASE_OVERDUE,
	PHRASE_WHOLE,
	PHRASE_TOLD,
	PHRASE_PER_S,
	PHRASE_MINUTE,
	PHRASE_TOTAL,
	PHRASE_ERRORS,
	PHRASE_NOTHING,
	PHRASES
};

static const struct words_in phrases[PHRASES] = {
	[PHRASE_WAITING] = { { "waiting", "ожидают" } },
	[PHRASE_OVERDUE] = { { "overdue", "просрочено" } },
	[PHRASE_WHOLE] = { { "Redis is whole", "Redis в порядке" } },
	[PHRASE_TOLD] = { { "Told", "Сообщено" } },
	[PHRASE_PER_S] = { { "a second", "в секунду" } },
	[PHRASE_MINUTE] = { { "last minute", "за минуту" } },
	[PHRASE_TOTAL] = { { "since start", "с начала" } },
	[PHRASE_ERRORS] = { { "Errors", "Ошибки" } },
	[PHRASE_NOTHING] = { { "nothing yet", "пока ничего" } },
};

static const char *phrase(const struct top *t, enum phrase p)
{
	return phrases[p].in[t->lang];
}

static void add_row(struct table *table, const struct rates *r, const struct rate *one,
		    const char *name, enum tone tone)
{
	char cells[3][24];

	snprintf(cells[0], sizeof(cells[0]), "%.1f", rate_per_s(r, one, RATE_SECONDS));
	snprintf(cells[1], sizeof(cells[1]), "%u", rate_minute(one));
	snprintf(cells[2], sizeof(cells[2]), "%llu", (unsigned long long)one->total);
	table_cell(table, tone, name);
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_cell(table, TONE_PLAIN, cells[i]);
}

static void add_head(const struct top *t, struct table *table, enum phrase what)
{
	const enum phrase cells[] = { what, PHRASE_PER_S, PHRASE_MINUTE, PHRASE_TOTAL };

	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_cell(table, TONE_FAINT, phrase(t, cells[i]));
}

/* Outcomes in the order of the contract, then errors by code. */
static void print_table(const struct top *t)
{
	struct table table;

	table_init(&table, 4);
	add_head(t, &table, PHRASE_TOLD);
	for (enum outcome_word w = 0; w < WORD_COUNT; w++) {
		const struct rate *one = rates_find(&t->words, outcome_words[w].name);

		if (one)
			add_row(&table, &t->words, one, told_word(w, t->lang), told_tone(w));
	}
	if (!t->words.count)
		for (int i = 0; i < 4; i++)
			table_cell(&table, TONE_FAINT, i ? "" : phrase(t, PHRASE_NOTHING));
	if (t->codes.count)
		add_head(t, &table, PHRASE_ERRORS);
	for (size_t i = 0; i < t->codes.count; i++)
		add_row(&table, &t->codes, &t->codes.list[i], t->codes.list[i].name, TONE_BAD);
	table_print(&table);
	table_clear(&table);
}

static void print_waiting(const struct top *t)
{
	char at[TOLD_TIME_SIZE];

	printf("beckon  %s  ", told_time(now_ms(), t->lang, at));
	term_print(t->redis[0] ? TONE_BAD : TONE_GOOD,
		   t->redis[0] ? t->redis : phrase(t, PHRASE_WHOLE));
	printf("  %s %lld, %s %lld\n", phrase(t, PHRASE_WAITING), (long long)t->waiting.waiting,
	       phrase(t, PHRASE_OVERDUE), (long long)t->waiting.overdue);
	for (size_t i = 0; i < t->waiting.nreasons; i++)
		if (t->waiting.reasons[i].waiting)
			printf("  %s: %lld\n", told_waits_for(t->waiting.reasons[i].name, t->lang),
			       (long long)t->waiting.reasons[i].waiting);
	putchar('\n');
}

static void show(struct top *t)
{
	int64_t now = now_ms();

	rates_turn(&t->words, now);
	rates_turn(&t->codes, now);
	rates_turn(&t->channels, now);
	if (t->o.json) {
		print_json(t);
		return;
	}
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	print_waiting(t);
	print_table(t);
	if (json_array_size(t->routes))
		putchar('\n');
	routes_table_print(t->routes, t->lang);
	putchar('\n');
	fflush(stdout);
}

static int run(struct top *t, struct err *e)
{
	int64_t next_ms = now_mono_ms();
	int r = OK;

	for (int64_t i = 0; r == OK && (!t->o.count || i < t->o.count) && !ferror(stdout); i++) {
		next_ms += t->o.interval_s * 1000;
		r = read_until(t, next_ms, e);
		if (r != OK)
			break;
		look_at_redis(t);
		show(t);
	}
	return r;
}

int cmd_top(int argc, char **argv)
{
	struct top *t = xcalloc(1, sizeof(*t));
	struct arg_words words = { 0 };
	struct err e;
	int status, r;

	t->o.interval_s = 1;
	if (args_end(&args, argc, argv, &t->o, &words, &status)) {
		free(t);
		return status;
	}
	if (lang_read(t->o.lang_name, &t->lang, &e)) {
		free(t);
		return cli_usage("top", &e);
	}
	r = settings_open(&t->settings, &words.settings, &e);
	if (r == OK)
		r = settings_guard(&t->settings, "beckon-cli", &t->guard, &e);
	if (r == OK)
		r = kafka_reader_open(&t->reader, t->settings.kafka,
				      (const char *const *)&t->settings.topics[TOPIC_STATUS], 1,
				      false, &e);
	if (r == OK) {
		r = run(t, &e);
		kafka_reader_close(t->reader);
	}
	guard_free(t->guard);
	json_decref(t->routes);
	settings_close(&t->settings);
	free(t);
	return r ? cli_fail("top", r, &e) : CLI_GOOD;
}
