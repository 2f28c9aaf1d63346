#include "decide_acts.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "test_recipient.h"

/* ---- states ---- */

static const char *const state_words[IN_OTHER] = {
	[IN_NONE] = "",
	[IN_HELD] = "held",
	[IN_QUEUED] = "queued",
	[IN_SENT] = "sent",
	[IN_DELIVERED] = "delivered",
	[IN_UNDELIVERED] = "undelivered",
	[IN_UNKNOWN] = "unknown",
	[IN_ERROR] = "error",
	[IN_EXPIRED] = "expired",
	[IN_ACCEPTED] = "accepted",
	[IN_DECLINED] = "declined",
	[IN_CANCELLED] = "cancelled",
};

enum in decide_in(const struct invite_view *invite)
{
	enum in in = IN_HELD;

	if (!invite->known)
		return IN_NONE;
	while (in < IN_OTHER && strcmp(state_words[in], invite->state) != 0)
		in++;
	return in;
}

/* ---- answers ---- */

const struct plan decide_silence = { .word = PLAN_SILENT };

struct plan decide_refused(const char *code, const char *where)
{
	return (struct plan){ .word = WORD_REFUSED, .code = code, .where = where };
}

/* First requests end as error for what is wrong with the person or the message, and are refused for
   what the rules say. */
static struct plan no(const struct question *q, const char *code, const char *where)
{
	static const char *const ends[] = { "suppressed", "country_not_allowed",
					    "not_sent_in_time" };
	const struct code *c = codes_find(code);
	bool is_error = c && (c->class == 'P' || c->class == 'M');

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		is_error = is_error || !strcmp(code, ends[i]);
	if (!is_error || q->invite.known || q->req->type != REQUEST_INVITE)
		return decide_refused(code, where);
	return (struct plan){ .word = WORD_ERROR,
			      .generation = 1,
			      .code = code,
			      .where = where,
			      .changes = { .state = "error", .data = DATA_KEEP } };
}

struct plan decide_taken(const struct plan *wanted, const char *other)
{
	struct plan p = decide_refused("already_invited", "/recipient");

	if (wanted->instead)
		p = decide_no_stand_in(wanted, p.code);
	p.other = other;
	return p;
}

const char *decide_prev(const struct question *q)
{
	return q->invite.known ? q->invite.state : NULL;
}

/* What is wrong with the mailbox; NULL = nothing. */
static const char *check_mailbox(const struct question *q, const struct address *a)
{
	struct test_recipient t;
	bool unusable = !q->policy.allow_reserved && address_reserved(a) != ADDRESS_PLAIN;

	if (q->policy.tests && test_recipient_find(a->normalised, 1, &t))
		return NULL;
	return unusable || q->policy.domain_dead ? "email_domain_invalid" : NULL;
}

/* Why the address that comes first cannot be written to; NULL = it can. */
static const char *check_first(const struct question *q, const char **where)
{
	const struct kept *k = q->kept;
	const char *code = strcmp(k->person.channel, IDS_EMAIL)
				   ? NULL
				   : check_mailbox(q, &k->request.recipient.address);

	*where = code ? "/recipient/email" : "/recipient";
	return code ? code : q->policy.suppressed ? "suppressed" : NULL;
}

/* A ladder of whose e-mail that is known already begins with its SMS. */
static const char *first_channel(const struct question *q)
{
	const char *where;

	if (!q->kept)
		return q->invite.channel;
	return decide_can_climb(q) && check_first(q, &where) ? IDS_SMS : q->kept->person.channel;
}

struct plan decide_deliver(const struct question *q, int64_t generation, int64_t n)
{
	return (struct plan){ .word = WORD_QUEUED,
			      .generation = generation,
			      .n = n,
			      .turn = 1,
			      .channel = first_channel(q),
			      .prev = decide_prev(q) };
}

struct plan decide_end(const struct question *q, enum outcome_word word)
{
	return (struct plan){ .word = word,
			      .generation = q->invite.generation,
			      .prev = decide_prev(q),
			      .changes = { .state = outcome_words[word].name,
					   .give_up_address = true,
					   .remove_waiting = true,
					   .remove_timer = true } };
}

/* ---- asking for a message ---- */

static const char *where_missing(const struct request *asked)
{
	return asked->channel == CHANNEL_SMS ? "/recipient/phone" : "/recipient/email";
}

/* What is wrong with who it goes to, and with what; a plan without a code: nothing. */
static struct plan check_person(const struct question *q, const struct kept *k)
{
	const struct request *asked = &k->request;
	const struct kept_person *people[] = { &k->person, &k->second };
	const char *code, *where;

	if (asked->kind == KIND_PASSWORD && asked->credentials.mint && !q->policy.mint)
		return no(q, "illegal_transition", "/credentials/mint");
	if (q->policy.link_outside)
		return no(q, "schema_invalid", "/link/base");
	if (!k->person.channel)
		return no(q, "recipient_missing", where_missing(asked));
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		if (people[i]->code)
			return no(q, people[i]->code, people[i]->where);
	code = check_first(q, &where);
	return code && !decide_can_climb(q) ? no(q, code, where) : (struct plan){ 0 };
}

static struct plan invite(const struct question *q)
{
	const struct request *r = q->req;
	bool hold = r->send == SEND_HOLD || (r->send == SEND_AUTO && !q->policy.auto_send);
	struct plan p = decide_refused("cancelled", NULL);

	if (q->invite.early) {
		p.changes.late = true;
		return p;
	}
	p = check_person(q, q->kept);
	if (p.code)
		return p;
	if (decide_in(&q->invite) == IN_DECLINED && !r->override)
		return decide_refused("already_invited", NULL);
	if (!hold && r->schedule.not_after_ms && r->schedule.not_after_ms <= q->now_ms)
		return no(q, "not_sent_in_time", "/schedule/not_after");
	p = decide_deliver(q, q->invite.generation + 1, 0);
	p.word = hold ? WORD_HELD : WORD_QUEUED;
	p.changes = (struct plan_changes){ .state = outcome_words[p.word].name,
					   .new_generation = q->invite.known,
					   .take_address = true,
					   .data = DATA_KEEP };
	return p;
}

/* From what is kept, with what this event changes. */
static struct plan from_kept(const struct question *q, int64_t generation)
{
	struct plan p;

	if (!q->kept)
		return decide_refused("illegal_transition", "the request's data has been erased");
	if (q->kept->request.code)
		return decide_refused(q->kept->request.code, q->kept->request.where);
	p = check_person(q, q->kept);
	if (p.code)
		return p;
	p = decide_deliver(q, generation, 0);
	p.changes = (struct plan_changes){ .state = "queued",
					   .new_generation = generation != q->invite.generation,
					   .take_address = true,
					   .give_up_address = true, /* where it is another now */
					   .remove_waiting = true,
					   .remove_timer = true,
					   .data = DATA_KEEP };
	return p;
}

static struct plan release(const struct question *q)
{
	return from_kept(q, q->invite.generation);
}

static struct plan send_anew(const struct question *q)
{
	enum in in = decide_in(&q->invite);
	struct plan p = from_kept(q, q->invite.generation + 1);

	if (!p.code && q->invite.kind == KIND_INVITE &&
	    (in == IN_SENT || in == IN_DELIVERED || in == IN_UNDELIVERED || in == IN_UNKNOWN)) {
		p.superseded = q->invite.generation;
		p.superseded_channel = q->invite.channel;
	}
	return p;
}

/* Who is named anew has got nothing yet: a slip of the pen waits for nobody. */
static bool is_too_soon(const struct question *q)
{
	const struct request_recipient *to = &q->req->recipient;
	const char *before = q->invite.recipient_hash;
	bool corrected = (to->email || to->phone) && q->kept && before && before[0] &&
			 strcmp(before, q->kept->person.recipient_hash) != 0;

	return q->invite.sent_ms && q->now_ms < q->invite.sent_ms + q->policy.cooldown_ms &&
	       !corrected;
}

static struct plan resend(const struct question *q)
{
	enum in in = decide_in(&q->invite);
	bool password = q->invite.kind == KIND_PASSWORD;

	/* Of an invitation, who knows what happened resolves it; a password may be asked for again
	   at any time. */
	if (!password && (in == IN_UNKNOWN || in == IN_QUEUED))
		return decide_refused("illegal_transition", NULL);
	if (password && !q->req->credentials.username)
		return decide_refused("schema_invalid", "/credentials");
	if (password && !q->req->confirm)
		return decide_refused("confirm_missing", "/confirm");
	if (in == IN_HELD)
		return release(q);
	if (!password && is_too_soon(q))
		return decide_refused("cooldown", NULL);
	return send_anew(q);
}

static struct plan send_now(const struct question *q)
{
	struct plan p = decide_deliver(q, q->invite.generation, 0);

	if (!q->invite.parked_turn)
		return decide_refused("illegal_transition", "nothing of it waits");
	p.channel = q->invite.channel;
	p.ladder = q->invite.ladder == LADDER_INSTEAD;
	p.turn = q->invite.parked_turn;
	p.changes.bring_forward = true;
	return p;
}

static struct plan resolve(const struct question *q)
{
	if (q->req->resolve == RESOLVE_RESEND && q->invite.kind == KIND_PASSWORD)
		return decide_refused("confirm_missing",
				      "/credentials"); /* resend gives new ones */
	if (q->req->resolve == RESOLVE_RESEND)
		return send_anew(q);
	return (struct plan){ .word = WORD_SENT,
			      .generation = q->invite.generation,
			      .channel = q->invite.channel,
			      .ladder = q->invite.ladder == LADDER_INSTEAD,
			      .turn = q->invite.turn,
			      .prev = decide_prev(q),
			      .changes = { .state = "sent" } };
}

/* ---- the end of an invitation ---- */

/* A cancel may overtake what it cancels: the request is refused when it comes. */
static struct plan cancel(const struct question *q)
{
	struct plan p = decide_end(q, WORD_CANCELLED);

	if (!q->invite.known) {
		p.generation = 1;
		p.changes = (struct plan_changes){ .state = "cancelled", .early = true };
	}
	return p;
}

static struct plan accept(const struct question *q)
{
	return decide_end(q, WORD_ACCEPTED);
}

static struct plan decline(const struct question *q)
{
	struct plan p = decide_end(q, WORD_DECLINED);

	p.changes.declined = true;
	return p;
}

/* The person has met a link whose time is over, and wants another: whoever invited them reads it,
   and nothing is sent of itself. */
static struct plan renewal(const struct question *q)
{
	return (struct plan){ .word = WORD_ASKED_AGAIN,
			      .generation = q->invite.generation,
			      .prev = decide_prev(q) };
}

/* Nobody writes to somebody who is forgotten, and no link of theirs works: the invitation is
   cancelled, so that the address is free. */
static struct plan forget(const struct question *q)
{
	enum in in = decide_in(&q->invite);
	bool link = in == IN_SENT || in == IN_DELIVERED || in == IN_UNKNOWN;
	bool open = in == IN_HELD || in == IN_QUEUED || (link && q->invite.kind == KIND_INVITE);
	struct plan p = open ? decide_end(q, WORD_CANCELLED) : decide_silence;

	p.changes.remove_waiting = true; /* a ladder's SMS */
	p.changes.data = DATA_ERASE;
	return p;
}

/* ---- the table ---- */

#define GO ""	    /* the type's function says what happens */
#define SILENT NULL /* nothing happens and nothing is told */
#define ILLEGAL "illegal_transition"
#define ALREADY "already_invited"
#define IS_IN "already_accepted"
#define IS_OFF "cancelled"

static const struct rule {
	struct plan (*act)(const struct question *q);
	const char *answers[IN_COUNT]; /* a code: refused */
} rules[REQUEST_TYPES] = {
	/* clang-format off */
	/*                                      none     held     queued   sent     delivrd  undeliv  unknown  error    expired  accepted declined cancelld other */
	[REQUEST_INVITE]       = { invite,      { GO,      ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, IS_IN,   GO,      GO,       ALREADY } },
	[REQUEST_RESEND]       = { resend,      { ILLEGAL, GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_RELEASE]      = { release,     { ILLEGAL, GO,      ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ILLEGAL, ILLEGAL, IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_CANCEL]       = { cancel,      { GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_ACCEPTED]     = { accept,      { ILLEGAL, GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      IS_IN,   GO,      IS_OFF,   ILLEGAL } },
	[REQUEST_DECLINED]     = { decline,     { ILLEGAL, ILLEGAL, GO,      GO,      GO,      GO,      GO,      ILLEGAL, GO,      IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_ACTIVATED]    = { accept,      { ILLEGAL, GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      IS_IN,   GO,      IS_OFF,   ILLEGAL } },
	[REQUEST_RENEWAL]      = { renewal,     { ILLEGAL, ILLEGAL, SILENT,  GO,      GO,      GO,      GO,      GO,      GO,      IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_SEND_NOW]     = { send_now,    { ILLEGAL, ILLEGAL, GO,      ALREADY, ALREADY, ALREADY, ALREADY, ILLEGAL, ILLEGAL, IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_RESOLVE]      = { resolve,     { ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, GO,      ILLEGAL, ILLEGAL, IS_IN,   ILLEGAL, IS_OFF,   ILLEGAL } },
	[REQUEST_FORGET]       = { forget,      { ILLEGAL, GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,       GO } },
	[REQUEST_EXPIRY_DUE]   = { decide_timer, { SILENT,  SILENT,  SILENT,  GO,      GO,      GO,      GO,      SILENT,  SILENT,  SILENT,  SILENT,  SILENT,   SILENT } },
	[REQUEST_REMINDER_DUE] = { decide_timer, { SILENT,  SILENT,  SILENT,  GO,      GO,      GO,      GO,      SILENT,  SILENT,  SILENT,  SILENT,  SILENT,   SILENT } },
	[REQUEST_LADDER_DUE]   = { decide_timer, { SILENT,  SILENT,  SILENT,  GO,      GO,      GO,      GO,      GO,      SILENT,  SILENT,  SILENT,  SILENT,   SILENT } },
	[REQUEST_RECEIPT]      = { decide_receipt, { SILENT,  GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,      GO,       SILENT } },
	/* clang-format on */
};

static struct plan plan_of(const struct question *q)
{
	const struct request *r = q->req;
	enum in in = decide_in(&q->invite);
	const char *answer;

	if (r->code)
		return no(q, r->code, r->where);
	if (r->type == REQUEST_INVITE && r->kind == KIND_INVITE &&
	    (r->recipient.state == STATE_ACTIVE || r->recipient.state == STATE_INACTIVE))
		return no(q, "account_exists", "/recipient/state");
	answer = rules[r->type].answers[in];
	if (r->type == REQUEST_RESEND && q->invite.kind == KIND_PASSWORD && in && in < IN_OTHER)
		answer = GO; /* at any time, whatever became of the last one */
	if (!answer)
		return decide_silence;
	return *answer ? decide_refused(answer, NULL) : rules[r->type].act(q);
}

struct plan decide(const struct question *q)
{
	struct plan p = plan_of(q);

	if (p.word == WORD_REFUSED)
		p.prev = decide_prev(q);
	return p;
}
