#include "http_stream_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define BLOCK_BYTES 4096

/*
 * A connection that has nothing to send is suspended, else its thread would spin; whoever puts
 * bytes in resumes it. Both happen under the lock, so a resume never comes before its suspend.
 */
struct http_stream {
	pthread_mutex_t lock;
	struct MHD_Connection *connection;
	struct buf waiting;
	bool suspended, ended, gone;
	int holds;
};

struct http_stream *http_stream_new(size_t waiting_max_bytes)
{
	struct http_stream *s = xcalloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->waiting.max = waiting_max_bytes;
	s->holds = 2;
	return s;
}

/* Called with the lock, which is given back. */
static void drop(struct http_stream *s)
{
	bool last = --s->holds == 0;

	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&s->lock);
	buf_clear(&s->waiting);
	free(s);
}

static void resume(struct http_stream *s)
{
	if (!s->suspended)
		return;
	s->suspended = false;
	MHD_resume_connection(s->connection);
}

bool http_stream_put(struct http_stream *s, const void *bytes, size_t n)
{
	bool good;

	pthread_mutex_lock(&s->lock);
	good = !s->gone && s->waiting.len + n <= s->waiting.max;
	if (good)
		buf_add(&s->waiting, bytes, n);
	resume(s);
	pthread_mutex_unlock(&s->lock);
	return good;
}

void http_stream_end(struct http_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	resume(s);
	drop(s);
}

static ssize_t take(void *ctx, uint64_t at, char *out, size_t max)
{
	struct http_stream *s = ctx;
	size_t n;

	(void)at;
	pthread_mutex_lock(&s->lock);
	n = s->waiting.len < max ? s->waiting.len : max;
	if (n) {
		memcpy(out, s->waiting.data, n);
		memmove(s->waiting.data, s->waiting.data + n, s->waiting.len - n);
		s->waiting.len -= n;
	} else if (!s->ended) {
		s->suspended = true;
		MHD_suspend_connection(s->connection);
	}
	bool over = !n && s->ended;

	pthread_mutex_unlock(&s->lock);
	return over ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void leave(void *ctx)
{
	struct http_stream *s = ctx;

	pthread_mutex_lock(&s->lock);
	s->gone = true;
	s->suspended = false;
	drop(s);
}

struct MHD_Response *http_stream_reply(struct http_stream *s, struct MHD_Connection *connection)
{
	struct MHD_Response *r =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, take, s, leave);

	if (!r)
		abort(); /* out of memory */
	s->connection = connection;
	return r;
}
