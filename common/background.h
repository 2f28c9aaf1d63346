/*
 * background - a thread that works beside the others until it is told to end, and the lock of what
 * it shares with them.
 */
#ifndef BECKON_BACKGROUND_H
#define BECKON_BACKGROUND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Embedded; zero before background_open. */
struct background {
	pthread_mutex_t lock;	/* its owner's state is under it as well */
	pthread_cond_t changed; /* signal it to end a wait */
	bool ending;		/* under the lock */
	pthread_t thread;
};

void background_open(struct background *b, void *(*main)(void *arg), void *arg);

/* Tells the thread to end, and waits until it has. */
void background_close(struct background *b);

/* With the lock held, which is given back meanwhile: at most ms (< 0: without end), not at all
   where it is to end; may return for nothing. */
void background_wait(struct background *b, int64_t ms);

/* The same without the lock. False: it is to end. */
bool background_rest(struct background *b, int64_t ms);

#endif
