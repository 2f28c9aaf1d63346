/*
 * pause - what has been stopped on purpose: everything, a tenant, a batch, a provider, a domain.
 *
 * A pause is a record of topic invite-settings, whose key names it: <tenant>/pause/tenant,
 * <tenant>/pause/batch/<name>, <tenant>/pause/provider/<name>, <tenant>/pause/domain/<name>, and
 * all but the first also with "*" in the tenant's place, for all of them; "all" only so. Pure; a
 * struct pauses never changes and is held by reference, so every thread may ask.
 */
#ifndef BECKON_PAUSE_H
#define BECKON_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"

#define PAUSE_NAME_MAX 254 /* bytes of a batch, a provider, a domain */
#define PAUSE_REASON_MAX 200
#define PAUSE_KEY_SIZE (IDS_NAME_MAX + PAUSE_NAME_MAX + 24)

enum pause_scope {
	PAUSE_ALL,
	PAUSE_TENANT,
	PAUSE_BATCH,
	PAUSE_PROVIDER,
	PAUSE_DOMAIN,
	PAUSE_SCOPES,
};

extern const char *const pause_scopes[PAUSE_SCOPES]; /* "all", "tenant" ... */

struct pause {
	char key[PAUSE_KEY_SIZE]; /* of its record */
	enum pause_scope scope;
	char reason[PAUSE_REASON_MAX + 1];
	int64_t until_ms; /* 0 = until it is resumed */
};

/* Builds the key of a pause's record: tenant NULL = of all; name NULL for `all` and `tenant`.
   Returns out. */
const char *pause_key(char out[PAUSE_KEY_SIZE], const char *tenant, enum pause_scope scope,
		      const char *name);

/* What a key says. False: it is no pause's, or one that this program does not know. */
bool pause_key_scope(const char *key, enum pause_scope *scope);

struct pauses;

struct pauses *pauses_new(const struct pause *list, size_t n); /* copies */
struct pauses *pauses_hold(struct pauses *p);
void pauses_free(struct pauses *p); /* one holder less; NULL is fine */

/* Who asks: what a delivery belongs to. NULL = nothing of the kind. */
struct pause_for {
	const char *tenant, *batch, *provider, *domain;
};

/* The pause that stops such a delivery at now_ms, `all` last; NULL = none. */
const struct pause *pause_find(const struct pauses *p, const struct pause_for *who, int64_t now_ms);

/* The pause behind a key; NULL = it is over, or there is none. */
const struct pause *pause_of(const struct pauses *p, const char *key, int64_t now_ms);

/* What is stopped together is brought back together, when its group does not hold any more: with
   its pause, and where it is a provider's with any change of which providers are paused, since
   another may serve as well. */
const char *pause_group(const struct pauses *p, const struct pause *stopped_by, int64_t now_ms,
			char out[PAUSE_KEY_SIZE]);
bool pause_group_holds(const struct pauses *p, const char *group, int64_t now_ms);

/* How many pauses of a kind hold at now_ms. */
size_t pauses_count(const struct pauses *p, enum pause_scope scope, int64_t now_ms);

#endif
