#include "cmd_topics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "kafka_admin.h"
#include "mem.h"
#include "settings.h"
#include "term.h"
#include "topics.h"

#define TIMEOUT_MS 10000
#define CONFIG_MAX 5
#define VALUE_MAX 32
#define LIST_COLUMNS 6
#define DAY_MS (24ll * 60 * 60 * 1000)

struct topics_options {
	int64_t partitions, replication;
	bool json;
};

#define O struct topics_options
static const struct arg list[] = {
	{ "partitions", ARG_NUMBER, offsetof(O, partitions), "N",
	  "of each topic, 24 unless told; never changed later", 1, 10000 },
	{ "replication", ARG_NUMBER, offsetof(O, replication), "N",
	  "copies of each record, 3 unless told", 1, 100 },
	{ "json", ARG_FLAG, offsetof(O, json), NULL, "one JSON object a line", 0, 0 },
};
#undef O

static const struct args args = {
	"topics",
	"create|list [OPTION...]",
	"create: makes the topics of an installation as the fleet's promises need them; one that "
	"exists is\n"
	"left as it is (beckon doctor judges it). list: shows them as they are.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* A topic's configuration as text; config points into values. */
struct topic_text {
	char values[CONFIG_MAX][VALUE_MAX];
	struct kafka_property config[CONFIG_MAX];
	size_t count;
};

static void add(struct topic_text *t, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct topic_text *t, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->values[t->count], VALUE_MAX, fmt, ap);
	va_end(ap);
	t->config[t->count] = (struct kafka_property){ name, t->values[t->count] };
	t->count++;
}

/* One copy fewer than all must have a record before it counts as taken, so that losing one loses
 * nothing. */
static void describe(struct topic_text *t, const struct topic_rule *rule, int64_t replication)
{
	t->count = 0;
	add(t, "message.timestamp.type", "%s", TOPICS_TIMESTAMP_TYPE);
	add(t, "cleanup.policy", "%s", rule->cleanup);
	add(t, "min.insync.replicas", "%" PRId64, replication > 1 ? replication - 1 : 1);
	if (rule->retention_ms)
		add(t, "retention.ms", "%" PRId64, rule->retention_ms);
	if (rule->max_bytes)
		add(t, "max.message.bytes", "%" PRId64, rule->max_bytes);
}

static void days(int64_t ms, char *out, size_t size)
{
	if (ms <= 0)
		snprintf(out, size, "for ever");
	else
		snprintf(out, size, "%lld days", (long long)(ms / DAY_MS));
}

static int create(const struct settings *s, const struct topics_options *o, struct table *t,
		  struct err *e)
{
	struct topic_text text;
	bool created;
	char kept[VALUE_MAX];

	for (size_t i = 0; i < TOPIC_COUNT; i++) {
		const struct topic_rule *rule = &topic_rules[i];
		struct kafka_topic topic = { s->topics[i], (int)o->partitions, (int)o->replication,
					     text.config, 0 };

		describe(&text, rule, o->replication);
		topic.nconfig = text.count;
		int r = kafka_topic_create(s->kafka, &topic, TIMEOUT_MS, &created, e);

		if (r)
			return r;
		if (o->json) {
			cli_json(json_pack("{sssb}", "topic", topic.name, "created", created));
			continue;
		}
		days(rule->retention_ms, kept, sizeof(kept));
		table_cell(t, TONE_PLAIN, topic.name);
		table_cell(t, created ? TONE_GOOD : TONE_FAINT, created ? "made" : "was there");
		table_cell(t, TONE_PLAIN, created ? rule->cleanup : "");
		table_cell(t, TONE_PLAIN, created ? kept : "");
	}
	return OK;
}

/* What is shown of a topic's configuration. */
enum shown { SHOWN_CLOCK, SHOWN_CLEANUP, SHOWN_KEPT, SHOWN_COUNT };

struct listing {
	const struct settings *settings;
	bool json;
	bool untold; /* Kafka does not tell configurations: it is not asked again */
	struct table *table;
	char values[SHOWN_COUNT][VALUE_MAX]; /* of the topic that is shown; "" = not told */
};

static void read_values(struct listing *l, const char *topic)
{
	static const char *const names[] = { [SHOWN_CLOCK] = "message.timestamp.type",
					     [SHOWN_CLEANUP] = "cleanup.policy",
					     [SHOWN_KEPT] = "retention.ms" };
	struct err e;

	for (size_t i = 0; i < SHOWN_COUNT; i++) {
		l->values[i][0] = '\0';
		if (!l->untold)
			l->untold = kafka_topic_config(l->settings->kafka, topic, names[i],
						       l->values[i], VALUE_MAX, &e) != OK;
	}
}

static const char *or_null(const char *value)
{
	return *value ? value : NULL;
}

static void show_absent(const struct listing *l, const char *topic)
{
	if (l->json)
		cli_json(json_pack("{sssb}", "topic", topic, "exists", false));
	table_cell(l->table, TONE_PLAIN, topic);
	table_cell(l->table, TONE_BAD, "is not there");
	for (int i = 2; i < LIST_COLUMNS; i++)
		table_cell(l->table, TONE_PLAIN, "");
}

static void show(const struct listing *l, const char *topic, const struct kafka_size *size)
{
	const char *kept_ms = l->values[SHOWN_KEPT], *cleanup = l->values[SHOWN_CLEANUP];
	char partitions[VALUE_MAX], records[VALUE_MAX], kept[VALUE_MAX] = "";

	if (l->json)
		cli_json(json_pack(
			"{sssbsisIss?ss?so}", "topic", topic, "exists", true, "partitions",
			(int)size->partitions, "records", (json_int_t)size->records,
			"timestamp_type", or_null(l->values[SHOWN_CLOCK]), "cleanup",
			or_null(cleanup), "retention_ms",
			*kept_ms ? json_integer(strtoll(kept_ms, NULL, 10)) : json_null()));
	snprintf(partitions, sizeof(partitions), "%" PRId32 " partition%s", size->partitions,
		 size->partitions == 1 ? "" : "s");
	snprintf(records, sizeof(records), "%" PRId64 " record%s", size->records,
		 size->records == 1 ? "" : "s");
	if (*kept_ms)
		days(strtoll(kept_ms, NULL, 10), kept, sizeof(kept));
	table_cell(l->table, TONE_PLAIN, topic);
	table_cell(l->table, TONE_PLAIN, partitions);
	table_cell(l->table, TONE_PLAIN, records);
	table_cell(l->table, TONE_PLAIN, l->values[SHOWN_CLOCK]);
	table_cell(l->table, TONE_PLAIN, cleanup);
	table_cell(l->table, TONE_PLAIN, strcmp(cleanup, "compact") ? kept : "latest only");
}

static int show_all(struct listing *l, struct err *e)
{
	for (size_t i = 0; i < TOPIC_COUNT; i++) {
		const char *topic = l->settings->topics[i];
		struct kafka_size size;
		int r = kafka_topic_size(l->settings->kafka, topic, TIMEOUT_MS, &size, e);

		if (r && r != ERR_INVALID)
			return r;
		if (r) {
			show_absent(l, topic);
			continue;
		}
		read_values(l, topic);
		show(l, topic, &size);
	}
	if (l->untold)
		fprintf(stderr, "beckon topics: Kafka does not tell how topics are configured: a "
				"mock broker, or the user may not ask\n");
	return OK;
}

int cmd_topics(int argc, char **argv)
{
	struct topics_options o = { .partitions = 24, .replication = 3 };
	struct arg_words words = { 0 };
	struct settings s;
	struct table t;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	bool making = words.operands.count == 1 && !strcmp(words.operands.items[0], "create");

	if (!making && (words.operands.count != 1 || strcmp(words.operands.items[0], "list"))) {
		fprintf(stderr, "beckon topics: say 'create' or 'list'\n");
		return CLI_USAGE;
	}
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("topics", ERR_FATAL, &e);
	table_init(&t, making ? 4 : LIST_COLUMNS);
	struct listing listing = { .settings = &s, .json = o.json, .table = &t };

	r = making ? create(&s, &o, &t, &e) : show_all(&listing, &e);
	if (!o.json)
		table_print(&t);
	table_clear(&t);
	settings_close(&s);
	return r ? cli_fail("topics", r, &e) : CLI_GOOD;
}
