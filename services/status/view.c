#include "view.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "now.h"
#include "thread.h"
#include "view_batch.h"

#define GROUP_SIZE 300
#define REST_MS 500	 /* between two tries */
#define IDLE_MS 500	 /* a sleep ends at the latest; there Redis is looked at */
#define READ_AT_ONCE 128 /* records of one partition */
#define TELL_MS 10000	 /* within which Kafka acknowledges a batch, or all begins again */
#define WARM_MS 5000

/* A partition that is ours. */
struct view_part {
	struct view_part *next;
	struct consumer_partition *assigned;
	bool requests;
	int64_t read; /* the next offset to be read; -1 = none was read */
	bool unstored;
};

struct view {
	struct view_options o;
	pthread_t thread;
	atomic_bool ending;
	atomic_llong records, lag;
	int wake_fd;
	/* the thread's own */
	struct guard *guard;
	struct producer *producer;
	struct consumer *consumer;
	struct view_part *parts;
	struct view_batch batch;
	char epoch[64], why[200]; /* why: told last */
	bool tells;		  /* there is a topic of states */
	size_t untold;		  /* not acknowledged */
};

/* Told once, until it works again. */
static void say(struct view *v, const char *why)
{
	if (why && strcmp(v->why, why) != 0)
		log_warn("ev=view-waiting why=\"%s\"", why);
	else if (!why && v->why[0])
		log_info("ev=view-working");
	text_put(v->why, sizeof(v->why), why ? why : "");
}

/* ---- partitions ---- */

static void *on_assigned(void *ctx, struct consumer_partition *p, const char *topic,
			 int32_t partition)
{
	struct view *v = ctx;
	struct view_part *part = xcalloc(1, sizeof(*part));

	(void)partition;
	*part = (struct view_part){ .next = v->parts,
				    .assigned = p,
				    .requests = !strcmp(topic, v->o.topic_requested),
				    .read = -1 };
	v->parts = part;
	return part;
}

static void on_revoked(void *ctx, void *user, bool lost)
{
	struct view *v = ctx;
	struct view_part **link = &v->parts;

	(void)lost;
	while (*link != user)
		link = &(*link)->next;
	*link = (*link)->next;
	free(user);
}

static void on_record(void *ctx, void *user, const struct record *r)
{
	struct view *v = ctx;
	struct view_part *part = user;

	view_batch_take(&v->batch, r, part->requests);
	part->read = r->offset + 1;
	part->unstored = true;
}

/* Returns how many records came. */
static size_t read_some(struct view *v)
{
	size_t read = 0;

	for (struct view_part *p = v->parts; p && read < VIEW_BATCH_MAX; p = p->next) {
		size_t room = VIEW_BATCH_MAX - read;

		read += consumer_read(v->consumer, p->assigned,
				      room < READ_AT_ONCE ? room : READ_AT_ONCE, on_record, v);
	}
	return read;
}

static void store(struct view *v)
{
	for (struct view_part *p = v->parts; p; p = p->next) {
		if (p->unstored)
			consumer_store(v->consumer, p->assigned, p->read);
		p->unstored = false;
	}
}

static void measure(struct view *v)
{
	int64_t sum = 0;

	for (struct view_part *p = v->parts; p && sum >= 0; p = p->next) {
		int64_t lag = consumer_lag(v->consumer, p->assigned, p->read);

		sum = lag < 0 ? -1 : sum + lag;
	}
	atomic_store(&v->lag, v->parts ? sum : -1);
}

/* ---- telling ---- */

static void on_acked(void *ctx, void *opaque, const char *error)
{
	struct view *v = ctx;

	(void)opaque;
	v->untold--;
	if (error)
		log_warn("ev=state-refused why=\"%s\"", error);
}

static int tell(struct view *v, const struct view_state *s, struct err *e)
{
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char id[IDS_KEY_SIZE + INT_TEXT_SIZE];
	struct cloudevent_head head = { .id = id,
					.source = "beckon/status",
					.type = CLOUDEVENT_PREFIX "invite.state",
					.subject = s->invite };
	struct kafka_message m = { .topic = v->o.topic_state,
				   .partition = -1,
				   .key = s->key,
				   .key_len = strlen(s->key),
				   .value = s->json,
				   .value_len = s->len,
				   .headers = headers };
	int r;

	snprintf(id, sizeof(id), "%s.%lld", s->key, (long long)s->version);
	m.header_count = cloudevent_write_headers(&head, headers);
	r = producer_send(v->producer, &m, NULL, e);
	v->untold += r == OK;
	return r == ERR_INVALID ? OK : r; /* too large for Kafka: it stands in Redis alone */
}

static int tell_all(struct view *v, struct err *e)
{
	int64_t until = now_mono_ms() + TELL_MS;
	struct view_state s;

	for (size_t at = 0; v->tells && view_batch_next(&v->batch, &at, &s);)
		if (tell(v, &s, e) < 0)
			return ERR_AGAIN;
	while (v->untold && now_mono_ms() < until)
		producer_poll(v->producer, 100);
	return v->untold ? err_set(e, ERR_AGAIN, "kafka: states are not acknowledged") : OK;
}

/* ---- the thread ---- */

/* Its own producer, made once there is a broker: it tells whether there is a topic of states. */
static int open_producer(struct view *v, struct err *e)
{
	int r = v->producer ? OK : producer_open(&v->producer, v->o.kafka, on_acked, v, e);
	struct err missing;

	if (r < 0)
		return r;
	r = producer_warm(v->producer, v->o.topic_state, WARM_MS, NULL, &missing);
	if (r == ERR_AGAIN)
		return err_set(e, ERR_AGAIN, "%s", missing.text);
	v->tells = r == OK;
	if (!v->tells)
		log_warn("ev=state-missing why=\"%s\"", missing.text);
	return OK;
}

static int open_consumer(struct view *v, struct err *e)
{
	const char *topics[] = { v->o.topic_status, v->o.topic_requested };
	char group[GROUP_SIZE];
	struct consumer_options o = { .group = group,
				      .instance = v->o.instance,
				      .topics = topics,
				      .ntopics = ARRAY_LEN(topics),
				      .wake_fd = v->wake_fd };
	struct consumer_events events = { on_assigned, on_revoked, v };

	snprintf(group, sizeof(group), "%s.%s", v->o.group, v->epoch);
	if (consumer_open(&v->consumer, v->o.kafka, &o, &events, e) < 0)
		return ERR_AGAIN;
	log_info("ev=view-opened group=%s", group);
	return OK;
}

static int begin(struct view *v, struct err *e)
{
	if (guard_ready(v->guard, e) < 0)
		return ERR_AGAIN;
	text_put(v->epoch, sizeof(v->epoch), guard_epoch(v->guard));
	return open_producer(v, e) < 0 || open_consumer(v, e) < 0 ? ERR_AGAIN : OK;
}

static void end(struct view *v)
{
	consumer_close(v->consumer);
	v->consumer = NULL;
	view_batch_clear(&v->batch);
	if (v->untold) { /* what is on its way would be counted for the next batch */
		producer_close(v->producer);
		v->producer = NULL;
		v->untold = 0;
	}
	atomic_store(&v->lag, -1);
}

/* There is nothing to read: is Redis still the same? */
static int idle(struct view *v, struct err *e)
{
	struct pollfd fd = { .fd = v->wake_fd, .events = POLLIN };
	uint64_t count;

	if (poll(&fd, 1, IDLE_MS) > 0) {
		ssize_t n = read(v->wake_fd, &count, sizeof(count));

		return n < 0 && errno != EAGAIN ? err_set(e, ERR_AGAIN, "eventfd") : OK;
	}
	if (guard_ready(v->guard, e) < 0)
		return ERR_AGAIN;
	if (strcmp(v->epoch, guard_epoch(v->guard)) != 0)
		return err_set(e, ERR_AGAIN, "redis was made anew");
	return OK;
}

static int turn(struct view *v, struct err *e)
{
	size_t read;

	if (consumer_poll(v->consumer, e) < 0)
		return ERR_AGAIN;
	read = read_some(v);
	measure(v);
	if (!read)
		return idle(v, e);
	if (view_batch_apply(&v->batch, v->guard, e) < 0 || tell_all(v, e) < 0)
		return ERR_AGAIN;
	if (v->batch.skipped)
		log_warn("ev=view-skipped count=%zu", v->batch.skipped);
	store(v);
	view_batch_clear(&v->batch);
	atomic_fetch_add(&v->records, (long long)read);
	say(v, NULL);
	return OK;
}

static void rest(struct view *v)
{
	for (int64_t until = now_mono_ms() + REST_MS;
	     !atomic_load(&v->ending) && now_mono_ms() < until;)
		poll(NULL, 0, REST_MS / 5);
}

static void *view_main(void *arg)
{
	struct view *v = arg;
	struct err e;

	while (!atomic_load(&v->ending)) {
		int r = begin(v, &e);

		while (r == OK && !atomic_load(&v->ending))
			r = turn(v, &e);
		if (r < 0)
			say(v, e.text);
		end(v);
		if (r < 0)
			rest(v);
	}
	return NULL;
}

int view_open(struct view **out, const struct view_options *o, struct err *e)
{
	struct view *v = xcalloc(1, sizeof(*v));

	v->o = *o;
	atomic_store(&v->lag, -1);
	if (guard_new(&v->guard, &o->guard, e) < 0) {
		free(v);
		return ERR_FATAL;
	}
	v->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	thread_start(&v->thread, view_main, v);
	*out = v;
	return OK;
}

struct view_stand view_stand(struct view *v)
{
	return (struct view_stand){ atomic_load(&v->records), atomic_load(&v->lag) };
}

void view_close(struct view *v)
{
	if (!v)
		return;
	atomic_store(&v->ending, true);
	thread_wake(v->wake_fd);
	pthread_join(v->thread, NULL);
	producer_close(v->producer);
	guard_free(v->guard);
	close(v->wake_fd);
	free(v);
}
