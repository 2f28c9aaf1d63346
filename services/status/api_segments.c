#include "api_segments.h"

#include <string.h>

#include "kept.h"
#include "letter_sample.h"
#include "letter_vars.h"
#include "mem.h"
#include "sms_text.h"
#include "template.h"

#define TEXT_MAX_BYTES ((size_t)16384)

static const struct catalog_entry *entry_for(const struct segments_of *s, const struct kept *k)
{
	struct letter_facts facts = { .delivery = "",
				      .data = k->data,
				      .locale = k->request.recipient.locale,
				      .default_locale = s->tenant->default_locale };
	const struct catalog_entry *entry = letter_template(s->catalog, &facts, PART_SMS);

	return entry && entry->parts[PART_SMS] ? entry : NULL;
}

static void add_cost(struct segments_of *s, const struct kept *k, unsigned segments)
{
	struct tariffs_to to = { k->request.tenant, k->person.to, k->person.region };
	struct cost cost = { 0 }, *sum = s->costs;

	if (tariffs_known(s->tariffs))
		cost = tariffs_estimate(s->tariffs, &to, segments, NULL);
	if (!cost.currency[0]) {
		s->unpriced++;
		return;
	}
	while (sum->currency[0] && strcmp(sum->currency, cost.currency) != 0)
		sum++;
	cost.millionths += sum->millionths;
	*sum = cost;
}

static void add(struct segments_of *s, const struct kept *k, const struct catalog_entry *entry)
{
	struct letter_sample sample = { .kind = letter_kind_of(entry->name),
					.locale = entry->locale,
					.data = k->data,
					.link_base = s->tenant->link_base,
					.timezone = s->tenant->timezone,
					.now_ms = s->now_ms,
					.ttl_s = s->tenant->link_ttl_s };
	json_t *vars = letter_sample_vars(&sample, entry);
	autobuf text = BUF_INIT(TEXT_MAX_BYTES);
	struct sms_count count;
	struct err e;

	if (template_render(entry->parts[PART_SMS], vars, true, &text, &e) == OK &&
	    sms_text_count(text.data, text.len, &count, &e) == OK) {
		s->messages++;
		s->segments += (json_int_t)count.segments;
		if ((json_int_t)count.segments > s->most)
			s->most = (json_int_t)count.segments;
		add_cost(s, k, (unsigned)count.segments);
	}
	letter_vars_free(vars);
}

void segments_add(struct segments_of *s, const json_t *data)
{
	const struct kept_terms terms = { .recipient_key = "", .tenant = s->tenant };
	const struct catalog_entry *entry;
	struct kept k;
	struct err e;

	if (kept_read(json_incref((json_t *)data), &terms, &k, &e) == OK && k.person.channel &&
	    !strcmp(k.person.channel, IDS_SMS) && !k.person.code && (entry = entry_for(s, &k)))
		add(s, &k, entry);
	kept_clear(&k);
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
