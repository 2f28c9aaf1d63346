/*
 * tsan_threads - C11 threads on POSIX threads, for builds under ThreadSanitizer.
 *
 * ThreadSanitizer watches the POSIX calls only. librdkafka starts its threads and takes its locks
 * through <threads.h>, and the C library serves those without passing the watched ones: such a
 * thread dies at its first allocation. An executable that defines the calls itself is asked first.
 * In the GNU C library a mtx_t, cnd_t and thrd_t have the room and the alignment of their POSIX
 * counterparts.
 *
 * Locks order what our code does on both sides of librdkafka. The lock's own memory is not looked
 * at: librdkafka hands objects from thread to thread by atomics that ThreadSanitizer cannot see.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

void AnnotateIgnoreReadsBegin(const char *file, int line); /* of ThreadSanitizer's run time */
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static void unwatched(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static int watched(int code)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	return code;
}

struct start {
	thrd_start_t run;
	void *arg;
};

static void *run(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	return (void *)(intptr_t)start.run(start.arg);
}

static int result(int code)
{
	static const struct {
		int code, result;
	} table[] = {
		{ 0, thrd_success },
		{ EBUSY, thrd_busy },
		{ ETIMEDOUT, thrd_timedout },
		{ ENOMEM, thrd_nomem },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return table[i].result;
	return thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t f, void *arg)
{
	struct start *start = malloc(sizeof(*start));

	if (!start)
		return thrd_nomem;
	*start = (struct start){ f, arg };
	return result(pthread_create((pthread_t *)thread, NULL, run, start));
}

int thrd_join(thrd_t thread, int *returned)
{
	void *value;
	int code = pthread_join(thread, &value);

	if (!code && returned)
		*returned = (int)(intptr_t)value;
	return result(code);
}

int thrd_detach(thrd_t thread)
{
	return result(pthread_detach(thread));
}

int mtx_init(mtx_t *m, int type)
{
	pthread_mutexattr_t attr;
	int code;

	unwatched();
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE
							      : PTHREAD_MUTEX_NORMAL);
	code = pthread_mutex_init((pthread_mutex_t *)m, &attr);
	pthread_mutexattr_destroy(&attr);
	return result(watched(code));
}

void mtx_destroy(mtx_t *m)
{
	unwatched();
	watched(pthread_mutex_destroy((pthread_mutex_t *)m));
}

int mtx_lock(mtx_t *m)
{
	unwatched();
	return result(watched(pthread_mutex_lock((pthread_mutex_t *)m)));
}

int mtx_trylock(mtx_t *m)
{
	unwatched();
	return result(watched(pthread_mutex_trylock((pthread_mutex_t *)m)));
}

int mtx_unlock(mtx_t *m)
{
	unwatched();
	return result(watched(pthread_mutex_unlock((pthread_mutex_t *)m)));
}

int cnd_init(cnd_t *c)
{
	unwatched();
	return result(watched(pthread_cond_init((pthread_cond_t *)c, NULL)));
}

void cnd_destroy(cnd_t *c)
{
	unwatched();
	watched(pthread_cond_destroy((pthread_cond_t *)c));
}

int cnd_signal(cnd_t *c)
{
	unwatched();
	return result(watched(pthread_cond_signal((pthread_cond_t *)c)));
}

int cnd_broadcast(cnd_t *c)
{
	unwatched();
	return result(watched(pthread_cond_broadcast((pthread_cond_t *)c)));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
	unwatched();
	return result(watched(pthread_cond_wait((pthread_cond_t *)c, (pthread_mutex_t *)m)));
}

int cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *until)
{
	unwatched();
	return result(
		watched(pthread_cond_timedwait((pthread_cond_t *)c, (pthread_mutex_t *)m, until)));
}
