#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "kafka_admin.h"
#include "mem.h"

#define TIMEOUT_MS 10000
#define VALUE_MAX 64
#define DAY_MS (24ll * 60 * 60 * 1000)

static void say(const struct findings *f, enum judgement j, const char *what, const char *remedy)
{
	f->add(f->ctx, j, what, j == FINDING_OK ? "" : remedy);
}

enum judgement doctor_judge_retention(const struct topic_rule *rule, const char *cleanup, const char *retention_ms)
{
	int64_t kept = strtoll(retention_ms, NULL, 10);
	bool compacts = strstr(cleanup, "compact") != NULL;
	bool deletes = strstr(cleanup, "delete") != NULL;

	if (!*cleanup || !*retention_ms)
		return FINDING_WARN;
	if (!rule->retention_ms) /* the latest of each key, and that for ever */
		return compacts && (!deletes || kept < 0) ? FINDING_OK : FINDING_BAD;
	if (compacts) /* older facts would go while the newest are kept */
		return FINDING_BAD;
	return kept < 0 || kept >= rule->retention_ms ? FINDING_OK : FINDING_BAD;
}

static const char *read_config(const struct settings *s, const char *topic, const char *name, char out[VALUE_MAX])
{
	if (kafka_topic_config(s->kafka, topic, name, out, VALUE_MAX, NULL))
		out[0] = '\0';
	return out;
}

static void check_clock(const struct settings *s, const char *topic, const struct findings *f)
{
	char value[VALUE_MAX];
	autofree char *what = xasprintf("topic %s: time", topic);
	autofree char *remedy = xasprintf("message.timestamp.type is '%s'; with an old timestamp the broker deletes a "
					  "record it has just taken: kafka-configs.sh --alter --topic %s --add-config "
					  "message.timestamp.type=%s",
					  read_config(s, topic, "message.timestamp.type", value), topic,
					  TOPICS_TIMESTAMP_TYPE);
	bool good = !strcmp(value, TOPICS_TIMESTAMP_TYPE);

	say(f, good ? FINDING_OK : *value ? FINDING_BAD : FINDING_WARN, what, remedy);
}

static void check_retention(const struct settings *s, const char *topic, const struct topic_rule *rule,
			    const struct findings *f)
{
	char cleanup[VALUE_MAX], kept[VALUE_MAX], wanted[VALUE_MAX] = "";
	autofree char *what = xasprintf("topic %s: retention", topic);
	enum judgement j = doctor_judge_retention(rule, read_config(s, topic, "cleanup.policy", cleanup),
						  read_config(s, topic, "retention.ms", kept));

	if (rule->retention_ms)
		snprintf(wanted, sizeof(wanted), ",retention.ms=%" PRId64, rule->retention_ms);
	autofree char *remedy = xasprintf("cleanup.policy '%s', retention.ms '%s': what is needed later would be gone; "
					  "kafka-configs.sh --alter --topic %s --add-config cleanup.policy=%s%s",
					  cleanup, kept, topic, rule->cleanup, wanted);

	say(f, j, what, remedy);
}

/* True = the topic can be asked more. */
static bool check_there(const struct settings *s, const char *topic, const struct findings *f, int *kind)
{
	autofree char *what = xasprintf("topic %s", topic);
	struct err e = { "" };
	int64_t records;

	*kind = kafka_topic_records(s->kafka, topic, TIMEOUT_MS, &records, &e);
	if (*kind)
		say(f, FINDING_BAD, what, e.text);
	return *kind == OK;
}

void doctor_topics(const struct settings *s, const struct findings *f)
{
	int kind = OK;

	for (size_t i = 0; i < TOPIC_COUNT && kind != ERR_AGAIN; i++) {
		if (!check_there(s, s->topics[i], f, &kind))
			continue;
		check_clock(s, s->topics[i], f);
		check_retention(s, s->topics[i], &topic_rules[i], f);
	}
}
