/* Whether a domain takes mail, asked of a small server in a thread: each kind of answer, and none.
 */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns.h"
#include "mem.h"
#include "now.h"

#define PATIENCE_MS 20000
#define MEMORY_MS 60000
#define TYPE_MX 15
#define TYPE_A 1
#define TYPE_AAAA 28

/* The server knows a domain by its first label. */
enum says { EMPTY, SILENT = 100, NONSENSE, CODE = 200 };
#define SERVFAIL (CODE + 2)
#define NXDOMAIN (CODE + 3)
#define REFUSED (CODE + 5)

static const struct domain {
	const char *label;
	int mx, a, aaaa;      /* records, or what is said instead */
	const char *exchange; /* of each MX, as it stands on the wire */
	enum dns_mail wanted;
} domains[] = {
	{ "mx", 1, EMPTY, EMPTY, "\002mx\004test", DNS_TAKES },
	{ "two", 2, EMPTY, EMPTY, "\002mx\004test", DNS_TAKES },
	{ "null", 1, EMPTY, EMPTY, "", DNS_TAKES_NONE },
	{ "address", EMPTY, 1, EMPTY, "", DNS_TAKES },
	{ "six", EMPTY, EMPTY, 1, "", DNS_TAKES },
	{ "nothing", EMPTY, EMPTY, EMPTY, "", DNS_TAKES_NONE },
	{ "no-such", NXDOMAIN, NXDOMAIN, NXDOMAIN, "", DNS_TAKES_NONE },
	{ "broken", SERVFAIL, SERVFAIL, SERVFAIL, "", DNS_TAKES },
	{ "refused", REFUSED, REFUSED, REFUSED, "", DNS_TAKES },
	{ "half-broken", EMPTY, SERVFAIL, SERVFAIL, "", DNS_TAKES },
	{ "silent", SILENT, SILENT, SILENT, "", DNS_TAKES },
	{ "nonsense", NONSENSE, NONSENSE, NONSENSE, "", DNS_TAKES },
};

struct server {
	int fd, wake_fd;
	pthread_t thread;
	char address[32];
	atomic_int asked;
	atomic_bool mute;
};

static const struct domain *find(const unsigned char *packet)
{
	size_t n = packet[12];

	for (size_t i = 0; i < ARRAY_LEN(domains); i++)
		if (strlen(domains[i].label) == n && !memcmp(domains[i].label, packet + 13, n))
			return &domains[i];
	return &domains[0];
}

/* Appends one answer about the name in question. */
static size_t add_record(unsigned char *out, int type, const char *exchange)
{
	unsigned char head[] = { 0xc0, 12, 0, (unsigned char)type, 0, 1, 0, 0, 0, 60, 0, 4 };
	size_t n = sizeof(head), names = strlen(exchange) + 1;

	if (type == TYPE_MX)
		head[11] = (unsigned char)(2 + names);
	if (type == TYPE_AAAA)
		head[11] = 16;
	memcpy(out, head, n);
	memset(out + n, 1, head[11]);
	if (type == TYPE_MX)
		memcpy(out + n + 2, exchange, names);
	return n + head[11];
}

static void *serve(void *arg)
{
	struct server *s = arg;
	unsigned char p[2048];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t got;

	while ((got = recvfrom(s->fd, p, 512, 0, (struct sockaddr *)&peer, &size)) > 12) {
		const struct domain *d = find(p);
		size_t end = 12;

		while (p[end])
			end += p[end] + 1u;
		int type = p[end + 2];
		int says = type == TYPE_MX ? d->mx : type == TYPE_A ? d->a : d->aaaa;

		end += 5;
		s->asked++;
		if (says == SILENT || s->mute)
			continue;
		p[2] = 0x85;
		p[3] = (unsigned char)(0x80 | (says >= CODE ? says - CODE : 0));
		memset(p + 6, 0, 6);
		p[7] = says == NONSENSE ? 9 : 0; /* answers are promised, none follows */
		for (int i = 0; i < says && says < SILENT; i++, p[7]++)
			end += add_record(p + end, type, d->exchange);
		sendto(s->fd, p, end, 0, (struct sockaddr *)&peer, size);
	}
	return NULL;
}

static void server_open(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	memset(s, 0, sizeof(*s));
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%d", ntohs(at.sin_port));
	pthread_create(&s->thread, NULL, serve, s);
}

static void server_close(struct server *s)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);

	getsockname(s->fd, (struct sockaddr *)&at, &size);
	sendto(s->fd, "x", 1, 0, (struct sockaddr *)&at, size);
	pthread_join(s->thread, NULL);
	close(s->fd);
	close(s->wake_fd);
}

static struct dns *open_dns(const struct server *s, int64_t timeout_ms)
{
	struct dns_options o = { s->address, timeout_ms, MEMORY_MS, s->wake_fd };
	struct dns *d;
	struct err e;

	if (dns_open(&d, &o, &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

/* Asks until there is an answer; each is announced by the eventfd. */
static enum dns_mail await(struct dns *d, struct server *s, const char *domain)
{
	int64_t end = now_mono_ms() + PATIENCE_MS;
	enum dns_mail mail;

	while ((mail = dns_takes_mail(d, domain, now_mono_ms())) == DNS_ASKED) {
		struct pollfd p = { .fd = s->wake_fd, .events = POLLIN };
		uint64_t count;

		assert_true(now_mono_ms() < end);
		if (poll(&p, 1, 100) > 0 && read(s->wake_fd, &count, sizeof(count)) < 0)
			fail_msg("the eventfd was read by somebody else");
	}
	return mail;
}

static void test_each_answer(void **state)
{
	struct server s;
	struct dns *d;

	(void)state;
	server_open(&s);
	d = open_dns(&s, 1500);
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		autofree char *name = xasprintf("%s.test", domains[i].label);

		if (await(d, &s, name) != domains[i].wanted)
			fail_msg("%s", name);
	}
	int asked = s.asked;

	for (size_t i = 0; i < ARRAY_LEN(domains); i++) { /* now all are remembered */
		autofree char *name = xasprintf("%s.test", domains[i].label);

		assert_int_equal(dns_takes_mail(d, name, now_mono_ms()), domains[i].wanted);
	}
	assert_int_equal(s.asked, asked);
	assert_int_equal(dns_takes_mail(d, "mx.test", now_mono_ms() + MEMORY_MS), DNS_ASKED);
	dns_close(d);
	server_close(&s);
}

static void test_what_is_no_domain(void **state)
{
	static const char *const names[] = { "", ".", "a..b", "x." };
	char label[400];
	struct server s;
	struct dns *d;

	(void)state;
	server_open(&s);
	d = open_dns(&s, 1000);
	memset(label, 'a', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	assert_int_equal(await(d, &s, label), DNS_TAKES);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		await(d, &s, names[i]); /* any answer will do, a crash will not */
	dns_close(d);
	server_close(&s);
}

/* Many more than are remembered or asked at once; a flood ends with answers for all. */
static void test_many(void **state)
{
	struct server s;
	struct dns *d;
	int takes = 0;

	(void)state;
	server_open(&s);
	d = open_dns(&s, 3000);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 12000; i++) {
			autofree char *name = xasprintf("mx.d%d.test", i);

			takes += dns_takes_mail(d, name, now_mono_ms()) == DNS_TAKES;
		}
	assert_true(takes > 0); /* where there is no room left it passes */
	int64_t end = now_mono_ms() + PATIENCE_MS;

	for (int i = 0; i < 500;) { /* then there is room again, for others too */
		autofree char *name = xasprintf("null.r%d.test", i % 100);

		if (await(d, &s, name) == DNS_TAKES_NONE)
			i++;
		assert_true(now_mono_ms() < end);
	}
	for (int i = 0; i < 100; i++) {
		autofree char *name = xasprintf("silent.e%d.test", i);

		dns_takes_mail(d, name, now_mono_ms());
	}
	dns_close(d); /* with questions under way */
	server_close(&s);
}

/* After many failures nobody waits; once somebody has been answered, they do again. */
static void test_no_server(void **state)
{
	struct server s;
	struct dns *d;
	int64_t end = now_mono_ms() + PATIENCE_MS;
	int waited = 0;

	(void)state;
	server_open(&s);
	s.mute = true;
	d = open_dns(&s, 300);
	for (int i = 0; i < 2 * DNS_FAILURES_MAX; i++) {
		autofree char *name = xasprintf("mx.f%d.test", i);

		waited += dns_takes_mail(d, name, now_mono_ms()) == DNS_ASKED;
		assert_int_equal(await(d, &s, name), DNS_TAKES);
	}
	assert_in_range(waited, 1, DNS_FAILURES_MAX + 1);
	s.mute = false;
	for (int i = 0;; i++) {
		autofree char *name = xasprintf("null.n%d.test", i);

		if (dns_takes_mail(d, name, now_mono_ms()) == DNS_ASKED)
			break;
		assert_true(now_mono_ms() < end);
		usleep(20000);
	}
	assert_int_equal(await(d, &s, "null.test"), DNS_TAKES_NONE);
	dns_close(d);
	server_close(&s);
}

static void test_options(void **state)
{
	struct dns_options o = { "nowhere:x", 1000, 1000, -1 };
	struct dns *d = NULL;
	struct err e;

	(void)state;
	assert_int_equal(dns_open(&d, &o, &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "dns.servers 'nowhere:x'"));
	assert_null(d);
	dns_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_answer), cmocka_unit_test(test_what_is_no_domain),
		cmocka_unit_test(test_many),	    cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
