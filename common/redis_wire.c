#include "redis_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "mem.h"
#include "redis_pipeline.h"

void wire_close(struct wire *w)
{
	for (size_t i = w->taken; i < w->nearly; i++)
		freeReplyObject(w->early[i]);
	free(w->early);
	if (w->c)
		redisFree(w->c);
	*w = (struct wire){ .patience_ms = w->patience_ms };
}

int wire_broken(struct wire *w, struct err *e)
{
	if (w->c->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
		err_set(e, ERR_AGAIN, "redis: no answer within %d ms", w->patience_ms);
	else
		err_set(e, ERR_AGAIN, "redis: %s",
			w->c->errstr[0] ? w->c->errstr : "connection lost");
	wire_close(w);
	return ERR_AGAIN;
}

/* Appends the commands from..to, as a transaction where they are to be one. */
static int append(struct wire *w, const struct pipeline *p, size_t from, size_t to)
{
	static const char multi[] = "*1\r\n$5\r\nMULTI\r\n", exec[] = "*1\r\n$4\r\nEXEC\r\n";
	bool whole = pipeline_is_whole(p, from, to);
	size_t at = pipeline_start(p, from);

	if (whole && redisAppendFormattedCommand(w->c, multi, sizeof(multi) - 1) != REDIS_OK)
		return REDIS_ERR;
	if (redisAppendFormattedCommand(w->c, p->out.data + at, p->ends[to - 1] - at) != REDIS_OK)
		return REDIS_ERR;
	return whole ? redisAppendFormattedCommand(w->c, exec, sizeof(exec) - 1) : REDIS_OK;
}

int wire_put(struct wire *w, struct pipeline *p, size_t from, size_t to, struct err *e)
{
	int all = 0;

	if (append(w, p, from, to) != REDIS_OK)
		return wire_broken(w, e);
	while (!all)
		if (redisBufferWrite(w->c, &all) != REDIS_OK)
			return wire_broken(w, e);
	return OK;
}

/* ---- replies ---- */

static void keep_early(struct wire *w, void *reply)
{
	if (w->nearly == w->early_cap) {
		w->early_cap = w->early_cap ? 2 * w->early_cap : 64;
		w->early = xrealloc(w->early, w->early_cap * sizeof(*w->early));
	}
	w->early[w->nearly++] = reply;
}

/* False: nothing is there, or the connection is broken, which whoever waits is told of. */
static bool read_some(struct wire *w)
{
	struct pollfd fd = { .fd = w->c->fd, .events = POLLIN };
	void *reply;

	if (poll(&fd, 1, 0) != 1 || redisBufferRead(w->c) != REDIS_OK)
		return false;
	while (redisGetReplyFromReader(w->c, &reply) == REDIS_OK && reply)
		keep_early(w, reply);
	return !w->c->err;
}

bool wire_gather(struct wire *w, const struct pipeline *p, size_t sent)
{
	/* a transaction has an answer to its begin, one to each command's queueing, and its end */
	size_t expected = pipeline_is_whole(p, 0, sent) ? sent + 2 : sent;

	while (w->nearly < expected && read_some(w))
		;
	return w->nearly >= expected || w->c->err;
}

static int next_reply(struct wire *w, void **reply)
{
	if (w->taken == w->nearly)
		return redisGetReply(w->c, reply);
	*reply = w->early[w->taken++];
	if (w->taken == w->nearly)
		w->taken = w->nearly = 0;
	return REDIS_OK;
}

/* Reads the replies of as many commands. */
static int take_each(struct wire *w, struct pipeline *p, size_t n, struct err *e)
{
	void *reply;

	for (size_t i = 0; i < n; i++) {
		if (next_reply(w, &reply) != REDIS_OK)
			return wire_broken(w, e);
		p->replies[p->nreplies++] = reply;
	}
	return OK;
}

/* That so many commands have been queued for a transaction. What is not, spoils it: why. */
static int take_queued(struct wire *w, size_t n, struct err *why, struct err *e)
{
	redisReply *reply;

	for (size_t i = 0; i < n; i++) {
		if (next_reply(w, (void **)&reply) != REDIS_OK)
			return wire_broken(w, e);
		if (reply->type == REDIS_REPLY_ERROR && !why->text[0])
			err_set(why, ERR_AGAIN, "%s", reply->str);
		freeReplyObject(reply);
	}
	return OK;
}

/* Reads the replies of a transaction, as if each command had been sent by itself. */
static int take_whole(struct wire *w, struct pipeline *p, size_t n, struct err *e)
{
	struct err why = { "" };
	redisReply *all;

	if (take_queued(w, 1 + n, &why, e) < 0)
		return ERR_AGAIN;
	if (next_reply(w, (void **)&all) != REDIS_OK)
		return wire_broken(w, e);
	if (all->type != REDIS_REPLY_ARRAY || all->elements != n) {
		err_set(e, ERR_AGAIN, "redis: %s", why.text[0] ? why.text : "a transaction failed");
		freeReplyObject(all);
		wire_close(w);
		return ERR_AGAIN;
	}
	for (size_t i = 0; i < n; i++) {
		p->replies[p->nreplies++] = all->element[i];
		all->element[i] = NULL;
	}
	freeReplyObject(all);
	return OK;
}

/* Reads the replies of the commands from..to, as put has sent them. */
static int take(struct wire *w, struct pipeline *p, size_t from, size_t to, struct err *e)
{
	bool whole = pipeline_is_whole(p, from, to);

	return (whole ? take_whole : take_each)(w, p, to - from, e);
}

int wire_run(struct wire *w, struct pipeline *p, size_t sent, struct err *e)
{
	if (sent && take(w, p, 0, sent, e) < 0)
		return ERR_AGAIN;
	for (size_t from = sent, to; from < p->n; from = to) {
		to = pipeline_chunk_end(p, from, WIRE_CHUNK_BYTES);
		if (wire_put(w, p, from, to, e) < 0 || take(w, p, from, to, e) < 0)
			return ERR_AGAIN;
	}
	return OK;
}
