/*
 * settings_show - a tenant's settings for people: what holds, and who says so.
 */
#ifndef BECKON_CLI_SETTINGS_SHOW_H
#define BECKON_CLI_SETTINGS_SHOW_H

#include <jansson.h>

#include "settings_view.h"

/* Every setting that somebody has made for the tenant or for all: value and origin. base is the
   configuration's `tenants`, may be NULL. */
void settings_show(const struct settings_view *v, const json_t *base, const char *tenant);

/* Version, time, actor and hash of the last changes; record may be NULL. */
void settings_show_history(const json_t *record);

#endif
