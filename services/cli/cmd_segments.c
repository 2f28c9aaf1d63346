#include "cmd_segments.h"

#include <stdbool.h>
#include <stdio.h>

#include "cases.h"
#include "mem.h"
#include "phone.h"
#include "settings.h"
#include "sms_text.h"
#include "tariffs.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

struct segments_options {
	bool json, plain;
	const char *to, *tenant;
	struct phone phone;	 /* of to */
	struct tariffs *tariffs; /* NULL: nobody asks what it costs */
};

#define AT(member) offsetof(struct segments_options, member)
static const struct arg list[] = {
	{ "plain", ARG_FLAG, AT(plain), NULL,
	  "first write what only looks like a GSM character as one; prints the text too", 0, 0 },
	{ "to", ARG_TEXT, AT(to), "NUMBER",
	  "what it costs to send it there, as far as --config says", 0, 0 },
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "--to: whose routes are taken", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a text", 0, 0 },
};
#undef AT

static const struct args args = {
	.command = "segments",
	.synopsis = "TEXT... | - | -0 [OPTION...]",
	.about = "How long is this text as an SMS? Prints "
		 "segments<TAB>alphabet<TAB>units<TAB>units left,\n"
		 "and after another <TAB> the character that makes it UCS-2, if it is.\n"
		 "One text an argument; - reads one a line from standard input, -0 reads them "
		 "separated by NUL.\n"
		 "Ends with 1 where something is no text.\n"
		 "With --to the cost follows the units left, such as 0.091 EUR by twilio, or - "
		 "where the\n"
		 "configuration does not say what providers ask (providers: cost).",
	.list = list,
	.count = ARRAY_LEN(list),
	.settings = true,
};

static int read_number(struct segments_options *o, struct err *e)
{
	const struct phone_rules rules = { .landlines = true };
	struct phone_fault fault = { .code = NULL };
	struct err why = { "" };

	if (phone_normalise(o->to, &rules, &o->phone, &fault, &why) == OK)
		return OK;
	return err_set(e, ERR_INVALID, "--to: %s%s%s%s", why.text,
		       *fault.suggestion ? "; did you mean " : "", fault.suggestion,
		       *fault.suggestion ? "?" : "");
}

static int begin(void *ctx, const struct arg_list *words, struct err *e)
{
	struct segments_options *o = ctx;
	struct settings s;
	int r;

	if (!o->to)
		return OK;
	if (read_number(o, e) < 0)
		return ERR_INVALID;
	if (settings_open(&s, words, e) < 0)
		return ERR_FATAL;
	r = tariffs_open(&o->tariffs, s.providers, s.routes, s.providers_dir, e);
	settings_close(&s);
	return r;
}

static struct cost cost_of(const struct segments_options *o, const struct sms_count *n,
			   const char **provider)
{
	struct tariffs_to to = { o->tenant ? o->tenant : "", o->phone.e164, o->phone.region };

	return tariffs_estimate(o->tariffs, &to, (unsigned)n->segments, provider);
}

static void print_cost(const struct segments_options *o, const struct sms_count *n)
{
	const char *provider;
	struct cost c = cost_of(o, n, &provider);
	char amount[COST_TEXT_SIZE];

	if (c.currency[0])
		printf("\t%s %s by %s", cost_text(&c, amount), c.currency, provider);
	else
		printf("\t-");
}

static void print_line(const struct segments_options *o, const struct sms_count *n)
{
	char name[SMS_NAME_SIZE];

	printf("%zu\t%s\t%zu\t%zu", n->segments, sms_encoding_word(n->encoding), n->units, n->room);
	if (o->tariffs)
		print_cost(o, n);
	if (n->culprit)
		printf("\t%s at %zu", sms_text_name(n->culprit, name), n->culprit_at);
	putchar('\n');
}

static json_t *cost_json(const struct segments_options *o, const struct sms_count *n)
{
	const char *provider;
	struct cost c = cost_of(o, n, &provider);
	char amount[COST_TEXT_SIZE];

	if (!c.currency[0])
		return json_null();
	return json_pack("{ss ss ss}", "amount", cost_text(&c, amount), "currency", c.currency,
			 "provider", provider);
}

/* plain NULL: the text is as it was given. */
static void print_json(const struct segments_options *opt, const struct sms_count *n,
		       const struct buf *plain)
{
	json_t *o = json_pack("{sI ss sI sI}", "segments", (json_int_t)n->segments, "encoding",
			      sms_encoding_word(n->encoding), "units", (json_int_t)n->units, "room",
			      (json_int_t)n->room);
	char name[SMS_NAME_SIZE];

	if (n->culprit)
		json_object_set_new(o, "culprit",
				    json_pack("{ss sI}", "character",
					      sms_text_name(n->culprit, name), "at",
					      (json_int_t)n->culprit_at));
	if (opt->tariffs)
		json_object_set_new(o, "cost", cost_json(opt, n));
	if (plain)
		json_object_set_new(o, "text", json_stringn(plain->data, plain->len));
	cli_json(o);
}

static enum cli_exit bad(const struct segments_options *o, const char *why)
{
	if (o->json)
		cli_json(json_pack("{ss}", "error", why));
	else
		printf("bad\t%s\n", why);
	return CLI_BAD;
}

static enum cli_exit check(void *ctx, const char *text, size_t len)
{
	const struct segments_options *o = ctx;
	autobuf plain = BUF_INIT(4 * TEXT_MAX_BYTES);
	struct sms_count n;
	struct err e;

	if (len > TEXT_MAX_BYTES)
		return bad(o, "the text is over 1 MiB");
	buf_str(&plain, "");
	if (o->plain)
		sms_text_plain(text, len, &plain);
	if (sms_text_count(o->plain ? plain.data : text, o->plain ? plain.len : len, &n, &e) < 0)
		return bad(o, e.text);
	if (o->json) {
		print_json(o, &n, o->plain ? &plain : NULL);
		return CLI_GOOD;
	}
	print_line(o, &n);
	if (o->plain)
		printf("%.*s\n", (int)plain.len, plain.data);
	return CLI_GOOD;
}

int cmd_segments(int argc, char **argv)
{
	struct segments_options o = { 0 };
	const struct cases cases = {
		.max_bytes = TEXT_MAX_BYTES, .ctx = &o, .begin = begin, .check = check
	};
	int status = cases_run(&args, &cases, argc, argv);

	tariffs_free(o.tariffs);
	return status;
}
