/* What an invite waits for once a delivery of it has ended: its timer (timer.h). */
#include <string.h>

#include "courier_priv.h"
#include "mem.h"

#define TOO_LATE "not_sent_in_time"

bool courier_climbs(const struct parcel *p)
{
	return p->verdict.final && p->verdict.word == WORD_ERROR && p->job.delivery.n == 0 &&
	       p->job.ladder_after_ms > 0 && strcmp(p->verdict.code, TOO_LATE) != 0;
}

int64_t courier_receipt_due_ms(const struct parcel *p)
{
	bool promised = p->lane && !p->elsewhere && p->lane->pool->terms->receipts;

	return promised && p->verdict.word == WORD_SENT && p->job.delivery.n == 0
		       ? p->claim.now_ms + TIMER_SILENCE_MS
		       : 0;
}

/* The link is out: its reminders and its end, and what else is to be looked at. Or it is not, and
   an SMS is to go. */
static struct timer find_timer(const struct parcel *p)
{
	struct timer_facts facts = { .sent_ms = p->claim.now_ms,
				     .expires_ms = p->expires_ms,
				     .reminders = p->tenant->reminder,
				     .now_ms = p->claim.now_ms,
				     .receipt_ms = p->receipt_due_ms };

	if (courier_climbs(p))
		return (struct timer){ TIMER_LADDER, p->claim.now_ms };
	if (!p->verdict.final || p->verdict.word == WORD_ERROR || p->job.delivery.n > 0 ||
	    p->job.ladder)
		return (struct timer){ TIMER_NONE, 0 };
	if (p->job.is_test)
		facts.reminders.count = 0;
	if (p->job.ladder_after_ms > 0)
		facts.ladder_ms = p->claim.now_ms + p->job.ladder_after_ms;
	return timer_next(&facts);
}

void courier_arm_timer(struct courier *c, struct parcel *p)
{
	int64_t generation = p->job.delivery.generation;
	struct timer_for whose = { p->job.delivery.tenant, p->job.delivery.invite, generation,
				   p->job.timer_turn ? p->job.timer_turn
						     : timer_first_turn(generation) };
	struct timer next = find_timer(p);

	if (next.what == TIMER_NONE)
		return;
	p->timer = xcalloc(1, sizeof(*p->timer));
	timer_arm(&whose, next, stage_topic(c->run, STAGE_TOPIC_REQUESTED), p->timer);
}
