/*
 * api - the HTTP API's modules. What each route takes and answers is told by schemas/openapi.yaml.
 */
#ifndef BECKON_API_H
#define BECKON_API_H

#include "site.h"

/* The description of all routes, and who one is. */
struct web_module api_meta_module(struct site_shared *s);

/* Lists, counts, single invites, batches: everything that is read. */
struct web_module api_invites_module(struct site_shared *s);

/* What is asked of known invites, and of people who are not known yet. */
struct web_module api_act_module(struct site_shared *s);
struct web_module api_new_module(struct site_shared *s);

/* The processes of the fleet, its routes, and what waits in it: api_fleet.h. */
struct web_module api_fleet_module(struct site_shared *s);

/* Signing in by OpenID Connect. */
struct web_module api_sign_module(struct site_shared *s);

/* Settings and pauses of a tenant. */
struct web_module api_tenant_module(struct site_shared *s);

/* Changes as they happen, and what a link is worth. */
struct web_module api_live_module(struct site_shared *s);

#endif
