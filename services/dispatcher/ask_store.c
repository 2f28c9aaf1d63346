/* The compare-and-set that stores a plan: what it writes, frees, removes and arms. */
#include "ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

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
	if (a->claim.ladder && a->claim.ladder[0])
		set(a, "lad", "");
	if (a->claim.receipt_ms)
		set(a, "rcp", "");
}

/* Of what goes by e-mail nothing is written, as before there was another channel. */
static void set_channel(struct ask *a)
{
	const char *before = a->claim.known ? ask_channel_before(a) : IDS_EMAIL;

	if (a->plan.n == 0 && (!a->plan.ladder || a->plan.instead) &&
	    strcmp(a->plan.channel, before) != 0)
		set(a, "ch", a->plan.channel);
}

/* The fields of the state; services/README.md lists them. */
static void set_fields(struct ask *a)
{
	static const char *const ladders[] = LADDER_WORDS;
	const struct plan_changes *c = &a->plan.changes;

	a->nfields = a->nnumbers = 0;
	if (c->state) {
		set(a, "state", c->state);
		set_number(a, "gen", a->plan.generation);
	}
	if (c->new_generation)
		reset(a);
	if (c->data == DATA_KEEP || c->take_address)
		set(a, "rh", a->kept.person.recipient_hash);
	if (c->take_address)
		set(a, "ak", a->kept.person.address_key);
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
	if (c->state && a->plan.channel)
		set_channel(a);
	if (c->ladder)
		set(a, "lad", ladders[c->ladder]);
	if (c->turn && c->turn != a->claim.turn)
		set_number(a, "turn", c->turn);
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
static const char *name_waiting(const struct ask *a, const char *channel,
				char out[IDS_DELIVERY_SIZE])
{
	snprintf(out, IDS_DELIVERY_SIZE, "%s.%lld.%s.", a->key, (long long)a->claim.generation,
		 channel);
	return out;
}

static void find_waiting(struct ask *a)
{
	a->more.waiting = name_waiting(a, ask_channel_before(a), a->waiting);
	a->more.waiting_max = a->claim.reminders;
	if (a->claim.ladder[0])
		a->more.waiting_too = name_waiting(a, IDS_SMS, a->waiting_too);
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
	    !(c->take_address && !strcmp(held, a->kept.person.address_key)))
		a->more.give_up_address = held;
	if (c->remove_waiting || c->bring_forward)
		find_waiting(a);
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
	if (a->plan.n == 0 && !a->plan.ladder)
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
		.unclaimed = a->assumed,
		.version = a->claim.version,
		.plan = plan_as_stored(a),
		.first = first_of(a),
		.address = c->take_address ? a->kept.person.address_key : NULL,
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
