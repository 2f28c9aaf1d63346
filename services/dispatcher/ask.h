/*
 * ask - one event in hand: what was read of it, what Redis answered, what was decided.
 */
#ifndef BECKON_ASK_H
#define BECKON_ASK_H

#include "cloudevent.h"
#include "decide.h"
#include "guard.h"
#include "ids.h"
#include "request.h"
#include "stage.h"
#include "tenant.h"

enum ask_step {
	ASK_CLAIM,   /* to be claimed (again) */
	ASK_DECIDE,  /* claimed, to be decided */
	ASK_PLANNED, /* there is a plan, stored in Redis */
	ASK_DUPLICATE,
	ASK_NAMELESS, /* no usable tenant and invite: refused without asking */
	ASK_ASTRAY,   /* belongs under another key or partition */
	ASK_DEAD,     /* no readable event: wrong says why */
};

struct ask {
	struct work *work;
	struct cloudevent event;
	struct request req;
	struct err wrong; /* why it is no event, or no valid request */
	const struct tenant *tenant;
	enum ask_step step;
	struct event_claim claim;
	struct decide dec;
	struct plan plan;
	char plan_text[PLAN_TEXT_SIZE]; /* as stored; cut up when read back */
	int64_t slot_ms, now_ms;
	char *data; /* the request's data as JSON text: borrowed from the record or owned_data */
	size_t data_len;
	char *owned_data;
	char event_hash[IDS_HASH_SIZE], key[IDS_KEY_SIZE], recipient_hash[IDS_HASH_SIZE];
	char recipient_masked[ADDRESS_MASK_SIZE];
	char address_key[IDS_KEY_SIZE + 4 * REQUEST_SCOPE_MAX +
			 IDS_HASH_SIZE]; /* tenant/scope/kind/hash */
	char limit_name[IDS_NAME_MAX + 8];
	char generation_text[24], other[IDS_KEY_SIZE], delivery[IDS_DELIVERY_SIZE];
	struct guard_field fields[8];
};

/* Fills a from w: reads event and request. step is then ASK_CLAIM, ASK_NAMELESS or ASK_DEAD. */
void ask_read(struct ask *a, struct work *w, const char *recipient_key);
void ask_clear(struct ask *a);

/* The delivery that the plan's generation has: a->delivery. */
void ask_name_delivery(struct ask *a);

/* Finds the request's data as text: a->data. */
void ask_find_data(struct ask *a);

/* Fills a->dec, the compare-and-set that stores a->plan. */
void ask_prepare_decide(struct ask *a);

/* Takes over what Redis answered to the decide. */
void ask_take_decided(struct ask *a);

#endif
