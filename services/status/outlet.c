#include "outlet.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cloudevent.h"
#include "ids.h"
#include "mem.h"
#include "now.h"
#include "thread.h"

#define TURN_MS 200
#define HURRY_MS 1000 /* where Kafka owes an answer already, or nobody has time to wait */

/* What one caller waits for. It outlives a caller that has waited long enough, since
   acknowledgements may come later. */
struct wait {
	struct wait *prev, *next; /* of all that are not over */
	size_t pending;		  /* records not acknowledged yet */
	bool left;		  /* nobody waits any more */
	char refused[160];	  /* why Kafka will never take one of them */
};

struct outlet {
	struct producer *producer;
	char *topic;
	pthread_mutex_t lock; /* of the producer and all waits */
	pthread_cond_t heard;
	pthread_t thread;
	int wake_fd;
	struct wait waits; /* head of the list of those */
	size_t owed;	   /* records that nobody waits for any more, and Kafka has not taken yet */
	char away[160];	   /* why no broker answers; "" = one does */
	_Atomic bool hurried, stopping;
};

static struct wait *wait_new(struct outlet *o)
{
	struct wait *w = xcalloc(1, sizeof(*w)), *head = &o->waits;

	w->prev = head;
	w->next = head->next;
	head->next->prev = w;
	head->next = w;
	return w;
}

static void wait_free(struct wait *w)
{
	w->prev->next = w->next;
	w->next->prev = w->prev;
	free(w);
}

static void acked(void *ctx, void *opaque, const char *error)
{
	struct outlet *o = ctx;
	struct wait *w = opaque;

	if (error)
		text_put(w->refused, sizeof(w->refused), error);
	o->owed -= w->left;
	if (--w->pending == 0 && w->left)
		wait_free(w);
	pthread_cond_broadcast(&o->heard);
}

/* The thread: hears acknowledgements, and whether there is a broker. */
static void *hear(void *arg)
{
	struct outlet *o = arg;
	uint64_t count;

	while (!atomic_load(&o->stopping)) {
		struct pollfd p = { .fd = o->wake_fd, .events = POLLIN };

		if (poll(&p, 1, TURN_MS) > 0 && read(o->wake_fd, &count, sizeof(count)) < 0)
			continue;
		pthread_mutex_lock(&o->lock);
		producer_poll(o->producer, 0);
		const char *why = producer_away(o->producer);

		text_put(o->away, sizeof(o->away), why ? why : "");
		pthread_mutex_unlock(&o->lock);
	}
	return NULL;
}

int outlet_open(struct outlet **out, struct kafka_properties kafka, const char *topic,
		struct err *e)
{
	struct outlet *o = xcalloc(1, sizeof(*o));
	int r = producer_open(&o->producer, kafka, acked, o, e);

	if (r) {
		free(o);
		return r;
	}
	o->topic = xstrdup(topic);
	o->waits.prev = o->waits.next = &o->waits;
	o->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (o->wake_fd < 0)
		abort(); /* no descriptor is left: nothing works any more */
	pthread_mutex_init(&o->lock, NULL);
	thread_cond_init(&o->heard);
	producer_wake(o->producer, o->wake_fd);
	thread_start(&o->thread, hear, o);
	*out = o;
	return OK;
}

void outlet_close(struct outlet *o)
{
	if (!o)
		return;
	atomic_store(&o->stopping, true);
	thread_wake(o->wake_fd);
	pthread_join(o->thread, NULL);
	producer_flush(o->producer, TURN_MS);
	producer_close(o->producer);
	while (o->waits.next != &o->waits) /* for what was never acknowledged */
		wait_free(o->waits.next);
	pthread_cond_destroy(&o->heard);
	pthread_mutex_destroy(&o->lock);
	close(o->wake_fd);
	free(o->topic);
	free(o);
}

const char *outlet_fatal(struct outlet *o)
{
	const char *why;

	pthread_mutex_lock(&o->lock);
	why = producer_fatal(o->producer);
	pthread_mutex_unlock(&o->lock);
	return why;
}

void outlet_hurry(struct outlet *o)
{
	atomic_store(&o->hurried, true);
}

/* ---- appending; all with the lock ---- */

/* A Kafka that stands still would hold every thread for the whole time, one change after the other:
   who comes after the first one hears of it soon. It is no refusal, since another partition may
   well be served. */
static int64_t patience_ms(const struct outlet *o)
{
	return o->owed || atomic_load(&o->hurried) ? HURRY_MS : OUTLET_WAIT_MS;
}

int64_t outlet_patience_ms(struct outlet *o)
{
	int64_t ms;

	pthread_mutex_lock(&o->lock);
	ms = patience_ms(o);
	pthread_mutex_unlock(&o->lock);
	return ms;
}

/* Waits for something to be heard. ERR_AGAIN: nothing was since heard_ms, for too long. */
static int wait_a_turn(struct outlet *o, int64_t heard_ms, struct err *e)
{
	if (*o->away)
		return err_set(e, ERR_AGAIN, "Kafka cannot be reached");
	if (now_mono_ms() - heard_ms > patience_ms(o))
		return err_set(e, ERR_AGAIN, "Kafka does not answer");
	thread_wait(&o->heard, &o->lock, TURN_MS);
	return OK;
}

/* A queue that is full empties as acknowledgements come. */
static int send_one(struct outlet *o, const struct kafka_message *m, struct wait *w, struct err *e)
{
	int64_t began_ms = now_mono_ms();
	int r;

	while ((r = producer_send(o->producer, m, w, e)) == ERR_AGAIN)
		if (wait_a_turn(o, began_ms, e))
			return ERR_AGAIN;
	w->pending += r == OK;
	return r;
}

static int send_event(struct outlet *o, const struct outlet_event *event, struct wait *w,
		      struct err *e)
{
	char key[IDS_KEY_SIZE], time[NOW_TEXT_SIZE];
	autofree char *type = xasprintf("%s%s", CLOUDEVENT_PREFIX, event->type);
	autofree char *made = event->value ? NULL : json_dumps(event->data, JSON_COMPACT);
	const char *value = event->value ? event->value : made;
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	struct cloudevent_head head = { .id = event->id,
					.source = OUTLET_SOURCE,
					.type = type,
					.subject = event->invite,
					.time = now_text(now_ms(), time) };
	struct kafka_message m = { .topic = o->topic,
				   .partition = -1,
				   .key = ids_key(event->tenant, event->invite, key),
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = strlen(value),
				   .headers = headers,
				   .header_count = cloudevent_write_headers(&head, headers) };

	return send_one(o, &m, w, e);
}

static int await(struct outlet *o, struct wait *w, struct err *e)
{
	size_t pending = w->pending;
	int64_t heard_ms = now_mono_ms();
	int r = OK;

	while (w->pending && r == OK) {
		r = wait_a_turn(o, heard_ms, e);
		if (w->pending != pending)
			heard_ms = now_mono_ms();
		pending = w->pending;
	}
	if (r == OK && *w->refused)
		r = err_set(e, ERR_INVALID, "Kafka refused it: %s", w->refused);
	return r;
}

/* Gives w to those acknowledgements that are still to come. */
static void leave(struct outlet *o, struct wait *w)
{
	w->left = true;
	o->owed += w->pending;
	if (!w->pending)
		wait_free(w);
}

int outlet_append(struct outlet *o, const struct outlet_event *list, size_t n, struct err *e)
{
	struct wait *w;
	int r = OK;

	pthread_mutex_lock(&o->lock);
	w = wait_new(o);
	if (*o->away)
		r = err_set(e, ERR_AGAIN, "Kafka cannot be reached");
	for (size_t i = 0; i < n && r == OK; i++)
		r = send_event(o, &list[i], w, e);
	if (r == OK)
		r = await(o, w, e);
	leave(o, w);
	pthread_mutex_unlock(&o->lock);
	return r;
}

int outlet_put(struct outlet *o, const struct kafka_message *m, struct err *e)
{
	struct wait *w;
	int r = OK;

	pthread_mutex_lock(&o->lock);
	w = wait_new(o);
	if (*o->away)
		r = err_set(e, ERR_AGAIN, "Kafka cannot be reached");
	if (r == OK)
		r = send_one(o, m, w, e);
	if (r == OK)
		r = await(o, w, e);
	leave(o, w);
	pthread_mutex_unlock(&o->lock);
	return r;
}
