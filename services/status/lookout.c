#include "lookout.h"

#include <stdlib.h>

#include "mem.h"
#include "now.h"
#include "past.h"
#include "processes.h"
#include "thread.h"

struct lookout {
	struct guard *guard; /* the thread's own */
	const char *prefix;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct past *past;
	bool closing;
	pthread_t thread;
};

/* The lock is given back while Redis is asked. */
static void look(struct lookout *l)
{
	json_t *processes = NULL;
	struct err e;

	pthread_mutex_unlock(&l->lock);
	if (processes_read(l->guard, l->prefix, &processes, &e))
		processes = NULL;
	pthread_mutex_lock(&l->lock);
	past_take(l->past, processes, now_ms());
	json_decref(processes);
}

static void *turn(void *arg)
{
	struct lookout *l = arg;
	int64_t next_ms = now_mono_ms();

	pthread_mutex_lock(&l->lock);
	while (!l->closing) {
		int64_t left_ms = next_ms - now_mono_ms();

		if (left_ms > 0) {
			thread_wait(&l->changed, &l->lock, left_ms);
			continue;
		}
		look(l);
		next_ms += PAST_STEP_MS;
		if (next_ms < now_mono_ms()) /* it was kept waiting: the course has a gap less */
			next_ms = now_mono_ms() + PAST_STEP_MS;
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct lookout *lookout_open(struct guard *guard, const char *prefix)
{
	struct lookout *l = xcalloc(1, sizeof(*l));

	l->guard = guard;
	l->prefix = prefix;
	l->past = past_new();
	pthread_mutex_init(&l->lock, NULL);
	thread_cond_init(&l->changed);
	thread_start(&l->thread, turn, l);
	return l;
}

void lookout_close(struct lookout *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->closing = true;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	past_free(l->past);
	guard_free(l->guard);
	free(l);
}

json_t *lookout_past(struct lookout *l)
{
	json_t *past;

	pthread_mutex_lock(&l->lock);
	past = past_json(l->past);
	pthread_mutex_unlock(&l->lock);
	return past;
}
