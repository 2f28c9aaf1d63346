#include "cmd_doctor.h"

#include <jansson.h>
#include <stdio.h>

#include "args.h"
#include "cli.h"
#include "doctor.h"
#include "mem.h"
#include "term.h"

struct doctor_options {
	bool json;
};

static const struct arg list[] = {
	{ "json", ARG_FLAG, offsetof(struct doctor_options, json), NULL, "one JSON object a line",
	  0, 0 },
};

static const struct args args = {
	"doctor",
	"[OPTION...]",
	"Looks at Kafka, Redis, the clock, the relays, keys, templates, tenants and receipts, and "
	"tells what does not fit\n"
	"the fleet's promises: a line each of ok, warn or bad, what, and the remedy. Changes "
	"nothing. Exit code 1\n"
	"where something is bad.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

struct report {
	bool json, bad;
};

static const struct {
	const char *word;
	enum tone tone;
} words[] = {
	[FINDING_OK] = { "ok", TONE_GOOD },
	[FINDING_WARN] = { "warn", TONE_WARN },
	[FINDING_BAD] = { "bad", TONE_BAD },
};

static void add(void *ctx, enum judgement j, const char *what, const char *remedy)
{
	struct report *r = ctx;

	r->bad |= j == FINDING_BAD;
	if (r->json) {
		cli_json(json_pack("{ssssss}", "judgement", words[j].word, "what", what, "remedy",
				   remedy));
		return;
	}
	term_print(words[j].tone, words[j].word);
	putchar('\t');
	term_print(TONE_PLAIN, what);
	putchar('\t');
	term_print(TONE_PLAIN, remedy);
	putchar('\n');
	fflush(stdout);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_options o = { 0 };
	struct arg_words w = { 0 };
	struct settings s;
	struct err e;
	int status;

	if (args_end(&args, argc, argv, &o, &w, &status))
		return status;
	if (settings_open(&s, &w.settings, &e))
		return cli_fail("doctor", ERR_FATAL, &e);
	struct report r = { .json = o.json };
	struct findings f = { .add = add, .ctx = &r };

	f.no_kafka = !doctor_topics(&s, &f);
	doctor_redis(&s, &f);
	doctor_times(&s, &f);
	doctor_clock(&s, &f);
	doctor_relay(&s, &f);
	doctor_keys(&s, &f);
	doctor_templates(&s, &f);
	doctor_tenants(&s, &f);
	doctor_receipts(&s, &f);
	doctor_pauses(&s, &f);
	settings_close(&s);
	return r.bad ? CLI_BAD : CLI_GOOD;
}
