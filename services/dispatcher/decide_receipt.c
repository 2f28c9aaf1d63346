/* What the world brings: receipts. Of two about the same message the first one stands. */
#include "decide_acts.h"

#include <string.h>

#include "ids.h"

/* The message has not arrived: the invite is where it was before anything was sent, unless another
   message of it stands, or is still to come. */
struct plan decide_undelivered(const struct question *q, struct plan p)
{
	bool email = !strcmp(p.channel, IDS_EMAIL);

	if (p.ladder && q->invite.ladder == LADDER_BESIDE) {
		p.beside = true;
		p.changes.ladder = LADDER_FAILED;
		p.changes.timer = decide_next_timer(q, q->invite.reminders);
		return p;
	}
	p.prev = decide_prev(q);
	p.changes = (struct plan_changes){ .state = outcome_words[WORD_UNDELIVERED].name,
					   .turn = p.turn };
	if (email && decide_ladder_waits(q)) {
		p.changes.timer = (struct timer){ TIMER_LADDER, q->now_ms };
	} else if (email && q->invite.ladder == LADDER_BESIDE) {
		p.changes.ladder = LADDER_ALONE;
	} else {
		if (p.ladder && q->invite.ladder != LADDER_INSTEAD)
			p.changes.ladder = LADDER_FAILED;
		p.changes.give_up_address = true;
		p.changes.remove_waiting = true;
		p.changes.remove_timer = true;
	}
	return p;
}

static struct plan delivered(const struct question *q, struct plan p)
{
	enum in in = decide_in(&q->invite);

	p.prev = decide_prev(q);
	p.changes = (struct plan_changes){ .state = outcome_words[WORD_DELIVERED].name,
					   .remove_waiting = in == IN_QUEUED,
					   .turn = p.turn };
	if (in == IN_QUEUED) /* it was in doubt: no settle arms it */
		p.changes.timer = decide_next_timer(q, q->invite.reminders);
	return p;
}

/* The state waits for a receipt of this turn. */
static bool is_waited_for(const struct question *q)
{
	enum in in = decide_in(&q->invite);

	return in == IN_QUEUED || in == IN_SENT || in == IN_UNKNOWN || in == IN_DELIVERED ||
	       in == IN_UNDELIVERED;
}

/* The state is of a later message: this one is history. */
static struct plan overtaken(const struct question *q, struct plan p)
{
	if (p.word == WORD_UNDELIVERED && q->invite.ladder == LADDER_BESIDE)
		p.changes.ladder = LADDER_ALONE;
	return p;
}

/* The first one stands; that of a ladder's SMS may follow that of its e-mail. */
static bool tells_nothing(const struct question *q, const struct plan *p)
{
	const struct invite_view *i = &q->invite;
	enum in in = decide_in(i);

	if (in == IN_HELD || in == IN_ERROR || (p->ladder && i->ladder == LADDER_FAILED))
		return true;
	return (in == IN_DELIVERED || in == IN_UNDELIVERED) &&
	       (p->ladder ? p->turn <= i->turn : p->turn >= i->turn);
}

/* A receipt tells of its delivery for ever, and moves the state where that still waits for it. */
struct plan decide_receipt(const struct question *q)
{
	enum outcome_word word = outcome_word_find(q->req->receipt.status);
	int64_t turn = q->invite.claimed_turn ? q->invite.claimed_turn : q->invite.turn;
	struct delivery d;
	struct plan p;

	if (word != WORD_DELIVERED && word != WORD_UNDELIVERED)
		return decide_refused("schema_invalid", "/status");
	if (ids_delivery_parse(q->req->receipt.delivery, &d, NULL) < 0 || !turn ||
	    d.generation > q->invite.generation || !ids_channel(d.channel))
		return decide_silence;
	p = (struct plan){ .word = word,
			   .generation = d.generation,
			   .n = d.n,
			   .channel = ids_channel(d.channel),
			   .turn = turn,
			   .code = word == WORD_UNDELIVERED ? q->req->receipt.code : NULL };
	if (d.generation < q->invite.generation || d.n > 0)
		return p;
	if (strcmp(q->invite.channel, d.channel) != 0 && q->invite.ladder == LADDER_NONE)
		return decide_silence; /* nothing of this generation went that way */
	p.ladder = q->invite.ladder != LADDER_NONE && !strcmp(p.channel, IDS_SMS);
	if (tells_nothing(q, &p))
		return decide_silence;
	if (turn < q->invite.turn)
		return overtaken(q, p);
	if (!is_waited_for(q))
		return p;
	return word == WORD_DELIVERED ? delivered(q, p) : decide_undelivered(q, p);
}
