#include "crash.h"

#ifdef BECKON_TEST_BUILD

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Written once, by whoever comes first, read only after. */
static struct {
	char name[64];
	unsigned nth; /* 0 = nowhere */
	int signal;
} at;

static void read_at(void)
{
	const char *text = getenv("BECKON_CRASH_AT");
	char how[8] = "";
	int read = text ? sscanf(text, "%63[a-z0-9-]:%u:%7s", at.name, &at.nth, how) : 2;

	/* a test whose crash never comes would prove nothing */
	if (read < 2 || (how[0] && strcmp(how, "stop") != 0)) {
		fprintf(stderr, "BECKON_CRASH_AT=%s is not <name>:<n> or <name>:<n>:stop\n", text);
		abort();
	}
	at.signal = how[0] ? SIGSTOP : SIGKILL;
}

void crash_point(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static atomic_uint hits;

	pthread_once(&once, read_at);
	if (at.nth == 0 || strcmp(name, at.name) != 0)
		return;
	if (atomic_fetch_add(&hits, 1) + 1 == at.nth)
		raise(at.signal);
}

#endif
