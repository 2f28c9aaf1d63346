#include "lookout.h"

#include <stdlib.h>

#include "background.h"
#include "mem.h"
#include "now.h"
#include "past.h"
#include "processes.h"

struct lookout {
	struct guard *guard; /* the thread's own */
	const char *prefix;
	struct background background;
	struct past *past; /* under its lock */
};

/* The lock is given back while Redis is asked. */
static void look(struct lookout *l)
{
	json_t *processes = NULL;
	struct err e;

	pthread_mutex_unlock(&l->background.lock);
	if (processes_read(l->guard, l->prefix, &processes, &e))
		processes = NULL;
	pthread_mutex_lock(&l->background.lock);
	past_take(l->past, processes, now_ms());
	json_decref(processes);
}

static void *turn(void *arg)
{
	struct lookout *l = arg;
	int64_t next_ms = now_mono_ms();

	pthread_mutex_lock(&l->background.lock);
	while (!l->background.ending) {
		int64_t left_ms = next_ms - now_mono_ms();

		if (left_ms > 0) {
			background_wait(&l->background, left_ms);
			continue;
		}
		look(l);
		next_ms += PAST_STEP_MS;
		if (next_ms < now_mono_ms()) /* it was kept waiting: the course has a gap less */
			next_ms = now_mono_ms() + PAST_STEP_MS;
	}
	pthread_mutex_unlock(&l->background.lock);
	return NULL;
}

struct lookout *lookout_open(struct guard *guard, const char *prefix)
{
	struct lookout *l = xcalloc(1, sizeof(*l));

	l->guard = guard;
	l->prefix = prefix;
	l->past = past_new();
	background_open(&l->background, turn, l);
	return l;
}

void lookout_close(struct lookout *l)
{
	if (!l)
		return;
	background_close(&l->background);
	past_free(l->past);
	guard_free(l->guard);
	free(l);
}

json_t *lookout_past(struct lookout *l)
{
	json_t *past;

	pthread_mutex_lock(&l->background.lock);
	past = past_json(l->past);
	pthread_mutex_unlock(&l->background.lock);
	return past;
}
