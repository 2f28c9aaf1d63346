/*
 * decide - what becomes of an event: a pure function of the event, the invite and the policy.
 *
 * A table of types and states says what passes and what is refused; one function a type says what
 * happens then. contract.md section 2 has the rules.
 */
#ifndef BECKON_DECIDE_H
#define BECKON_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "kept.h"
#include "plan.h"
#include "request.h"

/* What is known of the invite before this event. */
struct invite_view {
	bool known;
	const char *state; /* word of its state; "" where unknown */
	int64_t generation;
	int64_t turn;		     /* that the last word of the invitation's delivery ended */
	int64_t sent_ms, expires_ms; /* the link's window; 0 = there is none */
	int64_t reminders;	     /* told of this generation */
	const char *channel;	     /* of the invitation: IDS_EMAIL or IDS_SMS */
	enum ladder ladder;
	int64_t receipt_ms; /* when its SMS' receipt has been waited for long enough; 0 = never */
	bool early;	    /* cancelled before it was asked for */
	enum request_kind kind;
	/* Of the delivery that the event is about. */
	const char *recipient_hash; /* of who it went to last; NULL or "" = nobody */
	int64_t parked_turn;	    /* 0 = it does not wait */
	int64_t claimed_turn;	    /* 0 = no courier has claimed it */
};

struct policy {
	bool allow_reserved; /* addresses that nobody can have, and well-known misspellings, may be
				invited */
	bool tests;	     /* of the tenant: for some nothing leaves, test_recipient.h */
	bool domain_dead;    /* the DNS says that the address's domain takes no mail */
	bool link_outside;   /* the link leads to a host that the tenant does not list */
	bool auto_send;	     /* of the tenant for the request's trigger */
	bool suppressed;     /* the tenant's list says that nobody writes to the person */
	bool second_suppressed;	 /* nor to a ladder's phone */
	int64_t ladder_after_ms; /* how long after the e-mail a ladder's SMS follows */
	struct tenant_reminder reminders;
	int64_t cooldown_ms; /* between two sendings to one person that somebody asks for */
	bool mint;	     /* a password can be drawn: whom to seal it for is known */
};

struct question {
	const struct request *req; /* what request_read made of the event, also where it found it
				      wrong */
	/* The request that jobs are made from: this one where it is an invite.requested, else what
	   the invite keeps, with what this event changes. NULL = nothing is kept. */
	const struct kept *kept;
	struct invite_view invite;
	struct policy policy;
	int64_t now_ms;
};

struct plan decide(const struct question *q);

/* What becomes of wanted: another live invite, other, holds the address. */
struct plan decide_taken(const struct plan *wanted, const char *other);

#endif
