/* People who are not known yet: one, several addresses, or a list from a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_ask.h"
#include "api_known.h"
#include "api_people.h"
#include "api_segments.h"
#include "form.h"
#include "invite_event.h"
#include "mem.h"
#include "now.h"
#include "people.h"
#include "request.h"
#include "templates_api.h"
#include "tenant.h"

#define TEAMS_MAX 50
#define IMPORT_MAX_BYTES ((size_t)16 << 20)
#define TO_BYTES_MAX 32768

/* Everything one request holds. */
struct inviting {
	struct web_request *q;
	struct people people;
	struct invite_common common;
	json_t *holders; /* of those who are known already */
	const char *teams[TEAMS_MAX];
	char unnamed[sizeof(REQUEST_UNNAMED) + WEB_ID_MAX]; /* the inviter's id, where it is made */
};

/* ---- what is said of everybody ---- */

static const struct {
	const char *name;
	size_t at;
} members[] = {
#define AT(member) offsetof(struct invite_common, member)
	{ "role", AT(role) },
	{ "department", AT(department) },
	{ "locale", AT(locale) },
	{ "timezone", AT(timezone) },
	{ "organisation", AT(organisation) },
	{ "inviter", AT(inviter) },
	{ "scope", AT(scope) },
	{ "note", AT(note) },
	{ "subject", AT(subject) },
	{ "template", AT(template_name) },
	{ "batch", AT(batch) },
	{ "channel", AT(channel) },
#undef AT
};

static int read_send(struct invite_common *c, const char *send, struct err *e)
{
	if (send && strcmp(send, "auto") && strcmp(send, "now") && strcmp(send, "hold"))
		return err_set(e, ERR_INVALID, "send: auto, now or hold");
	c->now = send && !strcmp(send, "now");
	c->hold = send && !strcmp(send, "hold");
	return OK;
}

static int read_teams(struct inviting *v, const json_t *teams, struct err *e)
{
	const json_t *team;
	size_t i;

	if (!teams)
		return OK;
	if (!json_is_array(teams) || json_array_size(teams) > TEAMS_MAX)
		return err_set(e, ERR_INVALID, "teams: an array of at most %d names", TEAMS_MAX);
	json_array_foreach (teams, i, team) {
		if (!json_is_string(team))
			return err_set(e, ERR_INVALID, "teams: names are texts");
		v->teams[i] = json_string_value(team);
	}
	v->common.teams.items = v->teams;
	v->common.teams.count = json_array_size(teams);
	return OK;
}

static int read_password(struct inviting *v, const json_t *password, struct err *e)
{
	const char *username = json_string_value(json_object_get(password, "username"));

	size_t known = (password && json_object_get(password, "confirm")) + (username != NULL);

	if (!password)
		return OK;
	if (json_object_size(password) != known)
		return err_set(e, ERR_INVALID, "password: only confirm and username (a text)");
	if (!json_is_true(json_object_get(password, "confirm")))
		return err_set(e, ERR_INVALID,
			       "password: confirm must be true, since it cannot be recalled");
	v->common.mint = v->common.confirm = true;
	v->common.username = username;
	return OK;
}

static bool is_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!strcmp(members[i].name, name))
			return true;
	return false;
}

static bool member_known(const char *name)
{
	static const char *const others[] = { "to", "people", "teams", "send", "password" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (!strcmp(others[i], name))
			return true;
	return is_member(name);
}

/* What the body says of all of them. */
static int read_common(struct inviting *v, struct err *e)
{
	const json_t *json = v->q->json;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)json, name, value) {
		if (member_known(name))
			continue;
		return err_set(e, ERR_INVALID, "there is no member %.40s",
			       form_name(name, strlen(name)) ? name : "of that name");
	}
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		json_t *text = json_object_get(json, members[i].name);
		const char *s = json_string_value(text);

		if (text && (!s || strlen(s) != json_string_length(text)))
			return err_set(e, ERR_INVALID, "%s: a text is wanted", members[i].name);
		if (s && *s)
			*(const char **)((char *)&v->common + members[i].at) = s;
	}
	value = json_object_get(json, "send");
	if (value && !json_is_string(value))
		return err_set(e, ERR_INVALID, "send: auto, now or hold");
	if (read_send(&v->common, json_string_value(value), e) ||
	    read_teams(v, json_object_get(json, "teams"), e))
		return ERR_INVALID;
	return read_password(v, json_object_get(json, "password"), e);
}

/* ---- asking ---- */

/* sms: what would go out so is counted there; NULL = it is not asked. */
static void ask_all(struct inviting *v, struct ask *k, struct segments_of *sms)
{
	char id[INVITE_ID_SIZE];

	for (size_t i = 0; i < v->people.count; i++) {
		const struct person *p = &v->people.list[i];
		json_t *data;

		if (p->trouble.code) {
			ask_refuse(k, NULL, p->trouble.code, api_known_trouble(k, v->holders, p));
			continue;
		}
		data = invite_data(p, &v->common);
		if (sms)
			segments_add(sms, data);
		ask_add(k, ACT_REQUEST, invite_id(p, &v->common, id), data, p->row);
	}
}

static bool is_option(const char *name)
{
	return !strcmp(name, "dry_run");
}

/* What cannot be meant is not taken for no: it would be done. */
static int read_dry_run(const struct web_request *q, bool *out, struct err *e)
{
	const char *s = web_query(q, "dry_run");

	*out = s && (!strcmp(s, "true") || !strcmp(s, "1"));
	if (*out || !s || !strcmp(s, "false") || !strcmp(s, "0"))
		return OK;
	return err_set(e, ERR_INVALID, "dry_run: true or false");
}

/* Whoever asks is the inviter, unless another one is named. A key is one for colleagues only, and
   so is a person of whom no name is known. */
static void put_inviter(struct inviting *v)
{
	const struct web_person *p = &v->q->person;
	bool key = p->proof == WEB_PROOF_KEY;

	v->common.inviter_id = p->id;
	if (v->common.inviter)
		return;
	v->common.inviter = *p->name ? p->name : *p->email ? p->email : p->id;
	if (*p->name && !key)
		return;
	snprintf(v->unnamed, sizeof(v->unnamed), REQUEST_UNNAMED "%s", key ? p->id : "person");
	v->common.inviter_id = v->unnamed;
}

/* The list's name makes its invites' names: one that is asked for again under the same key, or from
   the same file, asks nothing new. */
static void put_batch(struct inviting *v, const struct ask *k, char drawn[ASK_ID_SIZE])
{
	if (v->common.batch)
		return;
	ask_name(k, "batch", 0, drawn);
	v->common.batch = drawn;
}

static bool common_ok(const struct inviting *v, struct http_response *a)
{
	const struct site_shared *s = v->q->ctx;
	struct err e;
	int r = invite_check_common(&v->common, &e);

	if (r)
		web_fail(a, r, &e);
	return r == OK && templates_api_has(v->q, s->templates, v->common.template_name, a);
}

/* Whether the good rows are sent at once, and when the last one may leave at the tenant's limit. */
static void tell_when(const struct inviting *v, const struct ask *k, json_t *more)
{
	const struct tenant *t = tenants_find(v->q->tenants, v->q->tenant);
	bool sends = v->common.now || (!v->common.hold && t->auto_send[TRIGGER_IMPORT]);
	int64_t good = json_integer_value(json_object_get(k->counts, "request"));
	char time[NOW_TEXT_SIZE];

	json_object_set_new(more, "sends", json_boolean(sends));
	if (!sends || !good)
		return;
	now_text(v->q->now_ms + good * t->limit.interval_us / 1000, time);
	json_object_set_new(more, "finished_at", json_string(time));
}

static void answer_all(struct inviting *v, struct ask *k, struct http_response *a)
{
	const struct tenant *t = v->common.settled;
	const struct site_shared *shared = v->q->ctx;
	struct catalog *c = templates_api_catalog(shared->templates);
	struct segments_of sms = {
		.catalog = c, .tenant = t, .tariffs = shared->tariffs, .now_ms = v->q->now_ms
	};
	json_t *more = json_pack("{ss}", "batch", v->common.batch), *told;

	ask_all(v, k, k->dry_run ? &sms : NULL);
	if ((told = segments_told(&sms)))
		json_object_set_new(more, "sms", told);
	catalog_free(c);
	if (v->people.unused.len)
		json_object_set_new(more, "columns_unused", json_string(v->people.unused.data));
	if (!strcmp(k->what, "import"))
		tell_when(v, k, more);
	ask_answer(k, more, a);
}

static void answer(struct inviting *v, struct ask *k, struct http_response *a)
{
	struct api_known known = { k->shared, v->q->local, &v->common, json_object() };
	struct err e;
	int r;

	v->common.settled = tenants_find(v->q->tenants, v->q->tenant);
	v->holders = known.holders;
	invite_check_people(&v->people, &v->common);
	if ((r = api_known_mark(&known, &v->people, &e)))
		web_fail(a, r, &e);
	else
		answer_all(v, k, a);
	json_decref(known.holders);
}

static int read_body(struct inviting *v, struct err *e)
{
	const json_t *to = json_object_get(v->q->json, "to");
	const json_t *people = json_object_get(v->q->json, "people");
	int r = read_common(v, e);

	if (r)
		return r;
	if (!to == !people)
		return err_set(e, ERR_INVALID, "say whom: `to` (addresses) or `people`");
	if (people)
		return api_people_read(&v->people, people, e);
	if (!json_is_string(to) || json_string_length(to) > TO_BYTES_MAX)
		return err_set(e, ERR_INVALID, "to: a text of at most %d bytes", TO_BYTES_MAX);
	return people_add(&v->people, json_string_value(to), v->q->now_ms, e);
}

static void invite(struct web_request *q, struct http_response *a)
{
	struct inviting v = { .q = q, .common = { .tenant = q->tenant, .trigger = "manual" } };
	char drawn[ASK_ID_SIZE];
	struct ask k;
	struct err e;
	int r;

	if (!ask_begin(&k, q, "invite", a))
		return;
	people_init(&v.people);
	if (q->person.proof == WEB_PROOF_KEY)
		v.common.trigger = "api";
	r = web_query_only(q, is_option, &e);
	if (r == OK)
		r = read_dry_run(q, &k.dry_run, &e);
	if (r == OK)
		r = read_body(&v, &e);
	put_inviter(&v);
	put_batch(&v, &k, drawn);
	if (r)
		web_fail(a, r, &e);
	else if (common_ok(&v, a))
		answer(&v, &k, a);
	people_clear(&v.people);
	ask_end(&k);
}

/* ---- import ---- */

static bool is_import_option(const char *name)
{
	return is_option(name) || is_member(name) || !strcmp(name, "send") || !strcmp(name, "team");
}

/* A list comes as one of these; its options are the query's. */
static int read_list(struct inviting *v, const char *type, struct err *e)
{
	const struct http_request *h = v->q->http;

	if (web_query_only(v->q, is_import_option, e))
		return ERR_INVALID;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *s = web_query(v->q, members[i].name);

		if (s && *s)
			*(const char **)((char *)&v->common + members[i].at) = s;
	}
	v->teams[0] = web_query(v->q, "team");
	v->common.teams.items = v->teams;
	v->common.teams.count = v->teams[0] && *v->teams[0];
	if (read_send(&v->common, web_query(v->q, "send"), e))
		return ERR_INVALID;
	if (!h->body_len)
		return err_set(e, ERR_INVALID, "the body is empty");
	if (strcasestr(type, "ndjson"))
		return api_people_read_lines(&v->people, (struct csv_text){ h->body, h->body_len },
					     e);
	return people_read_csv_text(&v->people, (struct csv_text){ h->body, h->body_len }, e);
}

static void import(struct web_request *q, struct http_response *a)
{
	struct inviting v = { .q = q, .common = { .tenant = q->tenant, .trigger = "import" } };
	const char *type = web_header(q, "Content-Type");
	struct ask k;
	struct err e;
	int r;

	if (!type ||
	    (strncasecmp(type, "text/csv", 8) && strncasecmp(type, "application/x-ndjson", 20))) {
		web_problem(a, 415, "unsupported_type", "text/csv or application/x-ndjson");
		return;
	}
	if (!ask_begin(&k, q, "import", a))
		return;
	people_init(&v.people);
	r = read_dry_run(q, &k.dry_run, &e);
	if (r == OK)
		r = read_list(&v, type, &e);
	if (r == OK) {
		people_name(&v.people, q->http->body, q->http->body_len);
		if (!v.common.batch)
			v.common.batch = v.people.batch;
		put_inviter(&v);
	}
	if (r)
		web_fail(a, r, &e);
	else if (common_ok(&v, a))
		answer(&v, &k, a);
	people_clear(&v.people);
	ask_end(&k);
}

#define T "/v1/tenants/{tenant}"
static const struct web_route routes[] = {
	{ "POST", T "/invites", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, (size_t)1 << 20, invite },
	{ "POST", T "/invites/import", WEB_PRIVATE, WEB_OPERATOR, 0, IMPORT_MAX_BYTES, import },
};

struct web_module api_new_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
