/* What is known of each invite is written: state, address, claims and timer. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "letter.h"
#include "mem.h"
#include "pass_priv.h"
#include "timer.h"

#define RECEIPT_NAMES "email/"

static void field(struct writing *w, const char *name, const char *value)
{
	assert(w->nfields < PASS_FIELDS_MAX);
	w->fields[w->nfields++] = (struct guard_field){ name, value, strlen(value) };
}

static void field_number(struct writing *w, const char *name, int64_t v)
{
	if (!v)
		return;
	assert(w->nnumbers < PASS_NUMBERS_MAX);
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

/* An SMS is to take the place of the e-mail, and has not been asked for. */
static bool stands_in(const struct writing *w)
{
	return w->f->word == WORD_ERROR && fold_ladder(w->f) == LADDER_INSTEAD && !fold_first(w->f);
}

/* One that is armed now must not be taken for one that was put back before. Where none is, the turn
   is still that of the last. */
static int64_t next_timer_turn(const struct writing *w)
{
	int64_t first = timer_first_turn(w->f->generation), seen = w->i->timer_turn;

	if ((!w->f->expires_ms && !w->f->receipt_due_ms && !stands_in(w)) ||
	    w->f->word == WORD_EXPIRED)
		return seen;
	return seen < first ? first : seen + 1;
}

/* An SMS is to follow the e-mail, and has not been asked for. */
static bool ladder_waits(const struct writing *w)
{
	return w->i->ladder && fold_ladder(w->f) == LADDER_NONE && !w->f->deliveries[0].sms;
}

static int64_t find_reminders(const struct writing *w)
{
	const struct timer_facts facts = { .sent_ms = w->sent_ms,
					   .expires_ms = w->expires_ms,
					   .reminders = w->tenant->reminder,
					   .now_ms = w->f->looked_ms };
	int64_t passed = timer_reminders_passed(&facts);

	return passed > w->f->reminders ? passed : w->f->reminders;
}

/* What came due while nobody could see to it is due now. */
static struct timer now_or_next(const struct timer_facts *facts)
{
	enum timer_what due = timer_due(facts);

	return due == TIMER_NONE || due == TIMER_EXPIRY ? timer_next(facts)
							: (struct timer){ due, facts->now_ms };
}

static struct timer find_timer(const struct writing *w)
{
	const struct fold *f = w->f;
	int64_t ttl_s = w->i->ttl_s ? w->i->ttl_s : w->tenant->link_ttl_s;
	struct timer_facts facts = { .sent_ms = w->sent_ms,
				     .expires_ms = w->expires_ms,
				     .reminders = w->tenant->reminder,
				     .told = w->reminders,
				     .now_ms = w->p->now_ms };

	if (stands_in(w) || (f->word == WORD_UNDELIVERED && ladder_waits(w)))
		return (struct timer){ TIMER_LADDER, w->p->now_ms };
	if (!fold_has_link(f) && !(f->word == WORD_UNDELIVERED && fold_is_live(f)))
		return (struct timer){ TIMER_NONE, 0 };
	if (ladder_waits(w))
		facts.ladder_ms = w->sent_ms + timer_ladder_after(w->tenant->ladder_after_s, ttl_s);
	if (f->word != WORD_DELIVERED && f->word != WORD_UNDELIVERED)
		facts.receipt_ms = f->receipt_due_ms;
	if (f->word == WORD_UNDELIVERED)
		facts.reminders.count = 0;
	return now_or_next(&facts);
}

static void write_timer(struct pass *p, struct writing *w)
{
	struct timer_for whose = { w->tenant_name, w->invite, w->f->generation,
				   next_timer_turn(w) };
	struct timer next = find_timer(w);
	struct timer_armed armed;

	w->timer_turn = whose.turn;
	if (next.what == TIMER_NONE)
		return;
	timer_arm(&whose, next, w->p->o->topic_requested, &armed);
	refill_later(p->o->guard, &p->batch, &armed.item);
}

/* ---- claims ---- */

void pass_name_delivery(const struct writing *w, size_t n, char id[IDS_DELIVERY_SIZE])
{
	struct delivery d = { .generation = (uint32_t)w->f->generation,
			      .n = n == FOLD_LADDER ? 0 : (uint32_t)n };

	text_put(d.channel, sizeof(d.channel), w->f->deliveries[n].sms ? IDS_SMS : IDS_EMAIL);
	text_put(d.tenant, sizeof(d.tenant), w->tenant_name);
	text_put(d.invite, sizeof(d.invite), w->invite);
	ids_delivery_build(&d, id);
}

/* A mail's receipts name it by what is computed, too; others by what their provider has called it.
 */
static void write_receipts(struct writing *w, const struct refill_claim *c,
			   const struct fold_delivery *d)
{
	bool of_phone = d == &w->f->deliveries[FOLD_LADDER];
	const char *hash = of_phone ? w->f->sms_hash : w->f->recipient_hash;
	char name[sizeof(RECEIPT_NAMES) + LETTER_ENVID_SIZE] = RECEIPT_NAMES;

	if (!strcmp(c->verdict, "error"))
		return;
	if (!d->sms) {
		letter_envid(c->delivery, name + sizeof(RECEIPT_NAMES) - 1);
		refill_receipt(w->p->o->guard, name, c->delivery, hash, c->memory_ms);
	}
	if (d->known_as)
		refill_receipt(w->p->o->guard, d->known_as, c->delivery, hash, c->memory_ms);
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

		if (!c.verdict || (d->waits_by_dispatcher && (!d->final || d->word == WORD_ERROR)))
			continue; /* no courier has claimed it */
		if (d->final)
			c.memory_ms = w->p->o->delivery_memory_ms - (w->p->now_ms - d->told_ms);
		if (d->final && c.memory_ms <= 0)
			continue; /* older than any job */
		pass_name_delivery(w, n, id);
		refill_claim(w->p->o->guard, &c);
		if (d->final)
			write_receipts(w, &c, d);
	}
}

/* ---- state ---- */

static void set_fields(struct writing *w)
{
	static const char *const ladders[] = LADDER_WORDS;
	const struct fold *f = w->f;
	bool holds = w->i->address && (fold_is_live(f) || f->word == WORD_ERROR);
	bool by_phone = fold_first(f) == FOLD_LADDER;

	field(w, "ver", "1");
	if (f->deliveries[fold_first(f)].sms)
		field(w, "ch", IDS_SMS);
	if (fold_ladder(f))
		field(w, "lad", ladders[fold_ladder(f)]);
	field_number(w, "rcp", f->receipt_due_ms);
	field(w, "state", fold_state(f));
	field_number(w, "gen", f->generation);
	field(w, "kind", f->kind[0] ? f->kind : "invite");
	field(w, "rh", by_phone ? f->sms_hash : f->recipient_hash);
	field(w, "ak", holds ? w->i->address : "");
	field_number(w, "turn", f->settled_turn);
	field_number(w, "sent", w->sent_ms);
	field_number(w, "exp", w->expires_ms);
	field_number(w, "rem", w->reminders);
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
	w->reminders = find_reminders(w);
	pass_note_slot(p, w);
	write_timer(p, w);
	write_claims(w);
	set_fields(w);
	refill_state(g, w->i->key, w->fields, w->nfields);
	if (w->i->kept)
		refill_kept(g, &p->batch, w->i->key, w->i->kept, w->i->kept_len);
	if (w->i->address && fold_is_live(w->f))
		refill_address(g, &p->batch, w->i->address, w->i->key);
	p->written++;
}

static void begin(const struct pass *p, struct pass_invite *i, struct writing *w)
{
	*w = (struct writing){ .p = p, .i = i, .f = &i->fold };
	w->invite = strchr(i->key, '/') + 1;
	text_put(w->tenant_name, (size_t)(w->invite - i->key), i->key);
	w->tenant = tenants_find(p->tenants, w->tenant_name);
}

int pass_send(struct pass *p, struct err *e)
{
	refill_flush(p->o->guard, &p->batch);
	return refill_send(p->o->guard, e);
}

/* Where whatever was asked of it has been refused there is nothing to write. */
static int write_all(struct pass *p, struct pass_invite *i, struct err *e)
{
	struct writing w;

	if (!i->fold.generation)
		return OK;
	begin(p, i, &w);
	write_invite(p, &w);
	return pass_waits(&w) ? pass_park(p, &w, e) : OK;
}

int pass_write(struct pass *p, size_t max, bool *more, struct err *e)
{
	int result = OK;

	*more = true;
	for (size_t k = 0; k < max && *more && result == OK; k++) {
		struct pass_invite *i = table_next(&p->ending, &p->at);

		*more = i != NULL;
		if (!i)
			continue;
		result = write_all(p, i, e);
		pass_free_invite(i);
	}
	return result < 0 ? result : pass_send(p, e);
}
