/*
 * guard_fixture - a private Redis with an epoch, and several holders of claims on it.
 *
 * Time is moved by the skew that every script is handed, so no test sleeps through a lease.
 */
#ifndef BECKON_TEST_GUARD_FIXTURE_H
#define BECKON_TEST_GUARD_FIXTURE_H

#include "crypto.h"
#include "guard.h"
#include "mem.h"
#include "redis.h"
#include "redis_server.h"

#define EVENT_MEMORY_S 1000
#define DELIVERY_MEMORY_S 5000

/* a and a2 are two lives of one slot; b is another holder. */
enum who { A, A2, B, WHO_COUNT };

struct fixture {
	struct redis_server server;
	struct guard *guards[WHO_COUNT];
	int64_t skew_ms;
};

static inline struct guard *guard_open(const struct fixture *f, enum who who)
{
	static const char *const holders[] = { "holder-a", "holder-a", "holder-b" };
	struct guard_options o = { .redis_url = f->server.url,
				   .client_name = "test",
				   .timeout_ms = 500,
				   .event_memory_s = EVENT_MEMORY_S,
				   .delivery_memory_s = DELIVERY_MEMORY_S,
				   .holder = holders[who],
				   .incarnation = who == A2 ? 1795342001465 : 1795342001464 };
	struct guard *g = NULL;
	struct err e;

	if (guard_new(&g, &o, &e) < 0)
		fail_msg("%s", e.text);
	return g;
}

/* A server that has just been started may still be loading. */
static inline void ready_or_fail(struct guard *g)
{
	struct err e;

	for (int i = 0; i < 1000 && guard_ready(g, &e) < 0; i++)
		usleep(10 * 1000);
	if (!guard_is_ready(g))
		fail_msg("%s", e.text);
}

static inline void run_or_fail(struct guard *g)
{
	struct err e;

	if (guard_run(g, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void skew(struct fixture *f, int64_t ms)
{
	char text[24];

	f->skew_ms += ms;
	snprintf(text, sizeof(text), "%lld", (long long)f->skew_ms);
	setenv("BECKON_SKEW_MS", text, 1);
}

/* One plain command, words by spaces. The reply lives until the guard's next run. */
static inline const struct redis_reply *command(struct fixture *f, const char *fmt, ...)
{
	struct redis *r = guard_redis(f->guards[A]);
	char line[512], *rest = line;
	const char *argv[16];
	int argc = 0;
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *word; argc < 16 && (word = strsep(&rest, " "));)
		argv[argc++] = word;
	redis_add(r, argc, argv, NULL);
	if (redis_run(r, &e) < 0)
		fail_msg("%s", e.text);
	return redis_reply(r, 0);
}

static inline const char *text_of(const struct redis_reply *v)
{
	return redis_str(v, NULL);
}

static inline int fixture_open(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	bool created = false;

	setenv("BECKON_SKEW_MS", "0", 1);
	redis_server_start(&f->server);
	for (enum who w = 0; w < WHO_COUNT; w++)
		f->guards[w] = guard_open(f, w);
	if (guard_init_epoch(f->guards[A], &created, NULL) < 0 || !created)
		return -1;
	for (enum who w = 0; w < WHO_COUNT; w++)
		ready_or_fail(f->guards[w]);
	*state = f;
	return 0;
}

static inline int fixture_close(void **state)
{
	struct fixture *f = *state;

	for (enum who w = 0; w < WHO_COUNT; w++)
		guard_free(f->guards[w]);
	redis_server_stop(&f->server);
	unsetenv("BECKON_SKEW_MS");
	free(f);
	return 0;
}

#endif
