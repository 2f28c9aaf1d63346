#include "cmd_tail.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "kafka_reader.h"
#include "mem.h"
#include "now.h"
#include "settings.h"
#include "term.h"
#include "told.h"
#include "told_line.h"

#define TURN_MS 1000

struct tail_options {
	const char *invite, *tenant, *lang;
	struct arg_list until;
	int64_t count, timeout_s;
	bool from_start, json;
};

#define AT(member) offsetof(struct tail_options, member)
static const struct arg list[] = {
	{ "invite", ARG_TEXT, AT(invite), "ID", "of this invite only", 0, 0 },
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "of this tenant only", 0, 0 },
	{ "from-start", ARG_FLAG, AT(from_start), NULL, "everything that is kept, then what comes",
	  0, 0 },
	{ "until-word", ARG_LIST, AT(until), "OUTCOME",
	  "end after this word (sent, error, ...); may be repeated", 0, 0 },
	{ "count", ARG_NUMBER, AT(count), "N", "end after so many", 1, INT64_MAX },
	{ "timeout", ARG_NUMBER, AT(timeout_s), "SECONDS",
	  "end with 1 when the end has not come by then", 1, 1000000 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line, with the event's id as \"id\"",
	  0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"tail",
	"[OPTION...]",
	"Shows outcomes as they are told: when, what, of which invite, to whom, why.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

static bool wanted(const struct tail_options *o, const struct told *t)
{
	return (!o->invite || !strcmp(o->invite, t->invite)) &&
	       (!o->tenant || !strcmp(o->tenant, t->tenant));
}

static void print_json(struct told *t)
{
	json_object_set_new(t->event.data, "id", json_string(t->event.id));
	cli_json(json_incref(t->event.data));
}

/* True: this was what was waited for. */
static bool show(const struct tail_options *o, enum lang lang, struct told *t, int64_t *shown)
{
	bool last = false;

	if (o->json)
		print_json(t);
	else
		told_line(t, lang);
	for (size_t i = 0; i < o->until.count; i++)
		last |= !strcmp(o->until.items[i], outcome_words[t->word].name);
	return ++*shown == o->count || last;
}

static int follow(const struct tail_options *o, enum lang lang, struct kafka_reader *k,
		  struct err *e)
{
	int64_t shown = 0, end_ms = o->timeout_s ? now_mono_ms() + o->timeout_s * 1000 : INT64_MAX;
	bool last = false;
	struct record record;
	struct told t;
	int r = OK;

	while (!last && r != ERR_FATAL && !ferror(stdout)) {
		if (now_mono_ms() >= end_ms)
			return err_set(e, ERR_INVALID, "%lld s have passed",
				       (long long)o->timeout_s);
		r = kafka_reader_next(k, TURN_MS, &record, e);
		if (r != OK || told_read(&record, &t, e))
			continue;
		last = wanted(o, &t) && show(o, lang, &t, &shown);
		told_clear(&t);
	}
	return r == ERR_FATAL ? ERR_AGAIN : OK;
}

static bool words_known(const struct arg_list *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (outcome_word_find(words->items[i]) != WORD_COUNT)
			continue;
		fprintf(stderr, "beckon tail: '%s' is no word of an outcome:", words->items[i]);
		for (int w = 0; w < WORD_COUNT; w++)
			fprintf(stderr, " %s", outcome_words[w].name);
		fputc('\n', stderr);
		return false;
	}
	return true;
}

int cmd_tail(int argc, char **argv)
{
	struct tail_options o = { 0 };
	struct arg_words words = { 0 };
	struct kafka_reader *k;
	struct settings s;
	enum lang lang;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (!words_known(&o.until))
		return CLI_USAGE;
	if (lang_read(o.lang, &lang, &e))
		return cli_usage("tail", &e);
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("tail", ERR_FATAL, &e);
	r = kafka_reader_open(&k, s.kafka, (const char *const *)&s.topics[TOPIC_STATUS], 1,
			      o.from_start, &e);
	if (r == OK) {
		r = follow(&o, lang, k, &e);
		kafka_reader_close(k);
	}
	settings_close(&s);
	return r ? cli_fail("tail", r, &e) : CLI_GOOD;
}
