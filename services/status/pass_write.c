/* What is known of each invite is written: state, address, claims, timer, and what waits. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard_refill.h"
#include "job.h"
#include "kept.h"
#include "later.h"
#include "mem.h"
#include "pass.h"
#include "remint.h"
#include "timer.h"

#define FIELDS_MAX 20
#define NUMBERS_MAX 8
#define BROUGHT_FORWARD "scheduled" /* why something waits that is due now */

/* An invite in hand. */
struct writing {
	const struct pass *p;
	struct pass_invite *i;
	const struct fold *f;
	const struct tenant *tenant;
	char tenant_name[IDS_NAME_MAX + 1];
	const char *invite; /* behind the slash */
	int64_t expires_ms, sent_ms, timer_turn;
	const char *kid; /* that signed the link; NULL = not known */
	struct guard_field fields[FIELDS_MAX];
	size_t nfields;
	char numbers[NUMBERS_MAX][INT_TEXT_SIZE], slot[64];
	size_t nnumbers;
};

static void field(struct writing *w, const char *name, const char *value)
{
	assert(w->nfields < FIELDS_MAX);
	w->fields[w->nfields++] = (struct guard_field){ name, value, strlen(value) };
}

static void field_number(struct writing *w, const char *name, int64_t v)
{
	if (!v)
		return;
	assert(w->nnumbers < NUMBERS_MAX);
	int_text(w->numbers[w->nnumbers], v);
	field(w, name, w->numbers[w->nnumbers++]);
}

/* ---- what can only be found out ---- */

/* The key whose token has been told. */
static const char *find_kid(const struct writing *w)
{
	const struct keyring *ring = w->p->o->ring;
	struct token_for whose = { w->tenant_name, w->invite, (uint32_t)w->f->generation };
	char token[TOKEN_SIZE], sha256[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];
	const char *kid = NULL;
	struct err e;

	if (!ring || !w->f->token_sha256[0])
		return NULL;
	for (size_t n = 0; (kid = keyring_kid(ring, n)); n++) {
		if (token_make(ring, kid, whose, token, &e) < 0)
			continue;
		token_sha256(token, sha256);
		if (!strcmp(sha256, w->f->token_sha256))
			break;
	}
	crypto_wipe(token, sizeof(token));
	return kid;
}

/* The link's window. Where its end was not told, the message is in doubt and the end is about
   right: the next word of that delivery tells it exactly. */
static void find_window(struct writing *w)
{
	const struct fold *f = w->f;
	int64_t ttl_ms = (w->i->ttl_s ? w->i->ttl_s : w->tenant->link_ttl_s) * 1000;

	if (f->expires_ms) {
		w->expires_ms = f->expires_ms;
		w->sent_ms = f->expires_ms - ttl_ms;
	} else if (f->link_told_ms) {
		w->sent_ms = f->link_told_ms;
		w->expires_ms = strcmp(f->kind, "password") ? f->link_told_ms + ttl_ms : 0;
	}
	w->kid = find_kid(w);
}

/* ---- timer ---- */

/* One that is armed now must not be taken for one that was put back before. Where none is, the turn
   is still that of the last. */
static int64_t next_timer_turn(const struct writing *w)
{
	int64_t first = timer_first_turn(w->f->generation), seen = w->i->timer_turn;

	if (!w->f->expires_ms || w->f->word == WORD_EXPIRED)
		return seen;
	return seen < first ? first : seen + 1;
}

static void write_timer(struct writing *w)
{
	struct timer_facts facts = { w->sent_ms, w->expires_ms, w->tenant->reminder,
				     w->f->reminders, w->p->now_ms };
	struct timer_for whose = { w->tenant_name, w->invite, w->f->generation,
				   next_timer_turn(w) };
	struct timer next = timer_next(&facts);
	struct timer_armed armed;

	w->timer_turn = whose.turn;
	if (!fold_has_link(w->f) || next.what == TIMER_NONE)
		return;
	timer_arm(&whose, next, w->p->o->topic_requested, &armed);
	refill_later(w->p->o->guard, &armed.item);
}

/* ---- claims ---- */

static void name_delivery(const struct writing *w, size_t n, char id[IDS_DELIVERY_SIZE])
{
	struct delivery d = { .channel = "email",
			      .generation = (uint32_t)w->f->generation,
			      .n = (uint32_t)n };

	text_put(d.tenant, sizeof(d.tenant), w->tenant_name);
	text_put(d.invite, sizeof(d.invite), w->invite);
	ids_delivery_build(&d, id);
}

static void write_claims(struct writing *w)
{
	char id[IDS_DELIVERY_SIZE];

	for (size_t n = 0; n < FOLD_DELIVERIES; n++) {
		const struct fold_delivery *d = &w->f->deliveries[n];
		struct refill_claim c = {
			.delivery = id,
			.verdict = d->turn ? fold_verdict(d) : NULL,
			.turn = fold_next_turn(d),
			.first_ms = d->first_ms ? d->first_ms : d->told_ms,
			.doubts = fold_doubts(d),
			.kid = w->kid,
		};

		if (!c.verdict || (!d->final && d->waits_by_dispatcher))
			continue; /* no courier has claimed it */
		if (d->final)
			c.memory_ms = w->p->o->delivery_memory_ms - (w->p->now_ms - d->told_ms);
		if (d->final && c.memory_ms <= 0)
			continue; /* older than any job */
		name_delivery(w, n, id);
		refill_claim(w->p->o->guard, &c);
	}
}

/* ---- what waits ---- */

/* What was queued and not heard of since has its job on the topic: an offset is stored only when
   the courier has told something. One that was brought forward has not left Redis yet, maybe. */
static bool is_to_be_parked(const struct fold *f, size_t n)
{
	const struct fold_delivery *d = &f->deliveries[n];

	if (!d->turn || d->final || d->word == WORD_HELD || fold_has_ended(f) ||
	    (d->word == WORD_QUEUED && d->turn == 1))
		return false;
	return n == 0 || fold_has_link(f);
}

/* The slot that it has been given; the line of its tenant begins behind all of them. */
static void note_slot(struct pass *p, struct writing *w)
{
	const struct fold_delivery *d = &w->f->deliveries[0];
	int64_t from_us = d->not_before_ms * 1000, to_us = from_us + w->tenant->limit.interval_us;
	char name[IDS_NAME_MAX + 8];
	struct pass_line *l;

	if (!is_to_be_parked(w->f, 0) || !d->waits_by_dispatcher || !w->tenant->limit.interval_us ||
	    strcmp(d->code, "rate_limited") != 0 || d->not_before_ms <= p->now_ms)
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
	struct kept_delivery which = {
		.generation = w->f->generation,
		.n = (int64_t)n,
		.request_source = d->source ? d->source : "",
		.request_id = d->id ? d->id : "",
		.asked_ms = w->i->asked_ms[n] ? w->i->asked_ms[n] : d->told_ms,
	};
	struct job j;

	if (n > 0) { /* the link that is there */
		which.expires_ms = w->expires_ms;
		which.kid = w->kid;
	}
	j = kept_job(k, w->tenant, &which);
	j.at_once = d->word == WORD_QUEUED && d->turn > 1; /* somebody said "send now" */
	return j;
}

static void park(struct pass *p, const struct writing *w, size_t n, struct kept *k,
		 struct guard_field data)
{
	const struct fold_delivery *d = &w->f->deliveries[n];
	bool retried = d->word == WORD_DEFERRED && !strcmp(d->code, "retry");
	struct job_stand stand = { .turn = fold_next_turn(d),
				   .attempt = (d->attempt ? d->attempt : 1) + retried,
				   .waited = why(d) };
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct header headers[JOB_HEADERS_MAX];
	struct remint remint = { 0 };
	struct job j = job_of(w, n, k);
	struct later_item item = { .id = j.id,
				   .turn = stand.turn,
				   .due_ms = due_ms(p, d),
				   .topic = p->o->topic_email,
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
	refill_later(p->o->guard, &item);
	remint_clear(&remint);
	p->parked++;
}

/* Jobs are made from what is kept; of somebody who was forgotten there is none. */
static void park_all(struct pass *p, const struct writing *w, const char *text, size_t len)
{
	json_t *data = text ? json_loadb(text, len, 0, NULL) : NULL;
	struct kept k;
	struct err bad;

	if (!data)
		return;
	if (kept_read(data, p->o->recipient_key, &k, &bad) == OK)
		for (size_t n = 0; n < FOLD_DELIVERIES; n++)
			if (is_to_be_parked(w->f, n))
				park(p, w, n, &k, (struct guard_field){ NULL, text, len });
	kept_clear(&k);
}

/* ---- state ---- */

static void set_fields(struct writing *w)
{
	const struct fold *f = w->f;
	bool holds = w->i->address && (fold_is_live(f) || f->word == WORD_ERROR);

	field(w, "ver", "1");
	field(w, "state", fold_state(f));
	field_number(w, "gen", f->generation);
	field(w, "kind", f->kind[0] ? f->kind : "invite");
	field(w, "src", f->source ? f->source : "");
	field(w, "id", f->id ? f->id : "");
	field(w, "rh", f->recipient_hash);
	field(w, "ak", holds ? w->i->address : "");
	field_number(w, "turn", f->settled_turn);
	field_number(w, "sent", w->sent_ms);
	field_number(w, "exp", w->expires_ms);
	field_number(w, "rem", f->reminders);
	field_number(w, "tmr", w->timer_turn);
	if (w->kid && w->expires_ms)
		field(w, "kid", w->kid);
	if (f->declined)
		field(w, "dec", "1");
	if (f->early)
		field(w, "early", "1");
	if (w->slot[0])
		field(w, "slot", w->slot);
}

static void write_invite(struct pass *p, struct writing *w)
{
	struct guard *g = p->o->guard;

	find_window(w);
	note_slot(p, w);
	write_timer(w);
	write_claims(w);
	set_fields(w);
	refill_state(g, w->i->key, w->fields, w->nfields);
	if (w->i->address && fold_is_live(w->f))
		refill_address(g, w->i->address, w->i->key);
	p->written++;
}

static void begin(const struct pass *p, struct pass_invite *i, struct writing *w)
{
	*w = (struct writing){ .p = p, .i = i, .f = &i->fold };
	w->invite = strchr(i->key, '/') + 1;
	text_put(w->tenant_name, (size_t)(w->invite - i->key), i->key);
	w->tenant = tenants_find(p->tenants, w->tenant_name);
}

static bool any_to_be_parked(const struct writing *w)
{
	for (size_t n = 0; n < FOLD_DELIVERIES; n++)
		if (is_to_be_parked(w->f, n))
			return true;
	return false;
}

/* The requests of those that wait are read back in one pipeline. */
static int park_some(struct pass *p, const struct writing *list, size_t n, struct err *e)
{
	struct guard *g = p->o->guard;
	struct guard_field *kept;

	for (size_t i = 0; i < n; i++)
		refill_ask_kept(g, list[i].i->key);
	if (refill_run(g, e) < 0)
		return ERR_AGAIN;
	kept = xcalloc(n, sizeof(*kept));
	for (size_t i = 0; i < n; i++)
		kept[i].value = refill_kept_answer(g, i, &kept[i].len);
	for (size_t i = 0; i < n; i++)
		park_all(p, &list[i], kept[i].value, kept[i].len);
	free(kept);
	return refill_run(g, e);
}

int pass_write(struct pass *p, size_t max, bool *more, struct err *e)
{
	autofree struct writing *waiting = xcalloc(max, sizeof(*waiting));
	struct pass_invite *i = NULL;
	size_t n = 0;

	for (size_t k = 0; k < max && (i = table_next(&p->invites, &p->at)); k++) {
		struct writing *w = &waiting[n];

		if (!i->fold.generation)
			continue; /* whatever was asked of it has been refused */
		begin(p, i, w);
		write_invite(p, w);
		n += any_to_be_parked(w);
	}
	*more = i != NULL;
	if (refill_run(p->o->guard, e) < 0)
		return ERR_AGAIN;
	return park_some(p, waiting, n, e);
}
