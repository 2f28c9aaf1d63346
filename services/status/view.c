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
#include "view_format.h"
#include "view_keep.h"
#include "view_tell.h"

#define GROUP_SIZE 300
#define REST_MS 500	/* between two tries */
#define IDLE_MS 500	/* a sleep ends at the latest; there Redis is looked at */
#define READ_AT_ONCE 64 /* records of one partition */

/* A partition that is ours. */
struct view_part {
	struct view_part *next;
	struct consumer_partition *assigned;
	bool requests;
	/* Of each step the next offset, which is read, written or told by then; -1 = none was. */
	int64_t read, written, told;
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
	struct view_tell tell;
	struct consumer *consumer;
	struct view_part *parts;
	/* While Redis writes one batch the next is read, and what was written before is told. */
	struct view_batch taken, written;
	size_t writing; /* records of the batch that Redis has; 0 = none */
	bool telling;
	char epoch[64], why[200]; /* why: told last */
	struct view_keep keep;
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
				    .read = -1,
				    .written = -1,
				    .told = -1 };
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

	view_batch_take(&v->taken, r, part->requests);
	part->read = r->offset + 1;
}

/* The first one is the last one next time: none waits for others that are never read to an end. */
static void turn_parts(struct view *v)
{
	struct view_part *first = v->parts, **end = &v->parts;

	if (!first)
		return;
	while (*end)
		end = &(*end)->next;
	*end = first;
	v->parts = first->next;
	first->next = NULL;
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
	turn_parts(v);
	return read;
}

static void store(struct view *v)
{
	for (struct view_part *p = v->parts; p; p = p->next) {
		if (p->unstored)
			consumer_store(v->consumer, p->assigned, p->told);
		p->unstored = false;
	}
}

static void measure(struct view *v)
{
	int64_t sum = 0;

	for (struct view_part *p = v->parts; p && sum >= 0; p = p->next) {
		int64_t lag = consumer_lag(v->consumer, p->assigned, p->told);

		sum = lag < 0 ? -1 : sum + lag;
	}
	atomic_store(&v->lag, consumer_joined(v->consumer) ? sum : -1);
}

/* ---- telling ---- */

/* What was told before is with Kafka: its offsets are stored. */
static int await_told(struct view *v, struct err *e)
{
	if (view_tell_await(&v->tell, e) < 0)
		return ERR_AGAIN;
	store(v);
	v->telling = false;
	return OK;
}

static int tell_all(struct view *v, const struct view_batch *b, struct err *e)
{
	if (await_told(v, e) < 0 || view_tell_all(&v->tell, b, e) < 0)
		return ERR_AGAIN;
	if (b->skipped)
		log_warn("ev=view-skipped count=%zu", b->skipped);
	v->telling = true;
	return OK;
}

/* ---- the thread ---- */

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

	snprintf(group, sizeof(group), "%s.%s.%s", v->o.group, v->epoch, VIEW_FORMAT);
	if (consumer_open(&v->consumer, v->o.kafka, &o, &events, e) < 0)
		return ERR_AGAIN;
	log_info("ev=view-opened group=%s", group);
	return OK;
}

static int begin(struct view *v, struct err *e)
{
	bool anew;

	if (guard_ready(v->guard, e) < 0 || view_format_ready(v->guard, &anew, e) < 0)
		return ERR_AGAIN;
	if (anew)
		log_warn("ev=view-anew why=\"another version wrote what was there\"");
	text_put(v->epoch, sizeof(v->epoch), guard_epoch(v->guard));
	if (view_tell_open(&v->tell, v->o.kafka, v->o.topic_state, e) < 0)
		return ERR_AGAIN;
	return open_consumer(v, e) < 0 ? ERR_AGAIN : OK;
}

static void end(struct view *v)
{
	struct err e;

	if (v->writing)
		guard_hear(v->guard, &e);
	v->writing = 0;
	v->telling = false;
	consumer_close(v->consumer);
	v->consumer = NULL;
	view_batch_clear(&v->taken);
	view_batch_clear(&v->written);
	if (v->tell.untold) /* what is on its way would be counted for the next batch */
		view_tell_close(&v->tell);
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

/* What was written is told, what was read is being written. */
static void step(struct view *v, size_t heard)
{
	for (struct view_part *p = v->parts; p; p = p->next) {
		if (heard) {
			p->unstored |= p->told != p->written;
			p->told = p->written;
		}
		p->written = p->read;
	}
	atomic_fetch_add(&v->records, (long long)heard);
}

/* Hears of what Redis writes, hands it the read records taken since, and tells the former
 * meanwhile. */
static int go_on(struct view *v, size_t read, struct err *e)
{
	struct view_batch done;
	size_t heard = v->writing;
	int r = OK;

	if (heard && view_batch_hear(&v->written, v->guard, e) < 0)
		return ERR_AGAIN;
	done = v->written;
	v->written = v->taken;
	v->taken = (struct view_batch){ 0 };
	v->writing = read;
	if (read)
		r = view_batch_send(&v->written, v->guard, e);
	if (r == OK && heard)
		r = tell_all(v, &done, e);
	if (r == OK)
		step(v, heard);
	view_batch_clear(&done);
	return r;
}

static int turn(struct view *v, struct err *e)
{
	const struct view_keep_world world = { v->guard, &v->tell, v->o.topic_requested };
	size_t read;
	int r;

	if (consumer_poll(v->consumer, e) < 0)
		return ERR_AGAIN;
	read = read_some(v);
	if (read || v->writing)
		r = go_on(v, read, e);
	else if (v->telling)
		r = await_told(v, e);
	else
		r = view_keep_due(&v->keep) ? view_keep_turn(&v->keep, &world, e) : idle(v, e);
	measure(v);
	if (r == OK && atomic_load(&v->lag) >= 0)
		say(v, NULL);
	return r;
}

/* Nothing is taken any more: what is in hand is written, told and stored. */
static void finish(struct view *v)
{
	struct err e;

	if (v->writing && go_on(v, 0, &e) < 0)
		return;
	if (v->telling)
		await_told(v, &e);
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
		if (r == OK)
			finish(v);
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
	view_keep_open(&v->keep);
	v->tell.ending = &v->ending;
	v->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	thread_start(&v->thread, view_main, v);
	*out = v;
	return OK;
}

void view_publish(struct view *v, struct tenants *tenants)
{
	view_keep_publish(&v->keep, tenants);
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
	view_tell_close(&v->tell);
	view_keep_close(&v->keep);
	guard_free(v->guard);
	close(v->wake_fd);
	free(v);
}
