#include "redis_greeting.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "redis_pipeline.h"

void greeting_add(const struct redis_url *u, const char *password, const char *name,
		  struct pipeline *p)
{
	char db[12];

	if (u->user[0])
		pipeline_words(p, "AUTH", u->user, password ? password : "");
	else if (password)
		pipeline_words(p, "AUTH", password, NULL);
	if (u->db) {
		snprintf(db, sizeof(db), "%d", u->db);
		pipeline_words(p, "SELECT", db, NULL);
	}
	if (name)
		pipeline_words(p, "CLIENT", "SETNAME", name);
	pipeline_words(p, "PING", NULL, NULL);
	if (u->nsentinels)
		pipeline_words(p, "ROLE", NULL, NULL);
	pipeline_words(p, "INFO", "server", NULL);
}

static int run_id_take(const redisReply *info, char run_id[REDIS_RUN_ID_SIZE], struct err *e)
{
	const char *at = info->type == REDIS_REPLY_STRING ? strstr(info->str, "run_id:") : NULL;

	if (!at || strspn(at + 7, "0123456789abcdef") != REDIS_RUN_ID_SIZE - 1)
		return err_set(e, ERR_AGAIN, "redis: INFO tells no run_id");
	memcpy(run_id, at + 7, REDIS_RUN_ID_SIZE - 1);
	return OK;
}

static bool is_primary(const redisReply *role)
{
	return role->type == REDIS_REPLY_ARRAY && role->elements > 0 &&
	       role->element[0]->type == REDIS_REPLY_STRING &&
	       strcmp(role->element[0]->str, "master") == 0;
}

int greeting_check(const struct redis_url *u, const struct pipeline *p, size_t n,
		   char run_id[REDIS_RUN_ID_SIZE], struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (p->replies[i]->type == REDIS_REPLY_ERROR)
			return err_set(e, ERR_AGAIN, "redis: %s", p->replies[i]->str);
	if (u->nsentinels && !is_primary(p->replies[n - 2]))
		return err_set(e, ERR_AGAIN, "redis: what the Sentinel calls %s is no primary",
			       u->primary);
	return run_id_take(p->replies[n - 1], run_id, e);
}

/* ---- Sentinels ---- */

/* "host", "port", or nothing where it knows no such primary. */
static int place_of(const redisReply *v, const struct redis_url *u, struct redis_place *out,
		    struct err *e)
{
	if (v->type == REDIS_REPLY_ERROR)
		return err_set(e, ERR_AGAIN, "redis: the Sentinel says %s", v->str);
	if (v->type != REDIS_REPLY_ARRAY || v->elements != 2 || !v->element[0]->str ||
	    !v->element[1]->str)
		return err_set(e, ERR_AGAIN, "redis: the Sentinel knows no primary %s", u->primary);
	if (v->element[0]->len >= sizeof(out->host))
		return err_set(e, ERR_AGAIN, "redis: the Sentinel names too long a host");
	memcpy(out->host, v->element[0]->str, v->element[0]->len + 1);
	out->port = (int)strtol(v->element[1]->str, NULL, 10);
	return OK;
}

static int ask_one(const struct redis_url *u, const struct redis_place *sentinel, int timeout_ms,
		   struct redis_place *out, struct err *e)
{
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	redisContext *c = redisConnectWithTimeout(sentinel->host, sentinel->port, tv);
	redisReply *v = NULL;
	int r;

	if (c && !c->err && redisSetTimeout(c, tv) == REDIS_OK)
		v = redisCommand(c, "SENTINEL get-master-addr-by-name %s", u->primary);
	if (v)
		r = place_of(v, u, out, e);
	else
		r = err_set(e, ERR_AGAIN, "redis: no Sentinel answers: %s",
			    c && c->errstr[0] ? c->errstr : "connection lost");
	freeReplyObject(v);
	if (c)
		redisFree(c);
	return r;
}

int redis_sentinel_ask(const struct redis_url *u, int timeout_ms, struct redis_place *out,
		       struct err *e)
{
	int r = ERR_AGAIN;

	for (int i = 0; i < u->nsentinels && r < 0; i++)
		r = ask_one(u, &u->sentinels[i], timeout_ms, out, e);
	return r;
}
