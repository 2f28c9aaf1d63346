#include "redis_pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "mem.h"

#define KEPT_BYTES ((size_t)1 << 20) /* a larger buffer is not kept for the next pipeline */

void pipeline_reset(struct pipeline *p)
{
	for (size_t i = 0; i < p->nreplies; i++)
		freeReplyObject(p->replies[i]);
	p->n = p->nreplies = 0;
	if (p->out.cap > KEPT_BYTES)
		buf_clear(&p->out);
	buf_reset(&p->out);
}

void pipeline_clear(struct pipeline *p)
{
	pipeline_reset(p);
	buf_clear(&p->out);
	free(p->ends);
	free(p->replies);
}

void pipeline_end_command(struct pipeline *p)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 64;
		p->ends = xrealloc(p->ends, p->cap * sizeof(*p->ends));
		p->replies = xrealloc(p->replies, p->cap * sizeof(redisReply *));
	}
	assert(!p->out.full);
	p->ends[p->n++] = p->out.len;
}

size_t pipeline_start(const struct pipeline *p, size_t i)
{
	return i ? p->ends[i - 1] : 0;
}

void pipeline_bulk(struct pipeline *p, const char *bytes, size_t len)
{
	buf_fmt(&p->out, "$%zu\r\n", len);
	buf_add(&p->out, bytes, len);
	buf_add(&p->out, "\r\n", 2);
}

void pipeline_words(struct pipeline *p, const char *a, const char *b, const char *c)
{
	buf_fmt(&p->out, "*%d\r\n", 1 + (b != NULL) + (c != NULL));
	pipeline_bulk(p, a, strlen(a));
	if (b)
		pipeline_bulk(p, b, strlen(b));
	if (c)
		pipeline_bulk(p, c, strlen(c));
	pipeline_end_command(p);
}

void pipeline_args(struct pipeline *p, int argc, const char **argv, const size_t *len)
{
	for (int i = 0; i < argc; i++)
		pipeline_bulk(p, argv[i], len ? len[i] : strlen(argv[i]));
	pipeline_end_command(p);
}
