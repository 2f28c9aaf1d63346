/* Relays and SMS providers: how they do, and a test of one of them. */
#include <stdio.h>
#include <string.h>

#include "api_ask.h"
#include "api_fleet.h"
#include "ids.h"
#include "now.h"
#include "routes_seen.h"

#define TEST_TTL_S 300	     /* how long the link of a test lives */
#define TEST_WAITS_MS 600000 /* and the test for a way that is closed */
#define TO_BYTES_MAX 254
#define INVITE_SIZE (sizeof("test-") + ASK_ID_SIZE)

static int seen(struct web_request *q, json_t **items, struct err *e)
{
	const struct site_shared *shared = q->ctx;

	return routes_seen(guard_redis(q->local), shared->common->redis_prefix, items, e);
}

void api_routes_list(struct web_request *q, struct http_response *a)
{
	json_t *items;
	struct err e;
	int r = seen(q, &items, &e);

	if (r)
		web_fail(a, r, &e);
	else
		web_json(a, 200, json_pack("{so}", "items", items));
}

/* ---- a test ---- */

/* The channel and route of the path. */
struct tested {
	const char *channel, *route, *to;
};

static bool is_of(const json_t *item, const struct tested *t)
{
	const char *channel = json_string_value(json_object_get(item, "channel"));
	const char *route = json_string_value(json_object_get(item, "route"));

	return channel && route && !strcmp(channel, t->channel) && !strcmp(route, t->route);
}

/* False: answered. */
static bool route_known(struct web_request *q, const struct tested *t, struct http_response *a)
{
	json_t *items, *item;
	bool known = false;
	struct err e;
	size_t i;
	int r = seen(q, &items, &e);

	if (r) {
		web_fail(a, r, &e);
		return false;
	}
	json_array_foreach (items, i, item)
		known |= is_of(item, t);
	json_decref(items);
	if (!known)
		web_problem(a, 404, "not_found", "no courier tells of such a route");
	return known;
}

/* To whom: the body says so, else an e-mail goes to who asks. False: answered. */
static bool read_to(struct web_request *q, struct tested *t, struct http_response *a)
{
	bool email = !strcmp(t->channel, IDS_EMAIL);
	json_t *to = json_object_get(q->json, "to");
	size_t known = to != NULL;

	t->to = to ? json_string_value(to) : email ? q->person.email : "";
	if (json_object_size(q->json) != known || (to && (!t->to || !*t->to)) ||
	    (to && json_string_length(to) > TO_BYTES_MAX)) {
		web_problem(a, 422, "invalid", "to: an address or number of 1 to %d bytes",
			    TO_BYTES_MAX);
		return false;
	}
	if (*t->to)
		return true;
	web_problem(a, 422, "recipient_missing",
		    email ? "no e-mail address is known of you" : "to: a number of your own");
	return false;
}

/* An invite of its own, to nobody else, whose link ends soon. */
static json_t *test_data(const struct web_request *q, const struct tested *t, const char *invite)
{
	bool email = !strcmp(t->channel, IDS_EMAIL);
	char not_after[NOW_TEXT_SIZE];
	json_t *recipient = json_pack("{ss}", email ? "email" : "phone", t->to);

	now_text(q->now_ms + TEST_WAITS_MS, not_after);
	if (*q->person.name)
		json_object_set_new(recipient, "name", json_string(q->person.name));
	return json_pack("{so,ss,ss,ss,ss,ss,s{ss},s{si},s{ss}}", "recipient", recipient, "channel",
			 t->channel, "send", "now", "trigger", "manual", "scope", invite, "route",
			 t->route, "schedule", "not_after", not_after, "link", "ttl_s", TEST_TTL_S,
			 "metadata", "test", "route");
}

void api_routes_test(struct web_request *q, struct http_response *a)
{
	struct tested t = { .channel = q->params[1], .route = q->params[2] };
	char id[ASK_ID_SIZE], invite[INVITE_SIZE];
	struct ask k;

	if (!ask_begin(&k, q, "route-test", a))
		return;
	if (route_known(q, &t, a) && read_to(q, &t, a)) {
		ask_name(&k, "test", 0, id);
		snprintf(invite, sizeof(invite), "test-%s", id);
		ask_add(&k, ACT_REQUEST, invite, test_data(q, &t, invite), 0);
		ask_answer(&k, json_pack("{ss}", "invite", invite), a);
	}
	ask_end(&k);
}
