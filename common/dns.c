#include "dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_priv.h"
#include "mem.h"

#define GIVEN_UP_MS 10000 /* how long a domain passes that nobody could tell of */

/* What is known of a domain. */
struct known {
	char domain[DNS_DOMAIN_SIZE]; /* "" = free */
	enum dns_mail mail;
	int64_t until_ms; /* of DNS_ASKED: the deadline */
};

struct dns {
	struct dns_options o;
	struct dns_asker *asker;
	unsigned failures;		  /* in a row */
	const struct dns_question *trial; /* while they are many: the one that is under way */
	struct known known[DNS_MEMORY_SETS][DNS_MEMORY_WAYS];
};

static struct known *set_of(struct dns *d, const char *domain)
{
	unsigned h = 5381;

	for (const char *s = domain; *s; s++)
		h = h * 33 ^ (unsigned char)*s;
	return d->known[h % DNS_MEMORY_SETS];
}

static struct known *find(struct dns *d, const char *domain)
{
	struct known *set = set_of(d, domain);

	for (size_t i = 0; i < DNS_MEMORY_WAYS; i++)
		if (!strcmp(set[i].domain, domain))
			return &set[i];
	return NULL;
}

/* The place of what ends first; what is being asked keeps its place. NULL: all of them are. */
static struct known *make_room(struct dns *d, const char *domain, int64_t now)
{
	struct known *set = set_of(d, domain), *oldest = NULL;

	for (size_t i = 0; i < DNS_MEMORY_WAYS; i++) {
		struct known *k = &set[i];

		if (k->domain[0] && k->mail == DNS_ASKED && now < k->until_ms)
			continue;
		if (!oldest || k->until_ms < oldest->until_ms)
			oldest = k;
	}
	return oldest;
}

static bool servers_fail(const struct dns *d)
{
	return d->failures >= DNS_FAILURES_MAX;
}

static void take_answer(struct dns *d, const struct dns_question *q, int64_t now)
{
	struct known *k = find(d, q->domain);

	d->failures = q->found == FOUND_NOTHING ? d->failures + 1 : 0;
	if (d->trial == q)
		d->trial = NULL;
	if (!k)
		return;
	k->mail = q->found == FOUND_NO_MAIL ? DNS_TAKES_NONE : DNS_TAKES;
	k->until_ms = now + (q->found == FOUND_NOTHING ? GIVEN_UP_MS : d->o.memory_ms);
}

static void take_answers(struct dns *d, int64_t now)
{
	struct dns_question *next;

	for (struct dns_question *q = dns_asker_take(d->asker); q; q = next) {
		next = q->next;
		take_answer(d, q, now);
		free(q);
	}
}

static enum dns_mail ask(struct dns *d, const char *domain, int64_t now)
{
	struct known *k = make_room(d, domain, now);
	struct dns_question *q;
	bool nobody_waits = servers_fail(d);

	if (!k || (nobody_waits && d->trial))
		return DNS_TAKES;
	q = xcalloc(1, sizeof(*q));
	snprintf(q->domain, sizeof(q->domain), "%s", domain);
	snprintf(k->domain, sizeof(k->domain), "%s", domain);
	k->mail = nobody_waits ? DNS_TAKES : DNS_ASKED;
	k->until_ms = now + d->o.timeout_ms;
	if (nobody_waits)
		d->trial = q;
	dns_asker_put(d->asker, q);
	return k->mail;
}

enum dns_mail dns_takes_mail(struct dns *d, const char *domain, int64_t now)
{
	struct known *k;

	if (!domain[0] || strlen(domain) >= DNS_DOMAIN_SIZE)
		return DNS_TAKES;
	take_answers(d, now);
	k = find(d, domain);
	if (k && now < k->until_ms)
		return k->mail;
	if (k && k->mail == DNS_ASKED) { /* its deadline is over: its answer may still come */
		k->mail = DNS_TAKES;
		k->until_ms = now + GIVEN_UP_MS;
		d->failures++;
		return DNS_TAKES;
	}
	return ask(d, domain, now);
}

int dns_open(struct dns **out, const struct dns_options *o, struct err *e)
{
	struct dns *d = xcalloc(1, sizeof(*d));

	d->o = *o;
	if (dns_asker_open(&d->asker, o, e) < 0) {
		free(d);
		return ERR_FATAL;
	}
	*out = d;
	return OK;
}

void dns_close(struct dns *d)
{
	if (!d)
		return;
	dns_asker_close(d->asker);
	free(d);
}
