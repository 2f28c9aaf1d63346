#include "background.h"

#include "thread.h"

void background_open(struct background *b, void *(*main)(void *arg), void *arg)
{
	pthread_mutex_init(&b->lock, NULL);
	thread_cond_init(&b->changed);
	thread_start(&b->thread, main, arg);
}

void background_close(struct background *b)
{
	pthread_mutex_lock(&b->lock);
	b->ending = true;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
}

void background_wait(struct background *b, int64_t ms)
{
	if (!b->ending)
		thread_wait(&b->changed, &b->lock, ms);
}

bool background_rest(struct background *b, int64_t ms)
{
	bool goes_on;

	pthread_mutex_lock(&b->lock);
	background_wait(b, ms);
	goes_on = !b->ending;
	pthread_mutex_unlock(&b->lock);
	return goes_on;
}
