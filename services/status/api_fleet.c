/* The fleet's routes, and its processes: now, and how they did during the last hour. */
#include "api.h"
#include "api_fleet.h"
#include "lookout.h"
#include "mem.h"
#include "processes.h"

static void processes(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	json_t *items;
	struct err e;
	int r = processes_read(q->local, shared->common->redis_prefix, &items, &e);

	if (r == OK)
		web_json(a, 200, json_pack("{so}", "items", items));
	else
		web_fail(a, r, &e);
}

static void past(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;

	web_json(a, 200, lookout_past(shared->lookout));
}

static const struct web_route routes[] = {
	{ "GET", "/v1/processes", WEB_PRIVATE, WEB_OPERATOR, .handle = processes },
	{ "GET", "/v1/processes/past", WEB_PRIVATE, WEB_OPERATOR, .handle = past },
	{ "GET", "/v1/routes", WEB_PRIVATE, WEB_OPERATOR, .handle = api_routes_list },
	{ "POST", "/v1/tenants/{tenant}/routes/{channel}/{route}/test", WEB_PRIVATE, WEB_ADMIN,
	  WEB_JSON, .handle = api_routes_test },
	{ "GET", "/v1/fleet", WEB_PRIVATE, WEB_SUPER, .handle = api_fleet_waiting },
};

struct web_module api_fleet_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
