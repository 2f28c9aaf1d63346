#include "courier_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define BUSY_AGAIN_MS 1000
#define TOKEN_MARGIN_S                                                                             \
	86400 /* a link's name outlives its window, so that a late click is told "expired" */

/* ---- asking ---- */

static void make_token(struct courier *c, struct parcel *p, const char *kid)
{
	struct token_for whose = { p->job.delivery.tenant, p->job.delivery.invite,
				   p->job.delivery.generation };
	struct err e;

	p->token[0] = p->token_sha256[0] = '\0';
	if (job_is_password(&p->job))
		return;
	if (token_make(c->o.ring, kid, whose, p->token, &e) < 0)
		return; /* the key that signed the first turn is gone from the ring */
	token_sha256(p->token, p->token_sha256);
}

void courier_prepare_claim(struct courier *c, struct parcel *p)
{
	struct limit_relay relay = { 0 };

	make_token(c, p, p->job.kid);
	courier_hold(c, p);
	if (p->lane)
		relay = (struct limit_relay){ p->lane->pool->terms->name,
					      p->lane->pool->terms->limit, p->lane->name,
					      p->lane->limit };
	limit_find(&c->limits, &p->job, p->tenant, &c->o.limits, p->lane ? &relay : NULL);
	if (c->journal) {
		p->entry = journal_take(c->journal, p->job.id, p->job.turn);
		assert(p->entry >= 0); /* it has one for every work that can be in hand */
		if (p->lane)
			journal_route(c->journal, p->entry, p->lane->pool->terms->name);
	}
	p->asked_ms = now_mono_ms();
	p->withheld = p->elsewhere = p->traced = p->tested = false;
	p->test_receipt = NULL;
	p->reason[0] = p->provider_message_id[0] = '\0'; /* what a former try left */
	p->suppress = SUPPRESS_NOT;
	p->retry_after_ms = p->send_ms = 0;
	p->lease_end_boot_ms = now_boot_ms() + c->o.deadline_ms + COURIER_LEASE_MARGIN_MS;
	claim_clear(&p->claim);
	p->claim = (struct claim){
		.delivery = p->job.id,
		.invite = p->job.invite_key,
		.generation = p->job.delivery.generation,
		.turn = p->job.turn,
		.coords = p->work->coords,
		.lease_ms = c->o.deadline_ms + COURIER_LEASE_MARGIN_MS,
		.kid = p->job.kid ? p->job.kid : keyring_newest(c->o.ring),
		.token_sha256 = p->token_sha256[0] ? p->token_sha256 : NULL,
		.token_memory_s = p->job.ttl_s + TOKEN_MARGIN_S,
		.held_by = p->hold.reason,
		.held_until_ms = p->hold.until_ms,
		.limits = c->limits.list,
		.nlimits = c->limits.n,
	};
}

/* ---- the answers ---- */

static void judge(struct courier *c, struct parcel *p, enum reach reach, const char *code)
{
	p->result = (struct mail_result){ .reach = reach, .code = code };
	courier_judge(c, p);
}

/* When the link ends that would be sent now; 0 = there is none. A reminder's is as old as the
   invitation. */
static int64_t window_end(const struct parcel *p)
{
	if (p->job.expires_ms)
		return p->job.expires_ms;
	return job_is_password(&p->job) ? 0 : p->claim.now_ms + p->job.ttl_s * 1000;
}

/* It has been in doubt as often as may be. Who took it over may have died, or left it, before that
   was settled. */
static bool is_final_doubt(const struct courier *c, const struct parcel *p)
{
	return p->claim.doubts > (courier_rules(c, p).doubts_are_final ? 0 : 1);
}

/* In doubt, and nobody knows with whom: nobody else may have it. */
static bool is_lost_doubt(const struct courier *c, const struct parcel *p)
{
	return c->channel->aim && p->claim.doubts > 0 && !p->job.provider[0];
}

static void stay_in_doubt(struct courier *c, struct parcel *p)
{
	p->elsewhere = true;
	judge(c, p, REACH_IN_DOUBT, NULL);
}

/* Ours: to a channel thread, unless its time is over. */
static void send(struct courier *c, struct parcel *p)
{
	p->expires_ms = window_end(p);
	if (strcmp(p->claim.pinned_kid, p->claim.kid) != 0)
		make_token(c, p, p->claim.pinned_kid);
	parcel_move(c, p, PARCEL_AWAY);
	crash_point("claimed");
	if (courier_is_held(p)) {
		courier_give_back(c, p, now_mono_ms()); /* and asked for again: then it is parked */
		return;
	}
	if (p->claim.now_ms > p->job.not_after_ms)
		judge(c, p, REACH_REFUSED, "not_sent_in_time");
	else if (!p->token[0] && !job_is_password(&p->job))
		judge(c, p, REACH_REFUSED, "render_failed");
	else if (is_lost_doubt(c, p) || is_final_doubt(c, p))
		stay_in_doubt(c, p);
	else if (courier_test_answers(p))
		courier_judge(c, p);
	else
		exchange_put(p->lane->pool->exchange, &p->link);
}

/* It was before this claim, by the route that the journal names. */
static void trace(struct parcel *p, const struct journal_entry *former)
{
	p->elsewhere = true;
	for (size_t i = 0; i < p->lanes->n; i++) {
		struct lane *l = p->lanes->list[i];

		if (strcmp(l->pool->terms->name, former->route) != 0)
			continue;
		p->lane = l;
		p->traced = true;
	}
}

/* What an earlier life of this process left behind decides: sent as if new, in doubt, or only to be
 * settled. */
static void take_up(struct courier *c, struct parcel *p)
{
	const struct journal_entry *former =
		c->journal ? journal_former(c->journal, p->job.id, p->claim.claimed_turn) : NULL;

	p->expires_ms = window_end(p);
	if (!former || former->stage < JOURNAL_DOT) {
		send(c, p);
		return;
	}
	trace(p, former);
	parcel_move(c, p, PARCEL_AWAY);
	p->result = former->result;
	if (former->stage == JOURNAL_DOT)
		p->result = (struct mail_result){ .reach = REACH_IN_DOUBT };
	log_warn("ev=left-behind id=%s turn=%lld stage=%d", p->job.id,
		 (long long)p->claim.claimed_turn, former->stage);
	courier_judge(c, p);
}

/* Another holder died with it in hand: the turn before is told as unknown, then the policy acts. */
static void after_doubt(struct courier *c, struct parcel *p)
{
	struct outcome o;

	p->elsewhere = true;
	o = courier_outcome(c, p, WORD_UNKNOWN, p->claim.claimed_turn - 1);
	o.code = "outcome_unknown";
	courier_tell(c, p, &o);
	if (!is_final_doubt(c, p)) {
		p->elsewhere = false;
		send(c, p);
		return;
	}
	p->expires_ms = window_end(p);
	parcel_move(c, p, PARCEL_AWAY);
	stay_in_doubt(c, p);
}

static void busy(struct courier *c, struct parcel *p)
{
	int64_t wait = p->claim.wait_ms < BUSY_AGAIN_MS ? p->claim.wait_ms : BUSY_AGAIN_MS;

	courier_give_back(c, p, now_mono_ms() + (wait > 0 ? wait : 1));
}

/* Dealt with before. An outcome that was never acknowledged is appended again. */
static void duplicate(struct courier *c, struct parcel *p)
{
	struct outcome_record record;
	struct err e;

	if (p->claim.outcome) {
		p->settle.outcome = p->claim.outcome;
		p->settle.turn = p->claim.claimed_turn; /* whose outcome that is */
		if (outcome_unpack(p->claim.outcome, p->claim.outcome_len,
				   stage_topic(c->run, STAGE_TOPIC_STATUS), &record, &e) < 0 ||
		    stage_append(c->run, p->work, &record.message, &e) < 0)
			stage_die(c->run, e.text);
	}
	courier_let_go(c, p);
}

void courier_answer_claim(struct courier *c, struct parcel *p)
{
	static void (*const answers[])(struct courier *, struct parcel *) = {
		[CLAIM_GO] = take_up, /* Redis may have lost its memory with the claim */
		[CLAIM_FORMER] = take_up, [CLAIM_TAKEN_OVER] = after_doubt,
		[CLAIM_BUSY] = busy,	  [CLAIM_DUPLICATE] = duplicate,
	};

	if (p->entry >= 0 &&
	    p->claim.claimed_turn >
		    p->job.turn) /* raised in place: by this claim or an earlier one */
		journal_raise(c->journal, p->entry, p->claim.claimed_turn);
	answers[p->claim.answer](c, p);
}

/* ---- limits ---- */

/* An item that waits on a limit, and the memory of its headers. */
struct limited {
	struct later_item item;
	struct header headers[JOB_HEADERS_MAX];
	struct job_stand stand;
	struct courier_group group;
};

static void fill_limited(const struct courier *c, const struct parcel *p, struct limited *l)
{
	l->stand = (struct job_stand){ .turn = p->job.turn + 1,
				       .attempt = p->job.attempt,
				       .waited = courier_waits_for(p),
				       .provider = p->job.provider };
	l->item = (struct later_item){
		.id = p->job.id,
		.turn = l->stand.turn,
		.due_ms = courier_due_ms(c, p),
		.topic = p->work->rec.topic,
		.key = p->job.invite_key,
		.value = p->work->rec.value,
		.value_len = p->work->rec.value_len,
		.headers = l->headers,
		.header_count = job_headers(&p->job, &l->stand, l->headers),
		.reason = l->stand.waited,
		.tenant = p->job.delivery.tenant,
		.group = courier_group(p, &l->group),
		.group_limit = l->group.limit.interval_us ? &l->group.limit : NULL,
	};
}

static void tell_limited(struct courier *c, struct parcel *p, int64_t due_ms)
{
	struct outcome o = courier_outcome(c, p, WORD_DEFERRED, p->job.turn);

	o.code = courier_waits_for(p);
	o.reason = courier_held_by(p);
	o.not_before_ms = due_ms;
	o.origin = &p->work->coords;
	if (strcmp(p->job.waited, o.code) != 0) /* told once a reason */
		courier_tell(c, p, &o);
	courier_let_go(c, p);
}

void courier_park_limited(struct courier *c, struct parcel **limited, size_t n)
{
	autofree struct limited *l = xcalloc(n, sizeof(*l));
	autofree struct later_item *items = xcalloc(n, sizeof(*items));
	struct err e;
	int code;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		fill_limited(c, limited[i], &l[i]);
		items[i] = l[i].item;
	}
	guard_await(stage_guard(c->run));
	code = later_park(stage_guard(c->run), items, n, &e);
	crash_point("put-off");
	for (size_t i = 0; i < n; i++) {
		if (code < 0)
			courier_give_back(c, limited[i], now_mono_ms() + BUSY_AGAIN_MS);
		else
			tell_limited(c, limited[i], courier_told_ms(limited[i], items[i].due_ms));
	}
}
