#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courier.h"
#include "doctor.h"
#include "guard.h"
#include "later.h"
#include "mem.h"
#include "now.h"
#include "redis.h"

#define VALUE_MAX 64
#define REDIS_MAJOR_MIN 7 /* SET with NX and GET */
#define SKEW_WARN_MS 1000
#define SKEW_BAD_MS 30000
#define OVERDUE_WARN_MS 5000
#define OVERDUE_BAD_MS 60000

/* What INFO and CONFIG must say. A broken must is bad, a broken should a warning. */
static const struct fact {
	const char *name, *wanted;
	enum judgement otherwise;
	const char *what, *remedy;
} facts[] = {
	{ "role", "master", FINDING_BAD, "redis: primary",
	  "this is a replica, whose answers may be old: point redis.url at the primary" },
	{ "aof_enabled", "1", FINDING_BAD, "redis: append-only file",
	  "a restart would forget what was sent: CONFIG SET appendonly yes, and in redis.conf" },
	{ "maxmemory_policy", "noeviction", FINDING_BAD, "redis: no eviction",
	  "claims would be thrown away when memory is short: CONFIG SET maxmemory-policy "
	  "noeviction" },
	{ "appendfsync", "always", FINDING_WARN, "redis: appendfsync",
	  "a power cut may cost the last second: CONFIG SET appendfsync always" },
};

/* The value of "name:value\r\n" in INFO's text. */
static void info_value(const char *info, const char *name, char out[VALUE_MAX])
{
	size_t n = strlen(name);

	out[0] = '\0';
	for (const char *line = info; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, n) && line[n] == ':')
			snprintf(out, VALUE_MAX, "%.*s", (int)strcspn(line + n + 1, "\r\n"),
				 line + n + 1);
	}
}

static void judge(const struct fact *fact, const char *value, const struct findings *f)
{
	if (!strcmp(value, fact->wanted)) {
		f->add(f->ctx, FINDING_OK, fact->what, "");
	} else if (!*value) {
		autofree char *remedy =
			xasprintf("Redis does not tell %s to this user; it should be %s",
				  fact->name, fact->wanted);

		f->add(f->ctx, FINDING_WARN, fact->what, remedy);
	} else {
		f->add(f->ctx, fact->otherwise, fact->what, fact->remedy);
	}
}

static int ask(struct redis *r, const struct settings *s, struct err *e)
{
	autofree char *epoch = xasprintf("%sepoch", s->redis_prefix);

	if (redis_connect(r, e))
		return ERR_AGAIN;
	redis_add(r, 1, (const char *[]){ "INFO" }, NULL);
	redis_add(r, 3, (const char *[]){ "CONFIG", "GET", "appendfsync" }, NULL);
	redis_add(r, 2, (const char *[]){ "EXISTS", epoch }, NULL);
	redis_add(r, 1, (const char *[]){ "TIME" }, NULL);
	return redis_run(r, e);
}

/* Links live and claims end by Redis' clock, schedules by that of each machine. */
static void judge_time(const struct redis_reply *time, const struct findings *f)
{
	int64_t there_ms =
		redis_int(redis_at(time, 0)) * 1000 + redis_int(redis_at(time, 1)) / 1000;
	int64_t skew_ms = there_ms + now_skew_ms() - now_ms();
	autofree char *remedy =
		xasprintf("Redis' clock is %lld ms %s this machine's: let both "
			  "follow a time server (chrony, systemd-timesyncd)",
			  (long long)llabs(skew_ms), skew_ms < 0 ? "behind" : "ahead of");
	enum judgement j = doctor_judge_skew(skew_ms);

	f->add(f->ctx, j, "redis: clock", j == FINDING_OK ? "" : remedy);
}

enum judgement doctor_judge_skew(int64_t skew_ms)
{
	if (llabs(skew_ms) >= SKEW_BAD_MS)
		return FINDING_BAD;
	return llabs(skew_ms) >= SKEW_WARN_MS ? FINDING_WARN : FINDING_OK;
}

bool doctor_redis_new_enough(const char *version)
{
	return strtol(version, NULL, 10) >= REDIS_MAJOR_MIN;
}

static void judge_version(const char *info, const struct findings *f)
{
	char version[VALUE_MAX];

	info_value(info, "redis_version", version);
	if (doctor_redis_new_enough(version))
		f->add(f->ctx, FINDING_OK, "redis: version", "");
	else
		f->add(f->ctx, FINDING_BAD, "redis: version",
		       "the scripts need Redis 7 or Valkey: install a newer one");
}

static void judge_all(struct redis *r, const struct findings *f)
{
	const char *info = redis_str(redis_reply(r, 0), NULL);
	const char *fsync = redis_str(redis_at(redis_reply(r, 1), 1), NULL);
	char value[VALUE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		if (!strcmp(facts[i].name, "appendfsync"))
			snprintf(value, sizeof(value), "%s", fsync);
		else
			info_value(info, facts[i].name, value);
		judge(&facts[i], value, f);
	}
	judge_version(info, f);
	judge_time(redis_reply(r, 3), f);
	if (redis_int(redis_reply(r, 2)))
		f->add(f->ctx, FINDING_OK, "redis: epoch", "");
	else
		f->add(f->ctx, FINDING_BAD, "redis: epoch",
		       "the fleet stands still until Redis is whole: beckon-status or beckon "
		       "rebuild makes it so; where all is new, beckon init");
}

void doctor_redis(const struct settings *s, const struct findings *f)
{
	struct redis_options o = { .url = s->redis_url,
				   .password = s->redis_password,
				   .name = "beckon-doctor",
				   .timeout_ms = (int)s->redis_timeout_ms };
	struct redis *r = NULL;
	struct err e = { "" };

	if (redis_new(&r, &o, NULL, 0, &e) || ask(r, s, &e))
		f->add(f->ctx, FINDING_BAD, "redis", e.text);
	else
		judge_all(r, f);
	redis_free(r);
}

/* A sending that outlasts the wait finds another Redis when it ends, and is never told. */
void doctor_times(const struct settings *s, const struct findings *f)
{
	int64_t needed_ms = s->message_deadline_ms + COURIER_LEASE_MARGIN_MS;
	bool enough = s->rebuild_wait_ms >= needed_ms;
	autofree char *remedy =
		xasprintf("a message may take %lld s and its lease ends %d s "
			  "later: set it to %lld s or more",
			  (long long)(s->message_deadline_ms / 1000),
			  COURIER_LEASE_MARGIN_MS / 1000, (long long)(needed_ms / 1000));

	f->add(f->ctx, enough ? FINDING_OK : FINDING_WARN, "settings: rebuild.wait",
	       enough ? "" : remedy);
}

void doctor_clock(const struct settings *s, const struct findings *f)
{
	struct later_stats stats;
	struct guard *g;
	struct err e;

	if (settings_guard_ready(s, "beckon-doctor", &g, &e))
		return; /* doctor_redis has said why */
	if (later_stats(g, &stats, &e)) {
		f->add(f->ctx, FINDING_BAD, "clock: due times", e.text);
	} else {
		int64_t late_ms = stats.oldest_overdue_ms;
		autofree char *remedy =
			xasprintf("%lld items are overdue, the first for %lld s: "
				  "is beckon-clock running?",
				  (long long)stats.overdue, (long long)(late_ms / 1000));

		f->add(f->ctx,
		       late_ms >= OVERDUE_BAD_MS    ? FINDING_BAD
		       : late_ms >= OVERDUE_WARN_MS ? FINDING_WARN
						    : FINDING_OK,
		       "clock: due times", late_ms >= OVERDUE_WARN_MS ? remedy : "");
	}
	guard_free(g);
}
