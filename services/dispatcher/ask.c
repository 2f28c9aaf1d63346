#include "ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define CHANNEL "email"

/* ---- reading ---- */

/* What is to be asked beside the state. */
static void name_about(struct ask *a)
{
	if (a->req.type == REQUEST_INVITE || a->req.code)
		return;
	snprintf(a->about, sizeof(a->about), "%s",
		 a->req.type == REQUEST_RECEIPT ? a->req.receipt.delivery : "*");
}

void ask_read(struct ask *a, struct work *w)
{
	*a = (struct ask){ .work = w, .step = ASK_DEAD };
	if (cloudevent_read(&w->rec, CLOUDEVENT_PREFIX, &a->event, &a->wrong) < 0)
		return;
	request_read(&a->event, &a->req, &a->wrong);
	a->step = ASK_NAMELESS;
	if (!a->req.tenant || !a->req.invite)
		return;
	a->step = ASK_CLAIM;
	ids_key(a->req.tenant, a->req.invite, a->key);
	ids_event_hash((struct ids_event){ a->event.source, a->event.id }, a->event_hash);
	name_about(a);
	a->claim = (struct event_claim){ .event_hash = a->event_hash,
					 .invite = a->key,
					 .coords = w->coords,
					 .about = a->about };
}

/* Timestamps of the log are the broker's; tests move the clocks of programs alone. */
int64_t ask_seen_ms(const struct ask *a)
{
	return a->work->rec.timestamp_ms + now_skew_ms();
}

static bool changes_kept(const struct request *q)
{
	return q->type == REQUEST_RESEND || q->type == REQUEST_RELEASE ||
	       (q->type == REQUEST_RESOLVE && q->resolve == RESOLVE_RESEND);
}

static void forget_kept(struct ask *a)
{
	kept_clear(&a->kept);
	free(a->owned_data);
	a->owned_data = NULL;
	a->data = NULL;
}

void ask_find_kept(struct ask *a, const char *recipient_key)
{
	json_t *data;
	struct err e;

	forget_kept(a);
	if (a->req.type == REQUEST_INVITE) {
		a->kept = (struct kept){ .data = json_incref(a->event.data), .request = a->req };
		if (!a->req.code)
			kept_name_recipient(&a->req, recipient_key, &a->kept);
		return;
	}
	data = a->claim.kept ? json_loadb(a->claim.kept, a->claim.kept_len, 0, NULL) : NULL;
	if (data && changes_kept(&a->req) && !a->req.code) {
		/* A resend of what is held is its release. */
		bool release = a->req.type == REQUEST_RELEASE || !strcmp(a->claim.state, "held");
		json_t *changed = kept_change(data, release ? REQUEST_RELEASE : REQUEST_RESEND,
					      a->event.data);

		json_decref(data);
		data = changed;
	}
	kept_read(data, recipient_key, &a->kept, &e);
}

/* The record's own bytes where they are what is kept and the mode is binary. */
void ask_find_data(struct ask *a)
{
	if (a->data)
		return;
	if (a->req.type == REQUEST_INVITE && a->event.data_raw) {
		a->data = a->event.data_raw;
		a->data_len = a->event.data_len;
		return;
	}
	a->owned_data = json_dumps(a->kept.data, JSON_COMPACT);
	a->data = a->owned_data;
	a->data_len = a->data ? strlen(a->data) : 0;
}

static struct invite_view view(const struct event_claim *c)
{
	return (struct invite_view){
		.known = c->known,
		.state = c->state ? c->state : "",
		.generation = c->generation,
		.turn = c->turn,
		.sent_ms = c->sent_ms,
		.expires_ms = c->expires_ms,
		.reminders = c->reminders,
		.early = c->early,
		.kind = !strcmp(c->kind, request_kinds[KIND_PASSWORD]) ? KIND_PASSWORD
								       : KIND_INVITE,
		.parked_turn = c->parked_turn,
		.claimed_turn = c->claimed_turn,
	};
}

void ask_decide(struct ask *a, bool allow_reserved, bool seals)
{
	struct question q = {
		.req = &a->req,
		.kept = a->kept.data ? &a->kept : NULL,
		.invite = view(&a->claim),
		.policy = { .allow_reserved = allow_reserved,
			    .domain_dead = a->domain_dead,
			    .auto_send = a->tenant->auto_send[a->req.code ? 0 : a->req.trigger],
			    .reminders = a->tenant->reminder,
			    .cooldown_ms = a->tenant->cooldown_ms,
			    .mint = seals && a->tenant->accept_key },
		.now_ms = a->claim.now_ms,
	};

	if (!a->plan.other) /* else the refusal of a taken address stands already */
		a->plan = decide(&q);
}

void ask_name_delivery(struct ask *a)
{
	struct delivery d = { .channel = CHANNEL,
			      .generation = (uint32_t)a->plan.generation,
			      .n = (uint32_t)a->plan.n };

	snprintf(d.tenant, sizeof(d.tenant), "%s", a->req.tenant);
	snprintf(d.invite, sizeof(d.invite), "%s", a->req.invite);
	ids_delivery_build(&d, a->delivery);
}

/* ---- the compare-and-set ---- */

static void set(struct ask *a, const char *name, const char *value)
{
	assert(a->nfields < ASK_FIELDS_MAX);
	a->fields[a->nfields++] = (struct guard_field){ name, value, strlen(value) };
}

static void set_number(struct ask *a, const char *name, int64_t v)
{
	assert(a->nnumbers < ASK_NUMBERS_MAX);
	snprintf(a->numbers[a->nnumbers], sizeof(a->numbers[0]), "%lld", (long long)v);
	set(a, name, a->numbers[a->nnumbers++]);
}

/* What is known of a former generation's link, and of how it ended. */
static void reset(struct ask *a)
{
	static const char *const names[] = { "turn", "exp", "sent", "rem", "kid", "dec" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		set(a, names[i], "");
}

/* The fields of the state; services/README.md lists them. */
static void set_fields(struct ask *a)
{
	const struct plan_changes *c = &a->plan.changes;

	a->nfields = a->nnumbers = 0;
	if (c->state) {
		set(a, "state", c->state);
		set_number(a, "gen", a->plan.generation);
		set(a, "src", a->event.source);
		set(a, "id", a->event.id);
	}
	if (c->new_generation)
		reset(a);
	if (c->data == DATA_KEEP)
		set(a, "rh", a->kept.recipient_hash);
	if (c->take_address)
		set(a, "ak", a->kept.address_key);
	else if (c->give_up_address)
		set(a, "ak", "");
	if (c->state && !a->claim.known)
		set(a, "kind", request_kinds[a->req.code ? KIND_INVITE : a->req.kind]);
	else if (c->data == DATA_KEEP)
		set(a, "kind", request_kinds[a->kept.request.kind]);
	if (c->early || c->late)
		set(a, "early", c->early ? "1" : "");
	if (c->declined)
		set(a, "dec", "1");
	if (c->reminders)
		set_number(a, "rem", c->reminders);
	if (c->timer.what != TIMER_NONE)
		set_number(a, "tmr", a->claim.timer_turn + 1);
	else if (c->data == DATA_ERASE && !c->state)
		set(a, "rh", a->claim.recipient_hash); /* the version rises with what is kept */
}

static void arm_timer(struct ask *a, const char *topic)
{
	struct timer_for whose = { a->req.tenant, a->req.invite, a->claim.generation,
				   a->claim.timer_turn + 1 };

	timer_arm(&whose, a->plan.changes.timer, topic, &a->timer);
	a->more.timer = a->timer.id;
	a->more.arm = &a->timer.item;
}

/* The name of deliveries without their number. */
static void name_waiting(struct ask *a)
{
	snprintf(a->waiting, sizeof(a->waiting), "%s.%lld." CHANNEL ".", a->key,
		 (long long)a->claim.generation);
	a->more.waiting = a->waiting;
	a->more.waiting_max = a->claim.reminders;
}

static void find_more(struct ask *a, const char *topic)
{
	const struct plan_changes *c = &a->plan.changes;
	const char *held = a->claim.address;

	a->more = (struct decide_more){ 0 };
	a->dec.more = NULL;
	if (!a->claim.known)
		return;
	if (c->give_up_address && held[0] &&
	    !(c->take_address && !strcmp(held, a->kept.address_key)))
		a->more.give_up_address = held;
	if (c->remove_waiting || c->bring_forward)
		name_waiting(a);
	if (c->bring_forward) {
		a->more.forward_turn = a->plan.turn;
		a->more.forward_mark = (struct header){ JOB_AT_ONCE, "1", 1 };
	}
	if (c->timer.what != TIMER_NONE) {
		arm_timer(a, topic);
	} else if (c->remove_timer) {
		timer_name(a->key, a->timer_id);
		a->more.timer = a->timer_id;
	}
	if (a->more.give_up_address || a->more.waiting || a->more.timer)
		a->dec.more = &a->more;
}

struct tenant_hours ask_hours(const struct ask *a)
{
	if (a->kept.request.kind == KIND_PASSWORD)
		return (struct tenant_hours){ 0 };
	return tenant_hours(a->tenant, CHANNEL, a->kept.request.recipient.timezone);
}

/* Not before the window opens, and where a slot is reserved, in one of the next windows. */
static void move_into_hours(struct ask *a)
{
	struct tenant_hours hours = ask_hours(a);
	struct decide *d = &a->dec;
	int64_t from = d->not_before_ms > a->claim.now_ms ? d->not_before_ms : a->claim.now_ms;

	if (!hours.window)
		return;
	d->not_before_ms = tenant_next_ms(&hours, from);
	if (!d->limit.interval_us)
		return;
	d->spans = a->spans;
	d->nspans = window_spans(hours.zone, hours.window, from, a->spans, ASK_SPANS_MAX);
}

static void find_slot(struct ask *a)
{
	struct decide *d = &a->dec;

	snprintf(a->limit_name, sizeof(a->limit_name), "tenant:%s", a->req.tenant);
	d->limit.name = a->limit_name;
	if (!plan_has_job(&a->plan))
		return;
	d->limit.interval_us = a->tenant->limit.interval_us;
	d->limit.burst = a->tenant->limit.burst;
	if (a->plan.n == 0)
		d->not_before_ms = a->kept.request.schedule.not_before_ms;
	move_into_hours(a);
}

/* What a later duplicate is told that this event has led to. */
static const char *first_of(struct ask *a)
{
	if (a->plan.turn) {
		ask_name_delivery(a);
		return a->delivery;
	}
	return a->plan.generation ? outcome_words[a->plan.word].name : a->key;
}

static bool is_minted(const struct ask *a)
{
	const struct request *q = &a->kept.request;

	return plan_has_job(&a->plan) && q->kind == KIND_PASSWORD && q->credentials.mint;
}

bool ask_wants_password(const struct ask *a)
{
	return is_minted(a) && !a->minted;
}

/* What is sealed is part of the plan: replayed, it is the same password and the same hash. */
static const char *plan_as_stored(struct ask *a)
{
	plan_write(&a->plan, a->plan_text);
	if (!is_minted(a))
		return a->plan_text;
	free(a->plan_whole);
	a->plan_whole = xasprintf("%s\n%s\n%s", a->plan_text, a->minted, a->told);
	return a->plan_whole;
}

int ask_take_plan(struct ask *a, struct err *e)
{
	char *rest = a->claim.plan;

	snprintf(a->plan_text, sizeof(a->plan_text), "%s", strsep(&rest, "\n"));
	a->minted = rest ? strsep(&rest, "\n") : NULL;
	a->told = rest;
	return plan_read(a->plan_text, &a->plan, e);
}

void ask_prepare_decide(struct ask *a, const char *topic)
{
	struct decide *d = &a->dec;
	const struct plan_changes *c = &a->plan.changes;

	decide_clear(d);
	*d = (struct decide){
		.event_hash = a->event_hash,
		.invite = a->key,
		.coords = a->work->coords,
		.version = a->claim.version,
		.plan = plan_as_stored(a),
		.first = first_of(a),
		.address = c->take_address ? a->kept.address_key : NULL,
	};
	find_slot(a);
	find_more(a, topic);
	set_fields(a);
	d->set = a->fields;
	d->nset = a->nfields;
	if (c->data == DATA_ERASE) {
		d->data = "-";
		d->data_len = 1;
	} else if (c->data == DATA_KEEP) {
		ask_find_data(a);
		d->data = a->data;
		d->data_len = a->data_len;
	}
}

void ask_take_decided(struct ask *a)
{
	switch (a->dec.answer) {
	case DECIDE_DONE:
		a->slot_ms = a->dec.slot_ms;
		a->now_ms = a->dec.now_ms;
		a->step = ASK_PLANNED;
		break;
	case DECIDE_TAKEN:
		snprintf(a->other, sizeof(a->other), "%s", a->dec.other);
		a->plan = decide_taken(a->other);
		a->plan.prev = a->claim.known ? a->claim.state : NULL;
		break; /* the refusal is stored next, against the same version */
	case DECIDE_LOST:
		event_claim_clear(&a->claim);
		a->plan = (struct plan){ 0 };
		a->step = ASK_CLAIM;
		break;
	}
}

void ask_clear(struct ask *a)
{
	event_claim_clear(&a->claim);
	decide_clear(&a->dec);
	forget_kept(a);
	free(a->plan_whole);
	draw_free(a->draw);
	cloudevent_clear(&a->event);
}
