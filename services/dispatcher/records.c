#include "records.h"

#include <stdio.h>
#include <string.h>

#include "crash.h"
#include "letter.h"
#include "mem.h"
#include "tell.h"

#define SOURCE "beckon/dispatcher"
#define FORWARDED "beckon-forwarded"

static bool moved_on(const struct event_claim *c, int64_t generation)
{
	static const char *const over[] = { "accepted", "declined", "cancelled", "expired" };

	for (size_t i = 0; i < ARRAY_LEN(over); i++)
		if (!strcmp(c->state, over[i]))
			return true;
	return c->generation > generation;
}

/* What is kept may have been erased since. */
bool records_has_job(const struct ask *a)
{
	return a->step == ASK_PLANNED && plan_has_job(&a->plan) && a->kept.data &&
	       !a->kept.request.code && !(a->replayed && moved_on(&a->claim, a->plan.generation));
}

bool records_waits(const struct ask *a)
{
	return a->step == ASK_PLANNED && plan_has_job(&a->plan) && a->slot_ms > a->now_ms;
}

/* It may be that the window opens when its slot is there: by the slot alone, so that a replay says
   the same. */
static const char *why_it_waits(const struct ask *a)
{
	struct tenant_hours hours = ask_hours(a);

	if (a->slot_ms <= a->kept.request.schedule.not_before_ms)
		return "scheduled";
	return tenant_next_ms(&hours, a->slot_ms - 1) > a->slot_ms - 1 ? "quiet_hours"
								       : "rate_limited";
}

static struct job make_job(const struct dispatcher *d, struct ask *a)
{
	struct kept_delivery which = {
		.second = ask_find_people(a, d->settings.recipient_key),
		.instead = a->plan.instead,
		.timer_turn = a->claim.timer_turn + 1,
		.generation = a->plan.generation,
		.n = a->plan.n,
		.request_source = a->event.source,
		.request_id = a->event.id,
		.traceparent = a->event.traceparent,
		.asked_ms = ask_seen_ms(a),
	};

	if (which.n > 0 || which.second) { /* the link that is there */
		which.expires_ms = a->claim.expires_ms;
		which.kid = a->claim.kid[0] ? a->claim.kid : NULL;
	}
	which.template_version = catalog_version(stage_catalog(d->run), a->req.tenant,
						 letter_template_name(a->kept.data));
	struct job j = kept_job(&a->kept, a->tenant, &which);

	if (a->minted)
		j.sealed_password = a->minted;
	return j;
}

static const char *topic_of(const struct dispatcher *d, const struct ask *a)
{
	return stage_topic(d->run,
			   strcmp(a->plan.channel, IDS_SMS) ? STAGE_TOPIC_EMAIL : STAGE_TOPIC_SMS);
}

void records_park(const struct dispatcher *d, struct ask *a, struct parked *p)
{
	*p = (struct parked){
		.value = BUF_INIT(JOB_MAX_BYTES),
		.job = make_job(d, a),
		.stand = { .turn = a->plan.turn + 1, /* the deferral ends the plan's */
			   .attempt = 1,
			   .waited = why_it_waits(a) },
	};
	ask_find_data(a);
	job_write(&p->job, a->data, a->data_len, &p->value);
	p->item = (struct later_item){
		.id = p->job.id,
		.turn = p->stand.turn,
		.due_ms = a->slot_ms,
		.topic = topic_of(d, a),
		.key = a->key,
		.value = p->value.data,
		.value_len = p->value.len,
		.headers = p->headers,
		.header_count = job_headers(&p->job, &p->stand, p->headers),
		.reason = p->stand.waited,
		.tenant = a->req.tenant,
	};
}

void parked_clear(struct parked *p)
{
	buf_clear(&p->value);
}

static int append_job(struct dispatcher *d, struct ask *a, struct err *e)
{
	autobuf value = BUF_INIT(JOB_MAX_BYTES);
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand = { .turn = a->plan.turn, .attempt = 1 };
	struct job j = make_job(d, a);
	struct kafka_message m = { .topic = topic_of(d, a), .partition = -1 };

	ask_find_data(a);
	job_write(&j, a->data, a->data_len, &value);
	m.key = a->key;
	m.key_len = strlen(a->key);
	m.value = value.data;
	m.value_len = value.len;
	m.headers = headers;
	m.header_count = job_headers(&j, &stand, headers);
	return stage_append(d->run, a->work, &m, e);
}

/* Field and rule; the validator's own text where there is one, else what the plan says. */
static const char *reason_text(const struct ask *a, char *out, size_t size)
{
	if (a->req.code)
		snprintf(out, size, "%s", a->wrong.text);
	else if (a->plan.where)
		snprintf(out, size, "%s", a->plan.where);
	else
		return NULL;
	return out;
}

static void describe_plan(struct ask *a, struct outcome *o)
{
	const struct plan *p = &a->plan;

	o->word = p->word;
	o->generation = p->generation ? p->generation : a->claim.generation;
	o->prev = p->prev;
	o->code = p->code;
	o->holder = p->other;
	if (p->turn) {
		ask_name_delivery(a);
		o->delivery = a->delivery;
		o->channel = p->channel;
		o->ladder = p->ladder;
		o->beside = p->beside;
		o->turn = p->turn;
	}
	if (p->word == WORD_SENT && a->claim.expires_ms) /* resolved: the window has been running */
		o->expires_ms = a->claim.expires_ms;
	if (a->req.type == REQUEST_RECEIPT)
		o->provider_message_id = a->req.receipt.provider_message_id;
	if (p->word == WORD_ACCEPTED)
		o->sealed = a->req.sealed;
	else if (plan_has_job(p))
		o->sealed = a->told;
	if (!records_waits(a))
		return;
	o->word = WORD_DEFERRED;
	o->code = o->reason = why_it_waits(a);
	o->not_before_ms = a->slot_ms;
	o->origin = &a->work->coords;
}

/* Nothing but the person's address is wrong: it is looked at last (request.c). */
static bool wrong_address_alone(const struct request *q)
{
	static const char where[] = "/recipient";

	return q->type == REQUEST_INVITE && q->code && !strncmp(q->where, where, sizeof(where) - 1);
}

/* Of whom: from what is kept where it can be read, else from the state. */
static void describe_person(struct ask *a, struct outcome *o)
{
	bool readable = a->kept.data && !a->kept.request.code;
	bool second = a->plan.ladder && a->kept.second.channel;
	const struct kept_person *person = second ? &a->kept.second : &a->kept.person;

	o->data = readable || wrong_address_alone(&a->req) ? a->kept.data : NULL;
	if (a->req.code && a->req.type == REQUEST_INVITE)
		return;
	if (readable) {
		o->kind = request_kinds[a->kept.request.kind];
		o->recipient_masked = person->recipient_masked;
		o->recipient_hash = person->recipient_hash;
	} else {
		o->kind = a->claim.kind && a->claim.kind[0] ? a->claim.kind
							    : request_kinds[KIND_INVITE];
		o->recipient_hash = a->claim.recipient_hash;
	}
}

static int append_packed(struct dispatcher *d, struct ask *a, const struct outcome *o,
			 struct err *e)
{
	autobuf bytes = BUF_INIT(OUTCOME_MAX_BYTES);
	struct outcome_record record;

	tell_note(stage_metrics(d->run), o);
	outcome_pack(o, SOURCE, &bytes);
	if (outcome_unpack(bytes.data, bytes.len, stage_topic(d->run, STAGE_TOPIC_STATUS), &record,
			   e) < 0)
		return ERR_FATAL;
	if (!a->key[0]) { /* no usable tenant and invite: answered under the event's own key */
		record.message.key = a->work->rec.key;
		record.message.key_len = a->work->rec.key_len;
	}
	return stage_append(d->run, a->work, &record.message, e);
}

static struct outcome outcome_of(const struct ask *a)
{
	return (struct outcome){
		.tenant = a->key[0] ? a->req.tenant : NULL,
		.invite = a->key[0] ? a->req.invite : NULL,
		.request_source = a->event.source,
		.request_id = a->event.id,
		.traceparent = a->event.traceparent,
	};
}

/* Told of the delivery whose link has been replaced. */
static int append_superseded(struct dispatcher *d, struct ask *a, struct err *e)
{
	struct delivery old = { .generation = (uint32_t)a->plan.superseded };
	struct outcome o = outcome_of(a);
	char id[IDS_DELIVERY_SIZE];

	snprintf(old.tenant, sizeof(old.tenant), "%s", a->req.tenant);
	snprintf(old.invite, sizeof(old.invite), "%s", a->req.invite);
	o.word = WORD_SUPERSEDED;
	o.generation = a->plan.superseded;
	o.prev = a->plan.prev;
	text_put(old.channel, sizeof(old.channel), a->plan.superseded_channel);
	o.delivery = ids_delivery_build(&old, id);
	o.channel = a->plan.superseded_channel;
	o.turn = 1;
	o.kind = a->claim.kind;
	return append_packed(d, a, &o, e);
}

static int append_duplicate(struct dispatcher *d, struct ask *a, struct err *e)
{
	struct outcome o = outcome_of(a);

	if (!strcmp(a->event.source, TIMER_SOURCE))
		return OK; /* the fleet's own, put back twice */
	o.word = WORD_DUPLICATE;
	o.generation = a->claim.generation;
	o.first = a->claim.first;
	o.prev = a->claim.state;
	o.data = a->req.type == REQUEST_INVITE && !a->req.code ? a->event.data : NULL;
	return append_packed(d, a, &o, e);
}

static int append_outcome(struct dispatcher *d, struct ask *a, struct err *e)
{
	struct outcome o = outcome_of(a);
	char reason[200];

	if (a->plan.word == PLAN_SILENT)
		return OK;
	o.reason = reason_text(a, reason, sizeof(reason));
	if (a->step == ASK_PLANNED)
		describe_person(a, &o);
	describe_plan(a, &o);
	if (a->plan.superseded && append_superseded(d, a, e) < 0)
		return ERR_FATAL;
	return append_packed(d, a, &o, e);
}

int records_append(struct dispatcher *d, struct ask *a, struct err *e)
{
	if (a->step == ASK_DUPLICATE)
		return append_duplicate(d, a, e);
	if (records_has_job(a)) {
		if (!records_waits(a) && append_job(d, a, e) < 0)
			return ERR_FATAL;
		crash_point("job-appended");
	}
	if (append_outcome(d, a, e) < 0)
		return ERR_FATAL;
	crash_point("outcome-appended");
	return OK;
}

bool records_astray(const struct dispatcher *d, const struct ask *a)
{
	const struct record *r = &a->work->rec;
	size_t n = strlen(a->key);
	char forwarded[8];

	if (work_header(a->work, FORWARDED, forwarded, sizeof(forwarded))[0])
		return false; /* once is enough: the compare-and-set gives correctness, the key only
				 order */
	return r->key_len != n || memcmp(r->key, a->key, n) != 0 ||
	       r->partition != kafka_partition_of(a->key, n, d->partitions);
}

int records_forward(struct dispatcher *d, struct ask *a, struct err *e)
{
	const struct record *r = &a->work->rec;
	struct header headers[RECORD_HEADERS_MAX + 1];
	struct kafka_message m = {
		.topic = r->topic,
		.partition = -1,
		.key = a->key,
		.key_len = strlen(a->key),
		.value = r->value,
		.value_len = r->value_len,
		.headers = headers,
		.header_count = r->header_count + 1,
	};

	memcpy(headers, r->headers, r->header_count * sizeof(*headers));
	headers[r->header_count] = (struct header){ FORWARDED, "1", 1 };
	return stage_append(d->run, a->work, &m, e);
}
