#include "kafka_reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kafka_priv.h"
#include "mem.h"
#include "now.h"

#define TOPICS_MAX 32
#define OPEN_TIMEOUT_MS 10000
#define LEADER_PAUSE_US 50000
#define TURN_MS 100

struct reader_topic {
	rd_kafka_topic_t *rkt;
	int32_t partitions;
	int64_t *ends; /* a partition's end when it was opened; 0 = read up to it */
};

struct kafka_reader {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue; /* every partition of every topic */
	struct reader_topic topics[TOPICS_MAX];
	size_t ntopics, behind;	  /* partitions not read up to their end yet */
	rd_kafka_message_t *held; /* what the last record was borrowed from */
	struct header headers[RECORD_HEADERS_MAX];
};

static const struct kafka_property defaults[] = {
	{ "log_level", "0" },
	{ "enable.partition.eof", "true" },
	{ "allow.auto.create.topics", "false" },
	{ "fetch.wait.max.ms", "50" },
	{ "queued.max.messages.kbytes", "16384" },
	/* Where what comes next has been deleted, by its age or with its topic, the reading goes on
	   with the first that is left: the library's own default skips all of them. */
	{ "auto.offset.reset", "earliest" },
};

static int timeout_of(const struct kafka_span *span)
{
	return span->timeout_ms ? span->timeout_ms : OPEN_TIMEOUT_MS;
}

/* The first offset that the broker took at since_ms or later; end where there is none. */
static int first_since(struct kafka_reader *k, const struct kafka_span *span, int32_t partition,
		       int64_t *first, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *asked =
		rd_kafka_topic_partition_list_add(list, span->topic, partition);

	asked->offset = span->since_ms;
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(k->rk, list, timeout_of(span));

	code = code ? code : asked->err;
	if (!code && asked->offset >= 0)
		*first = asked->offset;
	rd_kafka_topic_partition_list_destroy(list);
	return code ? kafka_failure(code, e) : OK;
}

/* Where a partition begins and ends. A leader that is on its way, as after a topic was made or a
   broker has gone, is waited for. */
static rd_kafka_resp_err_t ends_of(struct kafka_reader *k, const struct kafka_span *span,
				   int32_t partition, int64_t *low, int64_t *high)
{
	int64_t until_ms = now_mono_ms() + timeout_of(span);

	for (;;) {
		rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
			k->rk, span->topic, partition, low, high, timeout_of(span));

		if ((code != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION &&
		     code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) ||
		    now_mono_ms() > until_ms)
			return code;
		usleep(LEADER_PAUSE_US);
	}
}

static int start_partition(struct kafka_reader *k, const struct kafka_span *span, int32_t partition,
			   struct err *e)
{
	struct reader_topic *t = &k->topics[k->ntopics - 1];
	int64_t low, high, first;
	rd_kafka_resp_err_t code = ends_of(k, span, partition, &low, &high);

	if (code)
		return kafka_failure(code, e);
	/* A start by number: "the end" would be looked up only by the first fetch, after which a
	   record may already have been missed. */
	first = span->since_ms ? high : low;
	if (span->since_ms && span->since_ms != KAFKA_SPAN_NEW &&
	    first_since(k, span, partition, &first, e))
		return ERR_AGAIN;
	if (rd_kafka_consume_start_queue(t->rkt, partition, first, k->queue))
		return kafka_failure(rd_kafka_last_error(), e);
	if (first < high) {
		t->ends[partition] = high;
		k->behind++;
	}
	return OK;
}

static int start_topic(struct kafka_reader *k, const struct kafka_span *span, struct err *e)
{
	struct reader_topic *t = &k->topics[k->ntopics];
	int r = kafka_partitions(k->rk, span->topic, timeout_of(span), &t->partitions, e);

	if (r)
		return r;
	t->rkt = rd_kafka_topic_new(k->rk, span->topic, NULL);
	if (!t->rkt)
		return kafka_failure(rd_kafka_last_error(), e);
	t->ends = xcalloc((size_t)t->partitions, sizeof(*t->ends));
	k->ntopics++;
	if (span->key)
		return start_partition(
			k, span, kafka_partition_of(span->key, strlen(span->key), t->partitions),
			e);
	for (int32_t p = 0; p < t->partitions && r == OK; p++)
		if (!span->of || p % span->of == span->part)
			r = start_partition(k, span, p, e);
	return r;
}

static int reader_new(struct kafka_reader **out, struct kafka_properties user, struct err *e)
{
	rd_kafka_conf_t *conf =
		kafka_conf_new(RD_KAFKA_CONSUMER, user, defaults, ARRAY_LEN(defaults), e);
	struct kafka_reader *k;

	if (!conf)
		return ERR_FATAL;
	k = xcalloc(1, sizeof(*k));
	k->rk = kafka_client_new(RD_KAFKA_CONSUMER, conf, e);
	if (!k->rk) {
		free(k);
		return ERR_FATAL;
	}
	k->queue = rd_kafka_queue_new(k->rk);
	*out = k;
	return OK;
}

int kafka_reader_open_span(struct kafka_reader **out, struct kafka_properties user,
			   const struct kafka_span *span, struct err *e)
{
	struct kafka_reader *k;
	int r = reader_new(&k, user, e);

	if (r)
		return r;
	r = start_topic(k, span, e);
	if (r == OK)
		*out = k;
	else
		kafka_reader_close(k);
	return r;
}

int kafka_reader_open(struct kafka_reader **out, struct kafka_properties user,
		      const char *const *topics, size_t ntopics, bool from_start, struct err *e)
{
	struct kafka_reader *k;
	int r;

	if (ntopics > TOPICS_MAX)
		return err_set(e, ERR_INVALID, "more than %d topics", TOPICS_MAX);
	r = reader_new(&k, user, e);
	if (r)
		return r;
	for (size_t i = 0; i < ntopics && r == OK; i++) {
		struct kafka_span span = { .topic = topics[i],
					   .since_ms = from_start ? 0 : KAFKA_SPAN_NEW };

		r = start_topic(k, &span, e);
	}
	if (r == OK)
		*out = k;
	else
		kafka_reader_close(k);
	return r;
}

/* The partition has been read up to (not including) offset. */
static void progress(struct kafka_reader *k, const rd_kafka_message_t *m, int64_t offset)
{
	for (size_t i = 0; i < k->ntopics; i++) {
		struct reader_topic *t = &k->topics[i];

		if (t->rkt != m->rkt || !t->ends[m->partition] || offset < t->ends[m->partition])
			continue;
		t->ends[m->partition] = 0;
		k->behind--;
	}
}

static void release(struct kafka_reader *k)
{
	if (k->held)
		rd_kafka_message_destroy(k->held);
	k->held = NULL;
}

/* What a message that is no record says. ERR_AGAIN: nothing of interest. */
static int failed(struct kafka_reader *k, const rd_kafka_message_t *m, struct err *e)
{
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		progress(k, m, m->offset);
		return ERR_AGAIN;
	}
	kafka_failure(m->err, e);
	if (m->err == RD_KAFKA_RESP_ERR__FATAL ||
	    m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	    m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	    m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		return ERR_FATAL;
	return ERR_AGAIN;
}

int kafka_reader_next(struct kafka_reader *k, int timeout_ms, struct record *r, struct err *e)
{
	int64_t deadline = now_mono_ms() + timeout_ms, left = timeout_ms;

	err_set(e, ERR_AGAIN, "nothing to read within %d ms", timeout_ms);
	for (; left >= 0; left = deadline - now_mono_ms()) {
		release(k);
		rd_kafka_poll(k->rk, 0);
		k->held = rd_kafka_consume_queue(k->queue, (int)left);
		if (!k->held)
			return ERR_AGAIN;
		if (!k->held->err) {
			progress(k, k->held, k->held->offset + 1);
			kafka_record_view(k->held, k->headers, r);
			return OK;
		}
		if (failed(k, k->held, e) == ERR_FATAL)
			return ERR_FATAL;
	}
	return ERR_AGAIN;
}

void kafka_reader_interrupt(struct kafka_reader *k)
{
	rd_kafka_queue_yield(k->queue);
}

void kafka_reader_wake(struct kafka_reader *k, int fd)
{
	static const uint64_t one = 1;

	rd_kafka_queue_io_event_enable(k->queue, fd, &one, sizeof(one));
}

bool kafka_reader_caught_up(const struct kafka_reader *k)
{
	return k->behind == 0;
}

int kafka_reader_each(struct kafka_reader *k, int64_t silence_max_ms,
		      void (*take)(void *ctx, const struct record *r), void *ctx, struct err *e)
{
	int64_t heard_ms = now_mono_ms();
	struct record record;

	while (!kafka_reader_caught_up(k)) {
		int r = kafka_reader_next(k, TURN_MS, &record, e);

		if (r == ERR_FATAL)
			return ERR_AGAIN;
		if (r != OK && now_mono_ms() - heard_ms > silence_max_ms)
			return err_set(e, ERR_AGAIN, "Kafka has stopped answering");
		if (r != OK)
			continue;
		heard_ms = now_mono_ms();
		take(ctx, &record);
	}
	return OK;
}

void kafka_reader_close(struct kafka_reader *k)
{
	if (!k)
		return;
	release(k);
	for (size_t i = 0; i < k->ntopics; i++) {
		for (int32_t p = 0; p < k->topics[i].partitions; p++)
			rd_kafka_consume_stop(k->topics[i].rkt, p);
		rd_kafka_topic_destroy(k->topics[i].rkt);
		free(k->topics[i].ends);
	}
	rd_kafka_queue_destroy(k->queue);
	rd_kafka_destroy(k->rk);
	free(k);
}
