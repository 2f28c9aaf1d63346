#include "templates_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_ask.h"
#include "form.h"
#include "ids.h"
#include "log.h"
#include "mem.h"
#include "templates_api_priv.h"
#include "templates_record.h"
#include "templates_view.h"
#include "thread.h"

#define BODY_MAX_BYTES ((size_t)256 << 10)

/* ---- what holds ---- */

struct catalog *templates_api_catalog(struct templates_api *t)
{
	struct catalog *c;

	pthread_mutex_lock(&t->lock);
	c = catalog_hold(t->now);
	pthread_mutex_unlock(&t->lock);
	return c;
}

void templates_api_tick(struct templates_api *t)
{
	struct catalog *now, *former;
	bool known;

	if (!t)
		return;
	now = stage_catalog(t->run);
	known = stage_templates_known(t->run);
	if (t->now == now && t->known == known)
		return;
	pthread_mutex_lock(&t->lock);
	former = t->now;
	t->now = catalog_hold(now);
	t->known = known;
	pthread_cond_broadcast(&t->news);
	pthread_mutex_unlock(&t->lock);
	catalog_free(former);
}

bool path_of(const struct web_request *q, struct catalog_source *out, struct http_response *a)
{
	const char *name = q->params[1], *locale = q->params[2];

	*out = (struct catalog_source){ .tenant = q->tenant, .name = name, .locale = locale };
	if (ids_name_ok(name, strlen(name)) && form_locale(locale, strlen(locale)))
		return true;
	web_problem(a, 404, "not_found", "there is no such template");
	return false;
}

/* ---- looking ---- */

struct listing {
	const struct catalog *catalog;
	const char *tenant, *lang;
	json_t *items;
};

/* The installation's where the tenant has none of its own; else that. */
static void list_one(void *ctx, const struct catalog_entry *entry)
{
	struct listing *l = ctx;
	const struct catalog_entry *own =
		catalog_own(l->catalog, l->tenant, entry->name, entry->locale);

	if ((own && shape_has_parts(own)) == (entry->tenant != NULL) && shape_has_parts(entry))
		json_array_append_new(l->items, shape_entry(l->catalog, entry, l->tenant, l->lang));
}

static void list(struct web_request *q, struct http_response *a)
{
	struct catalog *c = templates_api_catalog(q->ctx);
	struct listing l = { c, q->tenant, web_lang(q), json_array() };

	catalog_each(c, q->tenant, list_one, &l);
	web_json(a, 200,
		 json_pack("{so,s{so,so}}", "items", l.items, "variables", "invite",
			   shape_variables(LETTER_INVITE, l.lang), "password",
			   shape_variables(LETTER_PASSWORD, l.lang)));
	catalog_free(c);
}

/* A version of a template with all that was before it. */
static void answer_version(const struct web_request *q, const struct catalog *c,
			   const struct catalog_source *which, struct http_response *a)
{
	const struct templates_api *t = q->ctx;
	unsigned holds = templates_version_of(c, q->tenant, which->name, which->locale);
	json_t *parts = shape_parts(t, c, which), *now;
	struct catalog_source current = *which;

	if (!parts) {
		web_problem(a, 404, "not_found", "there is no such template, or version");
		return;
	}
	current.version = holds;
	now = holds == which->version ? json_incref(parts) : shape_parts(t, c, &current);
	web_json(a, 200,
		 json_pack("{ss,ss,sI,sI,so,so,so}", "name", which->name, "locale", which->locale,
			   "version", (json_int_t)which->version, "holds", (json_int_t)holds,
			   "parts", parts, "diff", shape_diff(parts, now), "versions",
			   shape_versions_of(c, which)));
	json_decref(now);
}

static void get(struct web_request *q, struct http_response *a)
{
	struct catalog *c = templates_api_catalog(q->ctx);
	struct catalog_source which;

	if (path_of(q, &which, a)) {
		which.version = templates_version_of(c, q->tenant, which.name, which.locale);
		answer_version(q, c, &which, a);
	}
	catalog_free(c);
}

static void get_version(struct web_request *q, struct http_response *a)
{
	struct catalog *c = templates_api_catalog(q->ctx);
	struct catalog_source which;

	if (path_of(q, &which, a)) {
		unsigned long version = strtoul(q->params[3], NULL, 10);

		which.version = version <= UINT32_MAX ? (unsigned)version : 0;
		if (q->params[3][strspn(q->params[3], "0123456789")] || !which.version)
			web_problem(a, 404, "not_found", "there is no such version");
		else
			answer_version(q, c, &which, a);
	}
	catalog_free(c);
}

/* ---- changing ---- */

static int append(struct templates_api *t, const struct catalog_source *s, const json_t *record,
		  struct err *e)
{
	autofree char *value = json_dumps(record, JSON_COMPACT);
	char key[TEMPLATES_KEY_SIZE];
	struct kafka_message m = { .topic = stage_topic(t->run, STAGE_TOPIC_TEMPLATES),
				   .partition = -1,
				   .key = key,
				   .value = value,
				   .value_len = strlen(value) };
	int r;

	templates_key(s->tenant, s->name, s->locale, key); /* it was checked: path_of */
	m.key_len = strlen(key);
	r = outlet_put(t->shared->outlet, &m, e);
	if (r == OK) {
		log_info("ev=template-changed key=%s version=%lld", key,
			 (long long)settings_record_version(record));
		/* who reads next reads it */
		templates_api_await(t, s, settings_record_version(record));
	}
	return r;
}

static void refuse(const struct web_request *q, const struct lint_report *report,
		   const struct err *e, struct http_response *a)
{
	if (report->errors)
		web_problem_more(
			a, 422, "unfit", e->text,
			json_pack("{so}", "findings", shape_findings(report, web_lang(q))));
	else
		web_problem(a, 409, "changed", "%s", e->text);
}

/* Makes the source hold, and answers with what holds then. */
static void change(struct web_request *q, const struct catalog_source *source, int64_t if_version,
		   struct http_response *a)
{
	autofree struct lint_report *report = xcalloc(1, sizeof(*report));
	struct templates_api *t = q->ctx;
	struct catalog *c = templates_api_catalog(t);
	struct templates_judge judge;
	struct templates_change change = {
		c, source, &judge.setting, { q->person.id, q->now_ms }, if_version
	};
	json_t *record = NULL;
	struct err e;
	int r;

	templates_judge_of(&judge, c, tenants_find(q->tenants, q->tenant), q->now_ms);
	r = templates_change(&change, report, &record, &e);
	if (r == OK && record && (r = append(t, source, record, &e)) != OK)
		web_fail(a, r, &e);
	else if (r != OK)
		refuse(q, report, &e, a);
	else
		get(q, a);
	json_decref(record);
	catalog_free(c);
}

/* Does it while nobody else changes the tenant's templates. */
static void alone(struct web_request *q, struct catalog_source *source,
		  void (*then)(struct web_request *q, struct catalog_source *source,
			       struct http_response *a),
		  struct http_response *a)
{
	struct redis_lock lock;
	struct err e;
	int r = templates_api_lock(&lock, q, source, &e);

	if (r != OK) {
		web_fail(a, r, &e);
		return;
	}
	then(q, source, a);
	redis_lock_give(&lock);
}

static void change_from(struct web_request *q, struct catalog_source *source,
			struct http_response *a)
{
	change(q, source, json_integer_value(json_object_get(q->json, "version")), a);
}

/* {version, parts}: the version that was read; parts null = the installation's again. */
static void put_one(struct web_request *q, struct http_response *a)
{
	static const char *const known[] = { "version", "parts", NULL };
	const json_t *version = json_object_get(q->json, "version"),
		     *parts = json_object_get(q->json, "parts");
	struct catalog_source source;
	struct err e;

	if (!path_of(q, &source, a) || !knows_all(q, known, a))
		return;
	if (!json_is_integer(version) || json_integer_value(version) < 1) {
		web_problem(a, 422, "invalid", "version must be the number that was read");
		return;
	}
	if (templates_record_read(parts, &source, &e) < 0) {
		web_fail(a, ERR_INVALID, &e);
		return;
	}
	alone(q, &source, change_from, a);
}

static void restore_from(struct web_request *q, struct catalog_source *source,
			 struct http_response *a)
{
	struct catalog *c = templates_api_catalog(q->ctx);
	json_t *parts = templates_parts_of(c, source);

	if (!parts) {
		web_problem(a, 404, "not_found", "that version is not kept");
	} else {
		templates_record_source(parts, source);
		change(q, source, TEMPLATES_ANY_VERSION, a);
	}
	json_decref(parts);
	catalog_free(c);
}

/* {version}. */
static void restore_one(struct web_request *q, struct http_response *a)
{
	static const char *const known[] = { "version", NULL };
	json_int_t version = json_integer_value(json_object_get(q->json, "version"));
	struct catalog_source source;

	if (!path_of(q, &source, a) || !knows_all(q, known, a))
		return;
	if (version < 1 || version > UINT32_MAX) {
		web_problem(a, 422, "invalid", "version must be the number of one");
		return;
	}
	source.version = (unsigned)version;
	alone(q, &source, restore_from, a);
}

/* ---- each once under a key ---- */

static const struct site_shared *shared_of(const struct web_request *q)
{
	return ((struct templates_api *)q->ctx)->shared;
}

static void put(struct web_request *q, struct http_response *a)
{
	ask_once(q, shared_of(q), "template", put_one, a);
}

static void restore(struct web_request *q, struct http_response *a)
{
	ask_once(q, shared_of(q), "restore", restore_one, a);
}

static void test(struct web_request *q, struct http_response *a)
{
	ask_once(q, shared_of(q), "test", templates_api_test, a);
}

/* ---- life ---- */

#define TEMPLATES "/v1/tenants/{tenant}/templates"
#define ONE TEMPLATES "/{name}/{locale}"
static const struct web_route routes[] = {
	{ "GET", TEMPLATES, WEB_PRIVATE, WEB_VIEWER, .handle = list },
	{ "POST", TEMPLATES "/preview", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, BODY_MAX_BYTES,
	  templates_api_preview },
	{ "GET", ONE, WEB_PRIVATE, WEB_VIEWER, .handle = get },
	{ "PUT", ONE, WEB_PRIVATE, WEB_ADMIN, WEB_JSON, BODY_MAX_BYTES, put },
	{ "GET", ONE "/versions/{version}", WEB_PRIVATE, WEB_VIEWER, .handle = get_version },
	{ "POST", ONE "/restore", WEB_PRIVATE, WEB_ADMIN, WEB_JSON, .handle = restore },
	{ "POST", ONE "/test", WEB_PRIVATE, WEB_ADMIN, WEB_JSON, .handle = test },
};

static void *local_open(void *ctx)
{
	return site_guard_open((void *)((struct templates_api *)ctx)->shared);
}

struct web_module templates_api_module(struct templates_api *t)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), t, local_open, site_guard_close };
}

int templates_api_open(struct templates_api **out, struct run *r, const char *dir,
		       const struct site_shared *shared, struct err *e)
{
	struct templates_api *t;
	struct catalog *base;

	if (catalog_open(&base, dir, e) < 0)
		return ERR_FATAL;
	t = xcalloc(1, sizeof(*t));
	t->run = r;
	t->dir = xstrdup(dir);
	t->shared = shared;
	t->now = base;
	pthread_mutex_init(&t->lock, NULL);
	thread_cond_init(&t->news);
	stage_follow_templates(r, base, true);
	*out = t;
	return OK;
}

void templates_api_close(struct templates_api *t)
{
	if (!t)
		return;
	catalog_free(t->now);
	pthread_cond_destroy(&t->news);
	pthread_mutex_destroy(&t->lock);
	free(t->dir);
	free(t);
}
