#include "records.h"

#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "crash.h"
#include "dead.h"
#include "mem.h"
#include "tell.h"

#define SOURCE "beckon/dispatcher"
#define FORWARDED "beckon-forwarded"
#define NOT_AFTER_DEFAULT_MS ((int64_t)7 * 86400 * 1000)

bool records_waits(const struct ask *a)
{
	return a->step == ASK_PLANNED && a->plan.word == WORD_QUEUED && a->slot_ms > a->now_ms;
}

static const char *why_it_waits(const struct ask *a)
{
	return a->slot_ms <= a->req.schedule.not_before_ms ? "scheduled" : "rate_limited";
}

static struct job make_job(struct ask *a)
{
	const struct request *q = &a->req;
	struct job j = {
		.delivery = { .channel = "email", .generation = (uint32_t)a->plan.generation },
		.kind = request_kinds[q->kind],
		.to = q->recipient.address.normalised,
		.recipient_hash = a->recipient_hash,
		.recipient_masked = a->recipient_masked,
		.address_key = a->address_key,
		.request_source = a->event.source,
		.request_id = a->event.id,
		.link_base = q->link.base ? q->link.base : a->tenant->link_base,
		.ttl_s = q->link.ttl_s ? q->link.ttl_s : a->tenant->link_ttl_s,
		.requested_ms = a->work->rec.timestamp_ms,
		.not_after_ms = q->schedule.not_after_ms,
		.traceparent = a->event.traceparent,
	};

	if (!j.not_after_ms)
		j.not_after_ms = a->work->rec.timestamp_ms + NOT_AFTER_DEFAULT_MS;
	snprintf(j.delivery.tenant, sizeof(j.delivery.tenant), "%s", q->tenant);
	snprintf(j.delivery.invite, sizeof(j.delivery.invite), "%s", q->invite);
	ids_delivery_build(&j.delivery, j.id);
	return j;
}

void records_park(const struct dispatcher *d, struct ask *a, struct parked *p)
{
	*p = (struct parked){
		.value = BUF_INIT(JOB_MAX_BYTES),
		.job = make_job(a),
		.stand = { .turn = 2,
			   .attempt = 1,
			   .waited = why_it_waits(a) }, /* the deferral ends turn 1 */
	};
	ask_find_data(a);
	job_write(&p->job, a->data, a->data_len, &p->value);
	p->item = (struct later_item){
		.id = p->job.id,
		.turn = p->stand.turn,
		.due_ms = a->slot_ms,
		.topic = stage_topic(d->run, STAGE_TOPIC_EMAIL),
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
	struct job_stand stand = { .turn = 1, .attempt = 1 };
	struct job j = make_job(a);
	struct kafka_message m = { .topic = stage_topic(d->run, STAGE_TOPIC_EMAIL),
				   .partition = -1 };

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

static void describe_plan(const struct ask *a, struct outcome *o)
{
	o->word = a->plan.word;
	o->generation = a->plan.generation ? a->plan.generation : a->claim.generation;
	o->code = a->plan.code;
	o->holder = a->plan.other;
	if (a->plan.generation && a->plan.word != WORD_ERROR) {
		o->delivery = a->delivery;
		o->channel = "email";
		o->turn = 1;
	}
	if (!records_waits(a))
		return;
	o->word = WORD_DEFERRED;
	o->code = why_it_waits(a);
	o->not_before_ms = a->slot_ms;
	o->origin = &a->work->coords;
}

/* Field and rule; the validator's own text where there is one, else the pointer alone. */
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

static int append_outcome(struct dispatcher *d, struct ask *a, struct err *e)
{
	char reason[200];
	autobuf bytes = BUF_INIT(OUTCOME_MAX_BYTES);
	struct outcome_record record;
	struct outcome o = {
		.word = WORD_DUPLICATE,
		.tenant = a->req.tenant,
		.invite = a->req.invite,
		.generation = a->claim.generation,
		.request_source = a->event.source,
		.request_id = a->event.id,
		.traceparent = a->event.traceparent,
		.first = a->claim.first,
		.prev = a->claim.state,
		.data = a->req.code ? NULL : a->event.data,
	};

	if (a->step != ASK_DUPLICATE) {
		describe_plan(a, &o);
		o.first = NULL;
		o.reason = reason_text(a, reason, sizeof(reason));
		if (!a->req.code) {
			o.kind = request_kinds[a->req.kind];
			o.recipient_masked = a->recipient_masked;
			o.recipient_hash = a->recipient_hash;
		}
	}
	tell_note(stage_metrics(d->run), &o);
	outcome_pack(&o, SOURCE, &bytes);
	if (outcome_unpack(bytes.data, bytes.len, stage_topic(d->run, STAGE_TOPIC_STATUS), &record,
			   e) < 0)
		return ERR_FATAL;
	if (!a->key[0]) { /* no usable tenant and invite: answered under the event's own key */
		record.message.key = a->work->rec.key;
		record.message.key_len = a->work->rec.key_len;
	}
	return stage_append(d->run, a->work, &record.message, e);
}

int records_append(struct dispatcher *d, struct ask *a, struct err *e)
{
	if (a->step == ASK_PLANNED && a->plan.word == WORD_QUEUED) {
		ask_name_delivery(a);
		if (!records_waits(a) && append_job(d, a, e) < 0)
			return ERR_FATAL;
		crash_point("job-appended");
	} else if (a->step == ASK_PLANNED && a->plan.generation) {
		ask_name_delivery(a);
	}
	if (append_outcome(d, a, e) < 0)
		return ERR_FATAL;
	crash_point("outcome-appended");
	return OK;
}

int records_dead_letter(struct dispatcher *d, struct work *w, const char *why, bool truncated,
			struct err *e)
{
	struct dead dead;
	struct kafka_message m = {
		.topic = stage_topic(d->run, STAGE_TOPIC_DEAD_LETTER),
		.partition = -1,
		.key = w->rec.key,
		.key_len = w->rec.key_len,
		.value = w->rec.value,
		.value_len = w->rec.value_len,
	};

	dead_fill(&dead, &w->rec, why);
	if (truncated) {
		dead_mark_truncated(&dead, &w->rec);
		if (m.value_len > DEAD_TRUNCATED_BYTES)
			m.value_len = DEAD_TRUNCATED_BYTES;
	}
	m.headers = dead.headers;
	m.header_count = dead.count;
	return stage_append(d->run, w, &m, e);
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
