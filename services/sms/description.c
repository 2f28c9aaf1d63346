#include "description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "nearest.h"
#include "receipt_words.h"
#include "yamldoc.h"

/* ---- what a file may hold ---- */

static int wrong(struct err *e, const char *where, const char *rule)
{
	return err_set(e, ERR_INVALID, "%s: %s", where, rule);
}

static int word_of(const json_t *v, const char *const *words, size_t n, int *out)
{
	const char *text = json_string_value(v);

	for (size_t i = 0; text && i < n; i++)
		if (!strcmp(text, words[i])) {
			*out = (int)i;
			return OK;
		}
	return ERR_INVALID;
}

static int take_text(const json_t *v, void *field)
{
	const char *text = json_string_value(v);

	if (!text || !text[0])
		return ERR_INVALID;
	*(const char **)field = text;
	return OK;
}

static int take_object(const json_t *v, void *field)
{
	if (!json_is_object(v))
		return ERR_INVALID;
	*(const json_t **)field = v;
	return OK;
}

static int take_flag(const json_t *v, void *field)
{
	if (!json_is_boolean(v))
		return ERR_INVALID;
	*(bool *)field = json_is_true(v);
	return OK;
}

static int take_method(const json_t *v, void *field)
{
	static const char *const words[] = { "POST", "GET" };
	int i;

	if (word_of(v, words, ARRAY_LEN(words), &i) < 0)
		return ERR_INVALID;
	*(const char **)field = words[i];
	return OK;
}

static int take_auth(const json_t *v, void *field)
{
	static const char *const words[AUTH_COUNT] = { "none", "basic", "bearer", "header", "aws" };

	return word_of(v, words, AUTH_COUNT, field);
}

static int take_body(const json_t *v, void *field)
{
	static const char *const words[BODY_COUNT] = { "form", "json", "query" };

	return word_of(v, words, BODY_COUNT, field);
}

static int take_format(const json_t *v, void *field)
{
	static const char *const words[FORMAT_COUNT] = { "json", "xml", "text" };

	return word_of(v, words, FORMAT_COUNT, field);
}

static int take_paths(const json_t *v, void *field)
{
	struct description_paths *paths = field;
	size_t n = json_is_array(v) ? json_array_size(v) : 1;

	if (n < 1 || n > DESCRIPTION_PATHS_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		if (take_text(json_is_array(v) ? json_array_get(v, i) : v, &paths->list[i]) < 0)
			return ERR_INVALID;
	paths->n = n;
	return OK;
}

static int take_rate(const json_t *v, void *field)
{
	struct err e;

	return json_is_string(v) && tenant_rate_parse(json_string_value(v), field, &e) == OK
		       ? OK
		       : ERR_INVALID;
}

static int take_cost(const json_t *v, void *field)
{
	struct err e;

	return tariff_parse(field, v, &e);
}

/* "code: meaning" pairs. */
static int take_codes(const json_t *v, void *field)
{
	const char *name;
	json_t *meaning;

	if (!json_is_object(v))
		return ERR_INVALID;
	json_object_foreach ((json_t *)v, name, meaning) {
		const char *text = json_string_value(meaning);

		if (!text || (strcmp(text, "ok") != 0 && !codes_find(text)))
			return ERR_INVALID;
	}
	*(const json_t **)field = v;
	return OK;
}

/* "code: why" pairs. */
static int take_suppress(const json_t *v, void *field)
{
	const char *name;
	json_t *why;

	if (!json_is_object(v))
		return ERR_INVALID;
	json_object_foreach ((json_t *)v, name, why)
		if (!json_is_string(why) ||
		    suppress_why_find(json_string_value(why)) == SUPPRESS_NOT)
			return ERR_INVALID;
	*(const json_t **)field = v;
	return OK;
}

#define AT(f) offsetof(struct description, f)
static const struct entry {
	const char *path;
	int (*take)(const json_t *v, void *field);
	size_t offset;
	const char *rule;
	bool required;
} entries[] = {
	{ "url", take_text, AT(url), "where messages are posted", true },
	{ "method", take_method, AT(method), "POST or GET", false },
	{ "headers", take_object, AT(headers), "pairs of name and text", false },
	{ "auth.kind", take_auth, AT(auth), "none, basic, bearer, header or aws", false },
	{ "auth.user", take_text, AT(auth_user), "a text", false },
	{ "auth.secret", take_text, AT(auth_secret), "a text", false },
	{ "auth.header", take_text, AT(auth_header), "the header's name", false },
	{ "auth.aws", take_text, AT(auth_aws), "aws:amz:<region>:<service>", false },
	{ "body.kind", take_body, AT(body), "form, json or query", true },
	{ "body.fields", take_object, AT(fields), "pairs of name and value", true },
	{ "body.with", take_object, AT(with), "a name, and fields for it", false },
	{ "encoding.gsm", take_text, AT(encodings[0]), "a text", false },
	{ "encoding.ucs2", take_text, AT(encodings[1]), "a text", false },
	{ "answer.format", take_format, AT(format), "json, xml or text", true },
	{ "answer.parts", take_text, AT(parts), "a path", false },
	{ "answer.id", take_paths, AT(id), "a path, or a list of them", false },
	{ "answer.own_id", take_flag, AT(own_id), "true or false", false },
	{ "answer.code", take_paths, AT(code), "a path, or a list of them", false },
	{ "codes", take_codes, AT(codes), "each code: ok, or a code of errors.json", false },
	{ "http", take_codes, AT(http), "each status: ok, or a code of errors.json", false },
	{ "suppress", take_suppress, AT(suppress), "some codes: failed, complaint or opted_out",
	  false },
	{ "idempotency_header", take_text, AT(idempotency_header), "the header's name", false },
	{ "receipt", take_object, AT(receipt), "statuses, codes and suppress", false },
	{ "receipts", take_flag, AT(receipts), "true or false", false },
	{ "rate", take_rate, AT(rate), "such as 100/s", false },
	{ "cost", take_cost, AT(tariff), "currency, and prefixes with a price of a segment each",
	  false },
};

static const json_t *at_path(const json_t *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char section[32];

	if (!dot)
		return json_object_get(root, path);
	snprintf(section, sizeof(section), "%.*s", (int)(dot - path), path);
	return json_object_get(json_object_get(root, section), dot + 1);
}

static bool is_known(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (!strcmp(entries[i].path, path))
			return true;
	return false;
}

static bool is_section(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (!strncmp(entries[i].path, name, n) && entries[i].path[n] == '.')
			return true;
	return false;
}

static int unknown_in(const json_t *object, const char *section, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		char path[80];

		snprintf(path, sizeof(path), "%s%s%.40s", section, section[0] ? "." : "", name);
		if (is_known(path))
			continue;
		if (section[0] || !is_section(name) || !json_is_object(value))
			return wrong(e, path, "not known here");
		if (unknown_in(value, name, e) < 0)
			return ERR_INVALID;
	}
	return OK;
}

static int read_entries(struct description *d, struct err *e)
{
	if (!json_is_object(d->root))
		return wrong(e, "the file", "pairs of key and value");
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *f = &entries[i];
		const json_t *v = at_path(d->root, f->path);

		if (!v && f->required)
			return wrong(e, f->path, "missing");
		if (v && f->take(v, (char *)d + f->offset) < 0)
			return wrong(e, f->path, f->rule);
	}
	return unknown_in(d->root, "", e);
}

/* It is for beckon-status; a slip in it is told by whoever reads it first. */
static int check_receipt(const struct description *d, struct err *e)
{
	struct receipt_words *w = NULL;
	int r = d->receipt ? receipt_words_parse(&w, d->root, e) : OK;

	receipt_words_free(w);
	return r;
}

/* What one entry says of another. */
static int check(const struct description *d, struct err *e)
{
	bool get = d->method && !strcmp(d->method, "GET");

	if (get != (d->body == BODY_QUERY))
		return wrong(e, "method", "GET, and only that, goes with a query");
	if (d->auth == AUTH_BASIC && !d->auth_user)
		return wrong(e, "auth.user", "missing");
	if (d->auth == AUTH_AWS && (!d->auth_aws || !d->auth_user))
		return wrong(e, "auth.aws", "it needs user, too");
	if (d->auth == AUTH_HEADER && !d->auth_header)
		return wrong(e, "auth.header", "missing");
	if (d->parts && d->format != FORMAT_JSON)
		return wrong(e, "answer.parts", "only of a JSON answer");
	if (!d->id.n && !d->own_id && !d->code.n)
		return wrong(e, "answer", "id, own_id or code tells an acceptance");
	return check_receipt(d, e);
}

static int make(struct description **out, struct yamldoc *y, const char *name, struct err *e)
{
	struct description *d = xcalloc(1, sizeof(*d));

	d->holders = 1;
	d->method = "POST";
	d->auth_secret = "{secret}";
	d->encodings[0] = "gsm";
	d->encodings[1] = "ucs2";
	d->root = json_incref(y->value);
	yamldoc_clear(y);
	if (read_entries(d, e) < 0 || check(d, e) < 0) {
		description_free(d);
		return err_prefix(e, ERR_INVALID, "%s", name);
	}
	*out = d;
	return OK;
}

int description_read(struct description **out, const char *path, struct err *e)
{
	struct yamldoc y;
	int r = yamldoc_read(&y, path, e);

	return r < 0 ? r : make(out, &y, path, e);
}

int description_parse(struct description **out, const char *name, const char *text, size_t len,
		      struct err *e)
{
	struct yamldoc y;
	int r = yamldoc_parse(&y, name, text, len, e);

	return r < 0 ? r : make(out, &y, name, e);
}

struct description *description_hold(struct description *d)
{
	d->holders++;
	return d;
}

void description_free(struct description *d)
{
	if (!d || --d->holders > 0)
		return;
	tariff_free(d->tariff);
	json_decref(d->root);
	free(d);
}

/* ---- what it means ---- */

const char *description_code(const struct description *d, const char *code)
{
	return json_string_value(json_object_get(d->codes, code));
}

enum suppress_why description_suppress(const struct description *d, const char *code)
{
	const char *why = json_string_value(json_object_get(d->suppress, code));

	return why ? suppress_why_find(why) : SUPPRESS_NOT;
}

const char *description_status(const struct description *d, int status)
{
	/* Where the provider's file says nothing. Behind a 500, 502 or 504 the message may have
	   been taken over. */
	static const struct {
		const char *status, *code;
	} usual[] = {
		{ "401", "auth_failed" },
		{ "402", "funds_exhausted" },
		{ "403", "auth_failed" },
		{ "404", "auth_failed" },
		{ "405", "auth_failed" },
		{ "408", "provider_unavailable" },
		{ "413", "too_large" },
		{ "429", "throttled" },
		{ "503", "provider_unavailable" },
		{ "3xx", "provider_unavailable" },
		{ "4xx", "carrier_unknown" },
		{ "5xx", "outcome_unknown" },
	};
	char exact[8], class[8];
	const char *said;

	snprintf(exact, sizeof(exact), "%d", status);
	snprintf(class, sizeof(class), "%dxx", status / 100);
	if ((said = json_string_value(json_object_get(d->http, exact))) ||
	    (said = json_string_value(json_object_get(d->http, class))))
		return said;
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (!strcmp(usual[i].status, exact) || !strcmp(usual[i].status, class))
			return usual[i].code;
	return status / 100 == 2 ? NULL : "outcome_unknown";
}
