#include "api.h"
#include "auth.h"
#include "mem.h"
#include "openapi_yaml.h"

static void openapi(struct web_request *q, struct http_response *a)
{
	(void)q;
	a->type = "application/yaml";
	a->fixed = openapi_yaml;
	a->fixed_len = sizeof(openapi_yaml) - 1;
}

static void session(struct web_request *q, struct http_response *a)
{
	const struct web_person *p = &q->person;
	json_t *who = json_pack("{ss,ss,ss}", "id", p->id, "role", web_roles[p->role], "tenant",
				p->tenant);

	if (*p->name)
		json_object_set_new(who, "name", json_string(p->name));
	if (*p->email)
		json_object_set_new(who, "email", json_string(p->email));
	if (*p->csrf)
		json_object_set_new(who, "csrf", json_string(p->csrf));
	if (p->proof == WEB_PROOF_SESSION)
		json_object_set_new(who, "sign_out", json_true());
	web_json(a, 200, who);
}

static void sign_out(struct web_request *q, struct http_response *a)
{
	struct err e;
	int r = auth_end(q->ctx, q->local, q, a, &e);

	if (r)
		web_fail(a, r, &e);
	else
		a->status = 204;
}

static const struct web_route routes[] = {
	{ "GET", "/v1/openapi.yaml", WEB_PRIVATE, WEB_ANYONE, .handle = openapi },
	{ "GET", "/v1/session", WEB_PRIVATE, WEB_VIEWER, .handle = session },
	{ "DELETE", "/v1/session", WEB_PRIVATE, WEB_VIEWER, .handle = sign_out },
};

struct web_module api_meta_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
