#include "kafka_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "mem.h"
#include "nearest.h"
#include "now.h"

#define NO_FOLDER "/dev/null"
#define ASK_FIRST_MS 500 /* a connection that is lost and made again is no news */
#define ASK_EVERY_MS 1000
#define ASK_WAIT_MS 100 /* the loop stands still for so long */

/* Promises rest on these: a user who sets one is told so instead of being given a silent surprise.
 */
static const char *const fixed[] = {
	"acks",
	"request.required.acks",
	"enable.idempotence",
	"enable.auto.offset.store",
	"transactional.id",
	"partitioner",
	"message.timeout.ms",
	"delivery.timeout.ms",
	"group.id",
	"group.instance.id",
	"enable.auto.commit",
	"auto.offset.reset",
};

/* Properties of the other kind of client in a list that serves both. */
static const char *const producer_only[] = {
	"linger.ms",	      "queue.buffering.",	  "batch.",
	"compression.",	      "message.send.max.retries", "retries",
	"request.timeout.ms", "sticky.partitioning.",	  "enable.gapless.guarantee",
	"delivery.report.",
};
static const char *const consumer_only[] = {
	"session.timeout.ms",
	"heartbeat.interval.ms",
	"max.poll.interval.ms",
	"partition.assignment.strategy",
	"fetch.",
	"queued.",
	"auto.commit.",
	"isolation.level",
	"check.crcs",
	"max.partition.fetch.bytes",
	"consume.",
	"offset.store.",
	"coordinator.query.",
};

static bool among(const char *name, const char *const *list, size_t n, bool prefix)
{
	for (size_t i = 0; i < n; i++)
		if (prefix ? !strncmp(name, list[i], strlen(list[i])) : !strcmp(name, list[i]))
			return true;
	return false;
}

static bool for_other_kind(rd_kafka_type_t type, const char *name)
{
	if (type == RD_KAFKA_PRODUCER)
		return among(name, consumer_only, ARRAY_LEN(consumer_only), true);
	return among(name, producer_only, ARRAY_LEN(producer_only), true);
}

/* Offers the name that begins a line of the library's own table of properties. */
static void offer_property(struct nearest *guess, char *line)
{
	char *end = strchr(line, ' ');

	if (!islower((unsigned char)*line) || !end || strstr(line, "see dedicated API"))
		return;
	*end = '\0';
	nearest_offer(guess, line);
}

static int unknown(const char *name, struct err *e)
{
	struct nearest guess = { .word = name };
	autofree char *table = NULL;
	size_t n;
	char *rest;
	FILE *memory = open_memstream(&table, &n);

	if (memory) {
		rd_kafka_conf_properties_show(memory);
		fclose(memory);
	}
	for (char *line = table ? strtok_r(table, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		offer_property(&guess, line);
	return err_set(e, ERR_FATAL,
		       "kafka.%.60s: librdkafka has no such property, the nearest is %s", name,
		       guess.best ? guess.best : "not known");
}

static int set(rd_kafka_conf_t *conf, const struct kafka_property *p, struct err *e)
{
	char text[160];

	switch (rd_kafka_conf_set(conf, p->name, p->value, text, sizeof(text))) {
	case RD_KAFKA_CONF_OK:
		return OK;
	case RD_KAFKA_CONF_UNKNOWN:
		return unknown(p->name, e);
	default:
		return err_set(e, ERR_FATAL, "kafka.%s: %s", p->name, text);
	}
}

static int set_all(rd_kafka_conf_t *conf, rd_kafka_type_t type, struct kafka_properties user,
		   struct err *e)
{
	for (size_t i = 0; i < user.count; i++) {
		const struct kafka_property *p = &user.list[i];

		if (among(p->name, fixed, ARRAY_LEN(fixed), false))
			return err_set(
				e, ERR_FATAL,
				"kafka.%s is set by beckon, its promises rest on it: remove it",
				p->name);
		if (!for_other_kind(type, p->name) && set(conf, p, e) < 0)
			return ERR_FATAL;
	}
	return OK;
}

/* What the library would print by itself is a line like ours. It copes with what it calls errors,
   such as a broker that is away: stage tells of what it does not cope with. */
static void on_log(const rd_kafka_t *rk, int severity, const char *facility, const char *text)
{
	enum log_level level = severity <= 4   ? LOG_LEVEL_WARN
			       : severity <= 6 ? LOG_LEVEL_INFO
					       : LOG_LEVEL_DEBUG;

	(void)rk;
	log_line(level, "ev=kafka facility=%s text=\"%s\"", facility, text);
}

rd_kafka_conf_t *kafka_conf_new(rd_kafka_type_t type, struct kafka_properties user,
				const struct kafka_property *ours, size_t nours, struct err *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int r = OK;

	rd_kafka_conf_set_log_cb(conf, on_log);
	for (size_t i = 0; i < nours && r == OK; i++)
		r = set(conf, &ours[i], e);
	if (r == OK)
		r = set_all(conf, type, user, e);
	if (r == OK)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

int kafka_properties_check(struct kafka_properties user, struct err *e)
{
	static const rd_kafka_type_t kinds[] = { RD_KAFKA_PRODUCER, RD_KAFKA_CONSUMER };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		rd_kafka_conf_t *conf = kafka_conf_new(kinds[i], user, NULL, 0, e);

		if (!conf)
			return ERR_FATAL;
		rd_kafka_conf_destroy(conf);
	}
	return OK;
}

static bool conf_is(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char text[16] = "";
	size_t size = sizeof(text);

	return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK &&
	       !strcmp(text, value);
}

bool kafka_properties_trusting(struct kafka_properties user)
{
	rd_kafka_conf_t *conf = kafka_conf_new(RD_KAFKA_PRODUCER, user, NULL, 0, NULL);
	bool trusting = conf && (conf_is(conf, "enable.ssl.certificate.verification", "false") ||
				 conf_is(conf, "ssl.endpoint.identification.algorithm", "none"));

	if (conf)
		rd_kafka_conf_destroy(conf);
	return trusting;
}

rd_kafka_t *kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e)
{
	char text[200];
	rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof(text));

	if (!rk) {
		rd_kafka_conf_destroy(conf);
		err_set(e, ERR_FATAL, "kafka client: %s", text);
	}
	return rk;
}

static const char *value_of(struct kafka_properties user, const char *name)
{
	for (size_t i = user.count; i-- > 0;)
		if (!strcmp(user.list[i].name, name))
			return user.list[i].value;
	return "";
}

/* librdkafka's own default mechanism is GSSAPI. */
static bool by_kerberos(struct kafka_properties user)
{
	const char *one = value_of(user, "sasl.mechanism"),
		   *all = value_of(user, "sasl.mechanisms");

	if (strncasecmp(value_of(user, "security.protocol"), "sasl", 4) != 0)
		return false;
	return (!*one && !*all) || strcasestr(one, "GSSAPI") || strcasestr(all, "GSSAPI");
}

void kafka_begin(struct kafka_properties user)
{
	if (!by_kerberos(user))
		setenv("SASL_PATH", NO_FOLDER, false);
}

static void doubt(struct kafka_link *l, const char *why)
{
	if (!l->why[0])
		l->ask_at_ms = now_mono_ms() + ASK_FIRST_MS;
	snprintf(l->why, sizeof(l->why), "%s", why);
}

void kafka_link_works(struct kafka_link *l)
{
	l->why[0] = '\0';
	l->away = false;
}

const char *kafka_link_away(struct kafka_link *l, rd_kafka_t *rk)
{
	const struct rd_kafka_metadata *meta;
	int64_t now = now_mono_ms();

	if (l->why[0] && now >= l->ask_at_ms) {
		l->ask_at_ms = now + ASK_EVERY_MS;
		l->away = rd_kafka_metadata(rk, 0, NULL, &meta, ASK_WAIT_MS) !=
			  RD_KAFKA_RESP_ERR_NO_ERROR;
		if (!l->away) {
			rd_kafka_metadata_destroy(meta);
			kafka_link_works(l);
		}
	}
	return l->away ? l->why : NULL;
}

void kafka_link_error(struct kafka_link *l, int code, const char *reason)
{
	static const int doubts[] = {
		RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR__RESOLVE,	     RD_KAFKA_RESP_ERR__SSL,
		RD_KAFKA_RESP_ERR__AUTHENTICATION,
	};

	for (size_t i = 0; i < ARRAY_LEN(doubts); i++)
		if (doubts[i] == code)
			doubt(l, reason);
}

static size_t view_headers(const rd_kafka_message_t *m, struct header *out)
{
	rd_kafka_headers_t *h;
	size_t n = 0;

	if (rd_kafka_message_headers(m, &h) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	while (n < RECORD_HEADERS_MAX &&
	       !rd_kafka_header_get_all(h, n, &out[n].name, &out[n].value, &out[n].len))
		n++;
	return n;
}

void kafka_record_view(const rd_kafka_message_t *m, struct header headers[RECORD_HEADERS_MAX],
		       struct record *r)
{
	*r = (struct record){
		.topic = rd_kafka_topic_name(m->rkt),
		.partition = m->partition,
		.offset = m->offset,
		.timestamp_ms = rd_kafka_message_timestamp(m, NULL),
		.key = m->key,
		.key_len = m->key_len,
		.value = m->payload,
		.value_len = m->len,
		.headers = headers,
		.header_count = view_headers(m, headers),
	};
}

/* Java's murmur2, seed 0x9747b28c, then made positive: org.apache.kafka.common.utils.Utils. */
static uint32_t murmur2(const unsigned char *p, size_t len)
{
	const uint32_t m = 0x5bd1e995;
	uint32_t h = 0x9747b28cu ^ (uint32_t)len;

	for (; len >= 4; p += 4, len -= 4) {
		uint32_t k =
			p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

		k *= m;
		k ^= k >> 24;
		h = (h * m) ^ (k * m);
	}
	if (len == 3)
		h ^= (uint32_t)p[2] << 16;
	if (len >= 2)
		h ^= (uint32_t)p[1] << 8;
	if (len >= 1)
		h = (h ^ p[0]) * m;
	h = (h ^ (h >> 13)) * m;
	return h ^ (h >> 15);
}

int32_t kafka_partition_of(const void *key, size_t len, int32_t partitions)
{
	return (int32_t)((murmur2(key, len) & 0x7fffffff) % (uint32_t)partitions);
}
