/*
 * guard_call - how one call of a script is written: for guard_*.c and later*.c only.
 *
 * A call begins with what every script checks (prefix, epoch, run_id, skew); the rest is added in the
 * order that the script's head comment lists. Bytes are borrowed until guard_call_add has queued the
 * call.
 */
#ifndef BECKON_GUARD_CALL_H
#define BECKON_GUARD_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "guard.h"

struct redis_reply;

enum guard_script {
	SCRIPT_EPOCH,
	SCRIPT_EVENT,
	SCRIPT_DECIDE,
	SCRIPT_CLAIM,
	SCRIPT_SETTLE,
	SCRIPT_RELEASE,
	SCRIPT_PARK,
	SCRIPT_CANCEL,
	SCRIPT_LEASE,
	SCRIPT_DROP,
	SCRIPT_STATS,
	SCRIPT_COUNT
};

#define CALL_FIELDS_MAX 64 /* of an invite's state, written by one decide or settle */
#define CALL_LIMITS_MAX 16
#define CALL_ARGS_MAX 256

struct guard_call {
	const char *argv[CALL_ARGS_MAX];
	size_t len[CALL_ARGS_MAX];
	int n;
	char text[4096]; /* of numbers and coordinates */
	size_t used;
};

void call_begin(struct guard_call *c, const struct guard *g);
void call_str(struct guard_call *c, const char *s); /* NULL = "" */
void call_bytes(struct guard_call *c, const char *bytes, size_t len);
void call_int(struct guard_call *c, int64_t v);
void call_coords(struct guard_call *c, const struct coords *at);
void call_fields(struct guard_call *c, const struct guard_field *fields, size_t n);
void call_limit(struct guard_call *c, const struct guard_limit *l);

/* Queues the call. fill is handed the reply and out by the next guard_run, if that succeeds. */
typedef void guard_fill(const struct redis_reply *v, void *out);
void call_add(struct guard *g, enum guard_script s, const struct guard_call *c, guard_fill *fill, void *out);

/* Queues a plain command. Its reply is not looked at. */
void call_add_command(struct guard *g, int argc, const char **argv);

const struct guard_options *guard_options(const struct guard *g); /* prefix, holder and numbers are set */

#endif
