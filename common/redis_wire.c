#include "redis_wire.h"

#include <errno.h>

#include <hiredis/hiredis.h>

#include "redis_pipeline.h"

void wire_close(struct wire *w)
{
	if (w->c)
		redisFree(w->c);
	w->c = NULL;
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

/* Reads the replies of as many commands. */
static int take_each(struct wire *w, struct pipeline *p, size_t n, struct err *e)
{
	void *reply;

	for (size_t i = 0; i < n; i++) {
		if (redisGetReply(w->c, &reply) != REDIS_OK)
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
		if (redisGetReply(w->c, (void **)&reply) != REDIS_OK)
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
	if (redisGetReply(w->c, (void **)&all) != REDIS_OK)
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
