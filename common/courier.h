/*
 * courier - delivers jobs of one channel: claims each, hands it to a channel thread, settles what
 * came of it, tells it, and stores the offset, in that order.
 *
 * `email` and `sms` are this courier with another struct channel. The loop owns every parcel but
 * those ready for, or with, a channel thread. A parcel is in exactly one list, and parcel_move
 * alone moves it:
 *
 *   waiting -> asked -> answered -> away (ready, with a thread, done) -> settling -> gone
 *      ^---------'------------' given back: busy, route closed, partition revoked; some rest first
 *
 * Each claim is for one of the channel's routes (courier_lane.c), chosen before it; when that
 * closes, what has not been sent is given back and goes by another. Where all are closed nothing is
 * claimed, and no attempt is consumed. Where Redis cannot settle, the outcome is appended at once
 * and settled later.
 *
 * A channel that aims has a way of its own for each delivery: a route is then a provider times the
 * region that the recipient is in, what one provider refuses for now goes by the next at once, a
 * provider that was in trouble begins with a few messages, and what may have been taken over is
 * never sent by another provider.
 */
#ifndef BECKON_COURIER_H
#define BECKON_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "catalog.h"
#include "exchange.h"
#include "guard.h"
#include "job.h"
#include "letter.h"
#include "limit.h"
#include "outcome.h"
#include "plan.h"
#include "routing.h"
#include "stage.h"
#include "suppress.h"
#include "tariff.h"
#include "tenant.h"
#include "timer.h"
#include "token.h"
#include "verdict.h"

#define COURIER_REASON_SIZE 201
#define COURIER_LEASE_MARGIN_MS 15000 /* of a claim, behind its message's deadline */

enum parcel_place {
	PARCEL_WAITING,	 /* not claimed */
	PARCEL_RESTING,	 /* not claimed, and not asked for before ask_at_ms */
	PARCEL_ASKED,	 /* its claim is in the pipeline */
	PARCEL_ANSWERED, /* it was, and nothing has come of it yet */
	PARCEL_AWAY,	 /* claimed: ready for, with, or back from a channel thread */
	PARCEL_SETTLING, /* its verdict is there, Redis has not taken it yet */
	PARCEL_PLACES,
};

struct courier;
struct lane;  /* a route, and what is under way on it */
struct lanes; /* those that a delivery may take */

/* One delivery in hand. */
struct parcel {
	struct parcel_link link; /* first: what passes through the exchange */
	struct parcel *prev, *next;
	enum parcel_place place;
	struct courier *courier;
	struct work *work;
	struct job job;
	struct tenants *tenants; /* held since it was last asked for, as are pauses */
	struct pauses *pauses;
	struct catalog *catalog; /* likewise: what its letter is made of */
	const struct tenant *tenant;
	struct {
		const char *
			reason; /* why it is not to leave now: paused, quiet_hours; NULL = it may */
		int64_t until_ms;	   /* when to ask again */
		const struct pause *pause; /* NULL = it is none */
	} hold;
	int64_t ask_at_ms;     /* monotonic */
	int64_t read_ms;       /* monotonic: when it came into our hands */
	unsigned route_faults; /* met in a row: a message that breaks connections is not retried for
				  ever */
	struct lanes *lanes;
	struct lane *lane;   /* the route it is asked for, or away on; NULL before, and where no
				route is open to where it is to go */
	unsigned domain;     /* bucket of the recipient's domain */
	unsigned refused_by; /* bits of the pools that have refused it for now */
	bool tested;	     /* for nobody: test_recipient.h */
	const char *test_receipt, *test_receipt_code; /* that then comes; NULL = none */
	bool elsewhere; /* what is judged was before this claim: nobody knows on which route */
	bool traced;	/* but the journal does: lane */
	bool unheard;	/* the answer to its last claim was lost: it may be ours in Redis */
	bool gone;	/* its partition went to somebody else while it was away */

	/* the claim */
	struct claim claim;
	char token_sha256[65], token[TOKEN_SIZE];
	int entry;	  /* in the journal; -1 = none */
	int64_t asked_ms; /* monotonic */
	int64_t lease_end_boot_ms, expires_ms;

	/* what the channel thread made of it */
	struct mail_result result;
	int64_t retry_after_ms, send_ms;
	bool withheld; /* we did not let it go */
	char reason[COURIER_REASON_SIZE];
	char provider_message_id[96];
	char envid[LETTER_ENVID_SIZE]; /* of a mail */
	enum suppress_why suppress;    /* nothing more may be sent there, and why */
	const char *template_name, *template_locale,
		*template_sha256; /* live as long as the catalog */
	unsigned template_version;
	unsigned segments; /* of an SMS; 0 = it is none */
	const char *encoding;
	struct cost cost; /* if it is taken over */

	/* what is told */
	struct verdict verdict;
	struct buf outcome; /* packed */
	bool told;	    /* appended already, because Redis was away */
	struct settle settle;
	int64_t receipt_due_ms;		 /* its receipt is waited for until then; 0 = not at all */
	char *receipts, *receipts_about; /* names by which receipts will find it, and what they then
					    find; NULL = not made yet */
	struct guard_field fields[7];
	char number_text[5][24];
	struct later_item *park;
	struct timer_armed *timer; /* NULL = none */
};

/* A way out: a relay, or a provider. */
struct channel_route {
	const char *name;  /* told in outcomes as provider */
	int order, weight; /* routing.h */
	size_t sessions;   /* at the most: connections, or requests under way */
	struct tenant_rate limit;
	bool idempotent; /* what is sent again under the same id is sent once */
	bool receipts;	 /* it tells what became of each message: silence means undelivered */
	void *ctx;	 /* of the channel's callbacks */
};

/* One of the ways of a delivery, and its terms. */
struct channel_way {
	size_t route; /* which of the channel's */
	int order, weight;
	struct tenant_rate limit; /* of this route and region */
};

/* Where a delivery is aimed at. Deliveries of the same region and rule have the same ways. */
#define CHANNEL_REGION_SIZE 4
struct channel_aim {
	char region[CHANNEL_REGION_SIZE]; /* "RU"; "001" = of no country */
	size_t rule;
	struct channel_way ways[ROUTING_MAX];
	size_t nways; /* 0: nobody serves it */
};

/* How a channel sends; callbacks run on channel threads unless they say otherwise. */
struct channel {
	const char *name; /* "email" */
	/* Sends p and all that parcel_next gives, by one route; answers each by parcel_answer. */
	void (*work)(void *ctx, struct worker *w, struct parcel *p);
	/* Is the route whole? Called on a thread of its own while the route is closed. ERR_AGAIN
	 * with text. */
	int (*probe)(void *ctx, struct err *e);
	struct channel_route routes[ROUTING_MAX];
	size_t nroutes;
	/* A channel whose threads have many parcels at once, one a route: see exchange.h. */
	void (*wake)(void *ctx);
	/* Called by the loop for each job, with ctx. NULL = every delivery may take each route, on
	   the route's terms. */
	void (*aim)(void *ctx, const struct job *job, struct channel_aim *out);
	void *ctx;
};

struct courier_options {
	int64_t deadline_ms;	    /* of one message */
	struct verdict_rules rules; /* of an invite; a password in doubt is never sent again */
	struct limit_fleet limits;
	const struct keyring *ring; /* replaced by courier_keyring */
};

struct courier *courier_open(struct run *r, const struct channel *channel,
			     const struct courier_options *o);
void courier_keyring(struct courier *c, const struct keyring *ring);
/* What had closed routes may have been mended: each is tried at once. */
void courier_hurry(struct courier *c);
void courier_close(struct courier *c);

/* The stage's callbacks. Their ctx is a service that begins with its struct courier *. */
int courier_handle(void *service, struct work **works, size_t n, struct err *e);
size_t courier_appetite(void *service);
int64_t courier_tick(void *service);
void courier_flushed(void *service, struct work *w);
void courier_revoked(void *service, struct work *w);
size_t courier_draining(void *service, bool over);
const char *courier_waits(void *service);
bool courier_routes(void *service, struct buf *out);

/* ---- for channel threads ---- */

struct parcel *parcel_next(struct worker *w, int64_t idle_ms);
/* What is under way is to be ended: for threads that have many. */
bool parcel_is_cut(const struct worker *w);
/* The last bytes may leave now: false = the lease is over or the loop is stuck, do not send. */
bool parcel_dot(struct worker *w, struct parcel *p);
void parcel_answer(struct worker *w, struct parcel *p, const struct mail_result *result);

#endif
