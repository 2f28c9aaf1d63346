#include "smtp_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "now.h"
#include "transport.h"

/* Standard input to error are never a session: a zeroed struct session_fd is "no connection". */
#define FIRST_FD 3

/* What this thread is connecting for. timeout_ms is 0 outside begin and end; fd is libesmtp's;
   flags are those of send(2). */
static _Thread_local struct {
	struct session_fd *watched;
	struct session_fd own;
	int timeout_ms;
	int fd;
	int flags;
	bool made;
} mine = { .fd = -1 };

void session_fd_use(struct session_fd *s)
{
	if (s) {
		atomic_store(&s->fd, -1);
		atomic_store(&s->deadline_hit, 0);
	}
	mine.watched = s;
}

/* Taking the descriptor out is what gives the right, and the duty, to close it. */
static int session_fd_take(struct session_fd *s)
{
	int fd = atomic_exchange(&s->fd, -1);

	return fd >= FIRST_FD ? fd : -1;
}

void session_fd_cut(struct session_fd *s)
{
	int fd;

	/* The mark comes first: a connect() that enters its descriptor later must see it. */
	atomic_store(&s->deadline_hit, 1);
	fd = session_fd_take(s);
	if (fd < 0)
		return;
	shutdown(fd, SHUT_RDWR);
	close(fd);
}

static void watch_end(void)
{
	int fd = session_fd_take(mine.watched);

	if (fd >= 0)
		close(fd);
	mine.fd = -1;
	mine.flags = 0;
}

void smtp_connect_more(bool more)
{
	mine.flags = more ? MSG_MORE : 0;
}

static bool watch_begin(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);

	if (copy < 0)
		return false;
	mine.fd = fd;
	atomic_store(&mine.watched->fd, copy);
	if (!atomic_load(&mine.watched->deadline_hit))
		return true;
	watch_end();
	errno = ECANCELED;
	return false;
}

void smtp_connect_begin(int timeout_ms)
{
	if (!mine.watched)
		session_fd_use(&mine.own);
	mine.timeout_ms = timeout_ms;
	mine.made = false;
}

bool smtp_connect_made(void)
{
	return mine.made;
}

void smtp_connect_end(void)
{
	watch_end();
	mine.timeout_ms = 0;
	if (mine.watched == &mine.own)
		mine.watched = NULL;
}

void smtp_connect_cut(void)
{
	if (mine.fd >= 0)
		shutdown(mine.fd, SHUT_RDWR);
}

void smtp_connect_say(const char *bytes, size_t len)
{
	if (mine.fd >= 0 && send(mine.fd, bytes, len, MSG_NOSIGNAL) < 0)
		smtp_connect_cut();
}

void smtp_connect_deafen(void)
{
	if (mine.fd >= 0)
		shutdown(mine.fd, SHUT_RD);
}

bool smtp_connect_lost(void)
{
	struct pollfd p = { .fd = mine.fd, .events = POLLRDHUP };

	return mine.fd < 0 || poll(&p, 1, 0) < 0 || p.revents != 0;
}

bool smtp_connect_deadline(void)
{
	return mine.watched && atomic_load(&mine.watched->deadline_hit);
}

void smtp_connect_forget_deadline(void)
{
	if (mine.watched)
		atomic_store(&mine.watched->deadline_hit, 0);
}

/* Waits for the three-way handshake; the kernel's verdict comes as SO_ERROR. */
static int established(int fd, int timeout_ms)
{
	int64_t until = now_mono_ms() + timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t left_ms = timeout_ms;
	int error = 0, r;
	socklen_t size = sizeof(error);

	while ((r = poll(&p, 1, (int)left_ms)) < 0 && errno == EINTR)
		if ((left_ms = until - now_mono_ms()) < 0)
			left_ms = 0;
	if (r == 0)
		return ETIMEDOUT;
	if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return error;
}

static int connect_raw(int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)syscall(SYS_connect, fd, addr, len);
}

static int connect_bounded(int fd, const struct sockaddr *addr, socklen_t len)
{
	int one = 1, error = 0;

	watch_end(); /* a name with several addresses is tried in turn */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 || !watch_begin(fd))
		return -1;
	if (connect_raw(fd, addr, len) < 0)
		error = errno == EINPROGRESS ? established(fd, mine.timeout_ms) : errno;
	if (error == 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		error = errno;
	mine.made = mine.made || error == 0;
	if (error == 0)
		return 0;
	watch_end();
	errno = error;
	return -1;
}

/* The resolver may connect too, to a name service: only TCP is the session's own. */
static bool is_tcp(int fd, const struct sockaddr *addr)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return addr && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6) &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* Takes the place of libc's for every library of the process. */
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (mine.timeout_ms == 0 || !is_tcp(fd, addr))
		return connect_raw(fd, addr, len);
	return connect_bounded(fd, addr, len);
}

/* Likewise. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	if (!mine.flags || fd != mine.fd)
		return syscall(SYS_write, fd, bytes, len);
	return send(fd, bytes, len, mine.flags | MSG_NOSIGNAL);
}
