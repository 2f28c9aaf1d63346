#include "redis.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "buf.h"
#include "mem.h"
#include "redis_greeting.h"
#include "redis_pipeline.h"
#include "redis_tls.h"
#include "redis_url.h"
#include "redis_wire.h"

#define TIMEOUT_DEFAULT_MS 500

struct redis {
	struct redis_url url;
	char *password, *name;
	int timeout_ms;
	struct redis_script *scripts;
	size_t nscripts;
	struct wire wire;
	char run_id[REDIS_RUN_ID_SIZE];
	struct pipeline queue, done;
	size_t sent;	/* of done: commands whose replies are on their way */
	bool under_way; /* done has been sent and not been heard */
	bool lost;	/* it could not be sent */
	struct err why;
};

/* ---- the queue ---- */

static void begin_script(struct redis *r, const struct redis_script *s, size_t args)
{
	pipeline_header(&r->queue, 3 + args);
	pipeline_bulk(&r->queue, "EVALSHA", 7);
	pipeline_bulk(&r->queue, s->sha1, strlen(s->sha1));
	pipeline_bulk(&r->queue, "0", 1);
}

void redis_add_script_words(struct redis *r, struct redis_script *s, const char *const head[],
			    size_t nhead, struct redis_words more)
{
	begin_script(r, s, nhead + more.n);
	pipeline_rest(&r->queue, head, nhead, more.bytes);
}

void redis_add_script(struct redis *r, struct redis_script *s, int argc, const char **argv,
		      const size_t *len)
{
	begin_script(r, s, (size_t)argc);
	pipeline_args(&r->queue, argc, argv, len);
}

void redis_add(struct redis *r, int argc, const char **argv, const size_t *len)
{
	pipeline_header(&r->queue, (size_t)argc);
	pipeline_args(&r->queue, argc, argv, len);
}

void redis_add_words(struct redis *r, const char *const head[], size_t nhead,
		     struct redis_words more)
{
	pipeline_header(&r->queue, nhead + more.n);
	pipeline_rest(&r->queue, head, nhead, more.bytes);
}

void redis_add_multi(struct redis *r)
{
	pipeline_begin_multi(&r->queue);
}

bool redis_end_multi(struct redis *r)
{
	bool begun = r->queue.multi;

	pipeline_end_multi(&r->queue);
	return begun;
}

void redis_forget(struct redis *r)
{
	pipeline_reset(&r->queue);
}

/* ---- scripts ---- */

static void add_script_loads(struct redis *r, struct pipeline *p)
{
	for (size_t i = 0; i < r->nscripts; i++)
		pipeline_words(p, "SCRIPT", "LOAD", r->scripts[i].source);
}

/* Takes the scripts' names from the replies that begin at `at`. */
static int scripts_loaded(struct redis *r, const struct pipeline *p, size_t at, struct err *e)
{
	for (size_t i = 0; i < r->nscripts; i++) {
		struct redis_script *s = &r->scripts[i];
		const redisReply *v = p->replies[at + i];

		if (v->type != REDIS_REPLY_STRING || v->len != sizeof(s->sha1) - 1)
			return err_set(e, ERR_AGAIN, "redis: script %s is refused: %s", s->name,
				       v->type == REDIS_REPLY_ERROR ? v->str : "no SHA-1");
		memcpy(s->sha1, v->str, sizeof(s->sha1));
	}
	return OK;
}

static bool is_noscript(const redisReply *v)
{
	return v->type == REDIS_REPLY_ERROR && strncmp(v->str, "NOSCRIPT", 8) == 0;
}

/* Somebody flushed the scripts: loads them, asks what was refused again in its order, and puts the
   new replies in the places of the old ones. */
static int ask_again(struct redis *r, struct pipeline *p, struct err *e)
{
	struct pipeline again = PIPELINE_INIT;
	int result;

	again.as_is = true;
	add_script_loads(r, &again);
	for (size_t i = 0; i < p->n; i++)
		if (is_noscript(p->replies[i])) {
			size_t at = pipeline_start(p, i);

			buf_add(&again.out, p->out.data + at, p->ends[i] - at);
			pipeline_end_command(&again);
		}
	if ((result = wire_run(&r->wire, &again, 0, e)) == OK &&
	    (result = scripts_loaded(r, &again, 0, e)) == OK)
		for (size_t i = 0, from = r->nscripts; i < p->n; i++)
			if (is_noscript(p->replies[i])) {
				freeReplyObject(p->replies[i]);
				p->replies[i] = again.replies[from];
				again.replies[from++] = NULL;
			}
	pipeline_clear(&again);
	return result;
}

void redis_send(struct redis *r)
{
	struct pipeline *p = &r->done;

	assert(!r->under_way);
	r->under_way = true;
	pipeline_end_multi(&r->queue);
	pipeline_reset(p);
	struct pipeline empty = *p;

	*p = r->queue;
	r->queue = empty;
	r->sent = 0;
	if (r->wire.c && p->n)
		r->sent = pipeline_chunk_end(p, 0, WIRE_CHUNK_BYTES);
	if (!r->wire.c)
		r->lost = err_set(&r->why, ERR_AGAIN, "redis: not connected");
	else
		r->lost = r->sent && wire_put(&r->wire, p, 0, r->sent, &r->why) < 0;
}

int redis_hear(struct redis *r, struct err *e)
{
	struct pipeline *p = &r->done;
	bool flushed = false;
	int result;

	assert(r->under_way);
	r->under_way = false;
	result = r->lost ? err_set(e, ERR_AGAIN, "%s", r->why.text)
			 : wire_run(&r->wire, p, r->sent, e);
	for (size_t i = 0; i < p->nreplies; i++)
		flushed |= is_noscript(p->replies[i]);
	if (result == OK && flushed)
		result = ask_again(r, p, e);
	if (result < 0)
		pipeline_reset(p);
	return result;
}

bool redis_under_way(const struct redis *r)
{
	return r->under_way;
}

bool redis_answered(struct redis *r)
{
	return r->lost || !r->sent || wire_gather(&r->wire, &r->done, r->sent);
}

int redis_run(struct redis *r, struct err *e)
{
	redis_send(r);
	return redis_hear(r, e);
}

/* ---- connecting ---- */

static int dial(struct redis *r, struct err *e)
{
	struct timeval tv = { r->timeout_ms / 1000, r->timeout_ms % 1000 * 1000 };
	const struct redis_url *u = &r->url;
	struct redis_place at = u->at;

	r->wire.patience_ms = r->timeout_ms;
	if (u->nsentinels && redis_sentinel_ask(u, r->timeout_ms, &at, e) < 0)
		return ERR_AGAIN;
	r->wire.c = u->path[0] ? redisConnectUnixWithTimeout(u->path, tv)
			       : redisConnectWithTimeout(at.host, at.port, tv);
	if (!r->wire.c)
		return err_set(e, ERR_AGAIN, "redis: no context");
	if (r->wire.c->err || redisSetTimeout(r->wire.c, tv) != REDIS_OK)
		return wire_broken(&r->wire, e);
	if (u->tls && redis_tls_start(r->wire.c, at.host, e) < 0) {
		wire_close(&r->wire);
		return ERR_AGAIN;
	}
	return OK;
}

int redis_connect(struct redis *r, struct err *e)
{
	struct pipeline greeting = PIPELINE_INIT;
	size_t at;
	int result;

	greeting.as_is = true;
	wire_close(&r->wire);
	pipeline_reset(&r->queue);
	if ((result = dial(r, e)) < 0)
		return result;
	greeting_add(&r->url, r->password, r->name, &greeting);
	at = greeting.n;
	add_script_loads(r, &greeting);
	if ((result = wire_run(&r->wire, &greeting, 0, e)) == OK &&
	    ((result = greeting_check(&r->url, &greeting, at, r->run_id, e)) < 0 ||
	     (result = scripts_loaded(r, &greeting, at, e)) < 0))
		wire_close(&r->wire);
	pipeline_clear(&greeting);
	return result;
}

void redis_patience(struct redis *r, int ms)
{
	int patience_ms = ms ? ms : r->timeout_ms;
	struct timeval tv = { patience_ms / 1000, patience_ms % 1000 * 1000 };

	if (r->wire.c && redisSetTimeout(r->wire.c, tv) == REDIS_OK)
		r->wire.patience_ms = patience_ms;
}

bool redis_fails_over(const struct redis *r)
{
	return r->url.nsentinels > 0;
}

size_t redis_replies(const struct redis *r)
{
	return r->done.nreplies;
}

const struct redis_reply *redis_reply(const struct redis *r, size_t i)
{
	assert(i < r->done.nreplies);
	return (const struct redis_reply *)r->done.replies[i];
}

bool redis_connected(const struct redis *r)
{
	return r->wire.c != NULL;
}

const char *redis_run_id(const struct redis *r)
{
	return r->run_id;
}

/* ---- life ---- */

int redis_new(struct redis **out, const struct redis_options *o, struct redis_script *scripts,
	      size_t nscripts, struct err *e)
{
	struct redis_url url;
	int result;

	if ((result = redis_url_parse(o->url, &url, e)) < 0 ||
	    (url.tls && (result = redis_tls_supported(e)) < 0))
		return result;
	struct redis *r = xcalloc(1, sizeof(*r));

	*r = (struct redis){
		.url = url,
		.password = o->password ? xstrdup(o->password) : NULL,
		.name = o->name ? xstrdup(o->name) : NULL,
		.timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_DEFAULT_MS,
		.scripts = scripts,
		.nscripts = nscripts,
		.queue = PIPELINE_INIT,
		.done = PIPELINE_INIT,
	};
	*out = r;
	return OK;
}

static void forget_password(struct redis *r)
{
	if (r->password)
		explicit_bzero(r->password, strlen(r->password));
	free(r->password);
	r->password = NULL;
}

void redis_password(struct redis *r, const char *password)
{
	forget_password(r);
	if (password)
		r->password = xstrdup(password);
}

void redis_free(struct redis *r)
{
	if (!r)
		return;
	wire_close(&r->wire);
	pipeline_clear(&r->queue);
	pipeline_clear(&r->done);
	forget_password(r);
	free(r->name);
	free(r);
}
