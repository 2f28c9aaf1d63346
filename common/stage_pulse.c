/* What a process tells the others of itself: its metrics, in Redis, every few seconds. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "now.h"
#include "redis.h"
#include "stage_priv.h"

#define PULSE_MS 5000
#define LIVES_S "20" /* who says nothing for so long is gone */
#define LIVES_MS 20000

/* "email/email-1", or host and process where no slot is given. */
static const char *name_of(const struct run *r, char *out, size_t size)
{
	char host[64] = "";

	if (r->settings.slot) {
		snprintf(out, size, "%s/%s", r->stage->name, r->settings.slot);
		return out;
	}
	gethostname(host, sizeof(host) - 1);
	snprintf(out, size, "%s/%s-%ld", r->stage->name, host, (long)getpid());
	return out;
}

static void add_routes(const struct run *r, const char *name, const struct buf *routes)
{
	autofree char *key = xasprintf("%sroutes:%s", r->settings.redis_prefix, name);
	const char *set[] = { "SET", key, routes->data, "EX", LIVES_S };

	if (routes->len && !routes->full)
		redis_add(guard_redis(r->guard), ARRAY_LEN(set), set, NULL);
}

/* Told first why it waits ("" = it works), then the metrics as /metrics has them. Where Redis does
   not answer nothing is told: the loop finds that out by itself. */
void stage_pulse(struct run *r, const struct buf *metrics, const struct buf *routes,
		 int64_t now_mono)
{
	struct redis *redis = guard_redis(r->guard);
	char name[160], now[INT_TEXT_SIZE], old[INT_TEXT_SIZE + 1];
	struct err e;

	if (!r->guard_ok || !redis_connected(redis) ||
	    (r->pulse_ms && now_mono - r->pulse_ms < PULSE_MS))
		return;
	r->pulse_ms = now_mono;
	name_of(r, name, sizeof(name));
	snprintf(now, sizeof(now), "%lld", (long long)now_ms());
	snprintf(old, sizeof(old), "(%lld", (long long)(now_ms() - LIVES_MS));
	autofree char *index = xasprintf("%sfleet", r->settings.redis_prefix);
	autofree char *key = xasprintf("%sfleet:%s", r->settings.redis_prefix, name);
	autofree char *value = xasprintf("%s\n%s", r->waits, metrics->data ? metrics->data : "");
	const char *add[] = { "ZADD", index, now, name };
	const char *drop[] = { "ZREMRANGEBYSCORE", index, "-inf", old };
	const char *set[] = { "SET", key, value, "EX", LIVES_S };

	guard_await(r->guard);
	redis_add(redis, ARRAY_LEN(add), add, NULL);
	redis_add(redis, ARRAY_LEN(drop), drop, NULL);
	redis_add(redis, ARRAY_LEN(set), set, NULL);
	add_routes(r, name, routes);
	redis_run(redis, &e);
}
