#include "compose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"

#define NAME_MAX_CHARS 40
#define TEXT_MAX_BYTES ((size_t)16 << 10)
#define IN_URL "receipt_secret"

/* ---- names ---- */

#define FACT(f) offsetof(struct compose_facts, f)
static const struct fact {
	const char *name;
	size_t offset;
} facts[] = {
	{ "to", FACT(to) },	    { "text", FACT(text) },
	{ "sender", FACT(sender) }, { "encoding", FACT(encoding) },
	{ "key", FACT(key) },	    { "callback", FACT(callback) },
	{ "secret", FACT(secret) }, { IN_URL, FACT(receipt_secret) },
};

/* "" = it stands for nothing. */
static const char *meaning(const struct compose_facts *f, const char *name)
{
	const char *v = NULL;

	if (!strcmp(name, "digits"))
		return f->to ? f->to + (f->to[0] == '+') : "";
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (!strcmp(facts[i].name, name))
			v = *(const char *const *)((const char *)f + facts[i].offset);
	if (!v)
		v = json_string_value(json_object_get(f->settings, name));
	return v ? v : "";
}

/* The name that begins at s with "{"; its length with both braces, 0 = it is none. */
static size_t name_at(const char *s, char out[NAME_MAX_CHARS + 1])
{
	size_t n = 0;

	if (*s != '{')
		return 0;
	while (n < NAME_MAX_CHARS && (islower((unsigned char)s[1 + n]) || s[1 + n] == '_'))
		n++;
	if (!n || s[1 + n] != '}')
		return 0;
	memcpy(out, s + 1, n);
	out[n] = '\0';
	return n + 2;
}

/* Appends text with its names filled in; false where one stands for nothing. What receipts show
   stands in a URL that the provider is to call. */
static bool fill(const struct compose_facts *f, const char *text, struct buf *out)
{
	char name[NAME_MAX_CHARS + 1];
	bool whole = true;

	while (*text) {
		size_t n = name_at(text, name);
		const char *v = n ? meaning(f, name) : NULL;

		whole &= !v || v[0];
		if (v && !strcmp(name, IN_URL))
			curl_percent(v, out);
		else if (v)
			buf_str(out, v);
		else
			buf_byte(out, *text);
		text += n ? n : 1;
	}
	return whole;
}

/* ---- bodies ---- */

/* A text of the description, filled; NULL = it is to be left out. */
static char *filled(const struct compose_facts *f, const char *text)
{
	autobuf b = BUF_INIT(TEXT_MAX_BYTES);

	if (!fill(f, text, &b) || b.full || !b.len) {
		if (b.data)
			crypto_wipe(b.data, b.len);
		return NULL;
	}
	return buf_take(&b);
}

static void wipe(char *s)
{
	if (s)
		crypto_wipe(s, strlen(s));
	free(s);
}

static void add_pairs(const struct compose_facts *f, const json_t *fields, struct buf *out)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)fields, name, value) {
		autofree char *plain = json_is_string(value)
					       ? NULL
					       : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		char *text = filled(f, plain ? plain : json_string_value(value));

		if (!text)
			continue;
		if (out->len)
			buf_byte(out, '&');
		curl_percent(name, out);
		buf_byte(out, '=');
		curl_percent(text, out);
		wipe(text);
	}
}

static bool add_json(const struct compose_facts *f, const json_t *v, struct buf *out);

/* Members and elements that stand for nothing are left out, commas and all. */
static void add_list(const struct compose_facts *f, const json_t *list, struct buf *out)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t before = out->len;

		if (before && out->data[before - 1] != '[')
			buf_byte(out, ',');
		if (!add_json(f, json_array_get(list, i), out))
			out->len = before;
	}
	buf_byte(out, ']');
}

static void add_members(const struct compose_facts *f, const json_t *object, struct buf *out)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		size_t before = out->len;

		if (before && out->data[before - 1] != '{')
			buf_byte(out, ',');
		buf_json(out, name);
		buf_byte(out, ':');
		if (!add_json(f, value, out))
			out->len = before;
	}
}

static bool add_json(const struct compose_facts *f, const json_t *v, struct buf *out)
{
	char *text;

	if (json_is_array(v)) {
		add_list(f, v, out);
	} else if (json_is_object(v)) {
		buf_byte(out, '{');
		add_members(f, v, out);
		buf_byte(out, '}');
	} else if (json_is_string(v)) {
		if (!(text = filled(f, json_string_value(v))))
			return false;
		buf_json(out, text);
		wipe(text);
	} else {
		autofree char *plain = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

		buf_str(out, plain);
	}
	return true;
}

/* Further fields, where there is something to put into them. */
static void add_with(const struct description *d, const struct compose_facts *f,
		     void (*add)(const struct compose_facts *, const json_t *, struct buf *),
		     struct buf *out)
{
	const char *name;
	json_t *fields;

	add(f, d->fields, out);
	json_object_foreach ((json_t *)d->with, name, fields)
		if (meaning(f, name)[0])
			add(f, fields, out);
}

static void add_body(const struct description *d, const struct compose_facts *f,
		     struct composed *out)
{
	if (d->body == BODY_JSON) {
		buf_byte(&out->body, '{');
		add_with(d, f, add_members, &out->body);
		buf_byte(&out->body, '}');
		return;
	}
	add_with(d, f, add_pairs, &out->body);
	if (d->body != BODY_QUERY)
		return;
	buf_byte(&out->url, strchr(out->url.data, '?') ? '&' : '?');
	buf_add(&out->url, out->body.data, out->body.len);
	buf_reset(&out->body);
}

/* ---- headers ---- */

static int add_header(struct composed *out, const char *name, const char *value, struct err *e)
{
	if (out->nheaders == CURL_HEADERS_MAX)
		return err_set(e, ERR_INVALID, "headers: at most %d", CURL_HEADERS_MAX);
	for (const char *s = value; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_set(e, ERR_INVALID, "header %.40s: a control character", name);
	out->headers[out->nheaders++] = xasprintf("%s: %s", name, value);
	return OK;
}

static int add_filled_header(const struct compose_facts *f, struct composed *out, const char *name,
			     const char *text, struct err *e)
{
	char *value = text ? filled(f, text) : NULL;
	int r = value ? add_header(out, name, value, e) : OK;

	wipe(value);
	return r;
}

static int add_headers(const struct description *d, const struct compose_facts *f,
		       struct composed *out, struct err *e)
{
	static const char *const types[BODY_COUNT] = {
		[BODY_FORM] = "application/x-www-form-urlencoded; charset=utf-8",
		[BODY_JSON] = "application/json",
	};
	const char *name;
	json_t *value;
	int r = OK;

	if (types[d->body])
		r = add_header(out, "Content-Type", types[d->body], e);
	json_object_foreach ((json_t *)d->headers, name, value)
		if (r == OK)
			r = add_filled_header(f, out, name, json_string_value(value), e);
	if (r == OK && d->idempotency_header)
		r = add_filled_header(f, out, d->idempotency_header, "{key}", e);
	return r;
}

static int add_auth(const struct description *d, const struct compose_facts *f,
		    struct composed *out, struct err *e)
{
	if (d->auth == AUTH_NONE)
		return OK;
	if (!(out->secret = filled(f, d->auth_secret)))
		return err_set(e, ERR_INVALID, "auth.secret stands for nothing");
	if (d->auth == AUTH_BEARER) {
		char *value = xasprintf("Bearer %s", out->secret);
		int r = add_header(out, "Authorization", value, e);

		wipe(value);
		return r;
	}
	if (d->auth == AUTH_HEADER)
		return add_header(out, d->auth_header, out->secret, e);
	if (!(out->user = filled(f, d->auth_user)))
		return err_set(e, ERR_INVALID, "auth.user stands for nothing");
	if (d->auth == AUTH_AWS && !(out->aws = filled(f, d->auth_aws)))
		return err_set(e, ERR_INVALID, "auth.aws stands for nothing");
	return OK;
}

int compose(const struct description *d, const struct compose_facts *f, struct composed *out,
	    struct err *e)
{
	out->url.max = COMPOSE_URL_MAX;
	out->body.max = COMPOSE_BODY_MAX;
	if (!fill(f, f->url ? f->url : d->url, &out->url))
		return err_set(e, ERR_INVALID, "url: a name in it stands for nothing");
	add_body(d, f, out);
	if (out->url.full || out->body.full)
		return err_set(e, ERR_INVALID, "the request is too long");
	return add_headers(d, f, out, e) < 0 ? ERR_INVALID : add_auth(d, f, out, e);
}

static void wipe_buf(struct buf *b)
{
	if (b->data)
		crypto_wipe(b->data, b->len);
	buf_clear(b);
}

void composed_clear(struct composed *c)
{
	wipe_buf(&c->url);
	wipe_buf(&c->body);
	for (size_t i = 0; i < c->nheaders; i++)
		wipe(c->headers[i]);
	wipe(c->user);
	wipe(c->secret);
	wipe(c->aws);
	memset(c, 0, sizeof(*c));
}

/* ---- what a description needs ---- */

static bool is_fact(const char *name)
{
	if (!strcmp(name, "digits"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (!strcmp(facts[i].name, name))
			return true;
	return false;
}

static bool unknown_in_text(const char *text, const json_t *settings, char out[64])
{
	char name[NAME_MAX_CHARS + 1];

	while (text && *text) {
		size_t n = name_at(text, name);

		if (n && !is_fact(name) && !json_is_string(json_object_get(settings, name))) {
			snprintf(out, 64, "%s", name);
			return true;
		}
		text += n ? n : 1;
	}
	return false;
}

const char *compose_unknown_name(const struct description *d, const json_t *settings, char out[64])
{
	autofree char *all = json_dumps(d->root, JSON_COMPACT);

	return unknown_in_text(all, settings, out) ? out : NULL;
}

bool compose_needs(const struct description *d, const char *name)
{
	autofree char *all = json_dumps(d->root, JSON_COMPACT);
	autofree char *wanted = xasprintf("{%s}", name);

	return strstr(all, wanted) != NULL ||
	       (d->auth != AUTH_NONE && strstr(d->auth_secret, wanted));
}
