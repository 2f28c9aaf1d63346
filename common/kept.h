/*
 * kept - the request that an invite keeps, and the jobs that are made from it.
 *
 * What was asked first stays beside the invite's state (r:, see guard.h) as the data of an
 * invite.requested; release and resend write what they change over it. Every job is made from it by
 * the same function, today, when a plan is replayed, and when Redis is rebuilt. Pure.
 */
#ifndef BECKON_KEPT_H
#define BECKON_KEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "err.h"
#include "ids.h"
#include "job.h"
#include "request.h"
#include "tenant.h"

#define KEPT_NOT_AFTER_MS ((int64_t)7 * 86400 * 1000) /* where the request names no end */
#define KEPT_ADDRESS_KEY_SIZE (IDS_KEY_SIZE + 4 * REQUEST_SCOPE_MAX + IDS_HASH_SIZE)

/* What is kept, read and checked. */
struct kept {
	json_t *data;		/* owned */
	struct request request; /* points into data */
	char recipient_hash[IDS_HASH_SIZE], recipient_masked[ADDRESS_MASK_SIZE];
	char address_key[KEPT_ADDRESS_KEY_SIZE]; /* tenant/scope/kind/hash; "" = no address */
};

/* Reads the data of an invite.requested and takes it over, whatever becomes of it. recipient_key
   names recipients. ERR_INVALID: request.code and where say why, e in words; the rest may not be
   read. NULL data is no request at all. */
int kept_read(json_t *data, const char *recipient_key, struct kept *out, struct err *e);
void kept_clear(struct kept *k);

/* The key's name for a checked request: hash, mask and address_key of out. */
void kept_name_recipient(const struct request *q, const char *recipient_key, struct kept *out);

/* kept with what a release or resend changes: note and subject, recipient, ttl_s, credentials. A
   resend also forgets the schedule, which was the first sending's. Returns a new reference. */
json_t *kept_change(const json_t *kept, enum request_type type, const json_t *change);

/* Which delivery, and what of it is not in the kept request. */
struct kept_delivery {
	int64_t generation, n;
	const char *request_source, *request_id, *traceparent; /* of the event that asks for it */
	int64_t asked_ms;				       /* when that was first seen */
	int64_t template_version; /* the newest that was known then; 0 = nobody looked */
	/* Of reminders: the link's end and the key that signed it; else 0 and NULL. */
	int64_t expires_ms;
	const char *kid;
};

/* The job of a delivery. It borrows from k, tenant and d. */
struct job kept_job(const struct kept *k, const struct tenant *tenant,
		    const struct kept_delivery *d);

/* The latest moment at which a request seen at asked_ms may leave. */
int64_t kept_not_after(const struct request *q, int64_t asked_ms);

#endif
