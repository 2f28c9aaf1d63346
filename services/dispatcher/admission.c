#include "admission.h"

#include <string.h>

#include "draw.h"
#include "mem.h"
#include "now.h"

int admission_open(struct dispatcher *d, struct err *e)
{
	static const struct metric_family waiting = {
		METRIC_GAUGE, "beckon_waiting_for_dns",
		"Events that wait to be told whether a domain takes mail, and those behind them."
	};
	static const struct metric_family minting = {
		METRIC_GAUGE, "beckon_minting", "Events that wait until a password is drawn."
	};
	struct dns_options o = {
		.servers = d->settings.dns_servers,
		.timeout_ms = d->settings.dns_timeout_ms,
		.memory_ms = d->settings.dns_memory_ms,
		.wake_fd = stage_wake_fd(d->run),
	};

	d->lobby = lobby_new();
	d->draws = draws_open((size_t)d->settings.mint_threads, o.wake_fd);
	d->minting = metrics_series(stage_metrics(d->run), &minting, NULL);
	d->waiting = metrics_series(stage_metrics(d->run), &waiting, NULL);
	return d->settings.dns_mx ? dns_open(&d->dns, &o, e) : OK;
}

bool admission_leaves(struct dispatcher *d, struct work *w)
{
	bool waited = lobby_remove(d->lobby, w);

	if (waited) {
		draw_free(w->user);
		w->user = NULL;
	}
	return waited;
}

void admission_close(struct dispatcher *d)
{
	dns_close(d->dns);
	for (struct work *w; (w = lobby_any(d->lobby)) != NULL;)
		admission_leaves(d, w);
	lobby_free(d->lobby);
	draws_close(d->draws);
}

/* The domain that the event wants to write to; NULL = none, or none that the DNS knows. */
static const char *domain_of(const struct ask *a)
{
	const struct address *address = &a->req.recipient.address;
	const char *channel = a->req.code ? NULL : kept_channel(&a->req, a->tenant);
	const char *at =
		channel && !strcmp(channel, IDS_EMAIL) ? strrchr(address->normalised, '@') : NULL;

	if (!at || !at[1] || at[1] == '[' || address_reserved(address) != ADDRESS_PLAIN)
		return NULL;
	return at + 1;
}

void admission_wait(struct dispatcher *d, struct ask *a, const char *question)
{
	a->step = ASK_WAITING;
	a->waits_for = question;
	lobby_expect(d->lobby, a->key);
}

bool admission_holds(struct dispatcher *d, struct ask *a, bool has_waited)
{
	const char *domain = d->dns ? domain_of(a) : NULL;
	enum dns_mail mail = domain ? dns_takes_mail(d->dns, domain, now_mono_ms()) : DNS_TAKES;
	bool behind = !has_waited && lobby_has(d->lobby, a->key);

	a->domain_dead = mail == DNS_TAKES_NONE;
	a->waits_for = mail == DNS_ASKED ? domain : "";
	if (has_waited || (!behind && mail != DNS_ASKED))
		return false;
	admission_wait(d, a, a->waits_for);
	return true;
}

static void begin_draw(struct dispatcher *d, const struct ask *a)
{
	const char *key = a->tenant->accept_key;
	struct seal_public application;

	if (seal_public_parse(key, strlen(key), &application, NULL) == OK) /* checked already */
		a->work->user = draw_begin(d->draws, a->kept.request.credentials.username,
					   &d->fleet, &application);
}

void admission_end(struct dispatcher *d, const struct ask *a, bool taken)
{
	if (taken && ask_wants_password(a))
		begin_draw(d, a);
	if (taken)
		lobby_enter(d->lobby, a->work, a->key, a->waits_for);
	else
		lobby_expect_no_more(d->lobby, a->key);
	metric_set(d->waiting, (double)lobby_count(d->lobby));
}

static bool is_answered(void *ctx, const struct work *w, const char *question)
{
	const struct dispatcher *d = ctx;

	if (w->user)
		return draw_is_ready(w->user);
	return dns_takes_mail(d->dns, question, now_mono_ms()) != DNS_ASKED;
}

size_t admission_ready(struct dispatcher *d, struct work **out, size_t max)
{
	size_t n;

	draws_look(d->draws);
	n = lobby_take(d->lobby, is_answered, d, out, max);
	metric_set(d->waiting, (double)lobby_count(d->lobby));
	return n;
}
