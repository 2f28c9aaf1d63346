/*
 * courier_priv - what the files of the courier share. Included by courier*.c only.
 */
#ifndef BECKON_COURIER_PRIV_H
#define BECKON_COURIER_PRIV_H

#include "courier.h"
#include "later.h"
#include "route.h"

#define COURIER_DOMAINS 1024
#define COURIER_PIPELINE_MAX 256 /* claims in one pipeline */
#define ROUTE_FAULTS_MAX 3
#define COURIER_QUICK_MS                                                                           \
	5000 /* an answer within this time, and not longer ago: the domain is no tarpit */

struct parcel_list {
	struct parcel *first, *last;
	size_t count;
};

/* A claim or outcome to be told of to Redis with the next pipeline. */
struct reference {
	char delivery[IDS_DELIVERY_SIZE];
	int64_t turn;
	bool unheard; /* of a claim whose answer was lost */
};

struct references {
	struct reference *list;
	size_t count, cap;
};

struct courier {
	struct run *run;
	const struct channel *channel;
	struct courier_options o;
	struct exchange *exchange;
	struct route *route;
	struct journal *journal;
	struct parcel_list lists[PARCEL_PLACES];
	struct references drops, releases;
	struct limits limits;		   /* of the parcel whose claim is being prepared */
	unsigned away[COURIER_DOMAINS];	   /* parcels away, by bucket of the recipient's domain */
	unsigned asked[COURIER_DOMAINS];   /* chosen in this turn, likewise; zero between turns */
	unsigned waiting[COURIER_DOMAINS]; /* parcels waiting, likewise */
	unsigned domains_waiting;	   /* buckets of which somebody waits */
	int64_t answered_ms[COURIER_DOMAINS]; /* monotonic: when a message was last answered quickly
					       */
	bool held_back; /* there is room, but only for domains that have their share */
	size_t gone;	/* parcels away or settling whose partition is somebody else's */
	bool recall;	/* what is ready is taken back with the next turn */
	char source[32], provider_why[256];
	struct metric *in_flight, *route_up, *send_seconds;
};

/* courier.c */
/* A new parcel; from then on parcel_move. */
void parcel_enter(struct courier *c, struct parcel *p, enum parcel_place place);
void parcel_move(struct courier *c, struct parcel *p, enum parcel_place to);
/* What is to be done in doubt, by the delivery's kind. */
struct verdict_rules courier_rules(const struct courier *c, const struct parcel *p);
/* Unclaimed again: to be asked for at ask_at_ms, or let go where its partition is gone. */
void courier_give_back(struct courier *c, struct parcel *p, int64_t ask_at_ms);
/* Nothing more is to be done with it but wait for acknowledgements. */
void courier_let_go(struct courier *c, struct parcel *p);

/* courier_choose.c */
/* Moves those who may be claimed next to PARCEL_ASKED: as many as sessions can take, no domain
 * starving others. */
void courier_choose(struct courier *c, int64_t now);
/* In how many ms somebody is to be asked for; INT64_MAX: what cannot be asked now is woken by what
 * changes that. */
int64_t courier_next_ask(const struct courier *c, int64_t now);

/* courier_claim.c */
/* p->claim borrows c->limits: it is to be added before the next is prepared. */
void courier_prepare_claim(struct courier *c, struct parcel *p);
void courier_answer_claim(struct courier *c, struct parcel *p);
/* Parks those that a limit refused, in one pipeline, and tells of it. */
void courier_park_limited(struct courier *c, struct parcel **limited, size_t n);

/* courier_tell.c */
/* From p->result to a verdict, an outcome and a settle, or back to waiting. */
void courier_judge(struct courier *c, struct parcel *p);
void courier_settled(struct courier *c, struct parcel *p);
/* Redis is away: what happened is told all the same. */
void courier_tell_unsettled(struct courier *c);
void courier_tell(struct courier *c, struct parcel *p, const struct outcome *o);
struct outcome courier_outcome(const struct courier *c, const struct parcel *p,
			       enum outcome_word word, int64_t turn);

#endif
