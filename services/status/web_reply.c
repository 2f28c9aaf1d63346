#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "mem.h"
#include "web.h"

const char *const web_roles[] = { "anyone", "viewer", "operator", "admin", "super", NULL };

enum web_role web_role_of(const char *word)
{
	for (int i = WEB_VIEWER; i < WEB_ROLES; i++)
		if (!strcmp(web_roles[i], word))
			return (enum web_role)i;
	return WEB_ANYONE;
}

/* Titles of the statuses that we answer (RFC 9110). */
static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char *title_of(unsigned status)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

/* ---- what was asked ---- */

const char *web_query(const struct web_request *q, const char *name)
{
	return http_query(q->http, name);
}

struct parameters {
	bool (*known)(const char *name);
};

static bool is_parameter(const void *ctx, const char *name)
{
	const struct parameters *p = ctx;

	return !strcmp(name, "lang") || (p->known && p->known(name));
}

int web_query_only(const struct web_request *q, bool (*known)(const char *name), struct err *e)
{
	const struct parameters p = { known };
	const char *other = http_query_strange(q->http, is_parameter, &p);

	if (!other)
		return OK;
	return err_set(e, ERR_INVALID, "the query has no parameter %.40s",
		       form_name(other, strlen(other)) ? other : "of that name");
}

const char *web_header(const struct web_request *q, const char *name)
{
	return http_header(q->http, name);
}

const char *web_text(const struct web_request *q, const char *name)
{
	return json_string_value(json_object_get(q->json, name));
}

bool web_sees_addresses(const struct web_request *q)
{
	return q->person.role >= WEB_OPERATOR;
}

/* The first language of ours that the header names: browsers put the preferred one first. */
const char *web_lang(const struct web_request *q)
{
	const char *said = web_query(q, "lang");
	const char *at = said ? said : web_header(q, "Accept-Language");

	while (at && *at) {
		at += strspn(at, ", ");
		if (!strncmp(at, "ru", 2))
			return "ru";
		if (!strncmp(at, "en", 2))
			return "en";
		at += strcspn(at, ",");
	}
	return "en";
}

/* ---- what is answered ---- */

void web_json(struct http_response *a, unsigned status, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	buf_reset(&a->body);
	buf_str(&a->body, text ? text : "null");
	free(text);
	a->status = status;
	a->type = "application/json";
}

void web_html(struct http_response *a, unsigned status)
{
	a->status = status;
	a->type = "text/html; charset=utf-8";
}

void web_problem_more(struct http_response *a, unsigned status, const char *code,
		      const char *detail, json_t *more)
{
	json_t *p = json_pack("{ss,ss,si,ss}", "type", "about:blank", "title", title_of(status),
			      "status", (int)status, "code", code);

	if (detail)
		json_object_set_new(p, "detail", json_string(detail));
	json_object_update(p, more);
	json_decref(more);
	web_json(a, status, p);
	a->type = WEB_PROBLEM_TYPE;
}

void web_problem(struct http_response *a, unsigned status, const char *code, const char *detail,
		 ...)
{
	char text[512];
	va_list args;

	va_start(args, detail);
	if (detail)
		vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	web_problem_more(a, status, code, detail ? text : NULL, NULL);
}

void web_fail(struct http_response *a, int kind, const struct err *e)
{
	if (kind == ERR_INVALID) {
		web_problem(a, 422, "invalid", "%s", e->text);
		return;
	}
	web_problem(a, kind == ERR_AGAIN ? 503 : 500, kind == ERR_AGAIN ? "unavailable" : "failed",
		    "%s", e->text);
	if (kind == ERR_AGAIN)
		http_add_header(a, "Retry-After", "5");
}
