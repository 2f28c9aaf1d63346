#include "api_segments.h"

#include <string.h>

#include "letter_sample.h"
#include "letter_vars.h"
#include "mem.h"
#include "phone.h"
#include "sms_text.h"
#include "template.h"

#define TEXT_MAX_BYTES ((size_t)16384)

static const char *text_of(const json_t *data, const char *object, const char *name)
{
	return json_string_value(letter_text(data, object, name));
}

static bool goes_by_sms(const struct tenant *t, const json_t *data)
{
	const char *channel = text_of(data, NULL, "channel");

	if (t->email_only || !text_of(data, "recipient", "phone"))
		return false;
	if (channel && strcmp(channel, "auto") != 0)
		return strcmp(channel, "sms") == 0;
	return !text_of(data, "recipient", "email");
}

static const struct catalog_entry *entry_for(const struct segments_of *s, const json_t *data)
{
	struct letter_facts facts = { .delivery = "",
				      .data = data,
				      .locale = text_of(data, "recipient", "locale"),
				      .default_locale = s->tenant->default_locale };
	const struct catalog_entry *entry = letter_template(s->catalog, &facts, PART_SMS);

	return entry && entry->parts[PART_SMS] ? entry : NULL;
}

static void add_cost(struct segments_of *s, const json_t *data, unsigned segments)
{
	const struct phone_rules rules = { s->tenant->home_region, s->tenant->landlines };
	struct phone_fault fault;
	struct phone phone;
	struct cost cost = { 0 }, *sum = s->costs;

	if (tariffs_known(s->tariffs) && phone_normalise(text_of(data, "recipient", "phone"),
							 &rules, &phone, &fault, NULL) == OK) {
		struct tariffs_to to = { text_of(data, NULL, "tenant"), phone.e164, phone.region };

		cost = tariffs_estimate(s->tariffs, &to, segments, NULL);
	}
	if (!cost.currency[0]) {
		s->unpriced++;
		return;
	}
	while (sum->currency[0] && strcmp(sum->currency, cost.currency) != 0)
		sum++;
	cost.millionths += sum->millionths;
	*sum = cost;
}

void segments_add(struct segments_of *s, const json_t *data)
{
	const struct catalog_entry *entry =
		goes_by_sms(s->tenant, data) ? entry_for(s, data) : NULL;
	struct letter_sample sample = { .data = data,
					.link_base = s->tenant->link_base,
					.timezone = s->tenant->timezone,
					.now_ms = s->now_ms,
					.ttl_s = s->tenant->link_ttl_s };
	autobuf text = BUF_INIT(TEXT_MAX_BYTES);
	struct sms_count count;
	json_t *vars;
	struct err e;

	if (!entry)
		return;
	sample.kind = letter_kind_of(entry->name);
	sample.locale = entry->locale;
	vars = letter_sample_vars(&sample, entry);
	if (template_render(entry->parts[PART_SMS], vars, true, &text, &e) == OK &&
	    sms_text_count(text.data, text.len, &count, &e) == OK) {
		s->messages++;
		s->segments += (json_int_t)count.segments;
		if ((json_int_t)count.segments > s->most)
			s->most = (json_int_t)count.segments;
		add_cost(s, data, (unsigned)count.segments);
	}
	letter_vars_free(vars);
}

json_t *segments_told(const struct segments_of *s)
{
	json_t *costs = json_array();

	for (size_t i = 0; i < ARRAY_LEN(s->costs) && s->costs[i].currency[0]; i++) {
		char amount[COST_TEXT_SIZE];

		json_array_append_new(costs, json_pack("{ss,ss}", "amount",
						       cost_text(&s->costs[i], amount), "currency",
						       s->costs[i].currency));
	}
	if (!s->messages) {
		json_decref(costs);
		return NULL;
	}
	return json_pack("{sI,sI,sI,sI,so,sI}", "messages", s->messages, "segments", s->segments,
			 "most", s->most, "cap", (json_int_t)s->tenant->segment_cap, "costs", costs,
			 "unpriced", s->unpriced);
}
