#include "courier_priv.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "tell.h"
#include "test_recipient.h"

/* The relay that a mail was with; NULL where nobody knows. */
static const char *provider(const struct courier *c, const struct parcel *p)
{
	if (p->tested)
		return TEST_RECIPIENT_PROVIDER;
	if (!p->lane || (p->elsewhere && !p->traced && c->npools > 1))
		return NULL;
	return p->lane->pool->terms->name;
}

struct outcome courier_outcome(const struct courier *c, const struct parcel *p,
			       enum outcome_word word, int64_t turn)
{
	return (struct outcome){
		.word = word,
		.tenant = p->job.delivery.tenant,
		.invite = p->job.delivery.invite,
		.kind = p->job.kind,
		.generation = p->job.delivery.generation,
		.delivery = p->job.id,
		.channel = c->channel->name,
		.turn = turn,
		.ladder = p->job.ladder || p->job.instead,
		.beside = p->job.ladder && word != WORD_SENT,
		.attempt = p->job.attempt,
		.attempts_max = (int64_t)c->o.rules.nsteps + 1,
		.request_source = p->job.request_source,
		.request_id = p->job.request_id,
		.provider = provider(c, p),
		.recipient_masked = p->job.recipient_masked,
		.recipient_hash = p->job.recipient_hash,
		.data = p->job.data,
		.traceparent = p->job.traceparent,
	};
}

static void append(struct courier *c, struct parcel *p, char *bytes, size_t len)
{
	struct outcome_record record;
	struct err e;

	if (outcome_unpack(bytes, len, stage_topic(c->run, STAGE_TOPIC_STATUS), &record, &e) < 0 ||
	    stage_append(c->run, p->work, &record.message, &e) < 0)
		stage_die(c->run, e.text);
}

void courier_tell(struct courier *c, struct parcel *p, const struct outcome *o)
{
	autobuf bytes = BUF_INIT(OUTCOME_MAX_BYTES);

	outcome_pack(o, c->source, &bytes);
	tell_note(stage_metrics(c->run), o);
	append(c, p, bytes.data, bytes.len);
}

/* ---- from verdict to outcome and settle ---- */

/* The word that stood before: of the invitation, since a reminder moves no state. */
static const char *word_before(const struct parcel *p)
{
	if (p->job.delivery.n > 0)
		return NULL;
	if (p->claim.doubts > 0)
		return outcome_words[WORD_UNKNOWN].name;
	return outcome_words[p->job.waited[0] ? WORD_DEFERRED : WORD_QUEUED].name;
}

static void describe(const struct parcel *p, struct outcome *o, struct outcome_timings *t)
{
	int64_t now = now_ms();
	bool window = p->verdict.word == WORD_SENT ||
		      (p->verdict.word == WORD_UNKNOWN && p->verdict.final);

	*t = (struct outcome_timings){
		.queue_ms = now - (now_mono_ms() - p->asked_ms) - p->work->rec.timestamp_ms,
		.guard_ms = p->link.since_ms > p->asked_ms ? p->link.since_ms - p->asked_ms : 0,
		.send_ms = p->send_ms,
		.total_ms = now - p->job.requested_ms,
	};
	if (t->queue_ms < 0)
		t->queue_ms = 0;
	o->timings = t;
	o->prev = word_before(p);
	o->code = p->verdict.code;
	o->next_channel = courier_climbs(p) ? IDS_SMS : NULL;
	o->reason = p->reason;
	o->template_name = p->template_name;
	o->template_locale = p->template_locale;
	o->template_sha256 = p->template_sha256;
	o->template_version = p->template_version;
	o->token_sha256 = p->token_sha256;
	o->provider_message_id = p->provider_message_id;
	o->segments = p->segments;
	o->encoding = p->encoding;
	if (o->word == WORD_SENT || o->word == WORD_UNKNOWN)
		o->cost = p->cost;
	o->receipt_due_ms = p->receipt_due_ms;
	o->expires_ms = window ? p->expires_ms : 0;
	o->not_before_ms = p->verdict.due_ms;
	o->origin = p->verdict.final ? NULL : &p->work->coords;
	if (o->word == WORD_DEFERRED && p->result.code && !p->reason[0])
		o->reason = p->result.code;
}

static struct guard_field number_field(const char *name, char text[24], int64_t v)
{
	int n = snprintf(text, 24, "%lld", (long long)v);

	return (struct guard_field){ name, text, (size_t)n };
}

/* An SMS that follows an e-mail moves the state only where it was taken over; the link, its window
   and the timer are the e-mail's. */
static size_t ladder_fields(struct parcel *p)
{
	static const char *const ladders[] = LADDER_WORDS;
	const char *failed = ladders[LADDER_FAILED], *sent = outcome_words[WORD_SENT].name;
	struct guard_field *f = p->fields;

	if (p->verdict.final && p->verdict.word == WORD_ERROR)
		*f++ = (struct guard_field){ "lad", failed, strlen(failed) };
	if (p->verdict.word != WORD_SENT)
		return (size_t)(f - p->fields);
	*f++ = (struct guard_field){ "state", sent, strlen(sent) };
	*f++ = number_field("turn", p->number_text[0], p->claim.claimed_turn);
	if (p->receipt_due_ms)
		*f++ = number_field("rcp", p->number_text[1], p->receipt_due_ms);
	return (size_t)(f - p->fields);
}

/* What the invite's state learns: only from the invitation itself, not from its reminders. In doubt
   there may be somebody with the link already. */
static size_t state_fields(struct parcel *p)
{
	static const char *const ladders[] = LADDER_WORDS;
	const char *word = outcome_words[p->verdict.word].name, *instead = ladders[LADDER_INSTEAD];
	struct guard_field *f = p->fields;

	if (p->job.delivery.n > 0 || (!p->verdict.final && p->verdict.word != WORD_UNKNOWN))
		return 0;
	if (p->job.ladder)
		return ladder_fields(p);
	if (p->verdict.final)
		*f++ = (struct guard_field){ "state", word, strlen(word) };
	*f++ = number_field("turn", p->number_text[0], p->claim.claimed_turn);
	if (p->verdict.word != WORD_ERROR) {
		*f++ = number_field("exp", p->number_text[1], p->expires_ms);
		*f++ = number_field("sent", p->number_text[2], p->claim.now_ms);
		*f++ = (struct guard_field){ "kid", p->claim.pinned_kid,
					     strlen(p->claim.pinned_kid) };
	}
	if (courier_climbs(p))
		*f++ = (struct guard_field){ "lad", instead, strlen(instead) };
	if (p->timer)
		*f++ = number_field("tmr", p->number_text[3], p->timer->item.turn);
	if (p->receipt_due_ms)
		*f++ = number_field("rcp", p->number_text[4], p->receipt_due_ms);
	return (size_t)(f - p->fields);
}

/* By whom alone it may be sent again; "" = by anybody. */
static const char *bound_to(const struct courier *c, const struct parcel *p)
{
	if (c->channel->aim && p->verdict.word == WORD_UNKNOWN)
		return p->lane->pool->terms->name;
	return p->job.provider;
}

/* An item to be put back, one turn higher, and the memory of its headers. */
struct parked {
	struct later_item item; /* first: freed through it */
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand;
};

static struct later_item *make_park(const struct courier *c, const struct parcel *p)
{
	struct parked *k = xcalloc(1, sizeof(*k));

	k->stand = (struct job_stand){
		.turn = p->claim.claimed_turn + 1,
		.attempt = p->verdict.attempt,
		.waited = "retry",
		.provider = bound_to(c, p),
	};
	k->item = (struct later_item){
		.id = p->job.id,
		.turn = k->stand.turn,
		.due_ms = p->verdict.due_ms,
		.topic = p->work->rec.topic,
		.key = p->job.invite_key,
		.value = p->work->rec.value,
		.value_len = p->work->rec.value_len,
		.headers = k->headers,
		.header_count = job_headers(&p->job, &k->stand, k->headers),
		.reason = p->verdict.code,
		.tenant = p->job.delivery.tenant,
	};
	return &k->item;
}

/* A reminder that cannot be sent does not end the invitation; a password mail is live only while it
   waits. */
static bool gives_up_address(const struct parcel *p)
{
	if (p->job.delivery.n > 0 || !p->verdict.final)
		return false;
	return p->verdict.word == WORD_ERROR || job_is_password(&p->job);
}

static void prepare_settle(struct courier *c, struct parcel *p)
{
	struct outcome_timings timings;
	struct outcome o = courier_outcome(c, p, p->verdict.word, p->claim.claimed_turn);

	p->receipt_due_ms = courier_receipt_due_ms(p);
	describe(p, &o, &timings);
	buf_reset(&p->outcome);
	outcome_pack(&o, c->source, &p->outcome);
	tell_note(stage_metrics(c->run), &o);
	if (!p->verdict.final)
		p->park = make_park(c, p);
	courier_arm_timer(c, p);
	p->settle = (struct settle){
		.delivery = p->job.id,
		.invite = p->job.invite_key,
		.generation = p->job.delivery.generation,
		.turn = p->claim.claimed_turn,
		.verdict = p->verdict.final ? outcome_words[p->verdict.word].name : "parked",
		.doubt = p->verdict.word == WORD_UNKNOWN,
		.outcome = p->outcome.data,
		.outcome_len = p->outcome.len,
		.set = p->fields,
		.nset = state_fields(p),
		.give_up_address = gives_up_address(p) ? p->job.address_key : NULL,
		.park = p->park,
		.timer = p->timer ? &p->timer->item : NULL,
		.receipts = courier_name_receipts(p, &o),
		.receipts_about = courier_about_receipts(p, &o),
	};
}

/* The route is at fault, or nobody: the delivery is as good as before. */
static bool not_its_fault(struct courier *c, struct parcel *p)
{
	const struct mail_result *r = &p->result;
	unsigned faults_max = ROUTE_FAULTS_MAX * (unsigned)p->lanes->n;

	if (r->reach == REACH_IN_DOUBT || r->reach == REACH_TAKEN)
		return false;
	if (r->reach == REACH_NOT_SENT && (p->withheld || stage_stopping(c->run)))
		return true;
	if (r->reach == REACH_NOT_SENT && !r->route_fault && !r->code)
		return ++p->route_faults <= faults_max;
	if (!r->route_fault || ++p->route_faults > faults_max)
		return false;
	if (!p->elsewhere)
		lane_close(p->lane, r->code,
			   p->reason[0] ? p->reason
			   : r->code	? r->code
					: "connection lost");
	return true;
}

struct verdict_rules courier_rules(const struct courier *c, const struct parcel *p)
{
	struct verdict_rules rules = c->o.rules;

	rules.doubts_are_final = rules.doubts_are_final || job_is_password(&p->job);
	if (c->channel->aim)
		rules.doubts_are_final |= (p->elsewhere && !p->traced) || !p->lane ||
					  !p->lane->pool->terms->idempotent;
	return rules;
}

/* A provider that refuses for reasons of its own, where another may take the message now. */
static bool goes_elsewhere(const struct courier *c, struct parcel *p)
{
	static const char *const theirs[] = { "throttled", "provider_unavailable" };

	if (!c->channel->aim || p->result.reach != REACH_REFUSED || !p->result.code || p->elsewhere)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
		if (!strcmp(p->result.code, theirs[i]))
			return lanes_pass_on(p);
	return false;
}

void courier_judge(struct courier *c, struct parcel *p)
{
	struct verdict_rules rules = courier_rules(c, p);
	struct verdict_facts facts = {
		.result = p->result,
		.retry_after_ms = p->retry_after_ms,
		.attempt = p->job.attempt,
		.doubts = p->claim.doubts,
		.now_ms = now_ms(),
		.not_after_ms = p->job.not_after_ms,
		.random = (uint32_t)random() * 2u,
		.hours = courier_hours(c, p),
	};

	if (not_its_fault(c, p)) {
		courier_give_back(c, p, now_mono_ms());
		return;
	}
	if (p->result.reply.code && p->send_ms < COURIER_QUICK_MS)
		c->answered_ms[p->domain] = now_mono_ms();
	if (!p->elsewhere && p->lane)
		lane_note(p->lane, p);
	if (goes_elsewhere(c, p)) {
		courier_give_back(c, p, now_mono_ms());
		return;
	}
	p->verdict = verdict_of(&facts, &rules);
	prepare_settle(c, p);
	parcel_move(c, p, PARCEL_SETTLING);
}

/* Redis has the verdict; now everybody may know. */
void courier_settled(struct courier *c, struct parcel *p)
{
	crash_point("settled");
	if (c->journal)
		journal_forget(c->journal, p->job.id, p->settle.turn);
	if (p->settle.answer == SETTLE_DONE && !p->told)
		append(c, p, p->outcome.data, p->outcome.len);
	if (p->settle.answer == SETTLE_DONE && p->suppress)
		courier_suppress(c, p);
	crash_point("outcome-sent");
	if (p->settle.answer == SETTLE_DONE)
		courier_test_receipt(c, p);
	if (p->settle.answer == SETTLE_LOST) {
		log_warn("ev=settle-lost id=%s turn=%lld", p->job.id, (long long)p->settle.turn);
		p->settle.outcome = NULL;
	}
	courier_let_go(c, p);
}

void courier_tell_unsettled(struct courier *c)
{
	for (struct parcel *p = c->lists[PARCEL_SETTLING].first; p; p = p->next) {
		autofree char *bytes = NULL;

		if (p->told)
			continue;
		bytes = xmemdup(p->outcome.data,
				p->outcome.len); /* appending changes them, settling needs them */
		append(c, p, bytes, p->outcome.len);
		p->told = true;
	}
}
