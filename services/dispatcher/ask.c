#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "mem.h"
#include "now.h"

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
	struct kept_terms terms = { recipient_key, a->tenant };
	json_t *data;
	struct err e;

	forget_kept(a);
	if (a->req.type == REQUEST_INVITE) {
		a->kept = (struct kept){ .data = json_incref(a->event.data), .request = a->req };
		if (!a->req.code)
			kept_name_people(&a->kept, &terms);
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
	kept_read(data, &terms, &a->kept, &e);
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

static enum ladder ladder_of(const char *word)
{
	static const char *const words[] = LADDER_WORDS;
	enum ladder l = LADDER_NONE;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], word))
			l = (enum ladder)i;
	return l;
}

/* Programs that knew e-mail alone wrote none. */
const char *ask_channel_before(const struct ask *a)
{
	const char *name = a->claim.channel ? ids_channel(a->claim.channel) : NULL;

	return name ? name : IDS_EMAIL;
}

static struct invite_view view(const struct ask *a)
{
	const struct event_claim *c = &a->claim;

	return (struct invite_view){
		.known = c->known,
		.state = c->state ? c->state : "",
		.generation = c->generation,
		.turn = c->turn,
		.sent_ms = c->sent_ms,
		.expires_ms = c->expires_ms,
		.reminders = c->reminders,
		.channel = ask_channel_before(a),
		.ladder = ladder_of(c->ladder ? c->ladder : ""),
		.receipt_ms = c->receipt_ms,
		.early = c->early,
		.kind = !strcmp(c->kind, request_kinds[KIND_PASSWORD]) ? KIND_PASSWORD
								       : KIND_INVITE,
		.recipient_hash = c->recipient_hash,
		.parked_turn = c->parked_turn,
		.claimed_turn = c->claimed_turn,
	};
}

static int64_t ladder_after(const struct ask *a)
{
	int64_t ttl_s = a->kept.request.link.ttl_s;

	return timer_ladder_after(a->tenant->ladder_after_s, ttl_s ? ttl_s : a->tenant->link_ttl_s);
}

static bool link_outside(const struct ask *a)
{
	const char *base = a->kept.data ? a->kept.request.link.base : NULL;

	return base && !link_may_lead(base, a->tenant->link_base, a->tenant->link_hosts);
}

void ask_decide(struct ask *a, const struct ask_terms *terms)
{
	struct question q = {
		.req = &a->req,
		.kept = a->kept.data ? &a->kept : NULL,
		.invite = view(a),
		.policy = { .allow_reserved = terms->allow_reserved,
			    .tests = a->tenant->test_recipients,
			    .domain_dead = a->domain_dead,
			    .link_outside = link_outside(a),
			    .suppressed = a->suppressed,
			    .second_suppressed = a->second_suppressed,
			    .auto_send = a->tenant->auto_send[a->req.code ? 0 : a->req.trigger],
			    .ladder_after_ms = ladder_after(a),
			    .reminders = a->tenant->reminder,
			    .cooldown_ms = a->tenant->cooldown_ms,
			    .mint = terms->seals && a->tenant->accept_key },
		.now_ms = a->claim.now_ms,
	};

	if (!a->plan.other) /* else the refusal of a taken address stands already */
		a->plan = decide(&q);
	if (a->plan.changes.take_address)
		ask_find_people(a, terms->recipient_key);
}

void ask_name_delivery(struct ask *a)
{
	struct delivery d = { .generation = (uint32_t)a->plan.generation,
			      .n = (uint32_t)a->plan.n };

	text_put(d.channel, sizeof(d.channel), a->plan.channel);
	snprintf(d.tenant, sizeof(d.tenant), "%s", a->req.tenant);
	snprintf(d.invite, sizeof(d.invite), "%s", a->req.invite);
	ids_delivery_build(&d, a->delivery);
}

/* The tenant may have settled something else since the invitation was sent. */
bool ask_find_people(struct ask *a, const char *recipient_key)
{
	struct kept_terms terms = { recipient_key, a->tenant };
	bool second = a->plan.beside ||
		      (a->plan.n > 0 && strcmp(a->plan.channel, ask_channel_before(a)) != 0);
	const char *first = second ? ask_channel_before(a) : a->plan.channel;

	if (!a->kept.person.channel || strcmp(a->kept.person.channel, first) != 0)
		kept_use_channel(&a->kept, &terms, first);
	return second;
}

struct tenant_hours ask_hours(const struct ask *a)
{
	if (a->kept.request.kind == KIND_PASSWORD)
		return (struct tenant_hours){ 0 };
	return tenant_hours(a->tenant, a->plan.channel, a->kept.request.recipient.timezone);
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
		a->plan = decide_taken(&a->plan, a->other);
		a->plan.prev = a->claim.known ? a->claim.state : NULL;
		break; /* the refusal is stored next, against the same version */
	case DECIDE_LOST:
		event_claim_clear(&a->claim);
		a->assumed = false;
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
