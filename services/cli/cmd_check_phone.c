#include "cmd_check_phone.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "cases.h"
#include "mem.h"
#include "phone.h"

struct phone_options {
	const char *region, *lang;
	bool json, landlines;
	struct phone_rules rules;
	struct advice advice;
};

#define AT(member) offsetof(struct phone_options, member)
static const struct arg list[] = {
	{ "region", ARG_TEXT, AT(region), "REGION",
	  "where numbers without country code are from, such as KZ", 0, 0 },
	{ "landlines", ARG_FLAG, AT(landlines), NULL, "landlines are good as well", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a number", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	.command = "check-phone",
	.synopsis = "NUMBER... | - | -0 [OPTION...]",
	.about = "Does this phone number get SMS, and what is its normal form? It must carry its "
		 "country code,\n"
		 "with or without plus. Prints ok<TAB>number<TAB>country<TAB>type, where type "
		 "unknown means that\n"
		 "only its length is known to be right, or bad<TAB>code<TAB>what to do about "
		 "it.\n"
		 "One number an argument; - reads one a line from standard input, -0 reads them "
		 "separated by NUL.\n"
		 "Ends with 0 if all are good, 1 if some are bad.",
	.list = list,
	.count = ARRAY_LEN(list),
};

static const struct words_in meant = { { "Did you mean %s?", "Возможно, имелось в виду %s?" } };

static int begin(void *ctx, const struct arg_list *settings, struct err *e)
{
	struct phone_options *o = ctx;
	enum lang lang;

	(void)settings;
	if (lang_read(o->lang, &lang, e) < 0)
		return ERR_INVALID;
	if (o->region && !phone_region_known(o->region))
		return err_set(e, ERR_INVALID, "--region takes a country such as KZ");
	o->rules = (struct phone_rules){ o->region, o->landlines };
	advice_open(&o->advice, lang);
	return OK;
}

static void print_good(const struct phone_options *o, const struct phone *p)
{
	char shown[PHONE_SHOWN_SIZE];

	if (!o->json)
		printf("ok\t%s\t%s\t%s\n", p->e164, p->region, phone_type_word(p->type));
	else
		cli_json(json_pack("{sb ss ss si ss ss sb}", "ok", true, "number", p->e164,
				   "region", p->region, "country_code", p->country_code, "type",
				   phone_type_word(p->type), "shown", phone_show(p->e164, shown),
				   "doubtful", p->doubtful));
}

static void print_bad(const struct phone_options *o, const struct phone_fault *f)
{
	const char *text = advice_text(&o->advice, f->code);
	char remedy[2 * PHONE_SHOWN_SIZE + 64];

	snprintf(remedy, sizeof(remedy), meant.in[o->advice.lang], f->suggestion);
	if (!o->json)
		printf("bad\t%s\t%s %s\n", f->code, text,
		       *f->suggestion ? remedy : advice_remedy(&o->advice, f->code));
	else
		cli_json(json_pack("{sb ss ss* ss ss}", "ok", false, "code", f->code, "suggestion",
				   *f->suggestion ? f->suggestion : NULL, "text", text, "remedy",
				   *f->suggestion ? remedy : advice_remedy(&o->advice, f->code)));
}

static enum cli_exit check(void *ctx, const char *text, size_t len)
{
	const struct phone_options *o = ctx;
	struct phone_fault fault = { .code = "phone_bad_char" };
	struct phone p;

	if (memchr(text, '\0', len) || phone_normalise(text, &o->rules, &p, &fault, NULL) < 0) {
		print_bad(o, &fault);
		return CLI_BAD;
	}
	print_good(o, &p);
	return CLI_GOOD;
}

int cmd_check_phone(int argc, char **argv)
{
	struct phone_options o = { 0 };
	const struct cases cases = {
		.max_bytes = PHONE_TYPED_MAX, .ctx = &o, .begin = begin, .check = check
	};
	int status = cases_run(&args, &cases, argc, argv);

	advice_close(&o.advice);
	return status;
}
