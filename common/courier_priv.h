/*
 * courier_priv - what the files of the courier share. Included by courier*.c only.
 */
#ifndef BECKON_COURIER_PRIV_H
#define BECKON_COURIER_PRIV_H

#include "courier.h"
#include "guard_receipt.h"
#include "later.h"
#include "later_group.h"
#include "route.h"
#include "routes_seen.h"
#include "routing.h"

#define COURIER_DOMAINS 1024
#define COURIER_PIPELINE_MAX 256 /* claims in one pipeline */
#define ROUTE_FAULTS_MAX 3	 /* a route */
#define ROUTE_NAME_SIZE 48	 /* "<provider>/<region>" */
#define TRIAL_MESSAGES 2	 /* under way at once on what was in trouble */
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

/* What has been asked of Redis and not been heard: the claims of PARCEL_ASKED, and of the others
   the first so many. */
struct question {
	bool under_way;
	size_t settles, drops, releases;
};

/* How a route does, as it was told last: courier_route.c. */
struct route_stand {
	enum route_state state;
	int64_t since_ms; /* wall clock; 0 = not looked at yet */
	const char *code; /* of its last error, as codes.h has it; NULL = none yet */
	int64_t code_ms;  /* when that was */
	struct tally taken, sent_back;
};

/* A relay or provider: the way to it, its sessions, and what is under way on them. */
struct pool {
	struct courier *courier;
	const struct channel_route *terms;
	struct route *route;
	struct exchange *exchange;
	size_t away_count, asked_count;
	unsigned away[COURIER_DOMAINS];	 /* parcels away, by bucket of the recipient's domain */
	unsigned asked[COURIER_DOMAINS]; /* chosen in this turn or answered, likewise; zero but
					    while choosing */
	bool serving;			 /* one of its lanes takes messages in this turn */
	bool trial;			 /* open again, and nothing has been taken over since */
	struct route_stand stand;
};

/* A route: a relay, or a provider for recipients of one region, which may be closed by itself. */
struct lane {
	struct lane *next;
	struct pool *pool;
	char name[ROUTE_NAME_SIZE];
	char region[CHANNEL_REGION_SIZE]; /* "" = of a relay */
	struct tenant_rate limit;	  /* of the region */
	size_t away_count, asked_count;
	int64_t full_until_ms; /* monotonic: its limit has refused somebody until then */
	struct strain strain;
	struct slowness slowness;
	struct receipt_speed speed; /* of what it has delivered, as its receipts told */
	struct quarrel quarrel;
	bool trial;
	struct route_stand stand;
	struct metric *up, *in_flight, *send_seconds, *errors, *passed_over;
};

/* The lanes of the deliveries of one aim. */
struct lanes {
	struct lanes *next;
	size_t rule;
	char region[CHANNEL_REGION_SIZE];
	struct lane *list[ROUTING_MAX];
	struct routing routing[ROUTING_MAX]; /* the same, as routing.h sees them */
	size_t n;
	unsigned serving; /* bits of those that take messages in this turn */
	unsigned trials;  /* of those that would, and take a few */
};

struct courier {
	struct run *run;
	const struct channel *channel;
	struct courier_options o;
	struct pool pools[ROUTING_MAX];
	size_t npools, sessions; /* of all of them */
	struct lane *all_lanes;	 /* made when first aimed at */
	struct lanes *aims;	 /* likewise */
	struct journal *journal;
	struct parcel_list lists[PARCEL_PLACES];
	struct references drops, releases;
	struct question question;
	size_t settled; /* the first so many of PARCEL_SETTLING: heard, and not told yet */
	struct limit_list limits;	      /* of the parcel whose claim is being prepared */
	unsigned waiting[COURIER_DOMAINS];    /* parcels waiting, likewise */
	unsigned domains_waiting;	      /* buckets of which somebody waits */
	int64_t answered_ms[COURIER_DOMAINS]; /* monotonic: when a message was last answered quickly
					       */
	int64_t speed_ms;		      /* monotonic: when that of the lanes was asked last */
	int64_t held_back_ms; /* monotonic: since when there is room, but only for domains that have
				 their share; 0 = it is not so */
	size_t gone; /* parcels asked for, away or settling whose partition is somebody else's */
	unsigned settings_count; /* those that we know of */
	bool recall;		 /* what is ready is taken back with the next turn */
	char source[32], why[512];
	bool asked_settings, no_settings; /* is there a topic of settings? */
};

/* courier.c */
static inline struct courier *courier_of(void *service)
{
	return *(struct courier **)service;
}

/* A new parcel; from then on parcel_move. */
void parcel_enter(struct courier *c, struct parcel *p, enum parcel_place place);
void parcel_move(struct courier *c, struct parcel *p, enum parcel_place to);
/* What is to be done in doubt, by the delivery's kind. */
struct verdict_rules courier_rules(const struct courier *c, const struct parcel *p);
/* Unclaimed again: to be asked for at ask_at_ms, or let go where its partition is gone. */
void courier_give_back(struct courier *c, struct parcel *p, int64_t ask_at_ms);
/* Nothing more is to be done with it but wait for acknowledgements, which needs no parcel: p is
   freed. */
void courier_let_go(struct courier *c, struct parcel *p);

/* courier_receipts.c */
/* Fills p->receipts, and returns it: how receipts will name what has been told so; NULL = not. */
const char *courier_name_receipts(struct parcel *p, const struct outcome *o);
/* Fills p->receipts_about: what is known of it by those names. */
const char *courier_about_receipts(struct parcel *p, const struct outcome *o);
/* What is known of the address now: nothing more is to be sent there. */
void courier_suppress(struct courier *c, struct parcel *p);

/* courier_ask.c */
/* To be told of with the next question. */
void references_add(struct references *r, const char *delivery, int64_t turn, bool unheard);
/* Hears what was asked last, if anything, asks the next, and acts on the answers while Redis works
   on that: a long question is heard with the next call. */
void courier_ask(struct courier *c, int64_t now);
/* Hears what was asked last, if anything, and acts on it. */
void courier_hear(struct courier *c);

/* courier_pool.c */
void pools_open(struct courier *c);
void pools_close(struct courier *c);
bool pool_is_open(const struct pool *p);
size_t pool_room(const struct pool *p);
/* The lanes that a job may take; lives as long as the courier. */
struct lanes *courier_aim(struct courier *c, const struct job *job);

/* courier_lane.c */
/* The route of a pool to a region, made when it is first asked for. */
struct lane *lane_of(struct pool *pool, const char *region, struct tenant_rate limit);
/* Which of them take messages now: lanes->serving. Again whenever one has closed or is full. */
void lanes_look(struct courier *c);
bool lane_is_open(const struct lane *l);
size_t lane_room(const struct lane *l);
/* The lanes that take p: not those that have refused it, and of one that it may have been taken
   over by that one alone. */
unsigned lanes_serving(const struct lanes *l, const struct parcel *p);
/* Its provider refuses p for now; may another take it? */
bool lanes_pass_on(struct parcel *p);
/* The lane's limit refuses p until ms from now. True: another one takes messages meanwhile. */
bool lane_full(struct courier *c, const struct parcel *p, int64_t ms);
/* The way is at fault: for one region, or to the whole provider. */
void lane_close(struct lane *l, const char *code, const char *why);
/* Does the lane answer or deliver slowly? Of relays nobody asks. */
bool lane_is_slow(const struct courier *c, const struct lane *l, int64_t now);
/* Asks Redis how quickly the lanes deliver, every few seconds, beside what else is asked. */
void lanes_ask_speed(struct courier *c, int64_t now);
/* Counts what a try says of the lane: that it is whole, that it sends back for later. */
void lane_note(struct lane *l, const struct parcel *p);
/* A lane's state, and how much it has in hand, for /metrics. */
void lanes_publish(struct courier *c);
/* Open, but others are taken in each of its aims. */
bool lane_passed_over(const struct courier *c, const struct lane *l);

/* courier_route.c */
/* A message was taken over; sent back for later; or not sent, with a code. */
void route_note_taken(struct lane *l);
void route_note_error(struct lane *l, const char *code, bool sent_back);

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
/* In how many ms to look again whether the template that p names is there; 0 = it is, or it has
   been waited for. */
int64_t courier_template_wait(const struct courier *c, const struct parcel *p, int64_t now);
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

/* courier_test.c */
/* Nothing is to leave for p, which has p->result: true. */
bool courier_test_answers(struct parcel *p);
/* It has been settled: its receipt comes, where it is one that gets one. */
void courier_test_receipt(struct courier *c, struct parcel *p);

/* courier_timer.c */
/* A ladder's e-mail that nobody has got, while there is time for an SMS. */
bool courier_climbs(const struct parcel *p);
/* Until when a receipt is waited for, where the provider promises one; 0 = it does not. */
int64_t courier_receipt_due_ms(const struct parcel *p);
/* p->timer, of p->verdict; NULL: there is nothing to look at. */
void courier_arm_timer(struct courier *c, struct parcel *p);

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
