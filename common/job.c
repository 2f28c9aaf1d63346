#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_quick.h"
#include "json_write.h"
#include "mem.h"

#define TYPE CLOUDEVENT_PREFIX "delivery"
#define SOURCE "beckon/dispatcher"
#define TURN "beckon-turn"
#define ATTEMPT "beckon-attempt"
#define WAITED "beckon-waited"
#define PROVIDER "beckon-provider"

enum { BESIDE = 1, INSTEAD = 2 }; /* member ladder */

#define JOB_ROOM 1024 /* bytes of all but the data, mostly */

/* Unlike in outcomes what is empty is written: a reader tells it from what was not said. */
static void member(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	json_write_name(b, name);
	buf_json(b, value);
}

bool job_is_password(const struct job *j)
{
	return !strcmp(j->kind, "password");
}

void job_write(const struct job *j, const char *data, size_t data_len, struct buf *out)
{
	buf_room(out, JOB_ROOM + data_len);
	json_write_open(out, NULL);
	json_write_int(out, "v", JOB_VERSION);
	member(out, "delivery", j->id);
	member(out, "kind", j->kind);
	member(out, "to", j->to);
	member(out, "region", j->region);
	member(out, "recipient_hash", j->recipient_hash);
	member(out, "recipient_masked", j->recipient_masked);
	member(out, "address_key", j->address_key);
	member(out, "source", j->request_source);
	member(out, "id", j->request_id);
	member(out, "link_base", j->link_base);
	json_write_int(out, "ttl_s", j->ttl_s);
	json_write_int(out, "requested_ms", j->requested_ms);
	json_write_int(out, "not_after_ms", j->not_after_ms);
	member(out, "username", j->username);
	member(out, "sealed_password", j->sealed_password);
	if (j->expires_ms)
		json_write_int(out, "expires_ms", j->expires_ms);
	member(out, "kid", j->kid);
	if (j->template_version)
		json_write_int(out, "template_version", j->template_version);
	if (j->ladder || j->instead)
		json_write_int(out, "ladder", j->instead ? INSTEAD : BESIDE);
	if (j->timer_turn)
		json_write_int(out, "timer_turn", j->timer_turn);
	if (j->ladder_after_ms)
		json_write_int(out, "ladder_after_ms", j->ladder_after_ms);
	json_write_name(out, "data");
	buf_add(out, data, data_len);
	json_write_close(out);
}

static struct header decimal(const char *name, char out[24], int64_t v)
{
	return (struct header){ name, out, int_text(out, v) };
}

size_t job_headers(const struct job *j, struct job_stand *stand, struct header out[JOB_HEADERS_MAX])
{
	struct cloudevent_head head = {
		.id = j->id,
		.source = SOURCE,
		.type = TYPE,
		.subject = j->delivery.invite,
		.traceparent = j->traceparent,
	};
	size_t n = cloudevent_write_headers(&head, out);

	if (stand->turn > 1)
		out[n++] = decimal(TURN, stand->turn_text, stand->turn);
	if (stand->attempt > 1)
		out[n++] = decimal(ATTEMPT, stand->attempt_text, stand->attempt);
	if (stand->waited)
		out[n++] = (struct header){ WAITED, stand->waited, strlen(stand->waited) };
	if (stand->provider && stand->provider[0])
		out[n++] = (struct header){ PROVIDER, stand->provider, strlen(stand->provider) };
	if (j->at_once)
		out[n++] = (struct header){ JOB_AT_ONCE, "1", 1 };
	return n;
}

/* The last header of this name; NULL = there is none. */
static const struct header *header_find(const struct record *r, const char *name)
{
	for (size_t i = r->header_count; i-- > 0;)
		if (!strcmp(r->headers[i].name, name))
			return &r->headers[i];
	return NULL;
}

/* As text, cut to fit; "" where absent. */
static void header_text(const struct record *r, const char *name, char *out, size_t size)
{
	const struct header *h = header_find(r, name);

	snprintf(out, size, "%.*s", h && h->value ? (int)h->len : 0,
		 h && h->value ? (const char *)h->value : "");
}

/* 1 where absent. */
static int header_number(const struct record *r, const char *name, int64_t *out, struct err *e)
{
	const struct header *h = header_find(r, name);
	const char *digits = h ? h->value : NULL;
	int64_t v = h ? 0 : 1;

	for (size_t i = 0; digits && i < h->len && v <= IDS_NUMBER_MAX; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return err_set(e, ERR_INVALID, "%s is no number", name);
		v = v * 10 + (digits[i] - '0');
	}
	if (v < 1 || v > IDS_NUMBER_MAX)
		return err_set(e, ERR_INVALID, "%s is not from 1 to %u", name, IDS_NUMBER_MAX);
	*out = v;
	return OK;
}

static const char *text(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

static int read_body(struct job *j, struct err *e)
{
	const json_t *root = j->root;
	const char *id = text(root, "delivery");

	if (json_integer_value(json_object_get(root, "v")) != JOB_VERSION)
		return err_set(e, ERR_INVALID, "v: this version reads jobs of version %d",
			       JOB_VERSION);
	if (!id || ids_delivery_parse(id, &j->delivery, e) < 0)
		return err_set(e, ERR_INVALID, "delivery: missing or not one");
	ids_delivery_build(&j->delivery, j->id);
	ids_key(j->delivery.tenant, j->delivery.invite, j->invite_key);
	j->kind = text(root, "kind");
	j->to = text(root, "to");
	j->region = text(root, "region");
	j->recipient_hash = text(root, "recipient_hash");
	j->recipient_masked = text(root, "recipient_masked");
	j->address_key = text(root, "address_key");
	j->request_source = text(root, "source");
	j->request_id = text(root, "id");
	j->link_base = text(root, "link_base");
	j->username = text(root, "username");
	j->sealed_password = text(root, "sealed_password");
	j->ttl_s = json_integer_value(json_object_get(root, "ttl_s"));
	j->requested_ms = json_integer_value(json_object_get(root, "requested_ms"));
	j->not_after_ms = json_integer_value(json_object_get(root, "not_after_ms"));
	j->expires_ms = json_integer_value(json_object_get(root, "expires_ms"));
	j->kid = text(root, "kid");
	j->template_version = json_integer_value(json_object_get(root, "template_version"));
	j->ladder = json_integer_value(json_object_get(root, "ladder")) == BESIDE;
	j->instead = json_integer_value(json_object_get(root, "ladder")) == INSTEAD;
	j->timer_turn = json_integer_value(json_object_get(root, "timer_turn"));
	j->ladder_after_ms = json_integer_value(json_object_get(root, "ladder_after_ms"));
	j->data = json_object_get(root, "data");
	if (!j->kind || !j->to || !j->recipient_hash || !j->request_id || !json_is_object(j->data))
		return err_set(e, ERR_INVALID, "kind, to, recipient_hash, id or data is missing");
	if (j->ttl_s < 1 || j->ttl_s > JOB_TTL_MAX_S || j->requested_ms < 0 ||
	    j->not_after_ms < 0 || j->expires_ms < 0 || j->timer_turn < 0)
		return err_set(e, ERR_INVALID, "ttl_s, timer_turn or a time is out of range");
	return OK;
}

/* Of a route, or of a template: that one is nobody's but its own (templates_api_test.c). */
static bool is_test(const json_t *data)
{
	const char *tested = text(json_object_get(data, "metadata"), "test");
	const char *scope = text(data, "scope"), *invite = text(data, "invite");

	if (text(data, "route"))
		return true;
	return tested && !strcmp(tested, "template") && scope && invite && !strcmp(scope, invite);
}

int job_read(const struct record *r, struct job *out, struct err *e)
{
	struct job j = { 0 };
	json_error_t error;

	if (!r->value || r->value_len > JOB_MAX_BYTES)
		return err_set(e, ERR_INVALID, "a job has from 1 to %zu bytes", JOB_MAX_BYTES);
	j.root = json_quick(r->value, r->value_len);
	if (!j.root)
		j.root = json_loadb(r->value, r->value_len, JSON_REJECT_DUPLICATES, &error);
	if (!j.root)
		return err_set(e, ERR_INVALID, "a job is JSON: line %d, column %d", error.line,
			       error.column);
	if (read_body(&j, e) < 0 || header_number(r, TURN, &j.turn, e) < 0 ||
	    header_number(r, ATTEMPT, &j.attempt, e) < 0) {
		json_decref(j.root);
		return ERR_INVALID;
	}
	j.at_once = header_find(r, JOB_AT_ONCE) != NULL;
	header_text(r, WAITED, j.waited, sizeof(j.waited));
	header_text(r, PROVIDER, j.provider, sizeof(j.provider));
	j.is_test = is_test(j.data);
	if (text(j.data, "route"))
		text_put(j.provider, sizeof(j.provider), text(j.data, "route"));
	header_text(r, "traceparent", j.traceparent_text, sizeof(j.traceparent_text));
	if (j.traceparent_text[strspn(j.traceparent_text, "0123456789abcdef-")])
		j.traceparent_text[0] = '\0';
	*out = j;
	out->traceparent = out->traceparent_text;
	return OK;
}

void job_clear(struct job *j)
{
	json_decref(j->root);
	j->root = NULL;
}
