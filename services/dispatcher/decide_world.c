/* What time and the world bring: timers and receipts. */
#include "decide_acts.h"

static struct timer_facts timer_of(const struct question *q, int64_t told)
{
	struct timer_facts f = { q->invite.sent_ms, q->invite.expires_ms, q->policy.reminders, told,
				 q->now_ms };

	if (!q->kept || q->kept->request.code)
		f.reminders.count = 0; /* there is nothing to make one from */
	return f;
}

static struct timer next_timer(const struct question *q, int64_t told)
{
	struct timer_facts f = timer_of(q, told);

	return timer_next(&f);
}

/* Both of its events ask the same: what is due? One that comes early is armed again. */
struct plan decide_timer(const struct question *q)
{
	struct timer_facts f = timer_of(q, q->invite.reminders);
	enum timer_what due = timer_due(&f);
	struct plan p = decide_silence;

	if (q->req->generation != q->invite.generation)
		return decide_silence;
	if (due == TIMER_EXPIRY)
		return decide_end(q, WORD_EXPIRED);
	if (due == TIMER_REMINDER) {
		p = decide_deliver(q, q->invite.generation, q->invite.reminders + 1);
		p.changes.reminders = p.n;
	}
	p.changes.timer = next_timer(q, q->invite.reminders + p.n);
	return p;
}

/* A receipt tells of its delivery for ever, and moves the state where that still waits for it: of
   two receipts the first one stands. */
struct plan decide_receipt(const struct question *q)
{
	enum in in = decide_in(&q->invite);
	enum outcome_word word = outcome_word_find(q->req->receipt.status);
	int64_t turn = q->invite.claimed_turn ? q->invite.claimed_turn : q->invite.turn;
	struct delivery d;
	struct plan p;

	if (word != WORD_DELIVERED && word != WORD_UNDELIVERED)
		return decide_refused("schema_invalid", "/status");
	if (ids_delivery_parse(q->req->receipt.delivery, &d, NULL) < 0 || !turn ||
	    d.generation > q->invite.generation)
		return decide_silence;
	p = (struct plan){ .word = word,
			   .generation = d.generation,
			   .n = d.n,
			   .turn = turn,
			   .code = word == WORD_UNDELIVERED ? q->req->receipt.code : NULL };
	if (d.generation < q->invite.generation || d.n > 0)
		return p;
	if (in == IN_DELIVERED || in == IN_UNDELIVERED || in == IN_HELD || in == IN_ERROR)
		return decide_silence;
	if (in != IN_QUEUED && in != IN_SENT && in != IN_UNKNOWN)
		return p;
	p.prev = decide_prev(q);
	p.changes = (struct plan_changes){ .state = outcome_words[word].name,
					   .give_up_address = word == WORD_UNDELIVERED,
					   .remove_waiting =
						   word == WORD_UNDELIVERED || in == IN_QUEUED,
					   .remove_timer = word == WORD_UNDELIVERED };
	if (word == WORD_DELIVERED && in == IN_QUEUED) /* it was in doubt: no settle arms it */
		p.changes.timer = next_timer(q, q->invite.reminders);
	return p;
}
