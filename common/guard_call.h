/*
 * guard_call - how operations are written for the scripts: for guard*.c and later*.c only.
 *
 * An operation is a list of arguments in the order that the script's answer() unpacks. Operations
 * of one script that follow one another travel as one call (a batch), which spares Redis the better
 * part of its work: the check of the epoch, the time and the call itself are paid once.
 */
#ifndef BECKON_GUARD_CALL_H
#define BECKON_GUARD_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "guard.h"

struct redis;
struct redis_reply;
struct redis_script;

enum guard_script {
	SCRIPT_EVENT,
	SCRIPT_DECIDE,
	SCRIPT_CLAIM,
	SCRIPT_SETTLE,
	SCRIPT_RELEASE,
	SCRIPT_DROP,
	SCRIPT_LATER_PARK,
	SCRIPT_LATER_CANCEL,
	SCRIPT_LATER_LEASE,
	SCRIPT_LATER_DROP,
	SCRIPT_LATER_LIST,
	SCRIPT_LATER_STATS,
	SCRIPT_LATER_GROUPS,
	SCRIPT_LATER_FORWARD,
	SCRIPT_VIEW,
	SCRIPT_VIEW_GONE,
	SCRIPT_RECEIPT,
	SCRIPT_EPOCH, /* the one that is no batch */
	SCRIPT_COUNT
};

#define CALL_FIELDS_MAX 64 /* of an invite's state, written by one decide or settle */
#define CALL_LIMITS_MAX 16
#define CALL_ARGS_MAX 192

/* One operation. Bytes are borrowed until guard_add_call. */
struct guard_call {
	const char *argv[CALL_ARGS_MAX];
	size_t len[CALL_ARGS_MAX];
	size_t n;
	char text[1024]; /* of numbers and coordinates */
	size_t used;
};

void call_begin(struct guard_call *c);
void call_str(struct guard_call *c, const char *s); /* NULL = "" */
void call_bytes(struct guard_call *c, const char *bytes, size_t len);
void call_int(struct guard_call *c, int64_t v);
void call_coords(struct guard_call *c, const struct coords *at);
void call_fields(struct guard_call *c, const struct guard_field *fields, size_t n);
void call_limit(struct guard_call *c, const struct guard_limit *l);

/* Operations that become one call. */
struct guard_batch {
	enum guard_script script;
	size_t operations;
	struct buf words; /* of all operations, as redis_word writes them */
	size_t n;
};

bool batch_takes(const struct guard_batch *b, enum guard_script s);
void batch_add(struct guard_batch *b, enum guard_script s, const struct guard_call *c);
void batch_reset(struct guard_batch *b);
void batch_clear(struct guard_batch *b);

/* Queues the batch: what every script begins with (prefix, epoch, run_id, skew, holder,
   incarnation, memory of events and of deliveries in ms), then the operations. */
#define BATCH_HEAD 8
void batch_send(const struct guard_batch *b, struct redis *r, struct redis_script *script,
		const char *const head[BATCH_HEAD]);

/* Queues an operation. fill (NULL = nobody asks) is handed its reply and out by the next guard_run,
   if that succeeds. */
typedef void guard_fill(const struct redis_reply *v, void *out);
void guard_add_call(struct guard *g, enum guard_script s, const struct guard_call *c,
		    guard_fill *fill, void *out);

const struct guard_options *guard_options(const struct guard *g);

#endif
