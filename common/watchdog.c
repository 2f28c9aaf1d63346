#include "watchdog.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Only async-signal-safe calls. The default action has been restored, so raise() ends us. */
static void starved(int signo)
{
	static const char line[] =
		"level=error ev=stuck text=\"the loop has not turned, ending\"\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(1); /* nobody hears; the end is the same */
	raise(signo);
}

void watchdog_open(void)
{
	struct sigaction action = { .sa_handler = starved,
				    .sa_flags = (int)SA_RESETHAND | SA_NODEFER };

	sigaction(SIGALRM, &action, NULL);
}

void watchdog_feed(unsigned seconds)
{
	alarm(seconds);
}

void watchdog_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef BECKON_TEST_BUILD
	prctl(PR_SET_DUMPABLE, 0);
#endif
}
