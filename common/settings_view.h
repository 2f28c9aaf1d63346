/*
 * settings_view - what topic invite-settings says, folded: the settings of tenants, the pauses, and
 * who is not to be written to.
 *
 * Records are taken in the order of the topic, the last one of a key holds; a tombstone takes it
 * away. A record that is wrong, or of a format that this program does not know, is refused and
 * changes nothing. Sections of others (keys) are passed over. Pure.
 */
#ifndef BECKON_SETTINGS_VIEW_H
#define BECKON_SETTINGS_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "pause.h"
#include "record.h"
#include "suppress.h"
#include "tenant.h"

#define SETTINGS_FORMAT 1

struct settings_view;

/* base: the configuration's `tenants`, may be NULL; what the topic says of a tenant stands above
   what base says of it. ERR_FATAL as tenants_load. */
int settings_view_new(struct settings_view **out, const json_t *base, struct err *e);
void settings_view_free(struct settings_view *v);

/* Takes a record. *changed (may be NULL): it said something of those. ERR_INVALID with
   why it is refused; no value is repeated that could be an address. */
int settings_view_take(struct settings_view *v, const struct record *r, bool *changed,
		       struct err *e);

/* What holds now; the caller holds it. */
struct tenants *settings_view_tenants(struct settings_view *v);
struct pauses *settings_view_pauses(const struct settings_view *v);
struct suppressions *settings_view_suppressions(struct settings_view *v);

/* The record of a tenant's settings ("*": of all) or of a pause's key, as it stands in the topic;
   borrowed, NULL = none. */
const json_t *settings_view_tenant(const struct settings_view *v, const char *tenant);
const json_t *settings_view_pause(const struct settings_view *v, const char *key);

/* Every pause's record by its key, those that were resumed too; borrowed. */
const json_t *settings_view_all_pauses(const struct settings_view *v);

#endif
