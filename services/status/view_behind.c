#include "view_behind.h"

#include <stdlib.h>
#include <string.h>

#include "guard_view.h"
#include "mem.h"
#include "redis.h"

#define SERVICE "status/"
#define METRIC "\nbeckon_view_lag "
#define PROCESSES_MAX 100

bool view_is_behind(int64_t lag)
{
	return lag < 0 || lag >= VIEW_BEHIND_MIN;
}

static size_t ask_names(struct guard *g, char *names[PROCESSES_MAX], struct err *e)
{
	const char *argv[] = { "ZRANGE", "fleet", "0", "-1" };
	const struct redis_reply *v;
	size_t n = 0;

	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return SIZE_MAX;
	v = guard_view_answer(g, 0);
	for (size_t i = 0; i < redis_len(v) && n < PROCESSES_MAX; i++) {
		const char *name = redis_str(redis_at(v, i), NULL);

		if (!strncmp(name, SERVICE, strlen(SERVICE)))
			names[n++] = xasprintf("fleet:%s", name);
	}
	return n;
}

static enum view_reading reading_of(const char *told)
{
	const char *at = strstr(told, METRIC);

	if (!at)
		return VIEW_NOBODY_READS;
	return view_is_behind((int64_t)strtod(at + strlen(METRIC), NULL)) ? VIEW_IS_READING
									  : VIEW_READ;
}

/* One that is behind is behind for all; one that tells nothing any more is gone. */
static void add(enum view_reading *all, enum view_reading one)
{
	if (one == VIEW_IS_READING || (one == VIEW_READ && *all == VIEW_NOBODY_READS))
		*all = one;
}

int view_behind(struct guard *g, enum view_reading *out, struct err *e)
{
	char *names[PROCESSES_MAX];
	size_t n = ask_names(g, names, e);
	int r;

	*out = VIEW_NOBODY_READS;
	if (n == SIZE_MAX)
		return ERR_AGAIN;
	for (size_t i = 0; i < n; i++) {
		const char *argv[] = { "GET", names[i] };

		guard_view_ask(g, ARRAY_LEN(argv), argv);
	}
	r = guard_view_read(g, e);
	for (size_t i = 0; i < n; i++) {
		if (r == OK)
			add(out, reading_of(redis_str(guard_view_answer(g, i), NULL)));
		free(names[i]);
	}
	return r;
}
