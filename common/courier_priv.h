/*
 * courier_priv - what the files of the courier share. Included by courier*.c only.
 */
#ifndef BECKON_COURIER_PRIV_H
#define BECKON_COURIER_PRIV_H

#include "courier.h"
#include "later.h"
#include "later_group.h"
#include "route.h"
#include "routing.h"

#define COURIER_DOMAINS 1024
#define COURIER_PIPELINE_MAX 256 /* claims in one pipeline */
#define ROUTE_FAULTS_MAX 3	 /* a route */
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

/* A route, its sessions, and what is under way on it. */
struct lane {
	struct courier *courier;
	const struct channel_route *terms;
	struct route *route;
	struct exchange *exchange;
	size_t away_count, asked_count;
	unsigned away[COURIER_DOMAINS];	 /* parcels away, by bucket of the recipient's domain */
	unsigned asked[COURIER_DOMAINS]; /* chosen in this turn, likewise; zero between turns */
	int64_t full_until_ms;		 /* monotonic: its limit has refused somebody until then */
	struct strain strain;
	struct metric *up, *in_flight, *send_seconds, *errors, *passed_over;
};

struct courier {
	struct run *run;
	const struct channel *channel;
	struct courier_options o;
	struct lane lanes[ROUTING_MAX];
	struct routing routing[ROUTING_MAX]; /* the same, as routing.h sees them */
	size_t nlanes, sessions;	     /* of all of them */
	unsigned serving;		     /* bits of the lanes that take messages in this turn */
	struct journal *journal;
	struct parcel_list lists[PARCEL_PLACES];
	struct references drops, releases;
	struct limit_list limits;	      /* of the parcel whose claim is being prepared */
	unsigned waiting[COURIER_DOMAINS];    /* parcels waiting, likewise */
	unsigned domains_waiting;	      /* buckets of which somebody waits */
	int64_t answered_ms[COURIER_DOMAINS]; /* monotonic: when a message was last answered quickly
					       */
	bool held_back;		 /* there is room, but only for domains that have their share */
	size_t gone;		 /* parcels away or settling whose partition is somebody else's */
	unsigned settings_count; /* those that we know of */
	bool recall;		 /* what is ready is taken back with the next turn */
	char source[32], why[512];
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

/* courier_lane.c */
void lanes_open(struct courier *c);
void lanes_close(struct courier *c);
/* Which of them take messages now: c->serving. Again whenever one has closed or is full. */
void lanes_look(struct courier *c);
bool lane_is_open(const struct lane *l);
size_t lane_room(const struct lane *l);
/* The lane's limit refuses until ms from now. True: another one takes messages meanwhile. */
bool lane_full(struct lane *l, int64_t ms);
/* Counts what a try says of the lane: that it is whole, that it sends back for later. */
void lane_note(struct lane *l, const struct parcel *p);
/* A lane's state, and how much it has in hand, for /metrics. */
void lanes_publish(struct courier *c);

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

/* courier_hold.c */
/* By what settings p goes from now on, and whether something holds it that no limit knows. */
void courier_hold(struct courier *c, struct parcel *p);
/* Something does, although the claim is ours: it is not to be sent. */
bool courier_is_held(const struct parcel *p);
/* Why one that was refused waits, and until when. */
const char *courier_waits_for(const struct parcel *p);
/* The limit, or what kind of pause. */
const char *courier_held_by(const struct parcel *p);
/* What is parked for one pause, of one tenant: "<tenant> <pause_group>", and the tenant's limit, by
   whose slots it comes back. NULL: no pause holds it. */
struct courier_group {
	char name[LATER_GROUP_SIZE], limit_name[IDS_NAME_MAX + 8];
	struct guard_limit limit;
};
const char *courier_group(const struct parcel *p, struct courier_group *g);
int64_t courier_due_ms(const struct courier *c, const struct parcel *p);
/* What people are told of that: a pause's own end. */
int64_t courier_told_ms(const struct parcel *p, int64_t due_ms);
bool courier_lane_is_paused(const struct courier *c, const struct lane *l);
/* The hours in which p may be sent. */
struct tenant_hours courier_hours(const struct courier *c, const struct parcel *p);

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
