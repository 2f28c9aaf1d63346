/* The process-wide connect(): who gets ours and who the kernel's. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "now.h"
#include "smtp_connect.h"
#include "transport.h"

struct place {
	int listener;
	struct sockaddr_in addr;
};

static void place_open(struct place *p, int backlog)
{
	socklen_t size = sizeof(p->addr);

	p->listener = socket(AF_INET, SOCK_STREAM, 0);
	p->addr = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(p->listener, (struct sockaddr *)&p->addr, size), 0);
	assert_int_equal(listen(p->listener, backlog), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&p->addr, &size), 0);
}

static int to(const struct place *p, int fd)
{
	return connect(fd, (const struct sockaddr *)&p->addr, sizeof(p->addr));
}

static int nodelay(int fd)
{
	int on = -1;
	socklen_t size = sizeof(on);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
	return on;
}

static bool ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 5000) == 1 && (p.revents & (POLLRDHUP | POLLHUP));
}

/* The name that libraries find is ours. */
static void test_libraries_call_it(void **state)
{
	(void)state;
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "connect"), (void *)connect);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "write"), (void *)write);
}

static void test_untouched_outside_a_session(void **state)
{
	struct session_fd s;
	struct place p;
	int fd = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	place_open(&p, 8);
	session_fd_use(&s);
	assert_int_equal(to(&p, fd), 0);
	assert_int_equal(nodelay(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(s.fd, -1);
	smtp_connect_begin(1000);
	assert_int_equal(to(&p, udp), 0); /* a resolver's */
	assert_int_equal(s.fd, -1);
	smtp_connect_end();
	session_fd_use(NULL);
	close(fd);
	close(udp);
	close(p.listener);
}

static void test_a_session(void **state)
{
	struct session_fd s;
	struct place p;
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	(void)state;
	place_open(&p, 8);
	session_fd_use(&s);
	smtp_connect_begin(1000);
	assert_int_equal(to(&p, fd), 0);
	assert_int_equal(nodelay(fd), 1);
	assert_true(s.fd > 2 && s.fd != fd);
	peer = accept(p.listener, NULL, NULL);
	assert_false(smtp_connect_lost());
	session_fd_cut(&s);
	assert_true(ended(peer));
	assert_true(smtp_connect_deadline());
	assert_true(smtp_connect_lost());
	session_fd_cut(&s); /* again: nothing */
	close(fd);
	smtp_connect_end();
	smtp_connect_forget_deadline();
	assert_false(smtp_connect_deadline());
	session_fd_use(NULL);
	close(peer);
	close(p.listener);
}

/* What is followed by more comes with it; what is not comes at once, and so do other descriptors'.
 */
static void test_a_message_leaves_whole(void **state)
{
	struct place p;
	int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
	int peer, other_peer;
	char heard[64];

	(void)state;
	place_open(&p, 8);
	assert_int_equal(to(&p, other), 0);
	other_peer = accept(p.listener, NULL, NULL);
	smtp_connect_begin(1000);
	assert_int_equal(to(&p, fd), 0);
	peer = accept(p.listener, NULL, NULL);
	smtp_connect_more(true);
	assert_int_equal(write(fd, "one ", 4), 4);
	assert_int_equal(write(fd, "two ", 4), 4);
	assert_int_equal(write(other, "other", 5), 5);
	assert_int_equal(recv(other_peer, heard, sizeof(heard), 0), 5);
	assert_int_equal(recv(peer, heard, sizeof(heard), MSG_DONTWAIT), -1);
	smtp_connect_more(false);
	assert_int_equal(write(fd, "three", 5), 5);
	assert_int_equal(recv(peer, heard, sizeof(heard), 0), 13);
	smtp_connect_end();
	close(fd);
	close(other);
	close(peer);
	close(other_peer);
	close(p.listener);
}

/* libesmtp closes its descriptor and the number means something else: a cut must not reach that. */
static void test_the_number_is_used_again(void **state)
{
	struct session_fd s;
	struct place p;
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer, other[2];

	(void)state;
	place_open(&p, 8);
	session_fd_use(&s);
	smtp_connect_begin(1000);
	assert_int_equal(to(&p, fd), 0);
	peer = accept(p.listener, NULL, NULL);
	close(fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	assert_true(other[0] == fd || other[1] == fd);
	session_fd_cut(&s);
	assert_true(ended(peer));
	assert_int_equal(send(other[0], "x", 1, MSG_NOSIGNAL), 1);
	smtp_connect_end();
	session_fd_use(NULL);
	close(other[0]);
	close(other[1]);
	close(peer);
	close(p.listener);
}

/* A listener whose queue is full drops what comes. */
static void place_fill(const struct place *p, int fillers[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		to(p, fillers[i]);
	}
	usleep(50 * 1000);
}

static void *cut_soon(void *arg)
{
	struct session_fd *s = arg;

	while (s->fd < 0)
		usleep(1000);
	session_fd_cut(s);
	return NULL;
}

static void test_time_out_and_cut(void **state)
{
	struct session_fd s;
	struct place p;
	pthread_t thread;
	int64_t began = now_mono_ms();
	int fillers[4], fd = socket(AF_INET, SOCK_STREAM, 0),
			again = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	place_open(&p, 0);
	place_fill(&p, fillers, 4);
	session_fd_use(&s);
	smtp_connect_begin(200);
	assert_int_equal(to(&p, fd), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(now_mono_ms() - began >= 200);
	assert_int_equal(s.fd, -1);
	smtp_connect_end();

	began = now_mono_ms();
	smtp_connect_begin(60 * 1000);
	pthread_create(&thread, NULL, cut_soon, &s);
	assert_int_equal(to(&p, again), -1);
	pthread_join(thread, NULL);
	assert_true(now_mono_ms() - began < 30 * 1000);
	assert_int_equal(to(&p, again), -1); /* no further address is tried */
	assert_int_equal(errno, ECANCELED);
	smtp_connect_end();
	session_fd_use(NULL);
	for (size_t i = 0; i < 4; i++)
		close(fillers[i]);
	close(fd);
	close(again);
	close(p.listener);
}

static void test_refused(void **state)
{
	struct place p;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	place_open(&p, 8);
	close(p.listener);
	smtp_connect_begin(1000); /* without a struct of the caller's */
	assert_int_equal(to(&p, fd), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_false(smtp_connect_deadline());
	smtp_connect_end();
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libraries_call_it),
		cmocka_unit_test(test_untouched_outside_a_session),
		cmocka_unit_test(test_a_session),
		cmocka_unit_test(test_a_message_leaves_whole),
		cmocka_unit_test(test_the_number_is_used_again),
		cmocka_unit_test(test_time_out_and_cut),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
