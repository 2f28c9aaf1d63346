/* What goes on: changes as they happen; and what a link is worth, for applications. */
#include <string.h>

#include "accept_store.h"
#include "api.h"
#include "crypto.h"
#include "hub.h"
#include "mem.h"
#include "now.h"
#include "token.h"

#define TOKEN_MAX 1024

static void events(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;

	a->stream = hub_listen(shared->hub, q->tenant);
	if (!a->stream) {
		web_problem(a, 503, "too_many", "too many listen already");
		http_add_header(a, "Retry-After", "30");
		return;
	}
	a->type = "text/event-stream";
	http_add_header(a, "X-Accel-Buffering", "no");
}

/* ---- links ---- */

static const char *const states[LINK_VERDICTS] = {
	[LINK_VALID] = "good",
	[LINK_EXPIRED] = "expired",
	[LINK_SUPERSEDED] = "superseded",
	[LINK_CANCELLED] = "cancelled",
	[LINK_ACCEPTED] = "accepted",
	[LINK_DECLINED] = "declined",
	[LINK_UNKNOWN] = "invalid",
};

/* Whose link is it, if the ring has signed it? Another tenant's is nobody's. */
static bool is_ours(const struct web_request *q, const char *token, const struct accept_link *l)
{
	const struct site_shared *shared = q->ctx;
	struct token_for whose = { l->tenant,
				   strchr(l->invite, '/') ? strchr(l->invite, '/') + 1 : "",
				   (uint32_t)l->generation };

	if (!*l->invite || (strcmp(q->person.tenant, "*") && strcmp(q->person.tenant, l->tenant)))
		return false;
	return !shared->ring || token_verify(shared->ring, token, whose);
}

static json_t *verdict_of(const struct web_request *q, const char *token,
			  const struct accept_link *l)
{
	char time[NOW_TEXT_SIZE];
	json_t *out;

	if (!is_ours(q, token, l))
		return json_pack("{ss}", "state", states[LINK_UNKNOWN]);
	enum link_verdict verdict = link_judge(&l->facts, l->invite, l->generation);
	const char *state = accept_store_answer(l, verdict);

	out = json_pack("{ss,ss,ss,sI}", "state", state ? state : states[verdict], "tenant",
			l->tenant, "invite", strchr(l->invite, '/') + 1, "generation",
			(json_int_t)l->generation);
	if (l->facts.expires_ms)
		json_object_set_new(out, "expires_at",
				    json_string(now_text(l->facts.expires_ms, time)));
	return out;
}

static void verify(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	const char *token = web_text(q, "token");
	char sha256[ACCEPT_SHA_SIZE];
	struct accept_link link = { 0 };
	struct err e;
	int r;

	if (!token || !*token || strlen(token) > TOKEN_MAX || json_object_size(q->json) != 1) {
		web_problem(a, 422, "invalid", "token: a text of at most %d bytes", TOKEN_MAX);
		return;
	}
	token_sha256(token, sha256);
	r = guard_ready(q->local, &e);
	if (r == OK)
		r = accept_store_look(guard_redis(q->local), shared->common->redis_prefix, sha256,
				      &link, &e);
	if (r)
		web_fail(a, r, &e);
	else
		web_json(a, 200, verdict_of(q, token, &link));
	accept_link_clear(&link);
}

static const struct web_route routes[] = {
	{ "GET", "/v1/tenants/{tenant}/events", WEB_PRIVATE, WEB_VIEWER, .handle = events },
	{ "POST", "/v1/tokens/verify", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, .handle = verify },
};

struct web_module api_live_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
