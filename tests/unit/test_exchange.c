/* Parcels between the loop and its threads: each comes back exactly once, whatever ends meanwhile.
 */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"
#include "mem.h"
#include "now.h"
#include "smtp_connect.h"

#define PATIENCE_MS 20000
#define DEADLINE_MS 60000

struct parcel {
	struct parcel_link link; /* first */
	atomic_int taken;
	int came_back;
};

/* What the threads do, and how many of them did. */
struct scene {
	struct exchange *x;
	int wake_fd;
	int64_t idle_ms;
	pthread_mutex_t lock;
	pthread_cond_t open;
	bool gate; /* threads answer only while it is open */
	atomic_int sessions, at_gate, cut, lives;
	int listener; /* a peer that says nothing */
	struct sockaddr_in peer;
};

static void gate_pass(struct scene *s)
{
	pthread_mutex_lock(&s->lock);
	s->at_gate++;
	while (!s->gate)
		pthread_cond_wait(&s->open, &s->lock);
	s->at_gate--;
	pthread_mutex_unlock(&s->lock);
}

static void gate_set(struct scene *s, bool open)
{
	pthread_mutex_lock(&s->lock);
	s->gate = open;
	pthread_cond_broadcast(&s->open);
	pthread_mutex_unlock(&s->lock);
}

static void answer_all(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct scene *s = ctx;

	s->sessions++;
	for (struct parcel_link *p = first; p; p = exchange_next(w, s->idle_ms)) {
		((struct parcel *)p)->taken++;
		gate_pass(s);
		s->lives += exchange_loop_lives(w, now_boot_ms());
		exchange_answer(w, p);
	}
}

static void listener_open(struct scene *s)
{
	socklen_t size = sizeof(s->peer);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->peer = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(s->listener, (struct sockaddr *)&s->peer, size), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&s->peer, &size), 0);
}

static void scene_open(struct scene *s, size_t sessions, int64_t deadline_ms,
		       void (*work)(void *, struct worker *, struct parcel_link *))
{
	*s = (struct scene){ .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .gate = true };
	listener_open(s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->open, NULL);
	s->x = exchange_new(&(struct exchange_options){
		.sessions = sessions,
		.wake_fd = s->wake_fd,
		.deadline_ms = deadline_ms,
		.zombie_ms = DEADLINE_MS,
		.work = work,
		.ctx = s,
	});
}

static void scene_close(struct scene *s)
{
	exchange_free(s->x);
	pthread_cond_destroy(&s->open);
	pthread_mutex_destroy(&s->lock);
	close(s->listener);
	close(s->wake_fd);
}

/* What came back until now, or with the next waking. */
static size_t collect(struct scene *s)
{
	struct pollfd p = { .fd = s->wake_fd, .events = POLLIN };
	uint64_t count;
	size_t n = 0;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(read(s->wake_fd, &count, sizeof(count)), sizeof(count));
	for (struct parcel_link *l = exchange_done(s->x), *next; l; l = next) {
		next = l->next;
		((struct parcel *)l)->came_back++;
		n++;
	}
	return n;
}

static void until(atomic_int *what, int wanted)
{
	for (int64_t end = now_mono_ms() + PATIENCE_MS; *what != wanted; usleep(500))
		assert_true(now_mono_ms() < end);
}

static void put_all(struct scene *s, struct parcel *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		exchange_put(s->x, &list[i].link);
}

static void test_each_comes_back_once(void **state)
{
	enum { ROUNDS = 40, EACH = 500, ALL = ROUNDS * EACH };
	autofree struct parcel *all = xcalloc(ALL, sizeof(*all));
	struct scene s;
	size_t back = 0;

	(void)state;
	scene_open(&s, 8, DEADLINE_MS, answer_all);
	s.idle_ms = 1; /* so that sessions end and begin all the time */
	for (size_t i = 0; i < ROUNDS; i++) {
		put_all(&s, all + i * EACH, EACH);
		if (i % 2)
			back += collect(&s);
		exchange_tick(s.x, now_mono_ms(), now_boot_ms());
	}
	while (back < ALL)
		back += collect(&s);
	assert_null(exchange_done(s.x));
	assert_null(exchange_take_back(s.x, INT64_MAX, NULL, NULL));
	for (size_t i = 0; i < ALL; i++) {
		assert_int_equal(all[i].taken, 1);
		assert_int_equal(all[i].came_back, 1);
	}
	scene_close(&s);
}

static void test_threads_as_needed(void **state)
{
	struct parcel list[6] = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, 4, DEADLINE_MS, answer_all);
	s.idle_ms = -1;
	put_all(&s, list, 1);
	assert_int_equal(collect(&s), 1);
	put_all(&s, list + 1,
		1); /* the first thread is idle, or about to be: at most one more is needed */
	assert_int_equal(collect(&s), 1);
	assert_in_range(s.sessions, 1, 2);
	gate_set(&s, false);
	put_all(&s, list + 2, 4);
	until(&s.at_gate, 4);
	assert_int_equal(s.sessions, 4);
	gate_set(&s, true);
	for (size_t n = 0; n < 4;)
		n += collect(&s);
	scene_close(&s);
}

static void test_oldest_first(void **state)
{
	struct parcel list[50] = { 0 };
	struct scene s;
	size_t next = 0;

	(void)state;
	scene_open(&s, 1, DEADLINE_MS, answer_all);
	put_all(&s, list, ARRAY_LEN(list));
	while (next < ARRAY_LEN(list)) {
		struct pollfd p = { .fd = s.wake_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		for (struct parcel_link *l = exchange_done(s.x); l; l = l->next)
			assert_ptr_equal(l, &list[next++].link);
	}
	scene_close(&s);
}

static void test_take_back(void **state)
{
	struct parcel list[5] = { 0 };
	struct parcel_link *back;
	struct scene s;

	(void)state;
	scene_open(&s, 1, DEADLINE_MS, answer_all);
	gate_set(&s, false);
	put_all(&s, list, 1);
	until(&s.at_gate, 1); /* one is with the thread, the others are not */
	put_all(&s, list + 1, 4);
	list[3].link.since_ms += 1000; /* as if put later */
	list[4].link.since_ms += 1000;
	assert_null(exchange_take_back(s.x, list[1].link.since_ms - 1, NULL, NULL));
	back = exchange_take_back(s.x, list[2].link.since_ms, NULL, NULL);
	assert_ptr_equal(back, &list[1].link);
	assert_ptr_equal(back->next, &list[2].link);
	assert_null(back->next->next);
	back = exchange_take_back(s.x, INT64_MAX, NULL, NULL);
	assert_ptr_equal(back, &list[3].link);
	assert_ptr_equal(back->next, &list[4].link);
	assert_null(back->next->next);
	gate_set(&s, true);
	assert_int_equal(collect(&s), 1);
	assert_int_equal(list[0].came_back, 1);
	for (size_t i = 1; i < ARRAY_LEN(list); i++)
		assert_int_equal(list[i].taken, 0);
	scene_close(&s);
}

/* ---- connections ---- */

/* Connects and waits for a peer that says nothing, as a session does: only a cut ends it. */
static bool wait_for_cut(const struct scene *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;
	bool cut;

	smtp_connect_begin(PATIENCE_MS);
	if (connect(fd, (const struct sockaddr *)&s->peer, sizeof(s->peer)) < 0)
		cut = errno == ECANCELED; /* it came before the connection */
	else
		cut = poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &byte, 1) == 0;
	smtp_connect_end();
	close(fd);
	return cut;
}

static void send_all(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct scene *s = ctx;

	smtp_connect_forget_deadline();
	for (struct parcel_link *p = first; p; p = exchange_next(w, -1)) {
		s->sessions++;
		s->cut += wait_for_cut(s);
		exchange_answer(w, p);
	}
}

static void test_deadline(void **state)
{
	struct parcel list[3] = { 0 };
	struct scene s;
	int64_t now, next;

	(void)state;
	scene_open(&s, 2, 5000, send_all);
	now = now_mono_ms();
	assert_true(exchange_tick(s.x, now, now_boot_ms()) == INT64_MAX);
	put_all(&s, list, 2);
	until(&s.sessions, 2);
	now = now_mono_ms();
	next = exchange_tick(s.x, now, now_boot_ms());
	assert_in_range(next, 1, 5000);
	assert_int_equal(s.cut, 0);
	now = list[0].link.since_ms + 5000; /* the deadline of both has come, or is about to */
	next = exchange_tick(s.x, now + 100, now_boot_ms());
	assert_in_range(next, 1, 1000); /* who is only connecting is cut once that is done */
	for (size_t n = 0; n < 2;)
		n += collect(&s);
	assert_int_equal(s.cut, 2);
	put_all(&s, list + 2,
		1); /* what was meant for an earlier parcel does not hit a later one */
	until(&s.sessions, 3);
	exchange_tick(s.x, now_mono_ms(), now_boot_ms());
	assert_int_equal(s.cut, 2);
	exchange_cut_all(s.x);
	assert_int_equal(collect(&s), 1);
	assert_int_equal(s.cut, 3);
	scene_close(&s);
}

static void test_zombie(void **state)
{
	struct parcel list[2] = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, 1, DEADLINE_MS, answer_all);
	put_all(&s, list, 1);
	collect(&s);
	assert_int_equal(s.lives, 1);
	exchange_tick(s.x, now_mono_ms(),
		      now_boot_ms() - DEADLINE_MS); /* the loop turned last long ago */
	put_all(&s, list + 1, 1);
	collect(&s);
	assert_int_equal(s.lives, 1);
	scene_close(&s);
}

/* The end cuts who sends, takes nothing more from what is ready, and leaves it to the caller. */
static void test_end(void **state)
{
	struct parcel list[4] = { 0 };
	struct scene s;

	(void)state;
	scene_open(&s, 2, DEADLINE_MS, send_all);
	put_all(&s, list, 4);
	until(&s.sessions, 2);
	scene_close(&s);
	assert_int_equal(s.cut, 2);
	assert_int_equal(s.sessions, 2);
}

/* A thread whose connection is only being made when the end comes: it is cut as soon as it is
 * there. */
static void connect_late(void *ctx, struct worker *w, struct parcel_link *first)
{
	gate_pass(ctx);
	send_all(ctx, w, first);
}

static void *open_gate_later(void *ctx)
{
	struct scene *s = ctx;

	usleep(300 * 1000); /* exchange_free has cut once by then; if not, this proves less, but
			       fails nothing */
	gate_set(s, true);
	return NULL;
}

static void test_end_while_connecting(void **state)
{
	struct parcel one = { 0 };
	pthread_t opener;
	struct scene s;

	(void)state;
	scene_open(&s, 1, DEADLINE_MS, connect_late);
	gate_set(&s, false);
	put_all(&s, &one, 1);
	until(&s.at_gate, 1);
	pthread_create(&opener, NULL, open_gate_later, &s);
	exchange_free(s.x);
	s.x = NULL;
	pthread_join(opener, NULL);
	assert_int_equal(s.cut, 1);
	scene_close(&s);
}

static void test_nothing(void **state)
{
	struct scene s;

	(void)state;
	exchange_free(NULL);
	scene_open(&s, 3, DEADLINE_MS, answer_all);
	assert_null(exchange_done(s.x));
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_comes_back_once),
		cmocka_unit_test(test_threads_as_needed),
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_end_while_connecting),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
