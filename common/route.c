#include "route.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "thread.h"
#include "transport.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000
#define END_AGAIN_MS 100 /* a connection that is only being made is cut once it is there */

struct route {
	const char *name;
	int (*probe)(void *ctx, struct err *e);
	void *ctx;
	int wake_fd;
	struct session_fd fd; /* of the probe */
	pthread_t thread;
	bool started;	  /* thread is to be joined; the loop's own */
	int64_t pause_ms; /* before the next probe; the loop's own while no probe runs */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	bool open, probing, ending;
	char why[256];
};

/* One question; false = no more of them. */
static bool ask(struct route *r)
{
	struct err e = { "" };
	bool whole = r->probe(r->ctx, &e) == OK;

	pthread_mutex_lock(&r->lock);
	r->open = whole;
	if (!whole)
		snprintf(r->why, sizeof(r->why), "%s", e.text);
	pthread_mutex_unlock(&r->lock);
	if (whole)
		thread_wake(r->wake_fd);
	return !whole;
}

/* False: the route is to end. */
static bool pause_ms(struct route *r, int64_t ms)
{
	bool goes_on;

	pthread_mutex_lock(&r->lock);
	if (ms && !r->ending)
		thread_wait(&r->changed, &r->lock, ms);
	goes_on = !r->ending;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void lengthen(int64_t *pause)
{
	*pause = !*pause ? PAUSE_MIN_MS : *pause * 2 < PAUSE_MAX_MS ? *pause * 2 : PAUSE_MAX_MS;
}

static void *probe_main(void *arg)
{
	struct route *r = arg;
	bool goes_on = true;

	session_fd_use(&r->fd);
	while (goes_on && pause_ms(r, r->pause_ms)) {
		lengthen(&r->pause_ms);
		goes_on = ask(r);
	}
	pthread_mutex_lock(&r->lock);
	r->probing = false;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct route *route_new(const char *name, int (*probe)(void *ctx, struct err *e), void *ctx,
			int wake_fd)
{
	struct route *r = xcalloc(1, sizeof(*r));

	*r = (struct route){
		.name = name, .probe = probe, .ctx = ctx, .wake_fd = wake_fd, .open = true
	};
	r->fd.fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	thread_cond_init(&r->changed);
	return r;
}

bool route_is_open(struct route *r)
{
	bool open;

	pthread_mutex_lock(&r->lock);
	open = r->open;
	pthread_mutex_unlock(&r->lock);
	return open;
}

void route_close(struct route *r, const char *why)
{
	if (!route_is_open(r))
		return;
	if (r->started)
		pthread_join(r->thread, NULL); /* it opened the route, and has nothing more to do */
	pthread_mutex_lock(&r->lock);
	r->open = false;
	r->probing = true;
	snprintf(r->why, sizeof(r->why), "%s", why);
	pthread_mutex_unlock(&r->lock);
	r->started = true;
	thread_start(&r->thread, probe_main, r);
}

void route_proved(struct route *r)
{
	if (route_is_open(r))
		r->pause_ms = 0;
}

const char *route_why(struct route *r, char *out, size_t size)
{
	pthread_mutex_lock(&r->lock);
	snprintf(out, size, "%s: %s", r->name, r->why);
	pthread_mutex_unlock(&r->lock);
	return out;
}

void route_free(struct route *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->ending = true;
	while (r->probing) {
		pthread_cond_signal(&r->changed);
		session_fd_cut(&r->fd);
		thread_wait(&r->changed, &r->lock, END_AGAIN_MS);
	}
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
