/*
 * tenant_defaults - what holds for a tenant where nobody has said anything, and how what is said
 * lies over it. As JSON, in the form of contract.md's settings, so that it can be shown.
 */
#ifndef BECKON_TENANT_DEFAULTS_H
#define BECKON_TENANT_DEFAULTS_H

#include <jansson.h>

/* What beckon itself says. A new reference. */
json_t *tenant_defaults(void);

/* Lays the settings of over upon those of under, as loading them would: objects member by member,
   hours as one value. over is not changed, and may be NULL. */
void tenant_lay(json_t *under, const json_t *over);

/* A setting's value with its members: `reminder: off` is {count: 0}. A new reference. */
json_t *tenant_spelled(const char *setting, const json_t *value);

#endif
