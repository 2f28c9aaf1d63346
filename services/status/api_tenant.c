/* What a tenant has settled, and what is paused. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_ask.h"
#include "desk.h"
#include "form.h"
#include "idn.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "pause.h"
#include "settings_record.h"

static void audit(const struct web_request *q, const char *what)
{
	char by[WEB_ID_MAX + 1];

	log_info("ev=audit what=%s tenant=%s by=%s", what, q->tenant,
		 site_audit_name(q->ctx, &q->person, by));
}

/* ---- settings ---- */

static void answer_settings(const struct web_request *q, const json_t *record,
			    struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	json_t *settings = json_object_get(record, "settings");
	json_t *history = json_object_get(record, "history");
	json_t *out = json_pack("{sI,so}", "version", (json_int_t)settings_record_version(record),
				"defaults", desk_defaults(shared->desk, q->tenant));

	json_object_set_new(out, "settings", settings ? json_incref(settings) : json_object());
	if (history)
		json_object_set(out, "history", history);
	web_json(a, 200, out);
}

static void get(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	json_t *record = desk_settings(shared->desk, q->tenant);

	answer_settings(q, record, a);
	json_decref(record);
}

static void set(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	const json_t *version = json_object_get(q->json, "version");
	struct desk_change c = { .tenant = q->tenant,
				 .actor = q->person.id,
				 .version = json_integer_value(version),
				 .settings = json_object_get(q->json, "settings") };
	json_t *record;
	struct err e;
	int r;

	if (!json_is_integer(version) || !json_is_object(c.settings) ||
	    json_object_size(q->json) != 2) {
		web_problem(a, 422, "invalid", "version (a number) and settings (an object)");
		return;
	}
	r = desk_set(shared->desk, q->local, &c, &record, &e);
	if (r == DESK_OLD) {
		web_problem(a, 409, "changed_meanwhile",
			    "somebody has changed them; read them again, nothing was set");
	} else if (r) {
		web_fail(a, r, &e);
	} else {
		audit(q, "settings");
		answer_settings(q, record, a);
		json_decref(record);
	}
}

static void put(struct web_request *q, struct http_response *a)
{
	ask_once(q, q->ctx, "settings", set, a);
}

/* ---- pauses ---- */

static bool holds(const json_t *record, int64_t now_ms)
{
	const char *until = json_string_value(json_object_get(record, "until"));
	int64_t until_ms;

	return json_is_true(json_object_get(record, "paused")) &&
	       (!until || !now_parse(until, &until_ms) || now_ms < until_ms);
}

/* "acme/pause/batch/b1": scope "batch", name "b1". */
static json_t *pause_shown(const char *key, const json_t *record)
{
	static const char *const told[] = { "reason", "until", "time", "actor" };
	const char *after = strchr(key, '/') + strlen("/pause/");
	size_t n = strcspn(after, "/");
	json_t *out = json_pack("{ss,so}", "key", key, "scope", json_stringn(after, n));

	if (after[n])
		json_object_set_new(out, "name", json_string(after + n + 1));
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		json_t *value = json_object_get(record, told[i]);

		if (value)
			json_object_set(out, told[i], value);
	}
	return out;
}

static void list(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	json_t *pauses = desk_pauses(shared->desk), *items = json_array(), *record;
	size_t len = strlen(q->tenant);
	const char *key;

	json_object_foreach (pauses, key, record) {
		bool ours = (!strncmp(key, q->tenant, len) && key[len] == '/') ||
			    !strncmp(key, "*/", 2);

		if (ours && holds(record, q->now_ms))
			json_array_append_new(items, pause_shown(key, record));
	}
	json_decref(pauses);
	web_json(a, 200, json_pack("{so}", "items", items));
}

struct change {
	enum pause_scope scope;
	const char *reason;
	int64_t until_ms;
	bool paused;
	char key[PAUSE_KEY_SIZE];
};

static bool is_domain(const char *s)
{
	return *s != '*' && form_host(s, strlen(s));
}

static int read_key(const struct web_request *q, struct change *c, struct err *e)
{
	const char *scope = web_text(q, "scope"), *name = web_text(q, "name");
	char domain[IDN_ASCII_SIZE];
	int i = 0;

	while (i < PAUSE_SCOPES && (!scope || strcmp(pause_scopes[i], scope)))
		i++;
	if (i == PAUSE_SCOPES)
		return err_set(e, ERR_INVALID, "scope: all, tenant, batch, provider or domain");
	c->scope = (enum pause_scope)i;
	if ((c->scope >= PAUSE_BATCH) != (name != NULL))
		return err_set(e, ERR_INVALID, "name: of a batch, a provider or a domain");
	if (name && (!*name || strlen(name) > PAUSE_NAME_MAX || !form_line(name, strlen(name))))
		return err_set(e, ERR_INVALID, "name: one line of at most %d bytes",
			       PAUSE_NAME_MAX);
	if (c->scope == PAUSE_DOMAIN &&
	    (!idn_to_ascii(name, domain) || (c->paused && !is_domain(domain))))
		return err_set(e, ERR_INVALID, "name: a domain such as example.org");
	pause_key(c->key, c->scope == PAUSE_ALL || !strcmp(q->tenant, "*") ? NULL : q->tenant,
		  c->scope, c->scope == PAUSE_DOMAIN ? domain : name);
	return OK;
}

static int check_members(const json_t *json, struct err *e)
{
	static const char *const members[] = { "scope", "name", "paused", "reason", "until" };
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)json, name, value) {
		size_t i = 0;

		while (i < ARRAY_LEN(members) && strcmp(members[i], name))
			i++;
		if (i == ARRAY_LEN(members))
			return err_set(e, ERR_INVALID,
				       "only scope, name, paused, reason and until");
	}
	return OK;
}

static int read_until(const struct web_request *q, struct change *c, struct err *e)
{
	const char *until = web_text(q, "until");

	if (!json_object_get(q->json, "until"))
		return OK;
	if (!until || !now_parse(until, &c->until_ms))
		return err_set(e, ERR_INVALID, "until: a time of RFC 3339 is wanted");
	if (c->paused && c->until_ms <= q->now_ms)
		return err_set(e, ERR_INVALID, "until: that time is over");
	return OK;
}

static int read_change(const struct web_request *q, struct change *c, struct err *e)
{
	const json_t *paused = json_object_get(q->json, "paused");

	c->reason = web_text(q, "reason");
	c->paused = json_is_true(paused);
	if (check_members(q->json, e) || read_key(q, c, e))
		return ERR_INVALID;
	if (!json_is_boolean(paused))
		return err_set(e, ERR_INVALID, "paused: true or false");
	if ((c->paused && !c->reason) ||
	    (c->reason && (!*c->reason || strlen(c->reason) > PAUSE_REASON_MAX ||
			   !form_line(c->reason, strlen(c->reason)))))
		return err_set(e, ERR_INVALID, "reason: why, in one line of at most %d bytes",
			       PAUSE_REASON_MAX);
	return read_until(q, c, e);
}

static void pause_one(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	struct settings_author author = { q->person.id, q->now_ms };
	struct change c = { 0 };
	json_t *record;
	struct err e;
	int r = read_change(q, &c, &e);

	if (r == OK && c.scope == PAUSE_ALL && q->person.role < WEB_SUPER) {
		web_problem(a, 403, "forbidden", "a pause of everything needs the role super");
		return;
	}
	if (r == OK) {
		record = c.paused ? settings_record_pause(c.reason, c.until_ms, &author)
				  : settings_record_resume(c.reason, &author);
		r = desk_put(shared->desk, c.key, record, &e);
		json_decref(record);
	}
	if (r) {
		web_fail(a, r, &e);
		return;
	}
	audit(q, c.paused ? "pause" : "resume");
	list(q, a);
}

static void change(struct web_request *q, struct http_response *a)
{
	ask_once(q, q->ctx, "pause", pause_one, a);
}

#define T "/v1/tenants/{tenant}"
static const struct web_route routes[] = {
	{ "GET", T "/settings", WEB_PRIVATE, WEB_VIEWER, .handle = get },
	{ "PUT", T "/settings", WEB_PRIVATE, WEB_ADMIN, WEB_JSON, .handle = put },
	{ "GET", T "/pauses", WEB_PRIVATE, WEB_VIEWER, .handle = list },
	{ "POST", T "/pauses", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, .handle = change },
};

struct web_module api_tenant_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
