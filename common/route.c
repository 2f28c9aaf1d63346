#include "route.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "thread.h"
#include "transport.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000
#define UNSEEN_MIN_MS 1000 /* of a fault that no probe sees */
#define UNSEEN_MAX_MS 600000
#define END_AGAIN_MS 100 /* a connection that is only being made is cut once it is there */

struct route {
	const char *name;
	int (*probe)(void *ctx, struct err *e);
	void *ctx;
	int wake_fd;
	struct session_fd fd; /* of the probe */
	pthread_t thread;
	bool started; /* thread is to be joined; the loop's own */
	/* Before the next probe, and what that may grow to; the loop's own while no probe runs. */
	int64_t pause_ms, pause_max_ms;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	bool open, probing, ending, hurried;
	char why[256];
};

/* One question; false = no more of them. Where it is answered by no, the probe sees what is wrong.
 */
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
	else
		r->pause_max_ms = PAUSE_MAX_MS;
	return !whole;
}

/* False: the route is to end. */
static bool pause_ms(struct route *r)
{
	bool goes_on;

	pthread_mutex_lock(&r->lock);
	if (r->pause_ms && !r->ending && !r->hurried)
		thread_wait(&r->changed, &r->lock, r->pause_ms);
	if (r->hurried)
		r->pause_ms = 0;
	r->hurried = false;
	goes_on = !r->ending;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void lengthen(struct route *r)
{
	int64_t pause = r->pause_ms ? 2 * r->pause_ms : PAUSE_MIN_MS;

	r->pause_ms = pause < r->pause_max_ms ? pause : r->pause_max_ms;
}

static void *probe_main(void *arg)
{
	struct route *r = arg;
	bool goes_on = true;

	session_fd_use(&r->fd);
	while (goes_on && pause_ms(r)) {
		lengthen(r);
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

static void close_route(struct route *r, const char *why, int64_t rest_ms, int64_t rest_max_ms)
{
	if (!route_is_open(r))
		return;
	if (r->started)
		pthread_join(r->thread, NULL); /* it opened the route, and has nothing more to do */
	if (r->pause_ms < rest_ms)
		r->pause_ms = rest_ms;
	r->pause_max_ms = rest_max_ms;
	pthread_mutex_lock(&r->lock);
	r->open = false;
	r->probing = true;
	r->hurried = false;
	snprintf(r->why, sizeof(r->why), "%s", why);
	pthread_mutex_unlock(&r->lock);
	r->started = true;
	thread_start(&r->thread, probe_main, r);
}

void route_close(struct route *r, const char *why)
{
	close_route(r, why, 0, PAUSE_MAX_MS);
}

void route_close_unseen(struct route *r, const char *why)
{
	close_route(r, why, UNSEEN_MIN_MS, UNSEEN_MAX_MS);
}

void route_hurry(struct route *r)
{
	pthread_mutex_lock(&r->lock);
	r->hurried = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
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
