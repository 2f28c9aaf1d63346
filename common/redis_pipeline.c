#include "redis_pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "mem.h"
#include "redis.h"

#define WORD_FRAME                                                                                 \
	(1 + INT_TEXT_SIZE + 4) /* of a word all but its bytes: "$<length>" and two line ends */
#define READ_BYTES ((size_t)16 << 10) /* what Redis reads of a client before it goes on */
#define KEPT_BYTES ((size_t)1 << 20)  /* a larger buffer is not kept for the next pipeline */

void pipeline_reset(struct pipeline *p)
{
	for (size_t i = 0; i < p->nreplies; i++)
		freeReplyObject(p->replies[i]);
	p->n = p->nreplies = 0;
	p->multi = p->as_is = false;
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

void pipeline_header(struct pipeline *p, size_t words)
{
	buf_byte(&p->out, '*');
	buf_int(&p->out, (int64_t)words);
	buf_add(&p->out, "\r\n", 2);
}

/* Hundreds are written for every pipeline: in place, and without printf. */
void redis_word(struct buf *out, const char *bytes, size_t len)
{
	char *start = buf_reserve(out, len + WORD_FRAME), *to = start;

	if (!to)
		return;
	*to++ = '$';
	to += int_text(to, (int64_t)len);
	memcpy(to, "\r\n", 2);
	if (len)
		memcpy(to + 2, bytes, len);
	memcpy(to + 2 + len, "\r\n", 2);
	buf_commit(out, (size_t)(to - start) + len + 4);
}

void pipeline_bulk(struct pipeline *p, const char *bytes, size_t len)
{
	redis_word(&p->out, bytes, len);
}

void pipeline_words(struct pipeline *p, const char *a, const char *b, const char *c)
{
	pipeline_header(p, 1 + (b != NULL) + (c != NULL));
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

void pipeline_rest(struct pipeline *p, const char *const head[], size_t nhead,
		   const struct buf *words)
{
	for (size_t i = 0; i < nhead; i++)
		pipeline_bulk(p, head[i], strlen(head[i]));
	buf_add(&p->out, words->data, words->len);
	pipeline_end_command(p);
}

void pipeline_begin_multi(struct pipeline *p)
{
	if (!p->multi)
		pipeline_words(p, "MULTI", NULL, NULL);
	p->multi = p->as_is = true;
}

void pipeline_end_multi(struct pipeline *p)
{
	if (p->multi)
		pipeline_words(p, "EXEC", NULL, NULL);
	p->multi = false;
}

size_t pipeline_chunk_end(const struct pipeline *p, size_t from, size_t bytes)
{
	size_t to = from + 1, at = pipeline_start(p, from);

	while (to < p->n && p->ends[to] - at <= bytes)
		to++;
	return to;
}

/* Redis waits for the disk whenever it has done what it has read. */
bool pipeline_is_whole(const struct pipeline *p, size_t from, size_t to)
{
	return !p->as_is && to - from > 1 && p->ends[to - 1] - pipeline_start(p, from) > READ_BYTES;
}
