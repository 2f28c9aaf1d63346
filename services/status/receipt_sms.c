/* What SMS providers tell. What their statuses and codes mean is data (receipt_words.h), since they
   keep changing; where a message's end is told is here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "receipt_priv.h"

/* Names of a provider's fields. */
struct sms_fields {
	const char *id, *status, *error;
};

const struct sms_fields sms_twilio = { "MessageSid", "MessageStatus", "ErrorCode" };
const struct sms_fields sms_vonage = { "messageId", "status", "err-code" };
const struct sms_fields sms_bird = { "id", "status", "statusErrorCode" };
const struct sms_fields sms_smsc = { "id", "status", "err" };
const struct sms_fields sms_kannel = { "id", "status", "error" }; /* the status: a bit of %d */

/* ---- reading ---- */

struct sms_told {
	const char *id, *status, *error, *delivery;
};

static void note_unknown(struct receipt *to, const char *word)
{
	text_put(to->unknown, sizeof(to->unknown), word);
	for (char *s = to->unknown; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			*s = '?';
}

/* What its error code means, else its status, else that only the carrier knows; a code that is
   not described is somebody's to look at. */
static void give_reason(struct receipt *to, const struct receipt_words *w,
			const struct sms_told *told, const char *status_code)
{
	bool coded = told->error && *told->error;
	const char *code = coded ? receipt_words_code(w, told->error) : NULL;

	if (coded && !code && !status_code && strcmp(told->error, "0") != 0)
		note_unknown(to, told->error);
	to->code = code ? code : status_code ? status_code : "carrier_unknown";
	to->suppress = coded ? receipt_words_suppress(w, told->error) : SUPPRESS_NOT;
}

/* A status that nobody knows yet is no end: what is told next may be. */
static int add(struct receipt_reading *r, const struct sms_told *told, struct err *e)
{
	const struct receipt_words *w = r->source->words;
	struct receipt_status_word status = { RECEIPT_PASSING, NULL };
	struct delivery d;
	struct receipt *to;

	if (!told->status || ((!told->id || !*told->id) && !told->delivery))
		return err_set(e, ERR_INVALID, "neither an id nor a status");
	if (!(to = reading_add(r)))
		return err_set(e, ERR_INVALID, "more than %d receipts", RECEIPTS_MAX);
	receipt_name(to, r->source->name, told->id ? told->id : "");
	if (told->delivery && ids_delivery_parse(told->delivery, &d, NULL) == OK)
		ids_delivery_build(&d, to->delivery);
	if (!receipt_words_status(w, told->status, &status))
		note_unknown(to, told->status);
	to->status = status.status;
	if (to->status == RECEIPT_UNDELIVERED)
		give_reason(to, w, told, status.code);
	return OK;
}

int sms_read(struct receipt_reading *r, struct err *e)
{
	const struct sms_fields *f = r->source->format->fields;
	struct sms_told told = { reading_field(r, f->id), reading_field(r, f->status),
				 reading_field(r, f->error), reading_field(r, "delivery") };

	return add(r, &told, e);
}

/* data[n] = "sms_status\n<id>\n<status>\n<time>", up to a hundred of them. */
int sms_read_smsru(struct receipt_reading *r, struct err *e)
{
	for (size_t i = 0; i < r->body.count; i++) {
		autofree char *copy = xstrdup(r->body.list[i].value);
		char *rest = copy;
		const char *kind = strsep(&rest, "\n");
		const char *id = rest ? strsep(&rest, "\n") : NULL;
		const char *status = rest ? strsep(&rest, "\n") : NULL;
		struct sms_told told = { .id = id, .status = status };

		if (strncmp(r->body.list[i].name, "data", 4) != 0 || strcmp(kind, "sms_status"))
			continue;
		if (add(r, &told, e) < 0)
			return ERR_INVALID;
	}
	return OK;
}

/* https://sns.<region>.amazonaws.com[.cn]/..., in characters that a log line may hold. */
static bool is_sns(const char *url)
{
	static const char head[] = "https://sns.", tail[] = ".amazonaws.com";
	static const char host_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	const char *host = url + sizeof(head) - 1, *end;

	if (strncmp(url, head, sizeof(head) - 1) != 0)
		return false;
	end = strstr(host, tail);
	if (!end || strspn(host, host_chars) < (size_t)(end - host))
		return false;
	end += sizeof(tail) - 1;
	end += strncmp(end, ".cn", 3) ? 0 : 3;
	for (const char *c = end; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"')
			return false;
	return *end == '/' && strlen(url) < RECEIPT_URL_MAX;
}

int sns_read_other(struct receipt_reading *r, struct err *e)
{
	const char *type = json_string_value(json_object_get(r->json, "Type"));
	const char *url = json_string_value(json_object_get(r->json, "SubscribeURL"));

	if (!type || strcmp(type, "SubscriptionConfirmation") != 0)
		return OK;
	if (!url || !is_sns(url))
		return err_set(e, ERR_INVALID, "SubscribeURL is none of SNS");
	text_put(r->out->confirm, sizeof(r->out->confirm), url);
	return OK;
}

int sms_read_sns(struct receipt_reading *r, struct err *e)
{
	const json_t *m = r->inner;
	const json_t *id = json_object_get(m, "messageId"), *status;
	struct sms_told told;

	if (!m)
		return sns_read_other(r, e);
	status = json_object_get(m, "messageStatus");
	if (!id)
		id = json_object_get(json_object_get(m, "notification"), "messageId");
	if (!status)
		status = json_object_get(m, "status");
	/* the status is the reason, too: some are the number's */
	told = (struct sms_told){ .id = json_string_value(id),
				  .status = json_string_value(status),
				  .error = json_string_value(status) };
	return add(r, &told, e);
}

/* {id or delivery, status, code}, in our words; who complains or opts out is suppressed. */
int sms_read_webhook(struct receipt_reading *r, struct err *e)
{
	struct sms_told told = { .id = reading_field(r, "id"),
				 .status = reading_field(r, "status"),
				 .delivery = reading_field(r, "delivery") };
	const char *word = reading_field(r, "code");
	const struct code *code = word ? codes_find(word) : NULL;

	if (word && !code)
		return err_set(e, ERR_INVALID, "code is none of ours");
	if (add(r, &told, e) < 0)
		return ERR_INVALID;
	if (code && r->out->list[0].status == RECEIPT_UNDELIVERED)
		r->out->list[0].code = code->name;
	r->out->list[0].suppress = suppress_why_find(told.status);
	return OK;
}
