#include "topic_follow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_reader.h"
#include "log.h"
#include "mem.h"
#include "thread.h"

#define LOOK_MS 20	   /* how long a look for records takes, until the end was reached */
#define TURN_MS 1000	   /* and then: records, and our end, interrupt it */
#define OPEN_MS 2000	   /* one answer, while it opens: an end waits for it */
#define AGAIN_MIN_MS 250   /* between two tries to open the topic */
#define AGAIN_MAX_MS 10000 /* of which each costs connections */
#define PUBLISH_EVERY 1000 /* records of a topic that never stops */

struct topic_follow {
	struct topic_follow_options o;
	bool told_missing, known; /* the thread's own */
	pthread_t thread;
	atomic_bool ending, news;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* with ending */
	/* under the lock */
	struct kafka_reader *reader; /* the thread reads it without: nobody else changes it */
	void *next;		     /* to be taken; NULL = nothing new */
	char why[200];		     /* what holds is not known; "" = it is */
	char why_told[200];	     /* the loop's copy */
};

/* ---- the thread ---- */

/* Before anything is known; later what was known holds on. */
static void set_why(struct topic_follow *f, const char *why)
{
	if (f->known)
		return;
	pthread_mutex_lock(&f->lock);
	snprintf(f->why, sizeof(f->why), "%s", why);
	pthread_mutex_unlock(&f->lock);
	thread_wake(f->o.wake_fd);
}

static void drop(struct topic_follow *f, void *made)
{
	if (made)
		f->o.view.drop(made);
}

static void publish(struct topic_follow *f)
{
	void *made = f->o.view.made(f->o.view.ctx), *missed;

	f->known = true;
	pthread_mutex_lock(&f->lock);
	missed = f->next;
	f->next = made;
	f->why[0] = '\0';
	atomic_store(&f->news, true); /* whoever finds it known finds the news, too */
	pthread_mutex_unlock(&f->lock);
	thread_wake(f->o.wake_fd);
	drop(f, missed);
}

/* Waits; false = it is time to end. */
static bool rest_ms(struct topic_follow *f, int64_t ms)
{
	pthread_mutex_lock(&f->lock);
	if (!atomic_load(&f->ending))
		thread_wait(&f->changed, &f->lock, ms);
	pthread_mutex_unlock(&f->lock);
	return !atomic_load(&f->ending);
}

static void set_reader(struct topic_follow *f, struct kafka_reader *reader)
{
	pthread_mutex_lock(&f->lock);
	f->reader = reader;
	pthread_mutex_unlock(&f->lock);
}

static void close_reader(struct topic_follow *f)
{
	struct kafka_reader *reader = f->reader;

	set_reader(f, NULL);
	kafka_reader_close(reader);
}

/* How long to wait for the next record. */
static int wait_ms(bool known, bool changed)
{
	if (!known)
		return LOOK_MS;
	return changed ? 0 : TURN_MS;
}

/* A topic that is not there says nothing; a Kafka that is away says nothing yet. */
static bool open_reader(struct topic_follow *f)
{
	struct kafka_span span = { .topic = f->o.topic, .timeout_ms = OPEN_MS };
	struct err e;
	struct kafka_reader *reader = NULL;
	int r = kafka_reader_open_span(&reader, f->o.kafka, &span, &e);

	set_reader(f, r == OK ? reader : NULL);
	if (r == OK)
		return true;
	if (r != ERR_INVALID) {
		set_why(f, e.text);
		return false;
	}
	if (!f->told_missing)
		log_warn("ev=%s-missing why=\"%s\"", f->o.what, e.text);
	f->told_missing = true;
	if (!f->known) /* else what is known holds on: no pause ends by a topic that is gone */
		publish(f);
	return false;
}

static bool take(struct topic_follow *f, const struct record *r)
{
	bool changed = false;
	struct err e;

	if (f->o.view.take(f->o.view.ctx, r, &changed, &e) < 0)
		log_warn("ev=%s-skipped partition=%d offset=%lld why=\"%s\"", f->o.what,
			 r->partition, (long long)r->offset, e.text);
	return changed;
}

/* Reads until the client breaks or we are to end. */
static void read_all(struct topic_follow *f, int64_t *again_ms)
{
	bool known = false, changed = true;
	size_t unpublished = 0;
	struct record record;
	struct err e;
	int r = OK;

	while (r != ERR_FATAL && !atomic_load(&f->ending)) {
		r = kafka_reader_next(f->reader, wait_ms(known, changed), &record, &e);
		if (r == OK) {
			changed |= take(f, &record);
			unpublished++;
		}
		known = known || kafka_reader_caught_up(f->reader);
		if (!known || !changed || (r == OK && unpublished < PUBLISH_EVERY))
			continue;
		publish(f);
		*again_ms = AGAIN_MIN_MS;
		changed = false;
		unpublished = 0;
	}
	if (r == ERR_FATAL)
		log_warn("ev=%s-away why=\"%s\"", f->o.what, e.text);
}

static void *follow_main(void *arg)
{
	struct topic_follow *f = arg;
	int64_t again_ms = AGAIN_MIN_MS;

	do {
		f->o.view.reset(f->o.view.ctx);
		if (open_reader(f)) {
			read_all(f, &again_ms);
			close_reader(f);
		}
		again_ms = again_ms * 2 < AGAIN_MAX_MS ? again_ms * 2 : AGAIN_MAX_MS;
	} while (rest_ms(f, again_ms));
	return NULL;
}

/* ---- the loop ---- */

struct topic_follow *topic_follow_open(const struct topic_follow_options *o)
{
	struct topic_follow *f = xcalloc(1, sizeof(*f));

	f->o = *o;
	snprintf(f->why, sizeof(f->why), "topic %s is not read yet", o->topic);
	pthread_mutex_init(&f->lock, NULL);
	thread_cond_init(&f->changed);
	thread_start(&f->thread, follow_main, f);
	return f;
}

void *topic_follow_take(struct topic_follow *f)
{
	void *next;

	if (!atomic_exchange(&f->news, false))
		return NULL;
	pthread_mutex_lock(&f->lock);
	next = f->next;
	f->next = NULL;
	pthread_mutex_unlock(&f->lock);
	return next;
}

const char *topic_follow_waits(struct topic_follow *f)
{
	pthread_mutex_lock(&f->lock);
	memcpy(f->why_told, f->why, sizeof(f->why));
	pthread_mutex_unlock(&f->lock);
	return f->why_told[0] ? f->why_told : NULL;
}

void topic_follow_close(struct topic_follow *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	atomic_store(&f->ending, true);
	pthread_cond_signal(&f->changed);
	if (f->reader)
		kafka_reader_interrupt(f->reader);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	drop(f, f->next);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
