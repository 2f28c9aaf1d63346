#include "redis_lock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "now.h"
#include "redis.h"

#define WAIT_MS 5000
#define AGAIN_US 50000

/* One command; *yes: it was answered by OK or 1. */
static int ask(struct redis *r, int argc, const char **argv, bool *yes, struct err *e)
{
	const struct redis_reply *v;

	redis_add(r, argc, argv, NULL);
	if (redis_run(r, e))
		return ERR_AGAIN;
	v = redis_reply(r, 0);
	if (redis_type(v) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "redis: %.80s", redis_str(v, NULL));
	*yes = !strcmp(redis_str(v, NULL), "OK") || redis_int(v) == 1;
	return OK;
}

static int wait_for(const struct redis_lock *l, struct redis *r, struct err *e)
{
	char lifetime[INT_TEXT_SIZE];
	const char *argv[] = { "SET", l->key, l->mark, "NX", "PX", lifetime };
	int64_t until_ms = now_mono_ms() + WAIT_MS;
	bool ours = false;

	lifetime[int_text(lifetime, REDIS_LOCK_MS)] = '\0';
	for (;;) {
		if (ask(r, ARRAY_LEN(argv), argv, &ours, e))
			return ERR_AGAIN;
		if (ours)
			return OK;
		if (now_mono_ms() > until_ms)
			return err_set(e, ERR_AGAIN, "somebody else is changing this: %s",
				       strstr(l->key, "lock:") + strlen("lock:"));
		usleep(AGAIN_US);
	}
}

int redis_lock_take(struct redis_lock *l, struct redis *r, const char *prefix, const char *what,
		    struct err *e)
{
	unsigned char drawn[REDIS_LOCK_MARK_BYTES];
	int status;

	*l = (struct redis_lock){ .key = xasprintf("%slock:%s", prefix, what) };
	crypto_random(drawn, sizeof(drawn));
	crypto_hex(drawn, sizeof(drawn), l->mark);
	status = redis_connected(r) ? OK : redis_connect(r, e);
	if (status == OK)
		status = wait_for(l, r, e);
	if (status == OK) {
		l->redis = r;
		return OK;
	}
	free(l->key);
	l->key = NULL;
	return status;
}

void redis_lock_give(struct redis_lock *l)
{
	static const char script[] = "return redis.call('GET', ARGV[1]) == ARGV[2] and "
				     "redis.call('DEL', ARGV[1])";
	const char *argv[] = { "EVAL", script, "0", l->key, l->mark };
	struct err e;
	bool gone;

	if (!l->redis)
		return;
	ask(l->redis, ARRAY_LEN(argv), argv, &gone, &e); /* else it ends by itself */
	free(l->key);
	*l = (struct redis_lock){ .redis = NULL };
}
