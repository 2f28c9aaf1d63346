#include "cmd_show.h"

#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "args.h"
#include "cli.h"
#include "facts.h"
#include "history.h"
#include "invites.h"
#include "mem.h"
#include "now.h"
#include "scan.h"
#include "settings.h"
#include "term.h"

struct show_options {
	const char *tenant, *lang;
	bool json;
};

#define AT(member) offsetof(struct show_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "the organisation's id; 'default' unless told", 0,
	  0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"show",
	"INVITE [OPTION...]",
	"Shows an invite: its state, how long its link lives, and everything that was told of it, "
	"with the\n"
	"reason in plain words. Reads the partition of invite-status that holds it from its start. "
	"Ends with 1\n"
	"where nothing is known of it.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* Everything one run of the command holds. */
struct showing {
	struct show_options o;
	struct invites named; /* the one */
	const char *invite;
	enum lang lang;
	struct settings settings;
	struct history history;
	struct link_facts facts;
	bool asked; /* Redis has answered: facts hold */
	struct advice advice;
};

/* ---- reading ---- */

/* Redis tells how things stand now; without it the history tells nearly as much. */
static void read_facts(struct showing *v, const char *key)
{
	struct guard *g;
	struct err e;

	if (settings_guard_ready(&v->settings, "beckon-show", &g, &e) == OK) {
		v->asked = facts_read(g, v->settings.redis_prefix, key, &v->facts, &e) == OK;
		guard_free(g);
	}
	if (!v->asked)
		fprintf(stderr, "beckon show: %s; the state is that of the last outcome\n", e.text);
}

static int take(void *ctx, const struct record *record, struct err *e)
{
	struct showing *v = ctx;
	struct told t;

	if (told_read(record, &t, e))
		return OK;
	if (!strcmp(t.tenant, v->o.tenant) && !strcmp(t.invite, v->invite))
		history_take(&v->history, &t);
	else
		told_clear(&t);
	return OK;
}

/* ---- telling ---- */

static const char *state_of(const struct showing *v)
{
	const struct told *last = history_state(&v->history);

	if (v->asked && v->facts.known)
		return v->facts.state;
	return last ? outcome_words[last->word].name : "";
}

static int64_t generation_of(const struct showing *v)
{
	const struct told *last = history_state(&v->history);
	int64_t sequence[3] = { 0 };

	if (v->asked && v->facts.known)
		return v->facts.generation;
	if (last)
		history_sequence(last, sequence);
	return sequence[0];
}

static void print_json(const struct showing *v)
{
	json_t *told = json_array(), *o;
	char time[NOW_TEXT_SIZE];

	for (size_t i = 0; i < v->history.count; i++) {
		const struct told *t = &v->history.list[i];

		json_object_set_new(t->event.data, "id", json_string(t->event.id));
		json_object_set_new(t->event.data, "at", json_string(now_text(t->at_ms, time)));
		json_array_append(told, t->event.data);
	}
	o = json_pack("{sssssssI}", "tenant", v->o.tenant, "invite", v->invite, "state",
		      state_of(v), "generation", (json_int_t)generation_of(v));
	if (v->facts.expires_ms)
		json_object_set_new(o, "expires_at",
				    json_string(now_text(v->facts.expires_ms, time)));
	json_object_set_new(o, "history", told);
	cli_json(o);
}

/* May the link work? It is dead at once where the invitation ended before its time. */
static bool link_lives(const struct showing *v)
{
	static const enum outcome_word dead[] = { WORD_ACCEPTED, WORD_DECLINED, WORD_CANCELLED,
						  WORD_UNDELIVERED, WORD_ERROR };
	enum outcome_word word = outcome_word_find(state_of(v));

	for (size_t i = 0; i < ARRAY_LEN(dead); i++)
		if (word == dead[i])
			return false;
	return v->facts.expires_ms > v->facts.now_ms;
}

/* "Sent · acme/i-1 · generation 2 · link until 14 Mar 18:04" */
static void print_state(const struct showing *v)
{
	static const char *const generation[LANG_COUNT] = { "generation", "поколение" };
	static const char *const until[LANG_COUNT] = { "link until", "ссылка действует до" };
	enum outcome_word word = outcome_word_find(state_of(v));
	char time[TOLD_TIME_SIZE];

	if (word < WORD_COUNT)
		term_cell(told_tone(word), told_word(word, v->lang), 0);
	printf("%s/%s  %s %lld", v->o.tenant, v->invite, generation[v->lang],
	       (long long)generation_of(v));
	if (link_lives(v))
		printf("  %s %s", until[v->lang], told_time(v->facts.expires_ms, v->lang, time));
	putchar('\n');
}

/* In plain words. */
static const char *why(const struct showing *v, const struct told *t)
{
	if (!t->code || t->word == WORD_DEFERRED) /* whose words say why */
		return "";
	const char *waits = told_reason(t->code, v->lang);

	return waits != t->code ? waits : advice_text(&v->advice, t->code);
}

static void print_told(const struct showing *v, const struct told *t, struct table *table)
{
	char time[TOLD_TIME_SIZE], words[TOLD_WORDS_SIZE], generation[24];
	int64_t sequence[3];

	history_sequence(t, sequence);
	snprintf(generation, sizeof(generation), "%lld", (long long)sequence[0]);
	table_cell(table, TONE_FAINT, told_time(t->at_ms, v->lang, time));
	table_cell(table, TONE_FAINT, sequence[0] ? generation : "");
	table_cell(table, told_tone(t->word), told_words(t, v->lang, words));
	table_cell(table, TONE_PLAIN, t->masked);
	table_cell(table, TONE_PLAIN, t->code);
	table_cell(table, TONE_PLAIN, why(v, t));
}

static void print(const struct showing *v)
{
	struct table table;

	print_state(v);
	table_init(&table, 6);
	for (size_t i = 0; i < v->history.count; i++)
		print_told(v, &v->history.list[i], &table);
	table_print(&table);
	table_clear(&table);
	if (v->history.dropped)
		fprintf(stderr, "%zu older outcomes are not shown\n", v->history.dropped);
}

static int run(struct showing *v, struct err *e)
{
	char key[IDS_KEY_SIZE];
	int r;

	ids_key(v->o.tenant, v->invite, key);
	struct kafka_span span = { .topic = v->settings.topics[TOPIC_STATUS], .key = key };

	r = scan_topic(&v->settings, &span, take, v, e);
	if (r)
		return r;
	read_facts(v, key);
	if (!v->history.count && !v->facts.known)
		return err_set(e, ERR_INVALID, "nothing is known of %s; is it another --tenant's?",
			       key);
	if (v->o.json)
		print_json(v);
	else
		print(v);
	return OK;
}

static int check(struct showing *v, const struct arg_list *operands, struct err *e)
{
	if (operands->count != 1)
		return err_set(e, ERR_INVALID, "name one invite: beckon show INVITE --tenant NAME");
	if (invites_add(&v->named, operands->items[0], e) ||
	    invites_tenant(&v->named, v->o.tenant, &v->o.tenant, e))
		return ERR_INVALID;
	if (!ids_name_ok(v->o.tenant, strlen(v->o.tenant)))
		return err_set(e, ERR_INVALID, "a tenant is 1 to 64 letters, digits, _ and -");
	v->invite = v->named.list[0];
	return OK;
}

int cmd_show(int argc, char **argv)
{
	struct showing v = { 0 };
	struct arg_words words = { 0 };
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &v.o, &words, &status))
		return status;
	invites_init(&v.named);
	if (lang_read(v.o.lang, &v.lang, &e) || check(&v, &words.operands, &e)) {
		invites_clear(&v.named);
		return cli_usage("show", &e);
	}
	if (settings_open(&v.settings, &words.settings, &e)) {
		invites_clear(&v.named);
		return cli_fail("show", ERR_FATAL, &e);
	}
	history_init(&v.history);
	advice_open(&v.advice, v.lang);
	r = run(&v, &e);
	advice_close(&v.advice);
	history_clear(&v.history);
	settings_close(&v.settings);
	invites_clear(&v.named);
	return r ? cli_fail("show", r, &e) : CLI_GOOD;
}
