/* What people would get of a template, as it stands in an editor or as it holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "guard.h"
#include "ids.h"
#include "json_text.h"
#include "letter_sample.h"
#include "letter_vars.h"
#include "mem.h"
#include "redis.h"
#include "templates_api_priv.h"
#include "templates_record.h"

#define PREVIEW_MAX_BYTES ((size_t)1 << 20)

bool knows_all(const struct web_request *q, const char *const *known, struct http_response *a)
{
	const char *name;
	json_t *value;

	json_object_foreach (q->json, name, value) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], name))
			i++;
		if (known[i])
			continue;
		web_problem(a, 422, "invalid", "'%.40s' is nothing that is known here", name);
		return false;
	}
	return true;
}

/* The texts of a draft that are there are texts. */
static bool are_texts(const struct web_request *q, struct http_response *a)
{
	static const char *const texts[] = {
		"name", "locale", "invite", "note", "subject", "phone"
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const json_t *value = json_object_get(q->json, texts[i]);

		if (!value || json_is_string(value))
			continue;
		web_problem(a, 422, "invalid", "%s must be a text", texts[i]);
		return false;
	}
	return true;
}

static bool source_of(const struct web_request *q, struct catalog_source *out,
		      struct http_response *a)
{
	const char *name = web_text(q, "name"), *locale = web_text(q, "locale");

	if (!are_texts(q, a))
		return false;
	*out = (struct catalog_source){ .tenant = q->tenant, .name = name, .locale = locale };
	if (name && ids_name_ok(name, strlen(name)) && locale &&
	    form_locale(locale, strlen(locale)))
		return true;
	web_problem(a, 422, "invalid", "name and locale must say which template");
	return false;
}

/* The data that an invite keeps; NULL: answered already, or nothing was asked for. */
static json_t *data_of(const struct web_request *q, struct http_response *a)
{
	const struct templates_api *t = q->ctx;
	const char *invite = web_text(q, "invite");
	struct redis *redis = guard_redis(q->local);
	struct err e = { "" };
	json_t *data = NULL;
	size_t len;

	if (!invite)
		return NULL;
	if (!ids_name_ok(invite, strlen(invite))) {
		web_problem(a, 422, "invalid", "invite is no invite's name");
		return NULL;
	}
	autofree char *key =
		xasprintf("%sr:%s/%s", t->shared->common->redis_prefix, q->tenant, invite);
	const char *words[] = { "GET", key };

	if (!redis_connected(redis) && redis_connect(redis, &e) < 0) {
		web_fail(a, ERR_AGAIN, &e);
		return NULL;
	}
	redis_add(redis, ARRAY_LEN(words), words, NULL);
	if (redis_run(redis, &e) < 0) {
		web_fail(a, ERR_AGAIN, &e);
		return NULL;
	}
	const char *text = redis_str(redis_reply(redis, 0), &len);

	if (!len || json_text_parse(text, len, &data, &e) < 0)
		web_problem(a, 404, "not_found", "nothing is kept of that invite");
	return data;
}

/* Each part by itself: one that does not come out leaves the others to be seen. */
static json_t *render_parts(const struct catalog_entry *entry, const json_t *vars)
{
	json_t *parts = json_object();

	for (enum part part = 0; part < PART_COUNT; part++) {
		autobuf out = BUF_INIT(PREVIEW_MAX_BYTES);
		struct err e;

		if (!entry->parts[part] ||
		    template_render(entry->parts[part], vars, true, &out, &e) < 0)
			continue;
		buf_str(&out, "");
		json_object_set_new(parts, catalog_part_names[part], json_string(out.data));
	}
	return parts;
}

static void answer(const struct preview *p, struct http_response *a)
{
	autofree struct lint_report *report = xcalloc(1, sizeof(*report));
	const struct catalog_entry *entry = NULL;
	struct templates_judge judge;
	json_t *o, *vars, *parts;
	struct err e;

	templates_judge_of(&judge, p->catalog, p->tenant, p->q->now_ms);
	template_lint(p->source, &judge.setting, report);
	o = json_pack("{so,sb}", "findings", shape_findings(report, web_lang(p->q)), "fit",
		      report->errors == 0);
	if (catalog_compile(&entry, p->catalog, p->source, &e) == OK) {
		struct letter_sample sample = { .kind = letter_kind_of(p->source->name),
						.locale = p->source->locale,
						.sender = &judge.sender,
						.data = p->data,
						.note = web_text(p->q, "note"),
						.subject = web_text(p->q, "subject"),
						.link_base = p->tenant->link_base,
						.timezone = p->tenant->timezone,
						.now_ms = p->q->now_ms,
						.ttl_s = p->tenant->link_ttl_s };

		vars = letter_sample_vars(&sample, entry);
		parts = render_parts(entry, vars);
		if (json_object_get(parts, "sms"))
			json_object_set_new(
				o, "sms",
				preview_sms(p, entry,
					    json_string_value(json_object_get(parts, "sms"))));
		json_object_set_new(o, "parts", parts);
		letter_vars_free(vars);
		catalog_entry_drop(entry);
	}
	web_json(a, 200, o);
}

/* What somebody asks for, read and checked; false: answered already. */
static bool read_draft(const struct web_request *q, struct catalog_source *source,
		       struct http_response *a)
{
	static const char *const known[] = { "name", "locale",	"parts", "invite",
					     "note", "subject", "phone", NULL };
	const json_t *parts = json_object_get(q->json, "parts");
	struct err e;

	if (!knows_all(q, known, a) || !source_of(q, source, a))
		return false;
	if (parts && (!json_is_object(parts) || templates_record_read(parts, source, &e) < 0)) {
		web_problem(a, 422, "invalid",
			    "parts must have subject, text, html or sms as texts");
		return false;
	}
	return true;
}

void templates_api_preview(struct web_request *q, struct http_response *a)
{
	struct templates_api *t = q->ctx;
	struct catalog *c = templates_api_catalog(t);
	json_t *own = NULL, *data = NULL;
	struct catalog_source source;
	struct preview p = { .q = q,
			     .catalog = c,
			     .tariffs = t->shared->tariffs,
			     .source = &source,
			     .tenant = tenants_find(q->tenants, q->tenant) };
	bool given = json_object_get(q->json, "parts") != NULL;

	if (!read_draft(q, &source, a))
		goto out;
	p.data = data = data_of(q, a);
	if (web_text(q, "invite") && !data)
		goto out;
	if (!preview_number(&p, t->shared->words, a))
		goto out;
	if (!given) {
		source.version = templates_version_of(c, q->tenant, source.name, source.locale);
		own = shape_parts(t, c, &source);
		templates_record_source(own, &source);
	}
	if (!given && !own)
		web_problem(a, 404, "not_found", "there is no such template");
	else
		answer(&p, a);
out:
	json_decref(own);
	json_decref(data);
	catalog_free(c);
}
