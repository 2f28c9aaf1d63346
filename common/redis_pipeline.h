/*
 * redis_pipeline - commands written one after the other, and the replies to them: for redis.c only.
 */
#ifndef BECKON_REDIS_PIPELINE_H
#define BECKON_REDIS_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct redisReply;

#define PIPELINE_MAX_BYTES ((size_t)256 << 20) /* several times what a process may hold undone */

struct pipeline {
	struct buf out; /* RESP */
	size_t *ends;	/* where each command ends in out */
	struct redisReply **replies;
	size_t n, cap, nreplies; /* there is room for as many replies as commands */
	bool multi;		 /* a transaction has begun and not ended */
	bool as_is;		 /* no transactions are made of it: it has its own, or may not */
};

#define PIPELINE_INIT                                                                              \
	{                                                                                          \
		.out = BUF_INIT(PIPELINE_MAX_BYTES)                                                \
	}

/* A command is its header, its words and an end. The whole has to fit. */
void pipeline_header(struct pipeline *p, size_t words);
void pipeline_bulk(struct pipeline *p, const char *bytes, size_t len); /* one word */
void pipeline_end_command(struct pipeline *p);

/* The rest of a command whose header is written. len may be NULL: strings. */
void pipeline_args(struct pipeline *p, int argc, const char **argv, const size_t *len);

/* The same: head's strings, and words that redis_word has written. */
void pipeline_rest(struct pipeline *p, const char *const head[], size_t nhead,
		   const struct buf *words);

/* A whole command of one to three words; b and c may be NULL. */
void pipeline_words(struct pipeline *p, const char *a, const char *b, const char *c);

/* Everything from the first of these to the end of the pipeline is one transaction. */
void pipeline_begin_multi(struct pipeline *p);
void pipeline_end_multi(struct pipeline *p); /* nothing where none has begun */

/* Are the commands from..to, sent at once, to be a transaction? */
bool pipeline_is_whole(const struct pipeline *p, size_t from, size_t to);

size_t pipeline_start(const struct pipeline *p, size_t i); /* where command i begins in out */
/* Behind how many commands from `from` on, at least one, are about so many bytes. */
size_t pipeline_chunk_end(const struct pipeline *p, size_t from, size_t bytes);
void pipeline_reset(struct pipeline *p); /* empty again */
void pipeline_clear(struct pipeline *p);

#endif
