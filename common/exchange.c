#include "exchange.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "mem.h"
#include "now.h"
#include "thread.h"

#define CUT_AGAIN_MS 1000 /* a connection that is only being made is cut once it is there */
#define END_AGAIN_MS 100  /* likewise, while the end is waited for */

struct queue {
	struct parcel_link *first, **last;
	size_t count;
};

struct worker {
	struct exchange *x;
	pthread_t thread;
	struct session_fd fd;
	struct parcel_link *current; /* under the lock */
	int64_t deadline_ms;	     /* of current; 0 = none. Under the lock */
	size_t held;		     /* by a thread that has many. Under the lock */
	_Atomic bool cut;	     /* likewise */
};

struct exchange {
	struct exchange_options o;
	pthread_mutex_t lock;
	pthread_cond_t more, ended;
	struct queue ready, done;
	struct worker *workers;
	size_t started, running, idle;
	bool ending;
	_Atomic int64_t turned_boot_ms;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->count = 0;
}

static void queue_add(struct queue *q, struct parcel_link *p)
{
	p->next = NULL;
	*q->last = p;
	q->last = &p->next;
	q->count++;
}

static struct parcel_link *queue_take(struct queue *q)
{
	struct parcel_link *p = q->first;

	if (!p)
		return NULL;
	q->first = p->next;
	if (!q->first)
		q->last = &q->first;
	q->count--;
	return p;
}

static struct parcel_link *queue_take_all(struct queue *q)
{
	struct parcel_link *all = q->first;

	queue_init(q);
	return all;
}

/* ---- threads ---- */

static struct parcel_link *take(struct worker *w)
{
	struct exchange *x = w->x;
	struct parcel_link *p = queue_take(&x->ready);

	if (!p)
		return NULL;
	p->since_ms = now_mono_ms();
	if (x->o.wake) {
		w->held++;
		return p;
	}
	w->current = p;
	w->deadline_ms = p->since_ms + x->o.deadline_ms;
	w->fd.deadline_hit = 0;
	return p;
}

struct parcel_link *exchange_next(struct worker *w, int64_t idle_ms)
{
	struct exchange *x = w->x;
	struct parcel_link *p = NULL;
	int r = 0;

	pthread_mutex_lock(&x->lock);
	x->idle++;
	while (!x->ending && !(p = take(w)) && idle_ms && r != ETIMEDOUT)
		r = thread_wait(&x->more, &x->lock, idle_ms);
	x->idle--;
	pthread_mutex_unlock(&x->lock);
	return p;
}

void exchange_answer(struct worker *w, struct parcel_link *p)
{
	struct exchange *x = w->x;
	bool first;

	pthread_mutex_lock(&x->lock);
	assert(x->o.wake ? w->held > 0 : w->current == p);
	w->held -= x->o.wake != NULL;
	w->current = NULL;
	w->deadline_ms = 0;
	first = !x->done.first;
	queue_add(&x->done, p);
	pthread_mutex_unlock(&x->lock);
	if (first)
		thread_wake(x->o.wake_fd);
}

bool exchange_is_cut(const struct worker *w)
{
	return w->cut;
}

bool exchange_loop_lives(const struct worker *w, int64_t now_boot_ms)
{
	return now_boot_ms - w->x->turned_boot_ms < w->x->o.zombie_ms;
}

static void *thread_main(void *arg)
{
	struct worker *w = arg;
	struct parcel_link *p;

	session_fd_use(&w->fd);
	while ((p = exchange_next(w, -1)))
		w->x->o.work(w->x->o.ctx, w, p);
	pthread_mutex_lock(&w->x->lock);
	w->x->running--;
	pthread_cond_signal(&w->x->ended);
	pthread_mutex_unlock(&w->x->lock);
	return NULL;
}

/* ---- the loop ---- */

struct exchange *exchange_new(const struct exchange_options *o)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->o = *o;
	x->workers = xcalloc(o->sessions, sizeof(*x->workers));
	x->turned_boot_ms = now_boot_ms();
	queue_init(&x->ready);
	queue_init(&x->done);
	pthread_mutex_init(&x->lock, NULL);
	thread_cond_init(&x->more);
	thread_cond_init(&x->ended);
	return x;
}

static void start_worker(struct exchange *x)
{
	struct worker *w = &x->workers[x->started++];

	w->x = x;
	w->fd.fd = -1;
	x->running++;
	thread_start(&w->thread, thread_main, w);
}

void exchange_put(struct exchange *x, struct parcel_link *p)
{
	bool idle, first;

	p->since_ms = now_mono_ms();
	pthread_mutex_lock(&x->lock);
	first = !x->ready.first;
	queue_add(&x->ready, p);
	if (x->idle < x->ready.count && x->started < x->o.sessions)
		start_worker(x);
	idle = x->idle > 0;
	pthread_mutex_unlock(&x->lock);
	if (idle) /* whoever is woken finds the lock free */
		pthread_cond_signal(&x->more);
	else if (first && x->o.wake)
		x->o.wake(x->o.ctx);
}

struct parcel_link *exchange_done(struct exchange *x)
{
	struct parcel_link *all;

	pthread_mutex_lock(&x->lock);
	all = queue_take_all(&x->done);
	pthread_mutex_unlock(&x->lock);
	return all;
}

struct parcel_link *exchange_take_back(struct exchange *x, int64_t before_ms,
				       bool (*wanted)(const void *ctx, const struct parcel_link *p),
				       const void *ctx)
{
	struct queue back, left;
	struct parcel_link *p;

	queue_init(&back);
	queue_init(&left);
	pthread_mutex_lock(&x->lock);
	while ((p = queue_take(&x->ready)))
		queue_add(p->since_ms <= before_ms && (!wanted || wanted(ctx, p)) ? &back : &left,
			  p);
	while ((p = queue_take(&left)))
		queue_add(&x->ready, p);
	pthread_mutex_unlock(&x->lock);
	return back.first;
}

int64_t exchange_tick(struct exchange *x, int64_t now, int64_t now_boot)
{
	int64_t next = INT64_MAX;

	x->turned_boot_ms = now_boot;
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->started; i++) {
		struct worker *w = &x->workers[i];

		if (!w->deadline_ms)
			continue;
		if (now >= w->deadline_ms) {
			session_fd_cut(&w->fd);
			w->deadline_ms = now + CUT_AGAIN_MS;
		}
		if (w->deadline_ms - now < next)
			next = w->deadline_ms - now;
	}
	pthread_mutex_unlock(&x->lock);
	return next;
}

static void cut_all(struct exchange *x)
{
	for (size_t i = 0; i < x->started; i++) {
		struct worker *w = &x->workers[i];

		if (w->current)
			session_fd_cut(&w->fd);
		if (!w->held)
			continue;
		w->cut = true;
		x->o.wake(x->o.ctx);
	}
}

void exchange_cut_all(struct exchange *x)
{
	pthread_mutex_lock(&x->lock);
	cut_all(x);
	pthread_mutex_unlock(&x->lock);
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	pthread_mutex_lock(&x->lock);
	x->ending = true;
	pthread_cond_broadcast(&x->more);
	while (x->running) {
		cut_all(x);
		thread_wait(&x->ended, &x->lock, END_AGAIN_MS);
	}
	pthread_mutex_unlock(&x->lock);
	for (size_t i = 0; i < x->started; i++)
		pthread_join(x->workers[i].thread, NULL);
	pthread_cond_destroy(&x->more);
	pthread_cond_destroy(&x->ended);
	pthread_mutex_destroy(&x->lock);
	free(x->workers);
	free(x);
}
