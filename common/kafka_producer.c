#include "kafka_priv.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define TOPICS_MAX 32

/* Topic handles are kept: looking one up by name for every record costs as much as hashing its key.
 */
struct topic_handle {
	char *name;
	rd_kafka_topic_t *rkt;
};

struct producer {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	producer_acked acked;
	void *ctx;
	struct topic_handle topics[TOPICS_MAX];
	size_t ntopics;
	struct kafka_link link;
	char fatal[200];
};

static const struct kafka_property defaults[] = {
	{ "acks", "all" },
	{ "enable.idempotence", "true" },
	{ "partitioner", "murmur2_random" },
	{ "message.timeout.ms", "0" },
	{ "message.max.bytes", "2097152" },
	{ "linger.ms", "5" },
	{ "queue.buffering.max.messages", "100000" },
	{ "queue.buffering.max.kbytes", "131072" },
	{ "retry.backoff.ms", "50" },
	{ "reconnect.backoff.max.ms", "1000" },
	{ "socket.keepalive.enable", "true" },
	{ "socket.nagle.disable", "true" },
	{ "log_level", "3" },
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *ctx)
{
	struct producer *p = ctx;

	(void)rk;
	if (!m->err)
		kafka_link_works(&p->link);
	p->acked(p->ctx, m->_private, m->err ? rd_kafka_err2str(m->err) : NULL);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *ctx)
{
	struct producer *p = ctx;

	if (code == RD_KAFKA_RESP_ERR__FATAL)
		rd_kafka_fatal_error(rk, p->fatal, sizeof(p->fatal));
	else
		kafka_link_error(&p->link, code, reason);
}

int producer_open(struct producer **out, struct kafka_properties user, producer_acked acked,
		  void *ctx, struct err *e)
{
	rd_kafka_conf_t *conf =
		kafka_conf_new(RD_KAFKA_PRODUCER, user, defaults, ARRAY_LEN(defaults), e);
	struct producer *p;

	if (!conf)
		return ERR_FATAL;
	p = xcalloc(1, sizeof(*p));
	p->acked = acked;
	p->ctx = ctx;
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_error_cb(conf, on_error);
	p->rk = kafka_client_new(RD_KAFKA_PRODUCER, conf, e);
	if (!p->rk) {
		free(p);
		return ERR_FATAL;
	}
	p->queue = rd_kafka_queue_get_main(p->rk);
	*out = p;
	return OK;
}

static rd_kafka_topic_t *topic_handle(struct producer *p, const char *name)
{
	for (size_t i = 0; i < p->ntopics; i++)
		if (!strcmp(p->topics[i].name, name))
			return p->topics[i].rkt;
	if (p->ntopics == TOPICS_MAX)
		return NULL;
	rd_kafka_topic_t *rkt = rd_kafka_topic_new(p->rk, name, NULL);

	if (rkt)
		p->topics[p->ntopics++] = (struct topic_handle){ xstrdup(name), rkt };
	return rkt;
}

static rd_kafka_headers_t *make_headers(const struct kafka_message *m)
{
	rd_kafka_headers_t *h;

	if (!m->header_count)
		return NULL;
	h = rd_kafka_headers_new(m->header_count);
	for (size_t i = 0; i < m->header_count; i++)
		rd_kafka_header_add(h, m->headers[i].name, -1, m->headers[i].value,
				    (ssize_t)m->headers[i].len);
	return h;
}

static int send_error(rd_kafka_resp_err_t code, const char *topic, struct err *e)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return err_set(e, ERR_AGAIN,
			       "the producer's queue is full: Kafka does not take records");
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return err_set(e, ERR_INVALID, "record for %s is larger than message.max.bytes",
			       topic);
	default:
		return err_set(e, ERR_FATAL, "append to %s: %s", topic, rd_kafka_err2str(code));
	}
}

int producer_send(struct producer *p, const struct kafka_message *m, void *opaque, struct err *e)
{
	rd_kafka_topic_t *rkt = topic_handle(p, m->topic);
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t code;

	if (!rkt)
		return err_set(e, ERR_FATAL, "topic %s: no handle", m->topic);
	headers = make_headers(m);
	code = rd_kafka_producev(
		p->rk, RD_KAFKA_V_RKT(rkt), RD_KAFKA_V_PARTITION(m->partition),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(m->key, m->key_len),
		RD_KAFKA_V_VALUE((void *)m->value, m->value_len), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return OK;
	if (headers)
		rd_kafka_headers_destroy(headers);
	return send_error(code, m->topic, e);
}

void producer_poll(struct producer *p, int timeout_ms)
{
	rd_kafka_poll(p->rk, timeout_ms);
}

void producer_wake(struct producer *p, int fd)
{
	static const uint64_t one = 1;

	rd_kafka_queue_io_event_enable(p->queue, fd, &one, sizeof(one));
}

int producer_warm(struct producer *p, const char *topic, int timeout_ms, int32_t *partitions,
		  struct err *e)
{
	rd_kafka_topic_t *rkt = topic_handle(p, topic);
	const struct rd_kafka_metadata *meta;
	rd_kafka_resp_err_t code;

	if (!rkt)
		return err_set(e, ERR_FATAL, "topic %s: no handle", topic);
	code = rd_kafka_metadata(p->rk, 0, rkt, &meta, timeout_ms);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_AGAIN, "kafka: %s", rd_kafka_err2str(code));
	code = meta->topic_cnt == 1 ? meta->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (partitions && code == RD_KAFKA_RESP_ERR_NO_ERROR)
		*partitions = meta->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(meta);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return OK;
	if (code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		return err_set(e, ERR_AGAIN, "topic %s: %s", topic, rd_kafka_err2str(code));
	return err_set(e, ERR_FATAL, "topic %s: %s; make it with `beckon topics create`", topic,
		       rd_kafka_err2str(code));
}

bool producer_flush(struct producer *p, int timeout_ms)
{
	return rd_kafka_flush(p->rk, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

size_t producer_queued(const struct producer *p)
{
	return (size_t)rd_kafka_outq_len(p->rk);
}

const char *producer_away(struct producer *p)
{
	return kafka_link_away(&p->link, p->rk);
}

const char *producer_fatal(struct producer *p)
{
	return p->fatal[0] ? p->fatal : NULL;
}

void producer_close(struct producer *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->ntopics; i++) {
		rd_kafka_topic_destroy(p->topics[i].rkt);
		free(p->topics[i].name);
	}
	rd_kafka_queue_destroy(p->queue);
	rd_kafka_destroy(p->rk);
	free(p);
}
