/*
 * suppress - who is not written to: an address that is dead, a person who complained or said no.
 *
 * Each is a record of topic invite-settings under <tenant>/suppress/<recipient hash>; a "*" in the
 * tenant's place stands for all of them. {format, suppressed, why, code, until, actor, time}: no
 * address, and nothing that one could be found by without the key. Pure; a struct suppressions
 * never changes and is held by reference, so every thread may ask. A hundred thousand cost 4 MB.
 */
#ifndef BECKON_SUPPRESS_H
#define BECKON_SUPPRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"

enum suppress_why {
	SUPPRESS_NOT,
	SUPPRESS_FAILED,    /* the address or number does not exist, or not any more */
	SUPPRESS_COMPLAINT, /* called spam by whoever got it */
	SUPPRESS_OPTED_OUT,
	SUPPRESS_BY_HAND,
	SUPPRESS_WHYS,
};
extern const char *const suppress_whys[SUPPRESS_WHYS]; /* "", "failed", "complaint" ... */
enum suppress_why suppress_why_find(const char *word); /* SUPPRESS_NOT = none */

/* What failed may be mended, so it is tried again after this time; what somebody said holds until
   it is taken back. */
#define SUPPRESS_FAILED_MS ((int64_t)90 * 24 * 60 * 60 * 1000)

#define SUPPRESS_KEY_SIZE (IDS_NAME_MAX + sizeof("/suppress/") + IDS_HASH_SIZE)

/* Builds a record's key; tenant NULL = of all. Returns out. */
const char *suppress_key(char out[SUPPRESS_KEY_SIZE], const char *tenant, const char *hash);

/* A key taken apart. False: it is no suppression's. */
struct suppress_who {
	char tenant[IDS_NAME_MAX + 1]; /* "*" = of all */
	char hash[IDS_HASH_SIZE];
};
bool suppress_key_read(const char *key, struct suppress_who *out);

/* The records as they are written, as JSON text that the caller frees. code, actor: NULL = not
   told; until_ms 0 = without end. */
struct suppress_record {
	enum suppress_why why; /* SUPPRESS_NOT: it is taken back */
	const char *code, *actor;
	int64_t until_ms, time_ms;
};
char *suppress_record_text(const struct suppress_record *r);

/* What a record says. ERR_INVALID with why it is refused. */
struct suppress_said {
	bool suppressed;
	int64_t until_ms; /* 0 = without end */
};
int suppress_record_read(const json_t *record, struct suppress_said *out, struct err *e);

/* ---- all of them ---- */

struct suppressions;

/* One that says something new of somebody. */
struct suppress_change {
	struct suppress_who who;
	struct suppress_said said;
};

/* What holds once n changes are made, the last of one person standing; former may be NULL and is
   left as it is. */
struct suppressions *suppressions_next(const struct suppressions *former,
				       const struct suppress_change *changes, size_t n);
struct suppressions *suppressions_hold(struct suppressions *s);
void suppressions_free(struct suppressions *s); /* one holder less; NULL is fine */

/* Is this person of this tenant not to be written to at now_ms? */
bool suppressions_find(const struct suppressions *s, const char *tenant, const char *hash,
		       int64_t now_ms);

#endif
