#include "settings_topic.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"
#include "now.h"
#include "redis.h"
#include "redis_lock.h"
#include "topic_fold.h"

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
	struct redis_lock lock;
};

int settings_lock_take(struct settings_lock **out, const struct settings *s, const char *what,
		       struct err *e)
{
	struct settings_lock *l = xcalloc(1, sizeof(*l));
	struct redis_options o = { s->redis_url, s->redis_password, "beckon-cli",
				   (int)s->redis_timeout_ms };
	int r = redis_new(&l->redis, &o, NULL, 0, e);

	if (r == OK)
		r = redis_lock_take(&l->lock, l->redis, s->redis_prefix, what, e);
	if (r == OK)
		*out = l;
	else
		settings_lock_release(l);
	return r;
}

void settings_lock_release(struct settings_lock *l)
{
	if (!l)
		return;
	redis_lock_give(&l->lock);
	redis_free(l->redis);
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
