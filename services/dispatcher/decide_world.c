/* What time brings: reminders, a ladder's SMS, receipts that do not come, the end. */
#include "decide_acts.h"

#include <string.h>

#include "ids.h"

#define SILENCE_CODE "receipt_missing"
#define BACK_SOON_MS 1000 /* the link of an e-mail that came back at once is being settled */

/* Something can be written to this person still. */
static bool can_write(const struct question *q, const struct kept_person *person)
{
	return q->kept && !q->kept->request.code && person->channel && !person->code;
}

bool decide_can_climb(const struct question *q)
{
	return q->kept && can_write(q, &q->kept->second) && !q->policy.second_suppressed;
}

bool decide_ladder_waits(const struct question *q)
{
	return q->invite.ladder == LADDER_NONE && decide_can_climb(q) &&
	       !strcmp(q->invite.channel, IDS_EMAIL);
}

static struct timer_facts timer_of(const struct question *q, int64_t told)
{
	enum in in = decide_in(&q->invite);
	struct timer_facts f = { .sent_ms = q->invite.sent_ms,
				 .expires_ms = q->invite.expires_ms,
				 .reminders = q->policy.reminders,
				 .told = told,
				 .now_ms = q->now_ms };

	if (!q->kept || !can_write(q, &q->kept->person) || in == IN_UNDELIVERED ||
	    q->policy.suppressed)
		f.reminders.count = 0; /* there is nothing to make one from, or nobody to read it */
	if (decide_ladder_waits(q))
		f.ladder_ms =
			in == IN_UNDELIVERED ? 1 : q->invite.sent_ms + q->policy.ladder_after_ms;
	if (in != IN_DELIVERED && in != IN_UNDELIVERED)
		f.receipt_ms = q->invite.receipt_ms;
	return f;
}

struct timer decide_next_timer(const struct question *q, int64_t told)
{
	struct timer_facts f = timer_of(q, told);

	return timer_next(&f);
}

/* Whoever hears of it now is not reminded of what has passed before. */
static int64_t told_or_passed(const struct question *q, int64_t told)
{
	struct timer_facts f = timer_of(q, told);
	int64_t passed = timer_reminders_passed(&f);

	return passed > told ? passed : told;
}

static struct plan remind(const struct question *q)
{
	bool second = q->invite.ladder == LADDER_ALONE;
	struct plan p = decide_deliver(q, q->invite.generation, q->invite.reminders + 1);

	p.channel = second ? IDS_SMS : q->invite.channel;
	p.changes.reminders = told_or_passed(q, p.n);
	p.changes.timer = decide_next_timer(q, p.n);
	return p;
}

/* The turn that the last word of the invitation ended, also where that is not settled yet. */
static int64_t last_turn(const struct invite_view *i)
{
	return i->turn > i->claimed_turn ? i->turn : i->claimed_turn;
}

/* The SMS has the link of the e-mail; its turns go on where those of the e-mail end. */
static struct plan climb(const struct question *q)
{
	bool alone = decide_in(&q->invite) == IN_UNDELIVERED;
	struct plan p = decide_deliver(q, q->invite.generation, 0);
	struct question then = *q;

	p.channel = IDS_SMS;
	p.ladder = p.beside = true;
	p.turn = last_turn(&q->invite) + 1;
	if (told_or_passed(q, q->invite.reminders) > q->invite.reminders)
		p.changes.reminders = told_or_passed(q, q->invite.reminders);
	p.changes.ladder = then.invite.ladder = alone ? LADDER_ALONE : LADDER_BESIDE;
	then.invite.state = outcome_words[WORD_SENT].name; /* so it will be looked at: is there a */
	then.invite.receipt_ms = q->now_ms + TIMER_SILENCE_MS; /* receipt of the SMS? */
	p.changes.timer = decide_next_timer(&then, q->invite.reminders);
	return p;
}

struct plan decide_no_stand_in(const struct plan *wanted, const char *code)
{
	struct plan p = *wanted;

	p.word = WORD_ERROR;
	p.instead = false;
	p.code = code;
	p.changes = (struct plan_changes){ .state = outcome_words[WORD_ERROR].name,
					   .ladder = LADDER_FAILED };
	return p;
}

/* Nobody has the link of an e-mail that was refused: its SMS is the invitation, with a window of
   its own, or that is how it ends. */
static struct plan stand_in(const struct question *q)
{
	struct plan p = decide_deliver(q, q->invite.generation, 0);

	if (q->invite.ladder != LADDER_INSTEAD || strcmp(q->invite.channel, IDS_EMAIL) != 0)
		return decide_silence; /* it was never to follow, or has been asked for */
	p.channel = IDS_SMS;
	p.ladder = p.instead = true;
	p.turn = last_turn(&q->invite) + 1;
	p.changes.state = outcome_words[WORD_QUEUED].name;
	p.changes.take_address = true;
	if (decide_can_climb(q))
		return p;
	return decide_no_stand_in(&p,
				  q->policy.second_suppressed ? "suppressed" : "recipient_missing");
}

/* Nothing was heard of an SMS whose provider promises to tell. */
static struct plan fall_silent(const struct question *q)
{
	struct plan p = { .word = WORD_UNDELIVERED,
			  .generation = q->invite.generation,
			  .channel = IDS_SMS,
			  .ladder = q->invite.ladder != LADDER_NONE,
			  .turn = last_turn(&q->invite),
			  .code = SILENCE_CODE };

	return decide_undelivered(q, p);
}

static struct plan look_again(const struct question *q)
{
	struct plan p = decide_silence;

	p.changes.timer = decide_next_timer(q, q->invite.reminders);
	return p;
}

static struct plan back_soon(const struct question *q)
{
	struct plan p = decide_silence;

	p.changes.timer = (struct timer){ TIMER_LADDER, q->now_ms + BACK_SOON_MS };
	return p;
}

/* All of its events ask the same: what is due? One that comes early is armed again. Of what has
   come back only a ladder goes on. */
struct plan decide_timer(const struct question *q)
{
	struct timer_facts f = timer_of(q, q->invite.reminders);
	enum timer_what due = timer_due(&f);
	bool undelivered = decide_in(&q->invite) == IN_UNDELIVERED;

	if (q->req->generation != q->invite.generation)
		return decide_silence;
	if (decide_in(&q->invite) == IN_ERROR)
		return stand_in(q);
	if (undelivered && !decide_ladder_waits(q) && q->invite.ladder != LADDER_ALONE)
		return decide_silence;
	if (undelivered && !q->invite.expires_ms)
		return back_soon(q);
	switch (due) {
	case TIMER_EXPIRY:
		return decide_end(q, WORD_EXPIRED);
	case TIMER_LADDER:
		return climb(q);
	case TIMER_RECEIPT:
		return fall_silent(q);
	case TIMER_REMINDER:
		return remind(q);
	case TIMER_NONE:
		break;
	}
	return look_again(q);
}
