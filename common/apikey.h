/*
 * apikey - keys by which programs show who they are to the HTTP API.
 *
 * A key is drawn once and shown once: "bk_<id>_<secret>", the secret of 160 random bits. What is
 * kept is a record of topic invite-settings under <tenant>/apikey/<id> with the SHA-256 of the
 * secret, the role and a name; tenant "*" is every tenant. A tombstone takes a key away.
 */
#ifndef BECKON_APIKEY_H
#define BECKON_APIKEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"
#include "record.h"
#include "settings_record.h"

#define APIKEY_ID_SIZE 13   /* 60 random bits in base32 */
#define APIKEY_TEXT_SIZE 49 /* "bk_", the id, "_", the secret */
#define APIKEY_HASH_SIZE 65
#define APIKEY_KEY_SIZE (IDS_NAME_MAX + APIKEY_ID_SIZE + 8)
#define APIKEY_NAME_MAX 100
#define APIKEYS_MAX 10000 /* of all tenants */

extern const char *const apikey_roles[]; /* "viewer" ..., NULL at the end */

struct apikey_drawn {
	char id[APIKEY_ID_SIZE], hash[APIKEY_HASH_SIZE];
	char text[APIKEY_TEXT_SIZE]; /* the secret is in it: to be shown once and wiped */
};

void apikey_draw(struct apikey_drawn *out);

/* "<tenant>/apikey/<id>". Returns out. */
const char *apikey_key(const char *tenant, const char *id, char out[APIKEY_KEY_SIZE]);

/* What is kept of it; expires_ms 0 = never. A new reference. */
struct apikey_of {
	const char *role, *name;
	int64_t expires_ms;
};
json_t *apikey_record(const struct apikey_drawn *drawn, const struct apikey_of *of,
		      const struct settings_author *author);

/* ---- all keys that hold ---- */

struct apikeys;

struct apikeys *apikeys_new(void);
void apikeys_free(struct apikeys *k); /* takes NULL */
struct apikeys *apikeys_copy(const struct apikeys *k);

/* Takes a record of topic invite-settings; those of other sections are passed over. ERR_INVALID: it
   is wrong, or there are too many. */
int apikeys_take(struct apikeys *k, const struct record *r, bool *changed, struct err *e);

struct apikey {
	const char *id, *role, *name; /* borrowed */
	char tenant[IDS_NAME_MAX + 1];
	int64_t expires_ms;
};

/* Whose key is text? Time does not depend on the secret. False: no key, or it holds no more. Any
   thread, as long as nothing is taken. */
bool apikeys_find(const struct apikeys *k, const char *text, int64_t now_ms, struct apikey *out);

/* Every record by its key, borrowed. */
const json_t *apikeys_all(const struct apikeys *k);

#endif
