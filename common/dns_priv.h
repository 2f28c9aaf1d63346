/*
 * dns_priv - between the loop's memory (dns.c) and the thread that asks (dns_ask.c).
 */
#ifndef BECKON_DNS_PRIV_H
#define BECKON_DNS_PRIV_H

#include <stdbool.h>

#include "dns.h"

enum dns_finding {
	FOUND_MAIL,
	FOUND_NO_MAIL,
	FOUND_NOTHING, /* nobody answered, or nothing to be relied on */
};

/* A question, and in the end its answer; belongs to whoever holds it. */
struct dns_question {
	struct dns_question *next;
	struct dns_asker *asker;
	enum dns_finding found;
	char domain[DNS_DOMAIN_SIZE];
};

struct dns_asker;

/* Starts with the first question. */
int dns_asker_open(struct dns_asker **out, const struct dns_options *o, struct err *e);
void dns_asker_close(struct dns_asker *a);

void dns_asker_put(struct dns_asker *a, struct dns_question *q);
/* All that are answered; the loop frees them. */
struct dns_question *dns_asker_take(struct dns_asker *a);

#endif
