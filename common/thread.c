#include "thread.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256u << 10) /* libesmtp and OpenSSL use about 60 KiB of it */

void thread_start(pthread_t *thread, void *(*main)(void *arg), void *arg)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(thread, &attr, main, arg))
		abort();
	pthread_attr_destroy(&attr);
}

void thread_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

int thread_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms)
{
	struct timespec until;

	if (ms < 0)
		return pthread_cond_wait(c, lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_cond_timedwait(c, lock, &until);
}

void thread_wake(int event_fd)
{
	static const uint64_t one = 1;

	if (write(event_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN); /* the counter is full: who polls it is awake anyway */
}
