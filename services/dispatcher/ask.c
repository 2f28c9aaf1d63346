#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static void name_recipient(struct ask *a, const char *recipient_key)
{
	const struct request *q = &a->req;
	struct ids_recipient who = { "email", q->recipient.address.normalised };

	if (a->req.code || !who.address[0])
		return;
	ids_recipient_hash(recipient_key, strlen(recipient_key), who, a->recipient_hash);
	address_mask(&q->recipient.address, a->recipient_masked);
	snprintf(a->address_key, sizeof(a->address_key), "%s/%s/%s/%s", q->tenant,
		 q->scope ? q->scope : "", request_kinds[q->kind], a->recipient_hash);
}

void ask_read(struct ask *a, struct work *w, const char *recipient_key)
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
	name_recipient(a, recipient_key);
	a->claim = (struct event_claim){ .event_hash = a->event_hash,
					 .invite = a->key,
					 .coords = w->coords };
}

/* The data as text, for job and state: the record's own bytes where the mode is binary. */
void ask_find_data(struct ask *a)
{
	if (a->data)
		return;
	if (a->event.data_raw) {
		a->data = (char *)a->event.data_raw;
		a->data_len = a->event.data_len;
		return;
	}
	a->owned_data = json_dumps(a->event.data, JSON_COMPACT);
	a->data = a->owned_data;
	a->data_len = strlen(a->data);
}

static struct guard_field field(const char *name, const char *value)
{
	return (struct guard_field){ name, value, strlen(value) };
}

void ask_name_delivery(struct ask *a)
{
	struct delivery d = { .channel = "email", .generation = (uint32_t)a->plan.generation };

	snprintf(d.tenant, sizeof(d.tenant), "%s", a->req.tenant);
	snprintf(d.invite, sizeof(d.invite), "%s", a->req.invite);
	ids_delivery_build(&d, a->delivery);
}

void ask_prepare_decide(struct ask *a)
{
	struct decide *d = &a->dec;
	bool live = a->plan.word == WORD_QUEUED || a->plan.word == WORD_HELD;
	size_t n = 0;

	plan_write(&a->plan, a->plan_text);
	ask_name_delivery(a);
	decide_clear(d);
	*d = (struct decide){
		.event_hash = a->event_hash,
		.invite = a->key,
		.coords = a->work->coords,
		.version = a->claim.version,
		.plan = a->plan_text,
		.first = a->delivery,
		.address = live ? a->address_key : NULL,
	};
	if (a->plan.word == WORD_QUEUED) {
		snprintf(a->limit_name, sizeof(a->limit_name), "tenant:%s", a->req.tenant);
		d->limit = (struct guard_limit){ a->limit_name, a->tenant->limit.interval_us,
						 a->tenant->limit.burst };
		d->not_before_ms = a->req.schedule.not_before_ms;
	}
	if (!a->plan.generation)
		return; /* nothing of the invite changes */
	ask_find_data(a);
	snprintf(a->generation_text, sizeof(a->generation_text), "%lld",
		 (long long)a->plan.generation);
	a->fields[n++] = field("state", outcome_words[a->plan.word].name);
	a->fields[n++] = field("gen", a->generation_text);
	a->fields[n++] = field("rh", a->recipient_hash);
	a->fields[n++] = field("ak", live ? a->address_key : "");
	a->fields[n++] = field("src", a->event.source);
	a->fields[n++] = field("id", a->event.id);
	d->set = a->fields;
	d->nset = n;
	d->data = a->data;
	d->data_len = a->data_len;
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
	cloudevent_clear(&a->event);
	free(a->owned_data);
}
