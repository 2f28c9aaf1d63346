/*
 * dns - does a domain take mail? Asked of the DNS on a thread of its own, never waited for.
 *
 * RFC 5321 5.1: mail goes to the domain's MX, or where it has none to its address. A null MX (RFC
 * 7505), a name that does not exist, and one with neither MX nor address take no mail. Whatever
 * else happens (a server fails, is silent, answers nonsense) the domain passes: better a mail that
 * bounces than an invite that is refused for our own DNS. After many failures in a row nothing is
 * waited for until one question has been answered again.
 *
 * The loop asks and is answered from a bounded memory; a question has a total deadline.
 */
#ifndef BECKON_DNS_H
#define BECKON_DNS_H

#include <stdint.h>

#include "err.h"

#define DNS_DOMAIN_SIZE 255  /* with its NUL */
#define DNS_MEMORY_SETS 1024 /* of DNS_MEMORY_WAYS domains each: some 2 MiB when all are known */
#define DNS_MEMORY_WAYS 8
#define DNS_UNDER_WAY_MAX 256 /* questions with the servers; more wait */
#define DNS_FAILURES_MAX 16   /* in a row: then one question at a time, and nobody waits for it */

enum dns_mail {
	DNS_ASKED, /* ask again when the loop is woken, or the deadline is over */
	DNS_TAKES, /* it takes mail, or nobody can tell */
	DNS_TAKES_NONE,
};

struct dns_options {
	const char *servers; /* "192.0.2.1, 192.0.2.2:5353"; NULL or "" = the system's */
	int64_t timeout_ms;  /* until an unanswered question counts as DNS_TAKES */
	int64_t memory_ms;   /* how long an answer is remembered */
	int wake_fd;	     /* the loop's eventfd */
};

struct dns;

/* ERR_FATAL: servers is no list of addresses, or the resolver cannot be made. */
int dns_open(struct dns **out, const struct dns_options *o, struct err *e);
void dns_close(struct dns *d); /* takes NULL; what is under way is forgotten */

/* domain: a host name in ASCII. now_ms is monotonic. The loop's. */
enum dns_mail dns_takes_mail(struct dns *d, const char *domain, int64_t now_ms);

#endif
