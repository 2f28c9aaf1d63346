/*
 * redis_server - a private redis-server for one test program, on a Unix socket in its own
 * directory.
 *
 * It dies with the test. AOF is on, so that it can be killed and started again with its data.
 */
#ifndef BECKON_TEST_REDIS_SERVER_H
#define BECKON_TEST_REDIS_SERVER_H

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct redis_server {
	char dir[64], socket[96], url[128];
	pid_t pid;
};

/* True once the server accepts connections. */
static inline int redis_server_listens(const struct redis_server *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ok;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", s->socket);
	ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return ok;
}

/* Starts the server in s->dir. It accepts once this returns, but may still be reading its AOF. */
static inline void redis_server_run(struct redis_server *s)
{
	unlink(s->socket);
	s->pid = fork();
	if (s->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->socket,
		       "--dir", s->dir, "--save", "", "--appendonly", "yes", "--appendfsync",
		       "always", "--maxmemory-policy", "noeviction", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !redis_server_listens(s); i++)
		usleep(10 * 1000);
}

static inline void redis_server_start(struct redis_server *s)
{
	signal(SIGPIPE, SIG_IGN);
	snprintf(s->dir, sizeof(s->dir), "/tmp/beckon-redis-XXXXXX");
	if (!mkdtemp(s->dir))
		abort();
	snprintf(s->socket, sizeof(s->socket), "%s/redis.sock", s->dir);
	snprintf(s->url, sizeof(s->url), "unix://%s", s->socket);
	redis_server_run(s);
}

static inline void redis_server_kill(struct redis_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static inline int redis_server_remove(const char *path, const struct stat *st, int type,
				      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void redis_server_stop(struct redis_server *s)
{
	redis_server_kill(s);
	nftw(s->dir, redis_server_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
