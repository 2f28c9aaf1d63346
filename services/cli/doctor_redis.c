#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "mem.h"
#include "redis.h"

#define VALUE_MAX 64

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
	return redis_run(r, e);
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
	if (redis_int(redis_reply(r, 2)))
		f->add(f->ctx, FINDING_OK, "redis: epoch", "");
	else
		f->add(f->ctx, FINDING_BAD, "redis: epoch",
		       "the fleet stands still until Redis is told that it is whole: beckon init");
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
