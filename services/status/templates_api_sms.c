/* The SMS of a template: how long it is, and what it costs to whom. */
#include <string.h>

#include "api_words.h"
#include "letter_vars.h"
#include "sms_worst.h"
#include "templates_api_priv.h"

static void refuse(const struct preview *p, const json_t *words, const char *code,
		   struct http_response *a)
{
	json_t *more = json_pack("{ss,ss}", "code", code, "where", "/phone");

	api_words_add(words, web_lang(p->q), more);
	json_object_del(more, "code");
	web_problem_more(a, 422, code, "phone is no number that an SMS could go to", more);
}

bool preview_number(struct preview *p, const json_t *words, struct http_response *a)
{
	const struct phone_rules rules = { p->tenant->home_region, p->tenant->landlines };
	const char *said = web_text(p->q, "phone"), *typed = said, *home = p->tenant->home_region;
	struct phone_fault fault;
	char number[PHONE_SIZE];

	if (!tariffs_known(p->tariffs) && !said)
		return true;
	if (!typed)
		typed = json_string_value(letter_text(p->data, "recipient", "phone"));
	if (!typed)
		typed = phone_example(home ? home : PHONE_HOME_REGION, number);
	if (phone_normalise(typed, &rules, &p->to, &fault, NULL) == OK || !said)
		return true;
	refuse(p, words, fault.code, a);
	return false;
}

/* What so many segments cost, the worst case beside it; null where nobody knows. */
static json_t *cost_of(const struct preview *p, size_t segments, size_t worst)
{
	struct tariffs_to to = { p->q->tenant, p->to.e164, p->to.region };
	char amount[COST_TEXT_SIZE], most[COST_TEXT_SIZE];
	const char *provider;
	struct cost cost, dearest;

	if (!tariffs_known(p->tariffs) || !p->to.e164[0])
		return json_null();
	cost = tariffs_estimate(p->tariffs, &to, (unsigned)segments, &provider);
	if (!cost.currency[0])
		return json_null();
	dearest = tariffs_estimate(p->tariffs, &to, (unsigned)worst, NULL);
	return json_pack("{ss,ss,ss,ss}", "amount", cost_text(&cost, amount), "worst",
			 cost_text(&dearest, most), "currency", cost.currency, "provider",
			 provider);
}

json_t *preview_sms(const struct preview *p, const struct catalog_entry *entry, const char *text)
{
	struct sms_count count, usual, worst;
	const char *base = p->tenant->link_base;
	char name[SMS_NAME_SIZE];
	size_t most;
	struct err e;
	json_t *o;

	if (sms_text_count(text, strlen(text), &count, &e) < 0)
		return json_null();
	most = count.segments;
	o = json_pack("{ss,sI,sI,sI}", "encoding", sms_encoding_word(count.encoding), "segments",
		      (json_int_t)count.segments, "units", (json_int_t)count.units, "cap",
		      (json_int_t)p->tenant->segment_cap);
	if (count.culprit)
		json_object_set_new(o, "culprit", json_string(sms_text_name(count.culprit, name)));
	if (sms_worst_count(entry, base, SMS_USUAL, &usual, &e) == OK &&
	    sms_worst_count(entry, base, SMS_WORST, &worst, &e) == OK) {
		most = worst.segments;
		json_object_update_new(o, json_pack("{sI,sI}", "usual", (json_int_t)usual.segments,
						    "worst", (json_int_t)worst.segments));
	}
	json_object_set_new(o, "cost", cost_of(p, count.segments, most));
	if (p->to.region[0])
		json_object_set_new(o, "country", json_string(p->to.region));
	return o;
}
