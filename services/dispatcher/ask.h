/*
 * ask - one event in hand: what was read of it, what Redis answered, what was decided.
 */
#ifndef BECKON_ASK_H
#define BECKON_ASK_H

#include "cloudevent.h"
#include "decide.h"
#include "draw.h"
#include "guard.h"
#include "ids.h"
#include "kept.h"
#include "request.h"
#include "stage.h"
#include "tenant.h"

enum ask_step {
	ASK_CLAIM,   /* to be claimed (again) */
	ASK_DECIDE,  /* claimed, to be decided */
	ASK_PLANNED, /* there is a plan, stored in Redis */
	ASK_DUPLICATE,
	ASK_NAMELESS, /* no usable tenant and invite: refused without asking */
	ASK_WAITING,  /* its domain, its password, or who is ahead of it, is waited for:
			 admission.h */
	ASK_ASTRAY,   /* belongs under another key or partition */
	ASK_DEAD,     /* no readable event: wrong says why */
};

#define ASK_FIELDS_MAX 24
#define ASK_NUMBERS_MAX 8
#define ASK_SPANS_MAX 8 /* longer than that no invite waits for a slot by default: a week */

#define ASK_PASSWORD "a password" /* waits_for; no domain */

struct ask {
	struct work *work;
	struct cloudevent event;
	struct request req;
	struct err wrong; /* why it is no event, or no valid request */
	const struct tenant *tenant;
	enum ask_step step;
	bool assumed;		/* not asked: an invitation is new, or its decide is lost */
	bool replayed;		/* the plan was stored before */
	bool parked;		/* what waits is in Redis */
	bool suppressed;	/* the person is not to be written to */
	bool second_suppressed; /* nor is a ladder's phone */
	bool domain_dead;	/* the DNS says that the recipient's domain takes no mail */
	const char *waits_for;	/* ASK_WAITING: that domain, or ASK_PASSWORD; "" = who is ahead */
	struct event_claim claim;
	struct kept kept; /* what jobs are made from; data NULL = nothing */
	struct decide dec;
	struct decide_more more;
	struct timer_armed timer;
	struct plan plan;
	char plan_text[PLAN_TEXT_SIZE]; /* as stored; cut up when read back */
	struct draw *draw;		/* what it has waited for; NULL = none */
	/* A minted password, sealed to the fleet, and what is told of it, sealed to the
	   application. Borrowed from the draw, or from the stored plan; NULL = none. */
	const char *minted, *told;
	char *plan_whole; /* plan_text and these, as stored */
	int64_t slot_ms, now_ms;
	const char *data; /* kept as JSON text: borrowed from the record or owned_data */
	size_t data_len;
	char *owned_data;
	char event_hash[IDS_HASH_SIZE], key[IDS_KEY_SIZE], about[IDS_DELIVERY_SIZE];
	char limit_name[IDS_NAME_MAX + 8], timer_id[IDS_KEY_SIZE + 8];
	char waiting[IDS_DELIVERY_SIZE], waiting_too[IDS_DELIVERY_SIZE];
	char other[IDS_KEY_SIZE], delivery[IDS_DELIVERY_SIZE];
	struct window_span spans[ASK_SPANS_MAX]; /* when its person may be written to */
	struct guard_field fields[ASK_FIELDS_MAX];
	size_t nfields;
	char numbers[ASK_NUMBERS_MAX][24];
	size_t nnumbers;
};

/* Fills a from w: reads event and request. step is then ASK_CLAIM, ASK_NAMELESS or ASK_DEAD. */
void ask_read(struct ask *a, struct work *w);
void ask_clear(struct ask *a);

/* Reads what is kept: of the event itself, or what the claim answered, with the event's changes. */
void ask_find_kept(struct ask *a, const char *recipient_key);

/* How the fleet is set up, where decisions depend on it. */
struct ask_terms {
	bool allow_reserved;
	bool seals; /* it has a key that passwords are sealed for */
	const char *recipient_key;
};

/* Fills a->plan from what the claim answered and a->tenant says, and names a->kept's people as the
   plan needs them. */
void ask_decide(struct ask *a, const struct ask_terms *terms);

/* The delivery that the plan tells of: a->delivery. */
void ask_name_delivery(struct ask *a);

/* a->kept as text: a->data. */
void ask_find_data(struct ask *a);

/* When the event was first seen. */
int64_t ask_seen_ms(const struct ask *a);

/* The channel of the invitation so far. */
const char *ask_channel_before(const struct ask *a);

/* a->kept's people as the plan needs them. True: it goes to the second one. */
bool ask_find_people(struct ask *a, const char *recipient_key);

/* The hours in which its person may be written to. */
struct tenant_hours ask_hours(const struct ask *a);

/* ask_store.c: fills a->dec, the compare-and-set that stores a->plan. Timers wait for topic. */
void ask_prepare_decide(struct ask *a, const char *topic);

/* A password is to be drawn before this plan can be stored. */
bool ask_wants_password(const struct ask *a);

/* Reads the stored plan of an event that was decided before. ERR_INVALID: it is none. */
int ask_take_plan(struct ask *a, struct err *e);

/* Takes over what Redis answered to the decide. */
void ask_take_decided(struct ask *a);

#endif
