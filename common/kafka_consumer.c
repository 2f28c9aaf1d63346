#include "kafka_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define READ_MAX 256
#define COMMITTED_WAIT_MS 2000
#define CLOSE_WAIT_MS 4000
#define CLOSE_POLL_MS 50

struct consumer_partition {
	struct consumer_partition *next;
	rd_kafka_queue_t *queue;
	char *topic;
	int32_t partition;
	int64_t committed; /* when it was assigned; < 0 = nothing, or not known */
	void *user;
};

struct consumer {
	rd_kafka_conf_t *conf; /* each client begins with a copy */
	rd_kafka_topic_partition_list_t *topics;
	rd_kafka_t *rk;
	rd_kafka_queue_t
		*queue; /* rebalances and errors; never records: those have queues of their own */
	struct consumer_partition *parts;
	struct consumer_events events;
	int wake_fd;
	struct kafka_link link;
	bool joined; /* what is ours is known, if only that it is nothing */
	bool lost;   /* this client's session has ended once without its doing */
	bool stale;  /* and the group takes it for its own successor */
	char fatal[200];
};

static const struct kafka_property defaults[] = {
	{ "enable.auto.offset.store", "false" },
	{ "enable.auto.commit", "true" },
	{ "auto.commit.interval.ms", "500" },
	{ "auto.offset.reset", "earliest" },
	{ "partition.assignment.strategy", "range" },
	{ "session.timeout.ms", "10000" },
	{ "max.poll.interval.ms", "60000" },
	{ "queued.min.messages",
	  "100000" }, /* over it, librdkafka 2.0.2 stops fetching for a second */
	/* of a partition. Where all hold as much, fetching stops for up to a second as well: with
	   less a courier that is quick stands without jobs for a part of it. */
	{ "queued.max.messages.kbytes", "512" },
	{ "max.partition.fetch.bytes",
	  "65536" }, /* what is fetched stays whole until its last record is read */
	{ "fetch.wait.max.ms", "500" },
	{ "fetch.error.backoff.ms", "50" },
	{ "reconnect.backoff.max.ms", "1000" },
	{ "socket.keepalive.enable", "true" },
	{ "socket.nagle.disable", "true" },
	{ "allow.auto.create.topics", "false" },
	{ "topic.metadata.refresh.interval.ms",
	  "30000" }, /* a topic that is gone is told so late */
	{ "log_level", "3" },
	/* the last, for librdkafka 2.0.2 does not know it: where there is room again is fetched at
	   once, not within a second */
	{ "fetch.queue.backoff.ms", "20" },
};

/* Ours that this librdkafka knows. */
static size_t known_defaults(void)
{
	const struct kafka_property *last = &defaults[ARRAY_LEN(defaults) - 1];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	bool known = rd_kafka_conf_set(conf, last->name, last->value, NULL, 0) == RD_KAFKA_CONF_OK;

	rd_kafka_conf_destroy(conf);
	return ARRAY_LEN(defaults) - !known;
}

static const uint64_t one = 1;

/* The partition's queue is cut from the main one before fetching begins, so that no record ever
   arrives anywhere else. */
static void partition_open(struct consumer *c, const rd_kafka_topic_partition_t *tp)
{
	struct consumer_partition *p = xcalloc(1, sizeof(*p));

	p->topic = xstrdup(tp->topic);
	p->partition = tp->partition;
	p->committed = tp->offset;
	p->queue = rd_kafka_queue_get_partition(c->rk, tp->topic, tp->partition);
	rd_kafka_queue_forward(p->queue, NULL);
	rd_kafka_queue_io_event_enable(p->queue, c->wake_fd, &one, sizeof(one));
	p->next = c->parts;
	c->parts = p;
	p->user = c->events.assigned(c->events.ctx, p, p->topic, p->partition);
}

static void partition_close(struct consumer *c, struct consumer_partition *p, bool lost)
{
	c->events.revoked(c->events.ctx, p->user, lost);
	rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
	rd_kafka_queue_destroy(p->queue);
	free(p->topic);
	free(p);
}

static void close_matching(struct consumer *c, const rd_kafka_topic_partition_list_t *list,
			   bool lost)
{
	struct consumer_partition **link = &c->parts;

	while (*link) {
		struct consumer_partition *p = *link;

		if (list &&
		    !rd_kafka_topic_partition_list_find((rd_kafka_topic_partition_list_t *)list,
							p->topic, p->partition)) {
			link = &p->next;
			continue;
		}
		*link = p->next;
		partition_close(c, p, lost);
	}
}

static void note(struct consumer *c, rd_kafka_error_t *error)
{
	if (!error)
		return;
	if (rd_kafka_error_is_fatal(error))
		strncpy(c->fatal, rd_kafka_error_string(error), sizeof(c->fatal) - 1);
	rd_kafka_error_destroy(error);
}

/* Where the group stands is asked for the lag alone: the library asks once more for itself. */
static void open_all(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_copy(list);

	if (rd_kafka_committed(c->rk, copy, COMMITTED_WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
		for (int i = 0; i < copy->cnt; i++)
			copy->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
	for (int i = 0; i < copy->cnt; i++)
		partition_open(c, &copy->elems[i]);
	rd_kafka_topic_partition_list_destroy(copy);
}

static void assign(struct consumer *c, rd_kafka_topic_partition_list_t *list, bool cooperative)
{
	open_all(c, list);
	if (cooperative)
		note(c, rd_kafka_incremental_assign(c->rk, list));
	else if (rd_kafka_assign(c->rk, list) && !c->fatal[0])
		strncpy(c->fatal, "assign failed", sizeof(c->fatal) - 1);
}

static void unassign(struct consumer *c, rd_kafka_topic_partition_list_t *list, bool cooperative)
{
	bool lost = rd_kafka_assignment_lost(c->rk);

	c->lost = c->lost || lost;
	close_matching(c, cooperative ? list : NULL, lost);
	if (cooperative)
		note(c, rd_kafka_incremental_unassign(c->rk, list));
	else
		rd_kafka_assign(c->rk, NULL);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
			 rd_kafka_topic_partition_list_t *list, void *ctx)
{
	struct consumer *c = ctx;
	bool cooperative = !strcmp(rd_kafka_rebalance_protocol(rk), "COOPERATIVE");

	c->joined = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
	(c->joined ? assign : unassign)(c, list, cooperative);
}

static void note_fatal(struct consumer *c)
{
	c->stale = rd_kafka_fatal_error(c->rk, c->fatal, sizeof(c->fatal)) ==
			   RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID &&
		   c->lost;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *ctx)
{
	struct consumer *c = ctx;

	(void)rk;
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		note_fatal(c);
	else
		kafka_link_error(&c->link, code, reason);
}

/* A client of its own for this member, which joins the group. */
static int join(struct consumer *c, struct err *e)
{
	rd_kafka_resp_err_t code;

	c->lost = c->stale = false;
	c->fatal[0] = '\0';
	c->rk = kafka_client_new(RD_KAFKA_CONSUMER, rd_kafka_conf_dup(c->conf), e);
	if (!c->rk)
		return ERR_FATAL;
	rd_kafka_poll_set_consumer(c->rk);
	c->queue = rd_kafka_queue_get_consumer(c->rk);
	rd_kafka_queue_io_event_enable(c->queue, c->wake_fd, &one, sizeof(one));
	code = rd_kafka_subscribe(c->rk, c->topics);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return OK;
	return err_set(e, ERR_FATAL, "subscribe: %s", rd_kafka_err2str(code));
}

/* Partitions are given up and what is stored is committed, for as long as that may take. False: the
   library has not come to an end; its threads go on, and only the process can end them. So they do
   where the client has failed for good: taking one away whose topic is gone may never end. */
static bool end_client(struct consumer *c, bool for_good)
{
	rd_kafka_queue_t *last = rd_kafka_queue_new(c->rk);
	int64_t until = now_mono_ms() + CLOSE_WAIT_MS;
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(c->rk, last);
	bool closed = error != NULL; /* there is nothing to close */

	if (error)
		rd_kafka_error_destroy(error);
	while (!closed && now_mono_ms() < until) {
		rd_kafka_queue_poll_callback(last, CLOSE_POLL_MS);
		closed = rd_kafka_consumer_closed(c->rk);
	}
	close_matching(c, NULL, true);
	rd_kafka_queue_destroy(last);
	rd_kafka_queue_destroy(c->queue);
	if (closed && !for_good)
		rd_kafka_destroy(c->rk);
	c->queue = NULL;
	c->rk = NULL;
	return closed;
}

static rd_kafka_conf_t *consumer_conf(struct consumer *c, struct kafka_properties user,
				      const struct consumer_options *o, struct err *e)
{
	rd_kafka_conf_t *conf =
		kafka_conf_new(RD_KAFKA_CONSUMER, user, defaults, known_defaults(), e);

	if (!conf)
		return NULL;
	rd_kafka_conf_set(conf, "group.id", o->group, NULL, 0);
	if (o->instance)
		rd_kafka_conf_set(conf, "group.instance.id", o->instance, NULL, 0);
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rd_kafka_conf_set_error_cb(conf, on_error);
	return conf;
}

static rd_kafka_topic_partition_list_t *topic_list(const struct consumer_options *o)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)o->ntopics);

	for (size_t i = 0; i < o->ntopics; i++)
		rd_kafka_topic_partition_list_add(list, o->topics[i], RD_KAFKA_PARTITION_UA);
	return list;
}

int consumer_open(struct consumer **out, struct kafka_properties user,
		  const struct consumer_options *o, const struct consumer_events *events,
		  struct err *e)
{
	struct consumer *c = xcalloc(1, sizeof(*c));

	c->events = *events;
	c->wake_fd = o->wake_fd;
	c->topics = topic_list(o);
	c->conf = consumer_conf(c, user, o, e);
	if (!c->conf || join(c, e) < 0) {
		consumer_close(c);
		return ERR_FATAL;
	}
	*out = c;
	return OK;
}

/* Queues hold errors told as messages, too; a consumer's fatal ones are told only so. */
static void note_error(struct consumer *c, const rd_kafka_message_t *m)
{
	switch (m->err) {
	case RD_KAFKA_RESP_ERR__FATAL:
		note_fatal(c);
		break;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		snprintf(c->fatal, sizeof(c->fatal), "%s", rd_kafka_message_errstr(m));
		break;
	default: /* the library goes on by itself */
		break;
	}
}

int consumer_poll(struct consumer *c, struct err *e)
{
	rd_kafka_message_t *m;
	const char *away;

	if (!c->rk)
		return err_set(e, ERR_FATAL, "kafka: the client could not be made anew");
	while ((m = rd_kafka_consumer_poll(c->rk, 0))) {
		note_error(c, m);
		rd_kafka_message_destroy(m);
	}
	if (c->stale && (!end_client(c, false) || join(c, e) < 0))
		return err_set(e, ERR_FATAL, "kafka: fenced, and cannot join anew");
	if (c->fatal[0])
		return err_set(e, ERR_FATAL, "kafka: %s", c->fatal);
	away = kafka_link_away(&c->link, c->rk);
	return away ? err_set(e, ERR_AGAIN, "kafka: %s", away) : OK;
}

size_t consumer_read(struct consumer *c, struct consumer_partition *part, size_t max,
		     void (*take)(void *ctx, void *user, const struct record *r), void *ctx)
{
	rd_kafka_message_t *batch[READ_MAX];
	struct header headers[RECORD_HEADERS_MAX];
	struct record r;
	ssize_t n;
	size_t taken = 0;

	n = rd_kafka_consume_batch_queue(part->queue, 0, batch, max < READ_MAX ? max : READ_MAX);
	for (ssize_t i = 0; i < n; i++) {
		if (batch[i]->err) {
			note_error(c, batch[i]);
		} else {
			kafka_record_view(batch[i], headers, &r);
			take(ctx, part->user, &r);
			taken++;
		}
		rd_kafka_message_destroy(batch[i]);
	}
	if (taken)
		kafka_link_works(&c->link);
	return taken;
}

bool consumer_store(struct consumer *c, struct consumer_partition *part, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t code;

	rd_kafka_topic_partition_list_add(list, part->topic, part->partition)->offset = offset;
	code = rd_kafka_offsets_store(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void consumer_begin_anew(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	for (const struct consumer_partition *p = c->parts; p; p = p->next)
		rd_kafka_topic_partition_list_add(list, p->topic, p->partition)->offset = 0;
	rd_kafka_offsets_store(c->rk, list); /* or closing would commit what was stored before */
	rd_kafka_commit(c->rk, list, 1);
	rd_kafka_topic_partition_list_destroy(list);
}

bool consumer_joined(const struct consumer *c)
{
	return c->joined;
}

int64_t consumer_lag(struct consumer *c, struct consumer_partition *part, int64_t position)
{
	int64_t low, high;

	if (rd_kafka_get_watermark_offsets(c->rk, part->topic, part->partition, &low, &high) ||
	    high < 0)
		return -1;
	if (position < 0)
		position = part->committed;
	if (position < low)
		position = low;
	return high > position ? high - position : 0;
}

void consumer_close(struct consumer *c)
{
	if (!c)
		return;
	if (c->rk)
		end_client(c, c->fatal[0] != '\0'); /* a static member keeps its partitions:
						       librdkafka sends no leave */
	rd_kafka_topic_partition_list_destroy(c->topics);
	if (c->conf)
		rd_kafka_conf_destroy(c->conf);
	free(c);
}
