#include "settings_topic.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "topic_fold.h"

#define LOCK_MS "15000" /* longer than reading and writing take */
#define LOCK_WAIT_MS 5000
#define LOCK_AGAIN_US 50000
#define MARK_BYTES 12

/* ---- Kafka ---- */

int settings_topic_each(const struct settings *s,
			int (*take)(void *ctx, const struct record *r, struct err *e), void *ctx,
			struct err *e)
{
	return topic_fold_read(s, s->topics[TOPIC_SETTINGS], take, ctx, e);
}

static int take_view(void *ctx, const struct record *r, struct err *e)
{
	return settings_view_take(ctx, r, NULL, e);
}

int settings_topic_read(struct settings_view **out, const struct settings *s, struct err *e)
{
	struct settings_view *v;
	int r = settings_view_new(&v, s->tenants, e);

	if (r)
		return r;
	r = settings_topic_each(s, take_view, v, e);
	if (r == OK)
		*out = v;
	else
		settings_view_free(v);
	return r;
}

int settings_topic_put(const struct settings *s, const char *key, const json_t *record,
		       struct err *e)
{
	return topic_fold_put(s, s->topics[TOPIC_SETTINGS], key, record, e);
}

/* ---- the lock ---- */

struct settings_lock {
	struct redis *redis;
	char *key, mark[CRYPTO_HEX_LEN(MARK_BYTES) + 1];
};

/* One command; *yes: it was answered by OK or 1. */
static int ask(struct redis *r, int argc, const char **argv, bool *yes, struct err *e)
{
	const struct redis_reply *v;

	redis_add(r, argc, argv, NULL);
	if (redis_run(r, e))
		return ERR_AGAIN;
	v = redis_reply(r, 0);
	if (redis_type(v) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "redis: %s", redis_str(v, NULL));
	*yes = !strcmp(redis_str(v, NULL), "OK") || redis_int(v) == 1;
	return OK;
}

static int wait_for(struct settings_lock *l, struct err *e)
{
	const char *argv[] = { "SET", l->key, l->mark, "NX", "PX", LOCK_MS };
	int64_t until_ms = now_mono_ms() + LOCK_WAIT_MS;
	bool ours = false;

	for (;;) {
		if (ask(l->redis, ARRAY_LEN(argv), argv, &ours, e))
			return ERR_AGAIN;
		if (ours)
			return OK;
		if (now_mono_ms() > until_ms)
			return err_set(e, ERR_AGAIN, "somebody else is changing these settings");
		usleep(LOCK_AGAIN_US);
	}
}

int settings_lock_take(struct settings_lock **out, const struct settings *s, const char *tenant,
		       struct err *e)
{
	struct settings_lock *l = xcalloc(1, sizeof(*l));
	struct redis_options o = { s->redis_url, s->redis_password, "beckon-cli",
				   (int)s->redis_timeout_ms };
	unsigned char drawn[MARK_BYTES];
	int r = redis_new(&l->redis, &o, NULL, 0, e);

	l->key = xasprintf("%slock:settings/%s", s->redis_prefix, tenant);
	crypto_random(drawn, sizeof(drawn));
	crypto_hex(drawn, sizeof(drawn), l->mark);
	if (r == OK)
		r = redis_connect(l->redis, e);
	if (r == OK)
		r = wait_for(l, e);
	if (r == OK) {
		*out = l;
		return OK;
	}
	redis_free(l->redis);
	free(l->key);
	free(l);
	return r;
}

void settings_lock_release(struct settings_lock *l)
{
	static const char script[] = "return redis.call('GET', ARGV[1]) == ARGV[2] and "
				     "redis.call('DEL', ARGV[1])";
	struct err e;
	bool gone;

	if (!l)
		return;
	const char *argv[] = { "EVAL", script, "0", l->key, l->mark };

	ask(l->redis, ARRAY_LEN(argv), argv, &gone, &e); /* else it ends by itself */
	redis_free(l->redis);
	free(l->key);
	free(l);
}

struct settings_author settings_author(const char *actor)
{
	const struct passwd *user = actor ? NULL : getpwuid(geteuid());

	return (struct settings_author){ actor	? actor
					 : user ? user->pw_name
						: "unknown",
					 now_ms() };
}
