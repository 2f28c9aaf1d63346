/*
 * dispatcher - turns what is asked of an invite into deliveries: now, later, or refused.
 *
 * One batch of works is two questions to Redis: claim (is each event mine, what is known of its
 * invite) and decide (compare-and-set, with the address and the tenant's slot). Between them stands
 * decide(), pure. Most invitations are new, so the first question is left out for them; the second
 * finds where that was wrong. Then the records are appended; offsets follow their acknowledgement.
 * Whatever was decided and not acknowledged is replayed from the stored plan.
 */
#ifndef BECKON_DISPATCHER_H
#define BECKON_DISPATCHER_H

#include "dns.h"
#include "draw.h"
#include "lobby.h"
#include "seal.h"
#include "stage.h"
#include "tenant.h"

struct dispatcher_settings {
	json_t *tenants;
	char *recipient_key;
	bool allow_reserved;
	bool dns_mx;
	char *dns_servers;
	int64_t dns_timeout_ms, dns_memory_ms;
	char *seal_public_file;
	int64_t mint_threads;
};

struct dispatcher {
	struct dispatcher_settings settings;
	struct run *run;
	struct ask *asks;   /* STAGE_BATCH_MAX of them, for the batch in hand */
	int32_t partitions; /* of the input: where a key belongs */
	struct dns *dns;    /* NULL = domains are not asked for */
	struct lobby *lobby;
	struct draws *draws;	  /* passwords that events wait for */
	struct seal_public fleet; /* the key that they are sealed for */
	bool seals;		  /* there is one */
	int64_t redis_ahead_ms;	  /* of our monotonic clock, without the skew */
	bool knows_clock;
	struct metric *forwarded, *dead, *waiting, *minting;
};

/* How many partitions the input has tells where a key belongs. A broker that is away is no reason
   not to start: it is asked again when there are records of it. */
int dispatcher_know_partitions(struct dispatcher *d, struct err *e);

int dispatcher_check(const void *settings, struct err *e);
int dispatcher_open(void *ctx, struct run *r, struct err *e);
int dispatcher_handle(void *ctx, struct work **works, size_t n, struct err *e);
bool dispatcher_refused(void *ctx, struct work *w);
int64_t dispatcher_tick(void *ctx);
void dispatcher_revoked(void *ctx, struct work *w);
size_t dispatcher_draining(void *ctx, bool over);
void dispatcher_reloaded(void *ctx);
void dispatcher_close(void *ctx);

#endif
