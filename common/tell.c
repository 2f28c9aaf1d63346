#include "tell.h"

#include "dead.h"
#include "log.h"

static void count(struct metrics *m, const struct outcome *o)
{
	static const struct metric_family outcomes = { METRIC_COUNTER, "beckon_outcomes_total",
						       "Outcomes told, by word and error code." };
	const char *labels[] = { "word", outcome_words[o->word].name, "code",
				 o->code ? o->code : "", NULL };

	metric_add(metrics_series(m, &outcomes, labels), 1);
}

/* What only may have been taken over is not counted. */
static void count_cost(struct metrics *m, const struct outcome *o)
{
	static const struct metric_family costs = {
		METRIC_COUNTER, "beckon_cost_total",
		"Estimated cost of what was sent, in units of the currency."
	};
	const char *labels[] = { "provider", o->provider, "currency", o->cost.currency, NULL };

	if (o->word == WORD_SENT && o->provider && o->cost.currency[0])
		metric_add(metrics_series(m, &costs, labels), (double)o->cost.millionths / 1e6);
}

void tell_note(struct metrics *m, const struct outcome *o)
{
	static const struct outcome_timings none;
	const struct outcome_timings *t = o->timings ? o->timings : &none;
	const char *word = outcome_words[o->word].name, *code = o->code ? o->code : "-";

	count(m, o);
	count_cost(m, o);
	if (o->delivery && o->timings)
		log_info("ev=%s id=%s turn=%lld attempt=%lld code=%s queue_ms=%lld guard_ms=%lld "
			 "send_ms=%lld "
			 "total_ms=%lld",
			 word, o->delivery, (long long)o->turn, (long long)o->attempt, code,
			 (long long)t->queue_ms, (long long)t->guard_ms, (long long)t->send_ms,
			 (long long)t->total_ms);
	else if (o->delivery)
		log_info("ev=%s id=%s turn=%lld code=%s", word, o->delivery, (long long)o->turn,
			 code);
	else
		log_info("ev=%s invite=%s/%s code=%s", word, o->tenant ? o->tenant : "-",
			 o->invite ? o->invite : "-", code);
}

int tell_dead(struct run *r, struct work *w, const char *why, bool truncated, struct err *e)
{
	struct dead dead;
	struct kafka_message m = {
		.topic = stage_topic(r, STAGE_TOPIC_DEAD_LETTER),
		.partition = -1,
		.key = w->rec.key,
		.key_len = w->rec.key_len,
		.value = w->rec.value,
		.value_len = w->rec.value_len,
	};

	dead_fill(&dead, &w->rec, why);
	if (truncated) {
		dead_mark_truncated(&dead, &w->rec);
		if (m.value_len > DEAD_TRUNCATED_BYTES)
			m.value_len = DEAD_TRUNCATED_BYTES;
	}
	m.headers = dead.headers;
	m.header_count = dead.count;
	return stage_append(r, w, &m, e);
}
