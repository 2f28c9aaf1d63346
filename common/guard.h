/*
 * guard - the questions asked of Redis before anything happens, and the answers given back to it.
 *
 * Four operations, queued in any number and run as one pipeline (those of one kind added one after
 * the other share a call, which halves their cost): event claim  is this event new, mine again, or
 * a duplicate; what is known of the invite decide       compare-and-set of the invite's state, with
 * the plan, the address and the slot claim        may I send this delivery now settle       this is
 * what became of it Decision state is moved by decide and settle alone. Every operation carries the
 * epoch and the run_id and does nothing where they do not fit; every operation may be repeated: a
 * call that timed out may have run. guard_run fails as a whole with ERR_AGAIN (Redis away, epoch
 * missing): the caller stands still and asks the same again later.
 *
 * Keys, under the prefix (default "beckon:"):
 *   epoch          hash id, run_id
 *
 *   e:<event hash>
 *                  text: coordinates, and once decided slot, first and plan, a line each; expires
 *                  after event_memory_s
 *
 *   d:<tenant>/<invite>
 *                  hash: the decision state of an invite; services/README.md lists its fields.
 *                  Values over 64 bytes make Redis twice as slow with all of it: see r:
 *
 *   r:<tenant>/<invite>
 *                  the data of the request that decides now
 *
 *   a:<tenant>/<scope>/<kind>/<recipient hash>
 *                  the invite that holds this address
 *
 *   c:<delivery>   text: the claim, one line, see guard_record.lua
 *
 *   o:<delivery>/<turn>
 *                  who settled this turn, and the outcome's bytes until they are acknowledged
 *
 *   m:<provider>/<id>
 *                  "<delivery> <recipient hash>": the message that a provider's receipts name so;
 *                  email/<ENVID> of a mail, whichever relay has it; of an SMS " <when> <route>"
 *                  too, until its receipt has come; see guard_receipt.h
 *
 *   speed:<provider>/<region>
 *                  hash of 15 minutes: "<minute> <delivered> <slow>"; see guard_receipt.h
 *
 *   n              receipts that came before their message was settled (sorted set)
 *
 *   k:<token sha256>
 *                  the delivery whose link it is
 *
 *   g:<name>       GCRA state of a limit (theoretical arrival time, microseconds)
 *
 *   w:<name>       where the line of those ends that this limit refused (microseconds)
 *
 *   s:<name>       stretches of time free before it: skipped ones, slots given back (sorted set)
 *
 *   later, l:<id>  see later.h
 */
#ifndef BECKON_GUARD_H
#define BECKON_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "window.h"
#include "record.h"

struct guard;
struct redis;

struct guard_options {
	const char *redis_url, *redis_password, *prefix, *client_name;
	int timeout_ms;
	int64_t event_memory_s;	   /* how long an event's identity is remembered */
	int64_t delivery_memory_s; /* how long a final verdict is remembered: over the job topic's
				      retention */
	const char *holder;	   /* who claims: the journal's id, or drawn at random */
	int64_t incarnation;
};

int guard_new(struct guard **out, const struct guard_options *o, struct err *e);
void guard_free(struct guard *g);

/* Asks each time: connects if needed, reads run_id, checks or adopts the epoch (compare-and-set of
   the run_id behind a plain URL). OK = whole. ERR_AGAIN = away, or "epoch missing; run beckon
   rebuild ...": stand still. Nothing may be queued. */
int guard_ready(struct guard *g, struct err *e);
bool guard_is_ready(const struct guard *g);
/* The epoch that guard_ready found last: another name where Redis was made anew since. */
const char *guard_epoch(const struct guard *g);
struct redis *guard_redis(struct guard *g); /* for later.c, which shares the connection */

/* `beckon init`: writes the epoch where there is none. *created tells. */
int guard_init_epoch(struct guard *g, bool *created, struct err *e);

/* Where a record stands. Two records are the same when all three are. */
struct coords {
	const char *topic;
	int32_t partition;
	int64_t offset;
};

/* A name and bytes of a hash. */
struct guard_field {
	const char *name, *value;
	size_t len;
};

/* A limit by GCRA: one per interval_us on average, burst at once. interval_us 0 = none. */
struct guard_limit {
	const char *name; /* the key behind g: */
	int64_t interval_us, burst;
};

/* ---- the dispatcher's questions ---- */

enum event_answer {
	EVENT_NEW,	 /* claimed for these coordinates; not decided yet */
	EVENT_DECIDED,	 /* same coordinates, decided before: plan holds what was decided */
	EVENT_DUPLICATE, /* other coordinates came first: first says which delivery or event */
};

struct event_claim {
	/* in */
	const char *event_hash, *invite; /* invite = "<tenant>/<invite>" */
	struct coords coords;		 /* topic NULL: only looked at, nothing is claimed */
	const char *about; /* asks for kept, parked_turn and claimed_turn too: "*" = of the
			      invitation's own delivery, else of this one; NULL = not asked */
	/* out: strings are the claim's, until event_claim_clear */
	enum event_answer answer;
	char *plan;	 /* EVENT_DECIDED */
	int64_t slot_ms; /* EVENT_DECIDED: the slot that was stored with the plan */
	const char *first;
	bool known;	   /* the invite has a state */
	int64_t version;   /* 0 where it has none */
	const char *state; /* a word of contract.md section 3, "" where unknown */
	int64_t generation, expires_ms, turn;
	const char *recipient_hash, *declined; /* declined: "1" after the person declined */
	int64_t sent_ms, reminders, timer_turn;
	const char *kind, *address, *kid; /* "" = not known */
	const char *channel;		  /* of the invitation; "" = email */
	const char *ladder; /* where a ladder's SMS stands: plan.h; "" = there is none */
	int64_t receipt_ms; /* when its receipt has been waited for long enough; 0 = never */
	bool early;	    /* cancelled before it was asked for */
	const char *kept;   /* the request's data; NULL = none */
	size_t kept_len;
	int64_t parked_turn, claimed_turn; /* 0 = it does not wait; it was not claimed */
	int64_t now_ms;			   /* Redis TIME + skew */
	char *text;			   /* what the strings lie in */
};
/* As if it had been asked, and nothing were known of event and invite: decide with unclaimed. */
void event_claim_assume_new(struct event_claim *c, int64_t now_ms);
void event_claim_clear(struct event_claim *c);

enum decide_answer {
	DECIDE_DONE,
	DECIDE_LOST,  /* the version moved: claim (which reads) and decide again */
	DECIDE_TAKEN, /* another live invite holds the address: other names it; nothing changed */
};

struct later_item;

/* What a decide may change beside the state. NULL and 0 = it stays as it is. */
struct decide_more {
	const char *give_up_address; /* key behind a: to free if this invite holds it */
	const char *waiting;	    /* "<tenant>/<invite>.<generation>.<channel>.": what waits under
				       it and a number is removed, a slot of the limit given back */
	int64_t waiting_max;	    /* the highest number */
	const char *waiting_too;    /* the same of another channel; NULL = none */
	int64_t forward_turn;	    /* over 0: number 0 is due now instead, if it waits with this
				       turn; else DECIDE_LOST */
	struct header forward_mark; /* added to the headers of what is brought forward */
	const char *timer;	    /* id of the timer to remove, or to replace: */
	const struct later_item *arm;
};

struct decide {
	/* in */
	const char *event_hash, *invite;
	struct coords coords;
	bool unclaimed;		       /* nothing was asked: DECIDE_LOST where anything is known */
	int64_t version;	       /* else expected */
	const struct guard_field *set; /* fields of the state to write; none = state untouched */
	size_t nset;
	const char *data; /* kept behind r: for later jobs of this invite; NULL = leave it as it is,
			     "-" = erase it */
	size_t data_len;
	const char *plan;	  /* stored with the event; replayed on the same coordinates */
	const char *first;	  /* what a later duplicate is told: one line */
	const char *address;	  /* key behind a: to take for this invite; NULL = none */
	struct guard_limit limit; /* the tenant's reservation; interval_us 0 = none */
	int64_t not_before_ms;	  /* the slot is not earlier than this */
	const struct window_span *spans; /* and a reserved one lies within these, or behind all */
	size_t nspans;
	const struct decide_more *more; /* NULL = none of it */
	/* out */
	enum decide_answer answer;
	int64_t slot_ms; /* when it may go: <= now_ms means at once. Stored with the plan */
	int64_t now_ms;
	char *other; /* DECIDE_TAKEN; freed by decide_clear */
};
void decide_clear(struct decide *d);

/* ---- the courier's ---- */

enum claim_answer {
	CLAIM_GO,	  /* yours until the lease ends */
	CLAIM_FORMER,	  /* an earlier incarnation of this holder had it; it is yours now: ask the
			     journal */
	CLAIM_TAKEN_OVER, /* another holder's lease ended: yours now, turn raised in place, doubt
			    counted: tell `unknown` for the turn before, then act by policy */
	CLAIM_BUSY,	  /* another holder's lease runs until wait_ms from now */
	CLAIM_LIMITED, /* a limit refuses: park for at least wait_ms. Nothing is charged, nothing is
			  held */
	CLAIM_DUPLICATE, /* this turn has been dealt with, or the invite has moved on: nothing to
			    send; outcome, if any, was never acknowledged and is to be appended
			    again */
};

struct claim {
	/* in */
	const char *delivery, *invite;
	int64_t generation;
	int64_t turn;
	struct coords coords;
	int64_t lease_ms;
	const char *kid,
		*token_sha256;	/* newest key's; used where no kid is pinned yet; NULL = no link */
	int64_t token_memory_s; /* how long k: names the delivery; 0 = delivery_memory_s */
	const char *held_by;	/* what keeps it from leaving before held_until_ms: answered as
				   CLAIM_LIMITED by that name; NULL = nothing */
	int64_t held_until_ms;
	const struct guard_limit *limits; /* questions: all or none are charged */
	size_t nlimits;
	/* out */
	enum claim_answer answer;
	int64_t now_ms, wait_ms;
	int64_t first_ms;     /* first claim of this delivery: pins Date */
	int64_t doubts;	      /* how often this delivery has been `unknown` */
	int64_t claimed_turn; /* the turn that is now held: over `turn` after a CLAIM_TAKEN_OVER,
				 this one or an earlier one. CLAIM_DUPLICATE: the turn that outcome
				 belongs to (for the drop) */
	char pinned_kid[16];
	int64_t line_ms;     /* CLAIM_LIMITED: from now until the end of the line before that limit,
				a minute at the most beyond wait_ms; at least wait_ms */
	char limited_by[16]; /* first part of the name of the limit that refused: "recipient" ... */
	char *outcome;	     /* CLAIM_DUPLICATE; NULL = none waits */
	size_t outcome_len;
};
void claim_clear(struct claim *c);

enum settle_answer {
	SETTLE_DONE,
	SETTLE_LOST, /* somebody else holds or has settled it: tell nobody anything of it */
};

struct settle {
	/* in */
	const char *delivery, *invite;
	int64_t generation, turn;
	const char *verdict; /* final word (sent, error, unknown), or "parked" */
	bool doubt;	     /* parked because it is unknown: counts a doubt */
	const char *outcome; /* bytes kept behind o: until guard_add_drop */
	size_t outcome_len;
	const struct guard_field
		*set; /* written to the invite's state where its generation is this one */
	size_t nset;
	const char *give_up_address;   /* key behind a: to free where the state is written and this
					  invite holds it; NULL = none */
	const struct later_item *park; /* verdict "parked": stored in the same step, its turn = turn
					  + 1; else NULL */
	const struct later_item *timer; /* armed where the state is written; NULL = none */
	const char *receipts;	    /* names behind m: by which receipts will find it, separated by
				       spaces; NULL = none */
	const char *receipts_about; /* kept there behind the delivery: the recipient's hash, and of
				       what is timed " <when sent> <route>" */
	/* out */
	enum settle_answer answer;
	int64_t now_ms;
};

void guard_add_event_claim(struct guard *g, struct event_claim *c);
void guard_add_decide(struct guard *g, struct decide *d);
void guard_add_claim(struct guard *g, struct claim *c);
void guard_add_settle(struct guard *g, struct settle *s);

/* The outcome of this turn has been acknowledged by Kafka: its bytes may go. No answer is kept. */
void guard_add_drop(struct guard *g, const char *delivery, int64_t turn);

/* Gives an unsent claim of this holder and turn back, as if it had never been made; limits charged
   stay charged, and the next claim does not pay them again. unheard: the answer to the claim was
   lost, so nobody knows whether it was made; only one that would have been CLAIM_GO is given back.
   No answer is kept. */
void guard_add_release(struct guard *g, const char *delivery, int64_t turn, bool unheard);

/* Runs everything added, in order, as one pipeline, and fills the structs. OK: all are filled.
   ERR_AGAIN: nothing is known, all out fields are untouched, the queue is empty again; add the same
   operations later. */
int guard_run(struct guard *g, struct err *e);
/* The same in two steps, between which Redis works and nothing is asked of g. Whoever has sent must
   hear, whatever became of it. */
void guard_send(struct guard *g);
int guard_hear(struct guard *g, struct err *e);
/* Is what was sent answered, so that guard_hear will not wait? */
bool guard_answered(const struct guard *g);
/* Hears what is under way, if anything, so that its Redis may be asked by somebody else; guard_hear
   then tells what came of it. */
void guard_await(struct guard *g);

#endif
