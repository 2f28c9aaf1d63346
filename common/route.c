#include "route.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "transport.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000
#define STACK_BYTES (256u << 10)

struct route {
	const char *name;
	int (*probe)(void *ctx, struct err *e);
	void *ctx;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct session_fd fd;
	/* under the lock */
	bool open, ending, started;
	char why[256];
};

static void pause_ms(struct route *r, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&r->lock);
	if (!r->ending)
		pthread_cond_timedwait(&r->ended, &r->lock, &until);
	pthread_mutex_unlock(&r->lock);
}

/* One question; true = no more of them. */
static bool ask(struct route *r)
{
	static const uint64_t one = 1;
	struct err e = { "" };
	bool whole = r->probe(r->ctx, &e) == OK, over;

	pthread_mutex_lock(&r->lock);
	r->open = whole;
	if (!whole)
		snprintf(r->why, sizeof(r->why), "%s", e.text);
	over = whole || r->ending;
	pthread_mutex_unlock(&r->lock);
	if (whole && write(r->wake_fd, &one, sizeof(one)) < 0)
		return over; /* the counter is full: the loop is awake anyway */
	return over;
}

static void *probe_main(void *arg)
{
	struct route *r = arg;
	int64_t pause = PAUSE_MIN_MS;

	session_fd_use(&r->fd);
	while (!ask(r)) {
		pause_ms(r, pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
	return NULL;
}

struct route *route_new(const char *name, int (*probe)(void *ctx, struct err *e), void *ctx, int wake_fd)
{
	struct route *r = xcalloc(1, sizeof(*r));
	pthread_condattr_t attr;

	*r = (struct route){ .name = name, .probe = probe, .ctx = ctx, .wake_fd = wake_fd, .open = true };
	r->fd.fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->ended, &attr);
	pthread_condattr_destroy(&attr);
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
	pthread_attr_t attr;
	bool was_open = route_is_open(r);

	if (!was_open)
		return;
	if (r->started)
		pthread_join(r->thread, NULL); /* it has ended: it opened the route */
	pthread_mutex_lock(&r->lock);
	r->open = false;
	r->started = true;
	snprintf(r->why, sizeof(r->why), "%s", why);
	pthread_mutex_unlock(&r->lock);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&r->thread, &attr, probe_main, r))
		abort();
	pthread_attr_destroy(&attr);
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
	pthread_cond_broadcast(&r->ended);
	pthread_mutex_unlock(&r->lock);
	session_fd_cut(&r->fd);
	if (r->started)
		pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->ended);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
