#include "answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"

#define OK_WORD "ok"
#define PARTS_MAX 64

/* An answer as it can be asked: JSON, or text. */
struct body {
	const struct description *d;
	const json_t *json;
	const char *text;
};

/* ---- looking something up ---- */

/* A member, an element by number, or with "*" the first of either. */
static const json_t *step(const json_t *v, const char *name, size_t n)
{
	char key[64];

	if (n == 1 && *name == '*' && json_is_array(v))
		return json_array_get(v, 0);
	if (n == 1 && *name == '*')
		return json_object_iter_value(json_object_iter((json_t *)v));
	snprintf(key, sizeof(key), "%.*s", (int)n, name);
	if (json_is_array(v) && key[0] && !key[strspn(key, "0123456789")])
		return json_array_get(v, strtoul(key, NULL, 10));
	return json_object_get(v, key);
}

static const json_t *walk(const json_t *v, const char *path)
{
	while (v && *path) {
		size_t n = strcspn(path, ".");

		v = step(v, path, n);
		path += n + (path[n] == '.');
	}
	return v;
}

/* What stands in <name>…</name>, the first time. */
static bool in_xml(const char *text, const char *name, char *out, size_t size)
{
	char open[64], shut[64];
	const char *from, *to;

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(shut, sizeof(shut), "</%s>", name);
	if (!(from = strstr(text, open)))
		return false;
	from += strlen(open);
	if (!(to = strstr(from, shut)))
		return false;
	snprintf(out, size, "%.*s", (int)(to - from < 256 ? to - from : 256), from);
	return out[0] != '\0';
}

/* "3: Queued for later delivery": what stands before the colon. */
static bool in_text(const char *text, char *out, size_t size)
{
	size_t n = strspn(text, "0123456789");

	if (!n || n >= size || text[n] != ':')
		return false;
	snprintf(out, size, "%.*s", (int)n, text);
	return true;
}

static bool scalar(const json_t *v, char *out, size_t size)
{
	if (json_is_string(v))
		snprintf(out, size, "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		return false;
	return out[0] != '\0';
}

static bool look_up(const struct body *b, const json_t *root, const struct description_paths *p,
		    char *out, size_t size)
{
	bool found = false;

	for (size_t i = 0; i < p->n && !found; i++) {
		if (b->d->format == FORMAT_XML)
			found = in_xml(b->text, p->list[i], out, size);
		else if (b->d->format == FORMAT_TEXT)
			found = in_text(b->text, out, size);
		else
			found = scalar(walk(root, p->list[i]), out, size);
	}
	if (!found)
		out[0] = '\0';
	return found;
}

/* It becomes a word of outcomes, and of keys in Redis. What else could stand there is no id. */
static void clean(char *id)
{
	for (char *s = id; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.:/=", *s)) {
			id[0] = '\0';
			return;
		}
}

static void find_id(const struct body *b, const json_t *root, struct answer *out)
{
	look_up(b, root, &b->d->id, out->id, sizeof(out->id));
	clean(out->id);
}

/* A code for people and logs: anything else may be a number or a name. */
static void clean_code(char *code)
{
	for (char *s = code; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			*s = '?';
}

/* ---- what it means ---- */

static void refuse(struct answer *out, const char *code)
{
	static const char *const routes[] = { "auth_failed", "funds_exhausted", "account_suspended",
					      "region_not_enabled" };

	out->result.code = code;
	out->result.reach = REACH_REFUSED;
	if (!strcmp(code, "outcome_unknown")) {
		out->result.reach = REACH_IN_DOUBT;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		out->result.route_fault |= !strcmp(code, routes[i]);
}

static void accept(struct answer *out)
{
	out->result.reach = REACH_TAKEN;
	out->result.code = NULL;
}

/* A code of ours that lives as long as the program: the description's may go with SIGHUP. */
static const char *ours(const char *name)
{
	const struct code *code = codes_find(name);

	return code ? code->name : "carrier_unknown";
}

/* What the provider's own code says; false where it says nothing. */
static bool by_code(const struct description *d, int status, struct answer *out)
{
	const char *meaning = out->code[0] ? description_code(d, out->code) : NULL;

	out->unknown_code = out->code[0] && !meaning;
	if (!out->code[0])
		return false;
	if (meaning && !strcmp(meaning, OK_WORD) && status / 100 == 2)
		accept(out);
	else if (meaning && strcmp(meaning, OK_WORD) != 0)
		refuse(out, ours(meaning));
	else if (status / 100 != 2)
		return false;
	else
		refuse(out, "carrier_unknown");
	return true;
}

static void by_status(const struct description *d, const struct curl_answer *a, struct answer *out)
{
	const char *meaning = description_status(d, a->status);

	if (meaning && strcmp(meaning, OK_WORD) != 0)
		refuse(out, ours(meaning));
	else if (a->whole && (out->id[0] || d->own_id || (!d->id.n && !d->code.n)))
		accept(out);
	else
		refuse(out, "outcome_unknown"); /* nobody has said that it was taken */
}

/* Each part has a code of its own: all, none, or some were taken. */
static bool by_parts(const struct body *b, int status, struct answer *out)
{
	const json_t *list = walk(b->json, b->d->parts);
	size_t n = json_array_size(list), taken = 0;
	struct answer first = { .id = "" };

	if (!n || n > PARTS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *part = json_array_get(list, i);
		struct answer one = { .id = "" };

		find_id(b, part, &one);
		if (!look_up(b, part, &b->d->code, one.code, sizeof(one.code)) ||
		    !by_code(b->d, status, &one))
			refuse(&one, "outcome_unknown");
		if (one.result.reach == REACH_TAKEN)
			taken++;
		if (!i)
			first = one;
		else if (first.result.reach == REACH_TAKEN)
			first.result = one.result;
	}
	*out = first;
	if (taken && taken < n) {
		refuse(out, "outcome_unknown");
		snprintf(out->reason, sizeof(out->reason), "%zu of %zu parts were taken", taken, n);
	}
	return true;
}

static void by_body(const struct description *d, const struct curl_answer *a, struct answer *out)
{
	struct body b = { .d = d, .text = a->body };
	json_t *json = d->format == FORMAT_JSON ? json_loadb(a->body, a->len, 0, NULL) : NULL;

	b.json = json;
	if (!d->parts || !by_parts(&b, a->status, out)) {
		find_id(&b, json, out);
		look_up(&b, json, &d->code, out->code, sizeof(out->code));
		if (!by_code(d, a->status, out))
			by_status(d, a, out);
	}
	json_decref(json);
}

static void explain(const struct curl_answer *a, struct answer *out)
{
	clean_code(out->code);
	out->result.reply.code = a->status;
	if (out->reason[0] || out->result.reach == REACH_TAKEN)
		return;
	if (!a->status)
		snprintf(out->reason, sizeof(out->reason), "%s", a->text);
	else
		snprintf(out->reason, sizeof(out->reason), "HTTP %d%s%s", a->status,
			 out->code[0] ? ", code " : "", out->code);
}

void answer_read(const struct description *d, const struct curl_answer *a, struct answer *out)
{
	memset(out, 0, sizeof(*out));
	if (!a->begun) {
		out->result.reach = REACH_NOT_SENT;
		out->result.route_fault = a->fault != NULL;
		out->result.code = a->fault;
	} else if (!a->status) {
		out->result.reach = REACH_IN_DOUBT;
	} else {
		by_body(d, a, out);
	}
	if (out->result.reach == REACH_REFUSED)
		out->suppress = description_suppress(d, out->code);
	out->retry_after_ms = a->retry_after_ms;
	explain(a, out);
}
