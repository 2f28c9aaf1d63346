/*
 * link_verdict - what the link of an invitation is worth, from what is known of its invite. Pure.
 */
#ifndef BECKON_LINK_VERDICT_H
#define BECKON_LINK_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "ids.h"

#define LINK_STATE_SIZE 16

/* The invite as Redis knows it. */
struct link_facts {
	bool known;
	char state[LINK_STATE_SIZE]; /* a word of contract.md section 3 */
	int64_t generation;
	int64_t expires_ms;	   /* of the live link; 0 = there is none */
	char holder[IDS_KEY_SIZE]; /* the invite that holds its address; "" = none, or given up */
	int64_t now_ms;		   /* by Redis' clock, which links live by */
};

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

/* key ("<tenant>/<invite>") is the invite that the token names, generation that of its delivery. */
enum link_verdict link_judge(const struct link_facts *f, const char *key, int64_t generation);

#endif
