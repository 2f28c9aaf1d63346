/*
 * settings_record - the records of topic invite-settings as they are written. Pure.
 *
 * A tenant's settings: {format, version, actor, time, previous_sha256, sha256, settings, history}.
 * The version counts up, so that who changes them can be sure of what was read; the hashes and the
 * history (the last changes: version, actor, time, sha256) tell who changed what when without
 * telling values. A pause: {format, paused, reason, until, actor, time}.
 */
#ifndef BECKON_SETTINGS_RECORD_H
#define BECKON_SETTINGS_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "err.h"

#define SETTINGS_HISTORY_MAX 20
#define SETTINGS_HASH_SIZE 65

/* Who changes something, and when. */
struct settings_author {
	const char *actor;
	int64_t time_ms;
};

/* The record that makes settings the tenant's; former is the one that holds (NULL = none). A new
   reference. */
json_t *settings_record_next(const json_t *former, const json_t *settings,
			     const struct settings_author *author);

/* 0 where there is no record. */
int64_t settings_record_version(const json_t *record);

/* until_ms 0 = until resumed. reason is at most PAUSE_REASON_MAX bytes, one line. */
json_t *settings_record_pause(const char *reason, int64_t until_ms,
			      const struct settings_author *author);
json_t *settings_record_resume(const char *reason, const struct settings_author *author);

/* Sets "sender.from" to value (takes the reference), or forgets it where value is NULL.
   ERR_INVALID: a part of the path is no mapping. What is wrong with the value is found by
   tenants_load. */
int settings_set(json_t *settings, const char *path, json_t *value, struct err *e);

/* SHA-256 of the settings in canonical form (sorted keys). */
void settings_hash(const json_t *settings, char out[SETTINGS_HASH_SIZE]);

#endif
