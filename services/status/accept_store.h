/*
 * accept_store - what the accept page asks of Redis: what a link is worth, and that it was
 * answered.
 *
 * Looking changes nothing, however often a mail scanner does it. What is noted may be lost: the
 * dispatcher alone moves the invite, and knows a repeated answer by its event's id.
 *
 * Keys under the prefix: y:<token sha256> the word of the answer, until the state has it;
 * j:<ticket sha256> the invite that a ticket stands for.
 */
#ifndef BECKON_ACCEPT_STORE_H
#define BECKON_ACCEPT_STORE_H

#include <jansson.h>
#include <stdint.h>

#include "crypto.h"
#include "err.h"
#include "ids.h"
#include "link_verdict.h"

struct redis;

#define ACCEPT_SHA_SIZE (CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1)
#define ACCEPT_TICKET_SIZE 33	 /* 160 bits in base32 */
#define ACCEPT_TICKET_MS 60000	 /* it is good once, and so long */
#define ACCEPT_ANSWER_MS 3600000 /* the dispatcher has moved the state by then */
#define ACCEPT_ANSWER_SIZE 16
#define ACCEPT_RENEWAL "renewal"   /* an answer: another invitation is asked for */
#define ACCEPT_RENEWAL_MS 86400000 /* a link asks once in that time */

/* A link, whoever presents it. */
struct accept_link {
	char invite[IDS_KEY_SIZE]; /* "<tenant>/<invite>"; "" = nobody's link */
	char tenant[IDS_NAME_MAX + 1];
	int64_t generation; /* of the link */
	struct link_facts facts;
	int64_t sent_ms;		   /* when the invite's newest link was sent; 0 = never */
	json_t *kept;			   /* the request's data; NULL = forgotten, or not known */
	char answered[ACCEPT_ANSWER_SIZE]; /* "accepted" or "declined" and not yet decided,
					      ACCEPT_RENEWAL; "" = no */
};

/* ERR_AGAIN: Redis is away or being made anew. The caller clears out. */
int accept_store_look(struct redis *r, const char *prefix, const char *token_sha256,
		      struct accept_link *out, struct err *e);
void accept_link_clear(struct accept_link *l); /* a zeroed one is fine */

/* What the person has answered and the state does not say yet, "accepted" or "declined"; NULL =
   nothing: the verdict holds. */
const char *accept_store_answer(const struct accept_link *l, enum link_verdict verdict);

/* Notes the answer. The second notes an acceptance and draws a ticket for the application. */
int accept_store_note(struct redis *r, const char *prefix, const char *token_sha256,
		      const char *word, struct err *e);
int accept_store_note_ticket(struct redis *r, const char *prefix, const char *token_sha256,
			     const char *invite, char ticket[ACCEPT_TICKET_SIZE], struct err *e);

/* Takes a ticket of this tenant: invite ("<tenant>/<invite>") "" = no such ticket, or used. */
int accept_store_take(struct redis *r, const char *prefix, const char *tenant, const char *ticket,
		      char invite[IDS_KEY_SIZE], struct err *e);

#endif
