#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "kafka_admin.h"
#include "mem.h"

#define TIMEOUT_MS 10000
#define FIRST_TIMEOUT_MS 3000 /* until Kafka is told to be away: somebody is waiting */
#define VALUE_MAX 64
#define DAY_MS (24ll * 60 * 60 * 1000)

static void say(const struct findings *f, enum judgement j, const char *what, const char *remedy)
{
	f->add(f->ctx, j, what, j == FINDING_OK ? "" : remedy);
}

enum judgement doctor_judge_retention(const struct topic_rule *rule, const char *cleanup,
				      const char *retention_ms)
{
	int64_t kept = strtoll(retention_ms, NULL, 10);
	bool compacts = strstr(cleanup, "compact") != NULL;
	bool deletes = strstr(cleanup, "delete") != NULL;

	if (!rule->retention_ms) /* the latest of each key, and that for ever */
		return compacts && (!deletes || kept < 0) ? FINDING_OK : FINDING_BAD;
	if (compacts) /* older facts would go while the newest are kept */
		return FINDING_BAD;
	return kept < 0 || kept >= rule->retention_ms ? FINDING_OK : FINDING_BAD;
}

/* What a topic is judged by. */
struct topic_facts {
	char clock[VALUE_MAX], cleanup[VALUE_MAX], kept[VALUE_MAX], largest[VALUE_MAX];
};

static int read_facts(const struct settings *s, const char *topic, struct topic_facts *facts,
		      struct err *e)
{
	int r = kafka_topic_config(s->kafka, topic, "message.timestamp.type", facts->clock,
				   VALUE_MAX, e);

	if (r == OK)
		r = kafka_topic_config(s->kafka, topic, "cleanup.policy", facts->cleanup, VALUE_MAX,
				       e);
	if (r == OK)
		r = kafka_topic_config(s->kafka, topic, "retention.ms", facts->kept, VALUE_MAX, e);
	if (r == OK)
		r = kafka_topic_config(s->kafka, topic, "max.message.bytes", facts->largest,
				       VALUE_MAX, e);
	return r;
}

static void check_clock(const char *topic, const struct topic_facts *facts,
			const struct findings *f)
{
	autofree char *what = xasprintf("topic %s: time", topic);
	autofree char *remedy = xasprintf(
		"message.timestamp.type is '%s'; with an old timestamp the broker deletes a "
		"record it has just taken: kafka-configs.sh --alter --topic %s --add-config "
		"message.timestamp.type=%s",
		facts->clock, topic, TOPICS_TIMESTAMP_TYPE);

	say(f, strcmp(facts->clock, TOPICS_TIMESTAMP_TYPE) ? FINDING_BAD : FINDING_OK, what,
	    remedy);
}

static void check_retention(const char *topic, const struct topic_rule *rule,
			    const struct topic_facts *facts, const struct findings *f)
{
	char wanted[VALUE_MAX] = "";
	autofree char *what = xasprintf("topic %s: retention", topic);

	if (rule->retention_ms)
		snprintf(wanted, sizeof(wanted), ",retention.ms=%" PRId64, rule->retention_ms);
	autofree char *remedy = xasprintf(
		"cleanup.policy '%s', retention.ms '%s': what is needed later would be gone; "
		"kafka-configs.sh --alter --topic %s --add-config cleanup.policy=%s%s",
		facts->cleanup, facts->kept, topic, rule->cleanup, wanted);

	say(f, doctor_judge_retention(rule, facts->cleanup, facts->kept), what, remedy);
}

static void check_size(const char *topic, const struct topic_rule *rule,
		       const struct topic_facts *facts, const struct findings *f)
{
	autofree char *what = xasprintf("topic %s: size", topic);
	autofree char *remedy = xasprintf("max.message.bytes is '%s'; larger records could not be "
					  "kept whole: kafka-configs.sh --alter --topic %s "
					  "--add-config max.message.bytes=%" PRId64,
					  facts->largest, topic, rule->max_bytes);
	bool fits = strtoll(facts->largest, NULL, 10) >= rule->max_bytes;

	if (rule->max_bytes)
		say(f, fits ? FINDING_OK : FINDING_WARN, what, remedy);
}

/* OK: the next one may be asked about; ERR_INVALID: nobody tells; ERR_AGAIN: Kafka is away. */
static int check_topic(const struct settings *s, size_t i, const struct findings *f)
{
	const char *topic = s->topics[i];
	autofree char *what = xasprintf("topic %s", topic);
	struct topic_facts facts;
	struct err e = { "" };
	int64_t records;
	int r = kafka_topic_records(s->kafka, topic, i ? TIMEOUT_MS : FIRST_TIMEOUT_MS, &records,
				    &e);

	if (r) {
		say(f, FINDING_BAD, what, e.text);
		return r == ERR_INVALID ? OK : ERR_AGAIN; /* it is not there: the others may be */
	}
	if (read_facts(s, topic, &facts, &e)) {
		say(f, FINDING_WARN, "topics: configuration",
		    "Kafka does not tell it: a mock broker, or the user may not ask");
		return ERR_INVALID;
	}
	check_clock(topic, &facts, f);
	check_retention(topic, &topic_rules[i], &facts, f);
	check_size(topic, &topic_rules[i], &facts, f);
	return OK;
}

bool doctor_topics(const struct settings *s, const struct findings *f)
{
	int r = OK;

	for (size_t i = 0; i < TOPIC_COUNT && r == OK; i++)
		r = check_topic(s, i, f);
	return r != ERR_AGAIN;
}
