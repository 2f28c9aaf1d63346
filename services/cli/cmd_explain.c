#include "cmd_explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "config.h"
#include "crypto.h"
#include "explain.h"
#include "file.h"
#include "mem.h"
#include "now.h"
#include "place.h"
#include "settings_topic.h"
#include "templates_topic.h"
#include "term.h"

#define VALUE_MAX ((size_t)4096)

struct explain_options {
	const char *lang;
	bool offline, json;
};

#define AT(member) offsetof(struct explain_options, member)
static const struct arg list[] = {
	{ "offline", ARG_FLAG, AT(offline), NULL,
	  "ask neither Redis nor Kafka: an unknown invite, settings of the file", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"explain",
	"EVENT.json|- [OPTION...]",
	"What would become of this event now? Prints each rule, the value that it reads, and its "
	"verdict: ok,\n"
	"wait, no, or - for what only informs. The event is a CloudEvent in structured mode "
	"(JSON). It is read\n"
	"and decided by the dispatcher's own code; nothing is asked for and nothing changes. Ends "
	"with 1 where\n"
	"a rule says no.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

static const struct {
	const char *word;
	enum tone tone;
} rulings[] = {
	[RULING_OK] = { "ok", TONE_GOOD },
	[RULING_NOTE] = { "-", TONE_FAINT },
	[RULING_WAIT] = { "wait", TONE_WARN },
	[RULING_NO] = { "no", TONE_BAD },
};

/* ---- what rules look at ---- */

/* What the topic of settings says stands above the file; without Kafka, which is noted, the file's
   hold. */
static int open_tenants(struct explaining *v, bool *no_kafka, struct err *e)
{
	struct err why;

	if (!*no_kafka && settings_topic_read(&v->view, v->settings, &why)) {
		fprintf(stderr, "beckon explain: settings and templates of the files alone: %s\n",
			why.text);
		*no_kafka = true;
	}
	if (!v->view && settings_view_new(&v->view, v->settings->tenants, e))
		return ERR_FATAL;
	v->tenants = settings_view_tenants(v->view);
	v->pauses = settings_view_pauses(v->view);
	return OK;
}

/* Likewise, and of templates. */
static void open_catalog(struct explaining *v, bool no_kafka)
{
	autofree char *dir = v->settings->templates_dir ? xstrdup(v->settings->templates_dir)
							: place_templates();
	struct err why;

	if (dir && catalog_open(&v->catalog, dir, &why))
		fprintf(stderr, "beckon explain: templates are not looked at: %s\n", why.text);
	if (v->catalog && !no_kafka && templates_topic_lay(&v->catalog, v->settings, &why))
		fprintf(stderr, "beckon explain: the installation's templates alone: %s\n",
			why.text);
}

static int open_key(struct explaining *v, struct err *e)
{
	if (!v->settings->recipient_file)
		return OK;
	return config_secret_read(v->settings->recipient_file, &v->recipient_key, e);
}

/* ---- looking up, as the dispatcher does, without claiming ---- */

static int look_up(struct explaining *v, struct guard *g, struct err *e)
{
	v->ask.claim.coords.topic = NULL;
	guard_add_event_claim(g, &v->ask.claim);
	return guard_run(g, e);
}

static void ask_redis(struct explaining *v)
{
	struct guard *g = NULL;
	struct err why;

	if (settings_guard_ready(v->settings, "beckon-explain", &g, &why) == OK) {
		v->asked = look_up(v, g, &why) == OK;
		ask_find_kept(&v->ask, v->recipient_key ? v->recipient_key : "");
		if (v->asked && v->ask.kept.person.address_key[0])
			facts_holder(g, v->settings->redis_prefix, v->ask.kept.person.address_key,
				     v->holder, &why);
		guard_free(g);
	}
	if (!v->asked)
		fprintf(stderr, "beckon explain: %s\n", why.text);
}

static bool is_suppressed(const struct suppressions *all, const struct ask *a,
			  const struct kept_person *who)
{
	return who->recipient_hash[0] &&
	       suppressions_find(all, a->req.tenant, who->recipient_hash, a->claim.now_ms);
}

static void find_suppression(struct explaining *v)
{
	struct suppressions *all = settings_view_suppressions(v->view);

	v->ask.suppressed = is_suppressed(all, &v->ask, &v->ask.kept.person);
	v->ask.second_suppressed = is_suppressed(all, &v->ask, &v->ask.kept.second);
	suppressions_free(all);
}

static void decide_it(struct explaining *v, bool offline)
{
	struct ask *a = &v->ask;
	struct ask_terms terms = { .allow_reserved = v->settings->allow_reserved,
				   .seals = v->settings->seal_public_file != NULL,
				   .recipient_key = v->recipient_key ? v->recipient_key : "" };

	a->tenant = tenants_find(v->tenants, a->req.tenant);
	if (!offline)
		ask_redis(v);
	if (!v->asked) {
		event_claim_assume_new(&a->claim, v->now_ms);
		ask_find_kept(a, v->recipient_key ? v->recipient_key : "");
	}
	find_suppression(v);
	ask_decide(a, &terms);
}

/* ---- telling ---- */

/* True: a rule says no. */
static bool tell_all(const struct explaining *v, bool json)
{
	struct explained row = { .value = BUF_INIT(VALUE_MAX) };
	const char *rule;
	bool refused = false;

	for (size_t i = 0; (rule = explain_next(v, &i, &row));) {
		refused |= row.ruling == RULING_NO;
		if (json) {
			cli_json(json_pack("{ssssss}", "rule", rule, "value", row.value.data,
					   "verdict", rulings[row.ruling].word));
			continue;
		}
		term_cell(TONE_PLAIN, rule, 12);
		term_cell(rulings[row.ruling].tone, rulings[row.ruling].word, 4);
		term_print(TONE_PLAIN, row.value.data);
		putchar('\n');
	}
	buf_clear(&row.value);
	return refused;
}

static int explain(struct explaining *v, const struct explain_options *o, const struct buf *text,
		   struct err *e)
{
	static const char structured[] = "application/cloudevents+json";
	const struct header header = { "content-type", structured, sizeof(structured) - 1 };
	bool no_kafka = o->offline;

	v->now_ms = now_ms();
	v->work.rec = (struct record){ .value = text->data ? text->data : "",
				       .value_len = text->len,
				       .headers = &header,
				       .header_count = 1,
				       .timestamp_ms = v->now_ms };
	if (open_tenants(v, &no_kafka, e) || open_key(v, e))
		return ERR_FATAL;
	open_catalog(v, no_kafka);
	ask_read(&v->ask, &v->work);
	if (v->ask.step == ASK_CLAIM)
		decide_it(v, o->offline);
	return tell_all(v, o->json) ? CLI_BAD : CLI_GOOD;
}

static void clear(struct explaining *v)
{
	ask_clear(&v->ask);
	tenants_free(v->tenants);
	pauses_free(v->pauses);
	settings_view_free(v->view);
	catalog_free(v->catalog);
	config_secret_free(v->recipient_key);
}

static int run(const struct explain_options *o, const struct arg_words *words, struct buf *text)
{
	struct settings s;
	struct advice advice;
	struct explaining v = { .settings = &s, .advice = &advice };
	enum lang lang;
	struct err e;
	int status;

	if (lang_read(o->lang, &lang, &e))
		return cli_usage("explain", &e);
	if (crypto_init(&e) || settings_open(&s, &words->settings, &e))
		return cli_fail("explain", ERR_FATAL, &e);
	advice_open(&advice, lang);
	status = explain(&v, o, text, &e);
	if (status < 0)
		status = cli_fail("explain", status, &e);
	clear(&v);
	advice_close(&advice);
	settings_close(&s);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	struct explain_options o = { 0 };
	struct arg_words words = { 0 };
	autobuf text = BUF_INIT(RECORD_MAX_BYTES);
	struct err e;
	int status;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (words.operands.count != 1) {
		err_set(&e, ERR_INVALID, "name one file, or - for standard input");
		return cli_usage("explain", &e);
	}
	const char *path = words.operands.items[0];
	int r = strcmp(path, "-") ? file_read(path, &text, &e) : file_read_input(&text, &e);

	return r ? cli_fail("explain", r, &e) : run(&o, &words, &text);
}
