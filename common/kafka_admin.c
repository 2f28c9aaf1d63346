#include "kafka_admin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kafka_priv.h"
#include "mem.h"
#include "now.h"

#define CONFIG_TIMEOUT_MS 10000
#define LEADER_PAUSE_US 50000

/* Properties without which a tool would print or create what nobody asked for. */
static const struct kafka_property defaults[] = {
	{ "log_level", "0" },
	{ "allow.auto.create.topics", "false" },
};

/* A consumer: unlike a producer it does not make the topics it asks about. */
static rd_kafka_t *client_open(struct kafka_properties user, struct err *e)
{
	rd_kafka_conf_t *conf =
		kafka_conf_new(RD_KAFKA_CONSUMER, user, defaults, ARRAY_LEN(defaults), e);

	return conf ? kafka_client_new(RD_KAFKA_CONSUMER, conf, e) : NULL;
}

int kafka_failure(rd_kafka_resp_err_t code, struct err *e)
{
	static const rd_kafka_resp_err_t away[] = {
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR__TIMED_OUT,
		RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
		RD_KAFKA_RESP_ERR__RESOLVE,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
		RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
		RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
		RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
	};

	for (size_t i = 0; i < ARRAY_LEN(away); i++)
		if (code == away[i])
			return err_set(e, ERR_AGAIN,
				       "Kafka does not answer (%s); see kafka.bootstrap.servers",
				       rd_kafka_err2str(code));
	return err_set(e, ERR_INVALID, "Kafka: %s", rd_kafka_err2str(code));
}

int kafka_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms, int32_t *partitions,
		     struct err *e)
{
	const struct rd_kafka_metadata *all;
	rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 1, NULL, &all, timeout_ms);
	int32_t found = -1;

	if (code)
		return kafka_failure(code, e);
	for (int i = 0; i < all->topic_cnt; i++)
		if (!strcmp(all->topics[i].topic, topic))
			found = all->topics[i].partition_cnt;
	rd_kafka_metadata_destroy(all);
	if (found < 0)
		return err_set(e, ERR_INVALID,
			       "there is no topic %s; make it with 'beckon topics create'", topic);
	*partitions = found;
	return OK;
}

/* Waits for the one answer of an admin request; NULL with *kind and text when there is none. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *q, int timeout_ms, int *kind, struct err *e)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(q, timeout_ms + 1000);
	rd_kafka_resp_err_t code =
		event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;

	if (!code)
		return event;
	if (event)
		rd_kafka_event_destroy(event);
	*kind = kafka_failure(code, e);
	return NULL;
}

static int create_result(rd_kafka_event_t *event, bool *created, struct err *e)
{
	size_t n;
	const rd_kafka_topic_result_t **list =
		rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	rd_kafka_resp_err_t code =
		n ? rd_kafka_topic_result_error(list[0]) : RD_KAFKA_RESP_ERR__FAIL;
	int r;

	*created = code == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (*created || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return OK;
	r = kafka_failure(code, e);
	if (r == ERR_INVALID && n && rd_kafka_topic_result_error_string(list[0]))
		err_set(e, r, "topic %s: %s", rd_kafka_topic_result_name(list[0]),
			rd_kafka_topic_result_error_string(list[0]));
	return r;
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topic *t, struct err *e)
{
	char text[160];
	rd_kafka_NewTopic_t *made =
		rd_kafka_NewTopic_new(t->name, t->partitions, t->replication, text, sizeof(text));

	if (!made) {
		err_set(e, ERR_INVALID, "topic %s: %s", t->name, text);
		return NULL;
	}
	for (size_t i = 0; i < t->nconfig; i++)
		rd_kafka_NewTopic_set_config(made, t->config[i].name, t->config[i].value);
	return made;
}

static int create_on(rd_kafka_t *rk, rd_kafka_NewTopic_t *made, int timeout_ms, bool *created,
		     struct err *e)
{
	rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	char text[160];
	int r = ERR_FATAL;

	rd_kafka_AdminOptions_set_request_timeout(o, timeout_ms, text, sizeof(text));
	rd_kafka_CreateTopics(rk, &made, 1, o, q);
	rd_kafka_event_t *event = answer(q, timeout_ms, &r, e);

	if (event) {
		r = create_result(event, created, e);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_queue_destroy(q);
	return r;
}

int kafka_topic_create(struct kafka_properties user, const struct kafka_topic *t, int timeout_ms,
		       bool *created, struct err *e)
{
	rd_kafka_NewTopic_t *made = new_topic(t, e);
	rd_kafka_t *rk = made ? client_open(user, e) : NULL;
	int r = made ? ERR_FATAL : ERR_INVALID;
	int32_t partitions;

	if (rk) {
		/* who may not make topics, or a mock broker, can be asked this, too */
		r = kafka_partitions(rk, t->name, timeout_ms, &partitions, e);
		*created = false;
		if (r == ERR_INVALID)
			r = create_on(rk, made, timeout_ms, created, e);
		rd_kafka_destroy(rk);
	}
	if (made)
		rd_kafka_NewTopic_destroy(made);
	return r;
}

static int config_value(rd_kafka_event_t *event, const char *name, char *out, size_t size,
			struct err *e)
{
	size_t n, entries;
	const rd_kafka_ConfigResource_t **list = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &n);
	rd_kafka_resp_err_t code =
		n ? rd_kafka_ConfigResource_error(list[0]) : RD_KAFKA_RESP_ERR__FAIL;

	if (code)
		return kafka_failure(code, e);
	const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(list[0], &entries);

	for (size_t i = 0; i < entries; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entry[i]);

		if (value && !strcmp(rd_kafka_ConfigEntry_name(entry[i]), name))
			snprintf(out, size, "%s", value);
	}
	return OK;
}

int kafka_topic_config(struct kafka_properties user, const char *topic, const char *name, char *out,
		       size_t size, struct err *e)
{
	rd_kafka_t *rk = client_open(user, e);
	int r;

	if (!rk)
		return ERR_FATAL;
	rd_kafka_ConfigResource_t *asked =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	rd_kafka_AdminOptions_t *o =
		rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	char text[160];

	out[0] = '\0';
	rd_kafka_AdminOptions_set_request_timeout(o, CONFIG_TIMEOUT_MS, text, sizeof(text));
	rd_kafka_DescribeConfigs(rk, &asked, 1, o, q);
	rd_kafka_event_t *event = answer(q, CONFIG_TIMEOUT_MS, &r, e);

	if (event) {
		r = config_value(event, name, out, size, e);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_queue_destroy(q);
	rd_kafka_ConfigResource_destroy(asked);
	rd_kafka_destroy(rk);
	return r;
}

/* A partition that has just been made has no leader for a moment: asked again until the deadline.
 */
static rd_kafka_resp_err_t query_ends(rd_kafka_t *rk, const char *topic, int32_t p,
				      int64_t deadline, int64_t *low, int64_t *high)
{
	rd_kafka_resp_err_t code;
	int64_t left;

	do {
		left = deadline - now_mono_ms();
		code = rd_kafka_query_watermark_offsets(rk, topic, p, low, high,
							left > 0 ? (int)left : 1);
		if (code != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION &&
		    code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
			return code;
		usleep(LEADER_PAUSE_US);
	} while (left > 0);
	return code;
}

int kafka_topic_size(struct kafka_properties user, const char *topic, int timeout_ms,
		     struct kafka_size *out, struct err *e)
{
	rd_kafka_t *rk = client_open(user, e);
	int64_t deadline = now_mono_ms() + timeout_ms, low, high;
	struct kafka_size size = { 0 };
	int r;

	if (!rk)
		return ERR_FATAL;
	r = kafka_partitions(rk, topic, timeout_ms, &size.partitions, e);
	for (int32_t p = 0; p < size.partitions && r == OK; p++) {
		rd_kafka_resp_err_t code = query_ends(rk, topic, p, deadline, &low, &high);

		if (code)
			r = kafka_failure(code, e);
		size.records += code ? 0 : high - low;
		size.ever += code ? 0 : high;
	}
	rd_kafka_destroy(rk);
	if (r == OK)
		*out = size;
	return r;
}

int kafka_topic_records(struct kafka_properties user, const char *topic, int timeout_ms,
			int64_t *records, struct err *e)
{
	struct kafka_size size;
	int r = kafka_topic_size(user, topic, timeout_ms, &size, e);

	if (r == OK)
		*records = size.records;
	return r;
}
