#include "receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json_text.h"
#include "mem.h"
#include "receipt_priv.h"
#include "smtp_reply.h"
#include "smtp_text.h"

#define MESSAGE_ID_LOCAL 52 /* characters of ours before the @: letter.h */

void receipt_list_clear(struct receipt_list *l)
{
	free(l->list);
	*l = (struct receipt_list){ 0 };
}

/* ---- what the formats share ---- */

const char *reading_field(const struct receipt_reading *r, const char *name)
{
	const char *found = pairs_find(&r->body, name);

	return found ? found : pairs_find(&r->query, name);
}

const char *reading_header(const struct receipt_reading *r, const char *name)
{
	const char *value = r->call->header(r->call->ctx, name);

	return value ? value : "";
}

int reading_fresh(const struct receipt_reading *r, int64_t signed_ms, struct err *e)
{
	int64_t away_ms = r->call->now_ms - signed_ms;

	if (signed_ms < 0)
		return err_set(e, ERR_INVALID, "it does not say when it was signed");
	if (away_ms > r->source->window_ms || -away_ms > r->source->window_ms)
		return err_set(e, ERR_INVALID, "it was signed more than %lld s from now",
			       (long long)r->source->window_ms / 1000);
	return OK;
}

struct receipt *reading_add(struct receipt_reading *r)
{
	struct receipt_list *l = r->out;

	if (l->count == RECEIPTS_MAX)
		return NULL;
	l->list = xgrow(l->list, l->count, sizeof(*l->list));
	l->list[l->count] = (struct receipt){ 0 };
	return &l->list[l->count++];
}

/* It becomes part of a key and is told: printable ASCII without spaces, and no address. */
static bool id_ok(const char *id)
{
	size_t n = strlen(id);

	for (const char *c = id; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '@')
			return false;
	return n > 0 && n <= RECEIPT_ID_MAX;
}

void receipt_name(struct receipt *to, const char *source, const char *id)
{
	if (!id_ok(id) || to->nnames == RECEIPT_NAMES_MAX)
		return;
	snprintf(to->names[to->nnames++], RECEIPT_NAME_SIZE, "%s/%s", source, id);
	if (!to->message_id[0])
		snprintf(to->message_id, sizeof(to->message_id), "%s", id);
}

void receipt_name_mail(struct receipt *to, const char *message_id)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *local = message_id + strspn(message_id, " \t<");
	char id[MESSAGE_ID_LOCAL + 1];

	if (strspn(local, base32) != MESSAGE_ID_LOCAL ||
	    !strchr("@> \t\r\n", local[MESSAGE_ID_LOCAL])) /* an ENVID ends there */
		return;
	snprintf(id, sizeof(id), "%s", local);
	receipt_name(to, RECEIPT_BY_MESSAGE_ID, id);
}

/* "smtp; 550 5.1.1 ..." as a reply; the number that a status alone stands for is its class. */
void receipt_reason_mail(struct receipt *to, const char *enhanced, const char *diagnostic)
{
	const char *said = strchr(diagnostic, ';');
	struct smtp_reading reading;
	struct reply reply;
	long number;
	char *rest;

	said = said && said - diagnostic < 20 ? said + 1 : diagnostic;
	number = strtol(said, &rest, 10);
	if (number < 400 || number > 599 || (*rest && !strchr(" -", *rest))) {
		number = *enhanced == '4' ? 450 : *enhanced == '5' ? 550 : 554;
		rest = (char *)said;
	}
	smtp_text_reply(&reply, (int)number, *enhanced ? enhanced : NULL,
			rest + strspn(rest, " -"));
	reading = smtp_reply_read(&reply);
	to->code = reading.code;
	if (reading.class == 'T' && strcmp(reading.code, "mailbox_full") != 0)
		to->code = "retries_exhausted";
	to->suppress = reading.suppress ? SUPPRESS_FAILED : SUPPRESS_NOT;
}

/* ---- a call ---- */

static bool is_json(const struct receipt_reading *r)
{
	return r->source->format->json || strstr(reading_header(r, "content-type"), "json");
}

static int take_apart(struct receipt_reading *r, struct err *e)
{
	const struct receipt_call *c = r->call;

	if (c->body_len > RECEIPT_BODY_MAX_BYTES)
		return err_set(e, ERR_INVALID, "more than %zu bytes", RECEIPT_BODY_MAX_BYTES);
	if (pairs_read_form(c->query, strlen(c->query), &r->query, e) < 0)
		return ERR_INVALID;
	if (!is_json(r))
		return pairs_read_form(c->body, c->body_len, &r->body, e);
	if (json_text_parse(c->body, c->body_len, &r->json, e) < 0)
		return ERR_INVALID;
	return json_is_object(r->json) ? pairs_read_object(r->json, &r->body, e) : OK;
}

static void reading_clear(struct receipt_reading *r)
{
	pairs_clear(&r->query);
	pairs_clear(&r->body);
	json_decref(r->json);
	json_decref(r->inner);
}

int receipt_read(const struct receipt_source *s, const struct receipt_call *call,
		 struct receipt_list *out, const char **code, struct err *e)
{
	struct receipt_list list = { 0 };
	struct receipt_reading r = { .source = s, .call = call, .out = &list };
	int answer = take_apart(&r, e);
	bool genuine = false;

	*code = "schema_invalid";
	if (answer == OK) {
		if ((answer = genuine_client(&r, e)) == OK)
			answer = s->format->genuine(&r, e);
		genuine = answer == OK;
		*code = genuine ? *code : "auth_failed";
	}
	if (answer == OK)
		answer = s->format->read(&r, e);
	reading_clear(&r);
	if (answer < 0)
		receipt_list_clear(&list);
	*out = list;
	out->genuine = genuine;
	return answer;
}
