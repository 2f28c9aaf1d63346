/* What waits is parked again: each job is made anew from what is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "job.h"
#include "kept.h"
#include "later.h"
#include "letter.h"
#include "mem.h"
#include "pass_priv.h"
#include "remint.h"

#define BROUGHT_FORWARD "scheduled" /* why something waits that is due now */

/* What was queued and not heard of since has its job on the topic: an offset is stored only when
   the courier has told something. One that was brought forward has not left Redis yet, maybe. */
static bool is_to_be_parked(const struct fold *f, size_t n)
{
	const struct fold_delivery *d = &f->deliveries[n];

	if (!d->turn || d->final || d->word == WORD_HELD || fold_has_ended(f) ||
	    (d->word == WORD_QUEUED && !d->brought_forward))
		return false;
	return n == fold_first(f) || fold_has_link(f) ||
	       (n == FOLD_LADDER && f->word == WORD_UNDELIVERED);
}

/* The slot that it has been given; the line of its tenant begins behind all of them. */
void pass_note_slot(struct pass *p, struct writing *w)
{
	size_t first = fold_first(w->f);
	const struct fold_delivery *d = &w->f->deliveries[first];
	int64_t from_us = d->not_before_ms * 1000, to_us = from_us + w->tenant->limit.interval_us;
	char name[IDS_NAME_MAX + 8];
	struct pass_line *l;

	if (!is_to_be_parked(w->f, first) || !d->waits_by_dispatcher ||
	    !w->tenant->limit.interval_us || strcmp(d->code, "rate_limited") != 0 ||
	    d->not_before_ms <= p->now_ms)
		return;
	snprintf(w->slot, sizeof(w->slot), "%lld-%lld", (long long)from_us, (long long)to_us);
	snprintf(name, sizeof(name), "tenant:%s", w->tenant_name);
	l = table_find(&p->lines, name);
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		text_put(l->name, sizeof(l->name), name);
		l->key = l->name;
		table_add(&p->lines, l);
	}
	if (to_us > l->to_us)
		l->to_us = to_us;
}

void pass_write_lines(struct pass *p)
{
	struct pass_line *l;

	for (size_t at = 0; (l = table_next(&p->lines, &at));)
		refill_limit(p->o->guard, l->name, l->to_us, l->to_us / 1000 - p->now_ms + 1000);
}

/* Why it waits, as the header and the item say it; NULL = it has not waited. */
static const char *why(const struct fold_delivery *d)
{
	if (d->word == WORD_UNKNOWN)
		return "retry";
	return d->word == WORD_DEFERRED && d->code[0] ? d->code : NULL;
}

/* A pause is asked for again: it may be over, and what it holds is known to its group. */
static int64_t due_ms(const struct pass *p, const struct fold_delivery *d)
{
	bool waits = d->word == WORD_DEFERRED || d->word == WORD_UNKNOWN;

	return waits && strcmp(d->code, "paused") != 0 && d->not_before_ms > p->now_ms
		       ? d->not_before_ms
		       : p->now_ms;
}

static struct job job_of(const struct writing *w, size_t n, const struct kept *k)
{
	const struct fold_delivery *d = &w->f->deliveries[n];
	size_t first = fold_first(w->f);
	struct kept_delivery which = {
		.generation = w->f->generation,
		.n = n == FOLD_LADDER ? 0 : (int64_t)n,
		.second = n != first && (n == FOLD_LADDER || d->sms != w->f->deliveries[first].sms),
		.instead = n > 0 && n == first,
		.timer_turn = w->timer_turn + 1,
		.request_source = d->source ? d->source : "",
		.request_id = d->id ? d->id : "",
		.asked_ms = w->i->asked_ms[n] ? w->i->asked_ms[n] : d->told_ms,
	};
	struct job j;

	if (n != first) { /* the link that is there; a ladder's SMS has it too */
		which.expires_ms = w->expires_ms;
		which.kid = w->kid;
	}
	if (w->p->catalog)
		which.template_version = catalog_version(w->p->catalog, w->tenant_name,
							 letter_template_name(k->data));
	j = kept_job(k, w->tenant, &which);
	j.at_once = d->brought_forward;
	return j;
}

static void park(struct pass *p, const struct writing *w, size_t n, struct kept *k,
		 struct guard_field data)
{
	const struct fold_delivery *d = &w->f->deliveries[n];
	bool retried = d->word == WORD_DEFERRED && !strcmp(d->code, "retry");
	struct job_stand stand = { .turn = fold_next_turn(d),
				   .attempt = (d->attempt ? d->attempt : 1) + retried,
				   .waited = why(d),
				   .provider = d->word == WORD_UNKNOWN ? d->provider : NULL };
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct header headers[JOB_HEADERS_MAX];
	struct remint remint = { 0 };
	struct job j = job_of(w, n, k);
	struct later_item item = { .id = j.id,
				   .turn = stand.turn,
				   .due_ms = due_ms(p, d),
				   .topic = d->sms ? p->o->topic_sms : p->o->topic_email,
				   .key = w->i->key,
				   .headers = headers,
				   .reason = stand.waited ? stand.waited : BROUGHT_FORWARD,
				   .tenant = w->tenant_name };

	job_write(&j, data.value, data.len, &value);
	item.value = value.data;
	item.value_len = value.len;
	item.header_count = job_headers(&j, &stand, headers);
	if (remint_is_wanted(k, j.sealed_password))
		remint_fill(&remint, k, p->o->topic_requested, &item);
	refill_later(p->o->guard, &p->batch, &item);
	remint_clear(&remint);
	p->parked++;
}

/* Jobs are made from what is kept; of somebody who was forgotten there is none. */
static void park_all(struct pass *p, const struct writing *w)
{
	const struct guard_field text = { NULL, w->i->kept, w->i->kept_len };
	json_t *data = text.value ? json_loadb(text.value, text.len, 0, NULL) : NULL;
	struct kept_terms terms = { p->recipient_key, w->tenant };
	struct kept k;
	struct err bad;

	if (!data)
		return;
	if (kept_read(data, &terms, &k, &bad) == OK)
		kept_use_channel(&k, &terms,
				 w->f->deliveries[fold_first(w->f)].sms ? IDS_SMS : IDS_EMAIL);
	if (!k.request.code)
		for (size_t n = 0; n < FOLD_DELIVERIES; n++)
			if (is_to_be_parked(w->f, n))
				park(p, w, n, &k, text);
	kept_clear(&k);
}

bool pass_waits(const struct writing *w)
{
	for (size_t n = 0; n < FOLD_DELIVERIES; n++)
		if (is_to_be_parked(w->f, n))
			return true;
	return false;
}

int pass_park(struct pass *p, const struct writing *w, struct err *e)
{
	if (pass_read_kept(p, w->i, e) < 0)
		return ERR_AGAIN;
	park_all(p, w);
	return OK;
}
