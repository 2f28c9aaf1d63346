/*
 * thread - what the few threads beside the loop need of pthreads: small stacks, waiting on the
 * monotonic clock, waking the loop.
 */
#ifndef BECKON_THREAD_H
#define BECKON_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* Starts a thread with a stack that is enough for libesmtp and OpenSSL. A thread that cannot be
   had ends the process, as memory that cannot be had does. */
void thread_start(pthread_t *thread, void *(*main)(void *arg), void *arg);

/* A condition to be waited for with thread_wait. */
void thread_cond_init(pthread_cond_t *c);

/* Waits for c, at most ms (< 0: without end). ETIMEDOUT when the time is over; may wake for
   nothing. The lock is held before and after. */
int thread_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms);

/* Wakes whoever polls this eventfd. */
void thread_wake(int event_fd);

#endif
