/*
 * api_fleet - handlers of the fleet's routes: its processes, its ways out, what waits in it.
 *
 * Numbers of the whole installation, of no single tenant. They stand in one table, api_fleet.c, so
 * that a thread has one Redis connection for all of them.
 */
#ifndef BECKON_API_FLEET_H
#define BECKON_API_FLEET_H

#include "web.h"

/* api_routes.c */
void api_routes_list(struct web_request *q, struct http_response *a);
void api_routes_test(struct web_request *q, struct http_response *a);

/* api_fleet_now.c */
void api_fleet_waiting(struct web_request *q, struct http_response *a);

#endif
