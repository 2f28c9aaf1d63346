/*
 * ids - everything that has a name which is computed and not drawn.
 *
 * Whoever computes an id twice gets the same one, so a repeated fact is told under the same name
 * and readers that drop names they have seen count each fact once. Pure functions; outputs are
 * NUL-terminated text in the caller's arrays.
 */
#ifndef BECKON_IDS_H
#define BECKON_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define IDS_NAME_MAX 64		   /* tenant, invite: [A-Za-z0-9_-] */
#define IDS_CHANNEL_MAX 8	   /* [a-z] */
#define IDS_NUMBER_MAX 2147483647u /* generation, turn, n */

#define IDS_DELIVERY_SIZE (2 * (IDS_NAME_MAX + 1) + 2 * (10 + 1) + IDS_CHANNEL_MAX + 1)
#define IDS_KEY_SIZE (2 * IDS_NAME_MAX + 2)
#define IDS_OUTCOME_SIZE 27 /* 16 bytes in base32 */
#define IDS_HASH_SIZE 23    /* 16 bytes in base64url */

#define IDS_EMAIL "email"
#define IDS_SMS "sms"

/* The constant of that name; NULL = it is no channel of ours. */
const char *ids_channel(const char *name);

/* One message to one person by one channel; n = 0 is the invitation, 1... its reminders. */
struct delivery {
	char tenant[IDS_NAME_MAX + 1];
	char invite[IDS_NAME_MAX + 1];
	char channel[IDS_CHANNEL_MAX + 1];
	uint32_t generation;
	uint32_t n;
};

/* Is s (n bytes) usable as tenant or invite: 1 to 64 of [A-Za-z0-9_-]? */
bool ids_name_ok(const char *s, size_t n);

/* "<tenant>/<invite>.<generation>.<channel>.<n>". d holds names that were checked. Returns out. */
const char *ids_delivery_build(const struct delivery *d, char out[IDS_DELIVERY_SIZE]);

/* The reverse; accepts exactly what ids_delivery_build writes. ERR_INVALID, *out untouched. */
int ids_delivery_parse(const char *text, struct delivery *out, struct err *e);

/* "<tenant>/<invite>": the key of an invite's records in every topic of ours. Returns out. */
const char *ids_key(const char *tenant, const char *invite, char out[IDS_KEY_SIZE]);

/* An outcome's id: of a delivery's turn, or of the answer to an event (its source and id). */
void ids_outcome_of_delivery(const char *tenant, const char *delivery, uint32_t turn,
			     const char *word, char out[IDS_OUTCOME_SIZE]);

struct ids_event {
	const char *source, *id; /* CloudEvents: together the identity of an event */
};

void ids_outcome_of_event(const char *tenant, struct ids_event event, uint32_t turn,
			  const char *word, char out[IDS_OUTCOME_SIZE]);

/* An event's identity in 22 characters, for keys in Redis. */
void ids_event_hash(struct ids_event event, char out[IDS_HASH_SIZE]);

/* Names a recipient without telling the address: keyed, so that nobody without the key can try
   addresses. channel "email" or "sms"; address normalised. */
struct ids_recipient {
	const char *channel, *address;
};

void ids_recipient_hash(const void *key, size_t key_len, struct ids_recipient who,
			char out[IDS_HASH_SIZE]);

#endif
