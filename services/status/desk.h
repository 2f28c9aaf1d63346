/*
 * desk - what topic invite-settings says, for those who ask over HTTP: keys, settings, pauses.
 *
 * A thread of its own follows the topic; everything is answered from a snapshot, as copies, to any
 * thread. Changing a tenant's settings takes the lock that the tool takes, and reads the topic's
 * end under it, so that nobody's change is lost.
 */
#ifndef BECKON_DESK_H
#define BECKON_DESK_H

#include "apikey.h"
#include "guard.h"
#include "kafka.h"
#include "outlet.h"

struct desk;

struct desk_options {
	struct kafka_properties kafka;
	const char *topic, *redis_prefix;
	const json_t *base; /* the configuration's `tenants`; may be NULL */
	struct outlet *outlet;
	int wake_fd; /* the loop's */
};

/* o's pointers are borrowed until desk_close. */
struct desk *desk_open(const struct desk_options *o);
void desk_close(struct desk *d); /* takes NULL */

/* Takes what is new; from the loop. Why nothing is known yet; NULL = it is. */
const char *desk_look(struct desk *d);

/* A key that holds, copied. False: there is none. */
struct desk_key {
	char id[APIKEY_ID_SIZE], tenant[IDS_NAME_MAX + 1], role[16], name[APIKEY_NAME_MAX + 1];
};
bool desk_key(struct desk *d, const char *text, int64_t now_ms, struct desk_key *out);

/* The record of a tenant's settings ("*": of all); NULL = nothing was set. A new reference. */
json_t *desk_settings(struct desk *d, const char *tenant);
/* What holds where a tenant ("*": all) has set nothing: what beckon says, the configuration says of
   all, was set for all, and the configuration says of this one. A new reference. */
json_t *desk_defaults(struct desk *d, const char *tenant);
/* Every pause's record by its key. A new reference. */
json_t *desk_pauses(struct desk *d);

/* Sets all of a tenant's settings. *out: the new record, a new reference. DESK_OLD: version is not
   the one that holds. ERR_INVALID: no service would take them; ERR_AGAIN. */
#define DESK_OLD 1
struct desk_change {
	const char *tenant, *actor;
	int64_t version; /* that was read */
	const json_t *settings;
};
int desk_set(struct desk *d, struct guard *g, const struct desk_change *c, json_t **out,
	     struct err *e);

/* Appends a record (a pause's) and waits a moment until it is followed here. */
int desk_put(struct desk *d, const char *key, const json_t *record, struct err *e);

#endif
