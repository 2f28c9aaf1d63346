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
#include "phone.h"
#include "request.h"
#include "tenant.h"

#define KEPT_NOT_AFTER_MS ((int64_t)7 * 86400 * 1000) /* where the request names no end */
#define KEPT_ADDRESS_KEY_SIZE (IDS_KEY_SIZE + 4 * REQUEST_SCOPE_MAX + IDS_HASH_SIZE)

/* Whom its messages go to, and by which channel. */
struct kept_person {
	const char *channel; /* IDS_EMAIL or IDS_SMS; NULL = it has no address for any it may use */
	char to[ADDRESS_MAX + 1];	/* normal form of the address or number; "" = it is none */
	char region[PHONE_REGION_SIZE]; /* of a number */
	/* Why it cannot be written to, as error code and JSON pointer; NULL = it can. */
	const char *code, *where;
	char recipient_hash[IDS_HASH_SIZE], recipient_masked[ADDRESS_MASK_SIZE];
	char address_key[KEPT_ADDRESS_KEY_SIZE]; /* tenant/scope/kind/hash; "" = no address */
};

/* What is kept, read and checked. */
struct kept {
	json_t *data;		/* owned */
	struct request request; /* points into data */
	struct kept_person person;
	struct kept_person second; /* a ladder's: the phone; channel NULL = there is no ladder */
};

/* Who names recipients and chooses channels. */
struct kept_terms {
	const char *recipient_key;
	const struct tenant *tenant;
};

/* Reads the data of an invite.requested and takes it over, whatever becomes of it. ERR_INVALID:
   request.code and where say why, e in words; the rest may not be read. NULL data is no request at
   all. */
int kept_read(json_t *data, const struct kept_terms *terms, struct kept *out, struct err *e);
void kept_clear(struct kept *k);

/* The channel that the invitation of a checked request begins with; NULL = there is no address. A
   tenant that is email_only has no other. */
const char *kept_channel(const struct request *q, const struct tenant *tenant);

/* Who is written to for k->request: person and second of k. Numbers are checked only where they are
   used. */
void kept_name_people(struct kept *k, const struct kept_terms *terms);

/* Another channel than the one that would be chosen now: a plan was made with it. */
void kept_use_channel(struct kept *k, const struct kept_terms *terms, const char *channel);

/* kept with what a release or resend changes: note and subject, recipient, ttl_s, credentials. A
   resend also forgets the schedule, which was the first sending's. Returns a new reference. */
json_t *kept_change(const json_t *kept, enum request_type type, const json_t *change);

/* Which delivery, and what of it is not in the kept request. */
struct kept_delivery {
	int64_t generation, n;
	bool second;	    /* to k->second; of n = 0 it is the SMS of the ladder */
	bool instead;	    /* to k->person, by SMS since the e-mail was refused */
	int64_t timer_turn; /* of such: of the timer that it arms */
	const char *request_source, *request_id, *traceparent; /* of the event that asks for it */
	int64_t asked_ms;				       /* when that was first seen */
	int64_t template_version; /* the newest that was known then; 0 = nobody looked */
	/* Of reminders and a ladder's SMS: the link's end and the key that signed it; else 0 and
	   NULL. */
	int64_t expires_ms;
	const char *kid;
};

/* The job of a delivery. It borrows from k, tenant and d. */
struct job kept_job(const struct kept *k, const struct tenant *tenant,
		    const struct kept_delivery *d);

/* The latest moment at which a request seen at asked_ms may leave. */
int64_t kept_not_after(const struct request *q, int64_t asked_ms);

#endif
