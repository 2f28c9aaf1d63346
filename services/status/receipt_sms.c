/* What SMS providers tell. Their codes keep changing, so they are tables: what no row names is
   undelivered for a reason that only the carrier knows. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "receipt_priv.h"

/* What a provider calls a status; code: unless its error code tells more. */
struct sms_status {
	const char *word;
	enum receipt_status status;
	const char *code;
};

/* What a provider's error code means. */
struct sms_error {
	const char *word;
	const char *code;
	enum suppress_why suppress;
};

struct sms_terms {
	const char *id, *status, *error; /* names of its fields */
	const struct sms_status *statuses;
	size_t nstatuses;
	const struct sms_error *errors;
	size_t nerrors;
};

#define TERMS(s, e) .statuses = s, .nstatuses = ARRAY_LEN(s), .errors = e, .nerrors = ARRAY_LEN(e)

/* ---- Twilio ---- */

static const struct sms_status twilio_statuses[] = {
	{ "delivered", RECEIPT_DELIVERED, NULL },
	{ "read", RECEIPT_DELIVERED, NULL },
	{ "undelivered", RECEIPT_UNDELIVERED, NULL },
	{ "failed", RECEIPT_UNDELIVERED, NULL },
	{ "canceled", RECEIPT_UNDELIVERED, "cancelled" },
	{ "queued", RECEIPT_PASSING, NULL },
	{ "accepted", RECEIPT_PASSING, NULL },
	{ "scheduled", RECEIPT_PASSING, NULL },
	{ "sending", RECEIPT_PASSING, NULL },
	{ "sent", RECEIPT_PASSING, NULL },
	{ "partially_delivered", RECEIPT_PASSING, NULL },
};
static const struct sms_error twilio_errors[] = {
	{ "20003", "auth_failed", SUPPRESS_NOT },
	{ "20429", "throttled", SUPPRESS_NOT },
	{ "21211", "handset_unknown", SUPPRESS_NOT },
	{ "21408", "region_not_enabled", SUPPRESS_NOT },
	{ "21610", "suppressed", SUPPRESS_OPTED_OUT },
	{ "21612", "region_not_enabled", SUPPRESS_NOT },
	{ "21614", "phone_not_mobile", SUPPRESS_FAILED },
	{ "21617", "too_many_segments", SUPPRESS_NOT },
	{ "30001", "throttled", SUPPRESS_NOT },
	{ "30002", "account_suspended", SUPPRESS_NOT },
	{ "30003", "handset_unreachable", SUPPRESS_NOT },
	{ "30004", "number_barred", SUPPRESS_NOT },
	{ "30005", "handset_unknown", SUPPRESS_FAILED },
	{ "30006", "phone_not_mobile", SUPPRESS_FAILED },
	{ "30007", "content_rejected", SUPPRESS_NOT },
	{ "30008", "carrier_unknown", SUPPRESS_NOT },
	{ "30022", "throttled", SUPPRESS_NOT },
	{ "30034", "sender_not_allowed", SUPPRESS_NOT },
	{ "30410", "provider_unavailable", SUPPRESS_NOT },
};
const struct sms_terms sms_twilio = { "MessageSid", "MessageStatus", "ErrorCode",
				      TERMS(twilio_statuses, twilio_errors) };

/* ---- Vonage ---- */

static const struct sms_status vonage_statuses[] = {
	{ "delivered", RECEIPT_DELIVERED, NULL },
	{ "failed", RECEIPT_UNDELIVERED, NULL },
	{ "rejected", RECEIPT_UNDELIVERED, NULL },
	{ "expired", RECEIPT_UNDELIVERED, "retries_exhausted" },
	{ "unknown", RECEIPT_UNDELIVERED, NULL },
	{ "accepted", RECEIPT_PASSING, NULL },
	{ "buffered", RECEIPT_PASSING, NULL },
};
static const struct sms_error vonage_errors[] = {
	{ "1", "carrier_unknown", SUPPRESS_NOT },     { "2", "handset_unreachable", SUPPRESS_NOT },
	{ "3", "handset_unknown", SUPPRESS_FAILED },  { "4", "number_barred", SUPPRESS_NOT },
	{ "5", "carrier_unknown", SUPPRESS_NOT },     { "6", "content_rejected", SUPPRESS_NOT },
	{ "7", "handset_unreachable", SUPPRESS_NOT }, { "8", "carrier_unknown", SUPPRESS_NOT },
	{ "9", "handset_unknown", SUPPRESS_FAILED },  { "10", "content_rejected", SUPPRESS_NOT },
	{ "11", "region_not_enabled", SUPPRESS_NOT }, { "12", "handset_unreachable", SUPPRESS_NOT },
	{ "13", "number_barred", SUPPRESS_NOT },      { "14", "number_barred", SUPPRESS_NOT },
	{ "15", "number_barred", SUPPRESS_NOT },
};
const struct sms_terms sms_vonage = { "messageId", "status", "err-code",
				      TERMS(vonage_statuses, vonage_errors) };

/* ---- Bird, once MessageBird ---- */

static const struct sms_status bird_statuses[] = {
	{ "delivered", RECEIPT_DELIVERED, NULL },
	{ "delivery_failed", RECEIPT_UNDELIVERED, NULL },
	{ "expired", RECEIPT_UNDELIVERED, "retries_exhausted" },
	{ "scheduled", RECEIPT_PASSING, NULL },
	{ "sent", RECEIPT_PASSING, NULL },
	{ "buffered", RECEIPT_PASSING, NULL },
};
static const struct sms_error bird_errors[] = {
	{ "1", "handset_unknown", SUPPRESS_FAILED },
	{ "5", "handset_unknown", SUPPRESS_FAILED },
	{ "6", "handset_unreachable", SUPPRESS_NOT },
	{ "9", "number_barred", SUPPRESS_NOT },
	{ "11", "number_barred", SUPPRESS_NOT },
	{ "12", "number_barred", SUPPRESS_NOT },
	{ "13", "number_barred", SUPPRESS_NOT },
	{ "27", "handset_unreachable", SUPPRESS_NOT },
	{ "31", "handset_unreachable", SUPPRESS_NOT },
	{ "34", "carrier_unknown", SUPPRESS_NOT },
	{ "101", "handset_unreachable", SUPPRESS_NOT },
	{ "103", "suppressed", SUPPRESS_OPTED_OUT },
	{ "104", "number_barred", SUPPRESS_NOT },
	{ "105", "content_rejected", SUPPRESS_NOT },
};
const struct sms_terms sms_bird = { "id", "status", "statusErrorCode",
				    TERMS(bird_statuses, bird_errors) };

/* ---- SMSC.ru ---- */

static const struct sms_status smsc_statuses[] = {
	{ "1", RECEIPT_DELIVERED, NULL },
	{ "2", RECEIPT_DELIVERED, NULL },
	{ "3", RECEIPT_UNDELIVERED, "retries_exhausted" },
	{ "20", RECEIPT_UNDELIVERED, NULL },
	{ "22", RECEIPT_UNDELIVERED, "handset_unknown" },
	{ "23", RECEIPT_UNDELIVERED, "content_rejected" },
	{ "24", RECEIPT_UNDELIVERED, "funds_exhausted" },
	{ "25", RECEIPT_UNDELIVERED, "region_not_enabled" },
	{ "-3", RECEIPT_PASSING, NULL },
	{ "-2", RECEIPT_PASSING, NULL },
	{ "-1", RECEIPT_PASSING, NULL },
	{ "0", RECEIPT_PASSING, NULL },
};
static const struct sms_error smsc_errors[] = {
	{ "1", "handset_unknown", SUPPRESS_FAILED }, { "6", "handset_unreachable", SUPPRESS_NOT },
	{ "11", "number_barred", SUPPRESS_NOT },     { "12", "handset_unreachable", SUPPRESS_NOT },
	{ "13", "number_barred", SUPPRESS_NOT },     { "21", "handset_unreachable", SUPPRESS_NOT },
	{ "219", "number_barred", SUPPRESS_NOT },    { "220", "handset_unreachable", SUPPRESS_NOT },
};
const struct sms_terms sms_smsc = { "id", "status", "err", TERMS(smsc_statuses, smsc_errors) };

/* ---- Kannel: the bits of %d, one a call ---- */

static const struct sms_status kannel_statuses[] = {
	{ "1", RECEIPT_DELIVERED, NULL },    { "2", RECEIPT_UNDELIVERED, NULL },
	{ "16", RECEIPT_UNDELIVERED, NULL }, { "4", RECEIPT_PASSING, NULL },
	{ "8", RECEIPT_PASSING, NULL },
};
static const struct sms_error kannel_errors[] = { { "opted-out", "suppressed",
						    SUPPRESS_OPTED_OUT } };
const struct sms_terms sms_kannel = { "id", "status", "error",
				      TERMS(kannel_statuses, kannel_errors) };

/* ---- sms.ru: the status is the error ---- */

static const struct sms_status smsru_statuses[] = {
	{ "103", RECEIPT_DELIVERED, NULL },
	{ "110", RECEIPT_DELIVERED, NULL },
	{ "104", RECEIPT_UNDELIVERED, "retries_exhausted" },
	{ "105", RECEIPT_UNDELIVERED, "carrier_unknown" },
	{ "106", RECEIPT_UNDELIVERED, "handset_unreachable" },
	{ "107", RECEIPT_UNDELIVERED, "carrier_unknown" },
	{ "108", RECEIPT_UNDELIVERED, "content_rejected" },
	{ "150", RECEIPT_UNDELIVERED, "region_not_enabled" },
	{ "207", RECEIPT_UNDELIVERED, "region_not_enabled" },
	{ "100", RECEIPT_PASSING, NULL },
	{ "101", RECEIPT_PASSING, NULL },
	{ "102", RECEIPT_PASSING, NULL },
};
static const struct sms_terms sms_smsru = { "",	  "", "", smsru_statuses, ARRAY_LEN(smsru_statuses),
					    NULL, 0 };

/* ---- AWS: what SNS has told of SMS, and what its end user messaging tells ---- */

static const struct sms_status sns_statuses[] = {
	{ "DELIVERED", RECEIPT_DELIVERED, NULL },
	{ "SUCCESS", RECEIPT_PASSING, NULL }, /* a carrier has it */
	{ "SUCCESSFUL", RECEIPT_PASSING, NULL },
	{ "PENDING", RECEIPT_PASSING, NULL },
	{ "QUEUED", RECEIPT_PASSING, NULL },
	{ "FAILURE", RECEIPT_UNDELIVERED, "carrier_unknown" },
	{ "UNREACHABLE", RECEIPT_UNDELIVERED, "handset_unreachable" },
	{ "CARRIER_UNREACHABLE", RECEIPT_UNDELIVERED, "handset_unreachable" },
	{ "UNKNOWN", RECEIPT_UNDELIVERED, "carrier_unknown" },
	{ "BLOCKED", RECEIPT_UNDELIVERED, "number_barred" },
	{ "CARRIER_BLOCKED", RECEIPT_UNDELIVERED, "number_barred" },
	{ "SPAM", RECEIPT_UNDELIVERED, "content_rejected" },
	{ "INVALID", RECEIPT_UNDELIVERED, NULL },
	{ "INVALID_MESSAGE", RECEIPT_UNDELIVERED, "content_rejected" },
	{ "TTL_EXPIRED", RECEIPT_UNDELIVERED, "retries_exhausted" },
	{ "MAX_PRICE_EXCEEDED", RECEIPT_UNDELIVERED, "funds_exhausted" },
	{ "OPTED_OUT", RECEIPT_UNDELIVERED, NULL },
};
static const struct sms_error sns_errors[] = { /* of them, those that are the number's */
					       { "INVALID", "handset_unknown", SUPPRESS_FAILED },
					       { "OPTED_OUT", "suppressed", SUPPRESS_OPTED_OUT }
};
static const struct sms_terms sms_sns = { "", "", "", TERMS(sns_statuses, sns_errors) };

/* ---- a webhook of one's own: our words ---- */

static const struct sms_status webhook_statuses[] = {
	{ "delivered", RECEIPT_DELIVERED, NULL }, { "undelivered", RECEIPT_UNDELIVERED, NULL },
	{ "complaint", RECEIPT_DELIVERED, NULL }, { "opted_out", RECEIPT_DELIVERED, NULL },
	{ "queued", RECEIPT_PASSING, NULL },	  { "sent", RECEIPT_PASSING, NULL },
};
static const struct sms_terms sms_webhook = {
	"id", "status", "code", webhook_statuses, ARRAY_LEN(webhook_statuses), NULL, 0
};

/* ---- reading ---- */

static const struct sms_status *find_status(const struct sms_terms *t, const char *word)
{
	for (size_t i = 0; word && i < t->nstatuses; i++)
		if (!strcmp(t->statuses[i].word, word))
			return &t->statuses[i];
	return NULL;
}

static const struct sms_error *find_error(const struct sms_terms *t, const char *word)
{
	for (size_t i = 0; word && i < t->nerrors; i++)
		if (!strcmp(t->errors[i].word, word))
			return &t->errors[i];
	return NULL;
}

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

/* Is there an error code, and does nothing say what it means? */
static bool is_unknown(const struct sms_told *told, const struct sms_status *status,
		       const struct sms_error *error)
{
	return !error && !status->code && told->error && *told->error && strcmp(told->error, "0");
}

/* A status that nobody knows yet is no end: what is told next may be. */
static int add(struct receipt_reading *r, const struct sms_terms *t, const struct sms_told *told,
	       struct err *e)
{
	const struct sms_status *status = find_status(t, told->status);
	const struct sms_error *error = find_error(t, told->error);
	struct delivery d;
	struct receipt *to;

	if (!told->status || ((!told->id || !*told->id) && !told->delivery))
		return err_set(e, ERR_INVALID, "neither an id nor a status");
	if (!(to = reading_add(r)))
		return err_set(e, ERR_INVALID, "more than %d receipts", RECEIPTS_MAX);
	receipt_name(to, r->source->name, told->id ? told->id : "");
	if (told->delivery && ids_delivery_parse(told->delivery, &d, NULL) == OK)
		ids_delivery_build(&d, to->delivery);
	to->status = status ? status->status : RECEIPT_PASSING;
	if (!status)
		note_unknown(to, told->status);
	if (to->status != RECEIPT_UNDELIVERED)
		return OK;
	if (is_unknown(told, status, error))
		note_unknown(to, told->error);
	to->code = error ? error->code : status->code ? status->code : "carrier_unknown";
	to->suppress = error ? error->suppress : SUPPRESS_NOT;
	return OK;
}

int sms_read(struct receipt_reading *r, struct err *e)
{
	const struct sms_terms *t = r->source->format->terms;
	struct sms_told told = { reading_field(r, t->id), reading_field(r, t->status),
				 reading_field(r, t->error), reading_field(r, "delivery") };

	return add(r, t, &told, e);
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
		if (add(r, &sms_smsru, &told, e) < 0)
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
	told = (struct sms_told){ .id = json_string_value(id),
				  .status = json_string_value(status),
				  .error = json_string_value(status) };
	return add(r, &sms_sns, &told, e);
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
	if (add(r, &sms_webhook, &told, e) < 0)
		return ERR_INVALID;
	if (code && r->out->list[0].status == RECEIPT_UNDELIVERED)
		r->out->list[0].code = code->name;
	r->out->list[0].suppress = suppress_why_find(told.status);
	return OK;
}
