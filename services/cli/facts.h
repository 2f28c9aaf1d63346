/*
 * facts - what Redis knows of an invite now: its state, its link, and who holds its address.
 *
 * Only looked at; the dispatcher and the couriers are the ones who write it.
 */
#ifndef BECKON_CLI_FACTS_H
#define BECKON_CLI_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "guard.h"
#include "ids.h"

#define FACTS_STATE_SIZE 16

struct facts {
	bool known;
	char state[FACTS_STATE_SIZE]; /* a word of contract.md section 3 */
	int64_t generation;
	int64_t expires_ms;	   /* of the live link; 0 = there is none */
	char holder[IDS_KEY_SIZE]; /* the invite that holds its address; "" = none, or given up */
	bool declined;
	int64_t now_ms; /* by Redis' clock, which links live by */
};

/* ERR_AGAIN: Redis is away. */
int facts_read(struct guard *g, const char *prefix, const char *key, struct facts *out,
	       struct err *e);

/* The invite that holds an address (kept.h, address_key); "" = none. */
int facts_holder(struct guard *g, const char *prefix, const char *address_key,
		 char holder[IDS_KEY_SIZE], struct err *e);

/* The data of the request that the invite keeps; *data NULL = none, else freed by the caller by
   json_decref. ERR_AGAIN: Redis is away. */
int facts_kept(struct guard *g, const char *prefix, const char *key, json_t **data, struct err *e);

/* The delivery whose link has this token; "" = none that is known. */
int facts_of_token(struct guard *g, const char *prefix, const char *token_sha256,
		   char delivery[IDS_DELIVERY_SIZE], struct err *e);

/* What a link is worth. */
enum link_verdict {
	LINK_VALID,
	LINK_EXPIRED,
	LINK_SUPERSEDED, /* a newer link, or another invite, has taken its place */
	LINK_CANCELLED,
	LINK_ACCEPTED,
	LINK_DECLINED,
	LINK_UNKNOWN, /* no link of ours, or none that was sent */
	LINK_VERDICTS
};
extern const char *const link_verdicts[LINK_VERDICTS]; /* "valid" ... */

/* key is the invite that the token names, generation that of its delivery. Pure. */
enum link_verdict link_judge(const struct facts *f, const char *key, int64_t generation);

/* The token in a link, or the text itself where it is none; out is cut to fit. Returns out. */
const char *link_token(const char *link, char *out, size_t size);

#endif
