/*
 * smtp_reply - what a relay's words mean: pure, no I/O.
 *
 * A reply is mapped to an error code of schemas/errors.json by a table (RFC 5321 4.2.3, RFC 3463
 * with the IANA list of enhanced status codes, and the wording of relays where codes are too
 * coarse); the first row that fits wins. What no row names: 4yz is transient, 5yz permanent for
 * the message, and its subject (the y of x.y.z) says how.
 */
#ifndef BECKON_SMTP_REPLY_H
#define BECKON_SMTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"

struct smtp_reading {
	const char *code;	/* error code, static; NULL for 2yz */
	char class;		/* P M T C as in contract 4; 0 for 2yz */
	bool suppress;		/* the address is known to be dead; never set for a policy */
	bool route_fault;	/* the relay refuses us, whatever the message */
	int64_t retry_after_ms; /* what the text asks for, bounded; 0 = it does not say */
};

/* Never fails; a reply that is not 2yz always has a code. */
struct smtp_reading smtp_reply_read(const struct reply *r);

#endif
