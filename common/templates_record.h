/*
 * templates_record - the records of topic invite-templates as they are written. Pure.
 *
 * {format, version, actor, time, sha256, parts, history}. parts holds the sources by name (subject,
 * text, html, sms); null = the installation's template holds again. The version grows with each
 * change of the name in any locale, so a job can say how much a courier must know. history holds
 * the last changes with their parts, so that each can be shown and restored; the oldest go where
 * the record would be too large.
 */
#ifndef BECKON_TEMPLATES_RECORD_H
#define BECKON_TEMPLATES_RECORD_H

#include <jansson.h>

#include "catalog.h"
#include "err.h"
#include "settings_record.h"

#define TEMPLATES_HISTORY_MAX 20

/* The record that makes parts (an object, or null; borrowed) hold from now on; former is the one
   that holds (NULL = none), newest the version of the name (catalog_version). ERR_INVALID: larger
   than a record may be. The caller decrefs *out. */
int templates_record_next(json_t **out, const json_t *former, unsigned newest, json_t *parts,
			  const struct settings_author *author, struct err *e);

/* The record of a tenant's own, read from what the catalog keeps: a new reference, NULL = none. */
json_t *templates_record_of(const struct catalog *c, const char *tenant, const char *name,
			    const char *locale);

/* The parts as JSON; those that the source has not are left out. A new reference. */
json_t *templates_record_parts(const struct catalog_source *s);

/* The other way round: a source that borrows the parts' texts. */
void templates_record_source(const json_t *parts, struct catalog_source *out);

/* The same where somebody else wrote them: ERR_INVALID unless they are null, or an object of at
   least one of the parts and nothing else. */
int templates_record_read(const json_t *parts, struct catalog_source *out, struct err *e);

/* The change that made this version: the record itself, or one of its history; borrowed, NULL =
   none that is kept. */
const json_t *templates_record_version(const json_t *record, int64_t version);

#endif
