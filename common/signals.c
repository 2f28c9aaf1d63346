#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void mask_of(sigset_t *set, int more)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	if (more)
		sigaddset(set, more);
}

int signals_open(int *fd, struct err *e)
{
	sigset_t set;
	int new_fd;

	mask_of(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	new_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (new_fd < 0)
		return err_set(e, ERR_FATAL, "signalfd: %s", strerror(errno));
	*fd = new_fd;
	return OK;
}

static void leave_now(int signo)
{
	(void)signo;
	_exit(1);
}

/* From now on the signals that mean stop are no longer read but end the process. */
static void arm_second_stop(void)
{
	struct sigaction action = { .sa_handler = leave_now };
	sigset_t set;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	mask_of(&set, 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

enum signals_event signals_read(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return SIGNALS_NONE;
	if (info.ssi_signo == SIGHUP)
		return SIGNALS_RELOAD;
	arm_second_stop();
	return SIGNALS_STOP;
}
