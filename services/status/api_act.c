/* What is asked of invites that are known: of one, of those named, of all that a filter finds. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_ask.h"
#include "api_data.h"
#include "api_query.h"
#include "api_words.h"
#include "form.h"
#include "ids.h"
#include "mem.h"
#include "view_query.h"

#define NAMES_MAX 10000 /* of a request that names them */
#define ROWS_AT_ONCE 500

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* ---- one after the other ---- */

/* What is to be done with some invites. */
struct acting {
	struct ask *ask;
	const char *action;
	const json_t *options;
};

static void act_on(const struct acting *v, const json_t *row, size_t place)
{
	const char *invite = text_at(row, "invite");
	struct api_rule rule = api_rule(v->action, row);
	char name[ASK_ID_SIZE];

	if (rule.code) {
		json_t *words = json_object();

		if (rule.said)
			api_words_say(v->ask->shared->words, web_lang(v->ask->q), rule.said, words);
		ask_refuse(v->ask, invite, rule.code, words);
		return;
	}
	if (json_is_true(json_object_get(row, "forgotten")) && rule.act != ACT_CANCEL) {
		ask_refuse(v->ask, invite, "recipient_missing", NULL);
		return;
	}
	v->ask->of = rule.act == ACT_PASSWORD ? invite : NULL;
	if (v->ask->of)
		ask_name(v->ask, "password", place, name);
	ask_add(v->ask, rule.act, v->ask->of ? name : invite,
		api_data_of(rule.act, row, v->options), 0);
}

static const char *lacks(const json_t *rows, size_t *next, const json_t *name)
{
	const json_t *row = json_array_get(rows, *next);
	const char *known = text_at(row, "invite");

	if (known && !strcmp(known, json_string_value(name))) {
		(*next)++;
		return NULL;
	}
	return json_string_value(name);
}

/* Rows come in the names' order, those that are not known left out. from: the place of the first
   of names among all. */
static int act_on_some(const struct acting *v, const json_t *names, size_t from, struct err *e)
{
	struct web_request *q = v->ask->q;
	struct view_which which = { .tenant = q->tenant, .names = names, .requests = true };
	json_t *rows, *name;
	size_t i, next = 0;
	int r = view_rows(q->local, &which, &rows, e);

	if (r)
		return r;
	json_array_foreach (names, i, name) {
		const char *unknown = lacks(rows, &next, name);

		if (unknown)
			ask_refuse(v->ask, unknown, "not_found", NULL);
		else
			act_on(v, json_array_get(rows, next - 1), from + i);
	}
	json_decref(rows);
	return OK;
}

/* Rows are large, with all that was asked of each: so many at a time. */
static int act_on_names(const struct acting *v, const json_t *names, struct err *e)
{
	size_t n = json_array_size(names);
	int r = OK;

	for (size_t at = 0; r == OK && at < n; at += ROWS_AT_ONCE) {
		json_t *some = json_array();

		for (size_t i = at; i < n && i < at + ROWS_AT_ONCE; i++)
			json_array_append(some, json_array_get(names, i));
		r = act_on_some(v, some, at, e);
		json_decref(some);
	}
	return r;
}

/* ---- whom a request names ---- */

static const char *of_object(const void *ctx, const char *name)
{
	return json_string_value(json_object_get(ctx, name));
}

/* A filter's members as texts, so that it is read as a query is. */
static json_t *filter_texts(const json_t *said, struct err *e)
{
	json_t *out = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)said, name, value) {
		autofree char *number = xasprintf("%lld", (long long)json_integer_value(value));
		const char *text = json_is_integer(value) ? number : json_string_value(value);

		if (text && api_filter_knows(name)) {
			json_object_set_new(out, name, json_string(text));
			continue;
		}
		err_set(e, ERR_INVALID, "filter: %.40s is no member of it, or no text",
			form_name(name, strlen(name)) ? name : "this");
		json_decref(out);
		return NULL;
	}
	return out;
}

static int names_of_filter(struct web_request *q, const json_t *said, json_t **out, struct err *e)
{
	const struct site_shared *shared = q->ctx;
	struct view_filter filter = { .tenant = q->tenant,
				      .ended_after_ms =
					      api_ended_after(q->tenants, q->tenant, q->now_ms) };
	struct view_names found = { .max = ASK_MAX };
	json_t *texts = filter_texts(said, e);
	struct api_asked asked = { of_object, texts, q->now_ms };
	int r = texts ? api_filter_read(&asked, &filter, e) : ERR_INVALID;

	if (r == OK)
		r = view_find(shared->sheets, q->local, &filter, &found, e);
	json_decref(texts);
	*out = found.invites;
	if (r == OK && found.total > ASK_MAX)
		return err_set(e, ERR_INVALID, "the filter finds %zu invites; at most %d at once",
			       found.total, ASK_MAX);
	return r;
}

static int names_of_list(json_t *said, json_t **out, struct err *e)
{
	json_t *seen = json_object(), *name;
	int r = OK;
	size_t i;

	if (json_array_size(said) > NAMES_MAX)
		r = err_set(e, ERR_INVALID, "invites: at most %d; more by a filter", NAMES_MAX);
	*out = json_array();
	json_array_foreach (said, i, name) {
		const char *s = json_string_value(name);

		if (r == OK && (!s || !ids_name_ok(s, json_string_length(name))))
			r = err_set(e, ERR_INVALID, "invites: names of 1 to %d of A-Z a-z 0-9 _ -",
				    IDS_NAME_MAX);
		if (r == OK && !json_object_get(seen, s)) {
			json_object_set_new(seen, s, json_true());
			json_array_append(*out, name);
		}
	}
	json_decref(seen);
	return r;
}

static bool is_action(const char *word)
{
	for (size_t i = 0; word && api_actions[i]; i++)
		if (!strcmp(api_actions[i], word))
			return true;
	return false;
}

/* *out is the caller's, whatever comes of it. */
static int read_names(struct web_request *q, json_t **out, struct err *e)
{
	json_t *invites = json_object_get(q->json, "invites");
	json_t *filter = json_object_get(q->json, "filter");

	if (!invites == !filter || (invites && !json_is_array(invites)) ||
	    (filter && !json_is_object(filter)))
		return err_set(e, ERR_INVALID,
			       "say which: `invites` (an array) or `filter` (an object)");
	return invites ? names_of_list(invites, out, e) : names_of_filter(q, filter, out, e);
}

/* A corrected address is one person's. */
static int check_recipient(const struct acting *v, const json_t *names, struct err *e)
{
	if (!json_object_get(v->options, "recipient") || json_array_size(names) <= 1)
		return OK;
	return err_set(e, ERR_INVALID, "recipient: the corrected address of one invite, not of %zu",
		       json_array_size(names));
}

static int check_body(const struct web_request *q, struct err *e)
{
	static const char *const members[] = { "action",  "invites", "filter",
					       "dry_run", "options", "at_most" };
	const json_t *most = json_object_get(q->json, "at_most");
	const json_t *dry = json_object_get(q->json, "dry_run");
	const json_t *said = json_object_get(q->json, "options");
	const char *name;
	json_t *value;

	json_object_foreach (q->json, name, value) {
		size_t i = 0;

		while (i < ARRAY_LEN(members) && strcmp(members[i], name))
			i++;
		if (i == ARRAY_LEN(members))
			return err_set(e, ERR_INVALID,
				       "only action, invites, filter, at_most, dry_run and "
				       "options");
	}
	if (web_query_only(q, NULL, e)) /* a dry_run that stands in the address would be done */
		return ERR_INVALID;
	if (!is_action(web_text(q, "action")))
		return err_set(e, ERR_INVALID, "action: there is no such one");
	if ((dry && !json_is_boolean(dry)) || (said && !json_is_object(said)))
		return err_set(e, ERR_INVALID, "dry_run: true or false; options: an object");
	if (most && (!json_is_integer(most) || json_integer_value(most) < 0))
		return err_set(e, ERR_INVALID, "at_most: a number");
	return api_options_known(said, e) ? OK : ERR_INVALID;
}

/* A filter finds who is there now: whoever has counted them before says how many were meant. */
static bool more_than_meant(const struct web_request *q, const json_t *names,
			    struct http_response *a)
{
	const json_t *most = json_object_get(q->json, "at_most");
	size_t n = json_array_size(names);

	if (!most || n <= (uint64_t)json_integer_value(most))
		return false;
	web_problem(a, 409, "changed_meanwhile", "these are %zu invites by now; nothing was asked",
		    n);
	return true;
}

static void act_many(struct web_request *q, struct http_response *a)
{
	struct acting v = { NULL, web_text(q, "action"), json_object_get(q->json, "options") };
	struct ask ask;
	json_t *names = NULL;
	struct err e;
	int r = check_body(q, &e);

	if (r) {
		web_fail(a, r, &e);
		return;
	}
	if (!ask_begin(&ask, q, v.action, a))
		return;
	ask.dry_run = json_is_true(json_object_get(q->json, "dry_run"));
	v.ask = &ask;
	r = read_names(q, &names, &e);
	if (r == OK && more_than_meant(q, names, a)) {
		json_decref(names);
		ask_end(&ask);
		return;
	}
	if (r == OK)
		r = check_recipient(&v, names, &e);
	if (r == OK)
		r = act_on_names(&v, names, &e);
	json_decref(names);
	if (r)
		web_fail(a, r, &e);
	else
		ask_answer(&ask, NULL, a);
	ask_end(&ask);
}

/* Of one: who cannot be asked is no list, but the problem. */
static void answer_one(struct ask *ask, struct http_response *a)
{
	json_t *refused = json_array_get(ask->refused, 0);
	const char *code = text_at(refused, "code");

	if (!refused)
		ask_answer(ask, NULL, a);
	else if (!strcmp(code, "not_found"))
		web_problem(a, 404, code, "nothing is known of this invite");
	else
		web_problem_more(a, 422, code, text_at(refused, "detail"), json_copy(refused));
}

static void act_one(struct web_request *q, struct http_response *a)
{
	struct acting v = { NULL, q->params[2], q->json };
	const char *invite = q->params[1];
	struct ask ask;
	struct err e;
	int r;

	if (!ids_name_ok(invite, strlen(invite)) || !is_action(v.action)) {
		web_problem(a, 404, "not_found", "there is no such invite, or no such action");
		return;
	}
	if (web_query_only(q, NULL, &e) || !api_options_known(q->json, &e)) {
		web_fail(a, ERR_INVALID, &e);
		return;
	}
	if (!ask_begin(&ask, q, v.action, a))
		return;
	json_t *names = json_pack("[s]", invite);

	v.ask = &ask;
	r = act_on_names(&v, names, &e);
	json_decref(names);
	if (r)
		web_fail(a, r, &e);
	else
		answer_one(&ask, a);
	ask_end(&ask);
}

#define T "/v1/tenants/{tenant}"
#define BODY_MAX ((size_t)1 << 20)
static const struct web_route routes[] = {
	{ "POST", T "/actions", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, BODY_MAX, act_many },
	{ "POST", T "/invites/{invite}/{action}", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON, 0, act_one },
};

struct web_module api_act_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
