/* The thread that asks: c-ares, its sockets and an eventfd in one poll. */
#define CARES_NO_DEPRECATED /* the callbacks that both Debians have */
#include <ares.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dns_priv.h"
#include "mem.h"
#include "thread.h"

#define CLASS_IN 1
#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_AAAA 28
#define TRIES 2
#define TRY_MIN_MS 250
#define PAUSE_MAX_MS 1000

struct dns_asker {
	ares_channel channel; /* the thread's, once it runs */
	size_t under_way;     /* likewise */
	int own_fd, wake_fd;
	pthread_t thread;
	bool started; /* the loop's */
	pthread_mutex_t lock;
	/* under the lock */
	struct dns_question *asked, **asked_end, *answered;
	bool ending;
};

/* ---- one question: its MX, else its addresses ---- */

static void answer(struct dns_question *q, enum dns_finding found)
{
	struct dns_asker *a = q->asker;
	bool first;

	q->found = found;
	a->under_way--;
	pthread_mutex_lock(&a->lock);
	first = !a->answered;
	q->next = a->answered;
	a->answered = q;
	pthread_mutex_unlock(&a->lock);
	if (first)
		thread_wake(a->wake_fd);
}

/* What a status says where there is no record to look at. */
static enum dns_finding without_record(int status)
{
	return status == ARES_ENOTFOUND || status == ARES_ENODATA ? FOUND_NO_MAIL : FOUND_NOTHING;
}

static void on_aaaa(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct ares_addr6ttl address;
	int n = 1;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = ares_parse_aaaa_reply(bytes, len, NULL, &address, &n);
	answer(arg, status == ARES_SUCCESS ? FOUND_MAIL : without_record(status));
}

static void on_a(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct dns_question *q = arg;
	struct ares_addrttl address;
	int n = 1;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = ares_parse_a_reply(bytes, len, NULL, &address, &n);
	if (status == ARES_ENODATA)
		ares_query(q->asker->channel, q->domain, CLASS_IN, TYPE_AAAA, on_aaaa, q);
	else
		answer(q, status == ARES_SUCCESS ? FOUND_MAIL : without_record(status));
}

/* RFC 7505 3: a null MX is the only one, and names the root. */
static enum dns_finding of_exchangers(const struct ares_mx_reply *list)
{
	for (const struct ares_mx_reply *mx = list; mx; mx = mx->next)
		if (mx->host && mx->host[0] && strcmp(mx->host, ".") != 0)
			return FOUND_MAIL;
	return FOUND_NO_MAIL;
}

static void on_mx(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	struct dns_question *q = arg;
	struct ares_mx_reply *list = NULL;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = ares_parse_mx_reply(bytes, len, &list);
	if (status == ARES_SUCCESS && list)
		answer(q, of_exchangers(list));
	else if (status == ARES_ENODATA || status == ARES_SUCCESS)
		ares_query(q->asker->channel, q->domain, CLASS_IN, TYPE_A, on_a, q);
	else
		answer(q, without_record(status));
	if (list)
		ares_free_data(list);
}

/* ---- the thread ---- */

/* The next question that may go out; false in *goes_on when the end has come. */
static struct dns_question *next_question(struct dns_asker *a, bool *goes_on)
{
	struct dns_question *q = NULL;

	pthread_mutex_lock(&a->lock);
	*goes_on = !a->ending;
	if (*goes_on && a->asked && a->under_way < DNS_UNDER_WAY_MAX) {
		q = a->asked;
		a->asked = q->next;
		if (!a->asked)
			a->asked_end = &a->asked;
	}
	pthread_mutex_unlock(&a->lock);
	return q;
}

static nfds_t watch(struct dns_asker *a, struct pollfd *fds)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	/* readable ones in the lower half, writable ones in the upper; c-ares' own macros shift
	   into the sign */
	unsigned bits = (unsigned)ares_getsock(a->channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;

	fds[n++] = (struct pollfd){ .fd = a->own_fd, .events = POLLIN };
	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = (short)((bits >> i & 1 ? POLLIN : 0) |
				       (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));

		if (events)
			fds[n++] = (struct pollfd){ .fd = sockets[i], .events = events };
	}
	return n;
}

static int pause_ms(struct dns_asker *a)
{
	struct timeval most = { .tv_sec = PAUSE_MAX_MS / 1000 }, left;

	ares_timeout(a->channel, &most, &left);
	return (int)(left.tv_sec * 1000 + left.tv_usec / 1000) + 1;
}

static void wait_for_news(struct dns_asker *a)
{
	struct pollfd fds[ARES_GETSOCK_MAXNUM + 1];
	nfds_t n = watch(a, fds);
	uint64_t count;

	if (poll(fds, n, pause_ms(a)) < 0)
		return;
	if (fds[0].revents && read(a->own_fd, &count, sizeof(count)) < 0)
		fds[0].revents = 0;
	for (nfds_t i = 1; i < n; i++)
		if (fds[i].revents)
			ares_process_fd(a->channel,
					fds[i].revents & ~POLLOUT ? fds[i].fd : ARES_SOCKET_BAD,
					fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what has timed out */
}

static void *ask_main(void *arg)
{
	struct dns_asker *a = arg;
	struct dns_question *q;
	bool goes_on;

	for (;;) {
		while ((q = next_question(a, &goes_on))) {
			a->under_way++;
			ares_query(a->channel, q->domain, CLASS_IN, TYPE_MX, on_mx, q);
		}
		if (!goes_on)
			return NULL;
		wait_for_news(a);
	}
}

/* ---- the loop ---- */

void dns_asker_put(struct dns_asker *a, struct dns_question *q)
{
	q->asker = a;
	q->next = NULL;
	pthread_mutex_lock(&a->lock);
	*a->asked_end = q;
	a->asked_end = &q->next;
	pthread_mutex_unlock(&a->lock);
	thread_wake(a->own_fd);
	if (!a->started)
		thread_start(&a->thread, ask_main, a);
	a->started = true;
}

struct dns_question *dns_asker_take(struct dns_asker *a)
{
	struct dns_question *all;

	pthread_mutex_lock(&a->lock);
	all = a->answered;
	a->answered = NULL;
	pthread_mutex_unlock(&a->lock);
	return all;
}

static int channel_open(struct dns_asker *a, const struct dns_options *o, struct err *e)
{
	int64_t try_ms = o->timeout_ms / (TRIES + 1); /* the second waits twice as long */
	struct ares_options ares = {
		.flags = ARES_FLAG_STAYOPEN,
		.timeout = (int)(try_ms > TRY_MIN_MS ? try_ms : TRY_MIN_MS),
		.tries = TRIES,
	};
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status == ARES_SUCCESS)
		status = ares_init_options(&a->channel, &ares,
					   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status != ARES_SUCCESS)
		return err_set(e, ERR_FATAL, "dns: %s", ares_strerror(status));
	if (o->servers && o->servers[0])
		status = ares_set_servers_ports_csv(a->channel, o->servers);
	if (status != ARES_SUCCESS)
		return err_set(e, ERR_FATAL,
			       "dns.servers '%.80s': addresses, each with :port or not",
			       o->servers);
	return OK;
}

int dns_asker_open(struct dns_asker **out, const struct dns_options *o, struct err *e)
{
	struct dns_asker *a = xcalloc(1, sizeof(*a));

	a->wake_fd = o->wake_fd;
	a->own_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	a->asked_end = &a->asked;
	pthread_mutex_init(&a->lock, NULL);
	if (channel_open(a, o, e) < 0) {
		dns_asker_close(a);
		return ERR_FATAL;
	}
	*out = a;
	return OK;
}

static void free_all(struct dns_question *q)
{
	for (struct dns_question *next; q; q = next) {
		next = q->next;
		free(q);
	}
}

void dns_asker_close(struct dns_asker *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->ending = true;
	pthread_mutex_unlock(&a->lock);
	thread_wake(a->own_fd);
	if (a->started)
		pthread_join(a->thread, NULL);
	if (a->channel)
		ares_destroy(a->channel); /* answers what is under way */
	ares_library_cleanup();
	free_all(a->asked);
	free_all(a->answered);
	close(a->own_fd);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
