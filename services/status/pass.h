/*
 * pass - a share of the invites, made anew: what was told of them, what was asked, what is written.
 *
 * A rebuild takes the invites in shares that fit into memory. Of each share it first reads all that
 * was told (pass_told), which says what became of every event, then all that was asked
 * (pass_asked), which says for whom and keeps it. Then the share is turned over (pass_turn) and
 * written (pass_write) while the next one is read, since Redis is busy with the one and we are with
 * the other; what is written is forgotten. Keys of guard.h that need nothing more to be known are
 * written at once.
 */
#ifndef BECKON_PASS_H
#define BECKON_PASS_H

#include "cloudevent.h"
#include "fold.h"
#include "guard_refill.h"
#include "outcome.h"
#include "table.h"
#include "tenant.h"
#include "token.h"

struct pass_invite {
	const char *key;
	struct fold fold;
	char *address; /* key behind a: that its request names; NULL = none */
	int64_t ttl_s; /* of its link; 0 = the tenant's */
	bool ladder;   /* its request asks for one, and has a number for it */
	char *kept;    /* its request, to be written; NULL = there is none, or it is long and Redis
			  has it */
	size_t kept_len;
	int64_t asked_ms[FOLD_DELIVERIES];
	int64_t timer_turn; /* the highest that was put back */
	char name[];
};

/* What was told to an event: the plan that was stored with it. */
struct pass_event {
	const char *key;
	enum outcome_word word;
	bool by_dispatcher;			  /* else it is known from its delivery alone */
	bool placed;				  /* its record was found */
	bool sms, ladder, beside, superseded_sms; /* as in struct plan */
	int32_t n;
	int64_t generation, turn, superseded, slot_ms, told_ms;
	const char *prev, *code; /* static */
	char *other, *where;
	char hash[IDS_HASH_SIZE];
};

/* How far a tenant's slots are reserved. */
struct pass_line {
	const char *key;
	int64_t to_us;
	char name[IDS_NAME_MAX + 8];
};

struct pass_options {
	struct guard *guard;
	const struct keyring *ring; /* NULL = which key signed a link is not found out */
	const char *topic_requested, *topic_email, *topic_sms;
	int64_t event_memory_ms, delivery_memory_ms;
};

struct pass {
	const struct pass_options *o;
	const struct tenants *tenants;
	const struct catalog *catalog; /* NULL = none is known */
	const char *recipient_key;
	int64_t now_ms;
	int32_t partitions;		 /* of the topic of requests: where a key belongs */
	struct table_of invites, events; /* of the share that is read */
	struct table_of ending;		 /* invites of the one that is written */
	size_t at;			 /* of these the next */
	struct table_of lines;		 /* of all shares */
	struct refill_batch batch;	 /* gathered until pass_send */
	int64_t written, parked, timers; /* over all shares */
};

/* Commands are queued; whoever calls sends them now and then. */
void pass_told(struct pass *p, const struct record *r);
int pass_asked(struct pass *p, const struct record *r, struct err *e);

/* What is queued leaves, and Redis works while the next is prepared. */
int pass_send(struct pass *p, struct err *e);

/* The share has been read, and may be written. The one before has been. */
void pass_turn(struct pass *p);

/* Writes up to max invites, and sends all commands; *more: there are others. */
int pass_write(struct pass *p, size_t max, bool *more, struct err *e);
void pass_write_lines(struct pass *p);

/* Makes i->kept what is kept of it, wherever that is. */
int pass_read_kept(struct pass *p, struct pass_invite *i, struct err *e);
void pass_free_invite(struct pass_invite *i);

void pass_clear(struct pass *p);

#endif
