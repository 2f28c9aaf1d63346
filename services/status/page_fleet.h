/*
 * page_fleet - what waits in the whole fleet, and why: for the dashboard's page of that name.
 *
 * Numbers of all tenants together, so for those alone who may see all tenants.
 */
#ifndef BECKON_PAGE_FLEET_H
#define BECKON_PAGE_FLEET_H

#include "site.h"
#include "web.h"

struct web_module page_fleet_module(struct site_shared *shared);

#endif
