/* What services that send mail tell by webhook. A mail is found by our own Message-ID where the
   service hands it back, else by what the service called it when it took it over. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "receipt_priv.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

/* What a service calls an event, and what that means where no mail server's words say more. */
struct esp_event {
	const char *word;
	enum receipt_status status;
	enum suppress_why suppress;
	const char *code;
	bool says; /* what a mail server said is told with it */
};

static const struct esp_event *find_event(const struct esp_event *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].word, word))
			return &list[i];
	return NULL;
}

/* Adds a receipt; an event that nobody knows is no end. */
static struct receipt *add(struct receipt_reading *r, const struct esp_event *event, struct err *e)
{
	struct receipt *to = reading_add(r);

	if (!to) {
		err_set(e, ERR_INVALID, "more than %d receipts", RECEIPTS_MAX);
		return NULL;
	}
	if (!event)
		return to;
	to->status = event->status;
	to->suppress = event->suppress;
	to->code = event->code;
	return to;
}

/* ---- SES, through SNS ---- */

static const struct esp_event ses_events[] = {
	{ "Delivery", RECEIPT_DELIVERED, SUPPRESS_NOT, NULL, false },
	{ "Complaint", RECEIPT_DELIVERED, SUPPRESS_COMPLAINT, NULL, false },
	{ "Bounce", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", true },
	{ "Reject", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
	{ "Rendering Failure", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "render_failed", false },
};

/* Bounces by their subtype, where that says more than the mail server. */
static const struct esp_event ses_subtypes[] = {
	{ "Suppressed", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "suppressed", false },
	{ "OnAccountSuppressionList", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "suppressed", false },
	{ "NoEmail", RECEIPT_UNDELIVERED, SUPPRESS_FAILED, "mailbox_unknown", false },
	{ "MailboxFull", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "mailbox_full", false },
	{ "MessageTooLarge", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "too_large", false },
	{ "ContentRejected", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
	{ "AttachmentRejected", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
};

static void ses_name(struct receipt_reading *r, const json_t *mail, struct receipt *to)
{
	const json_t *headers = json_object_get(mail, "headers");
	const json_t *header;
	size_t i;

	json_array_foreach (headers, i, header)
		if (!strcasecmp(text_of(header, "name"), "Message-ID"))
			receipt_name_mail(to, text_of(header, "value"));
	receipt_name(to, r->source->name, text_of(mail, "messageId"));
}

static void ses_bounce(const json_t *bounce, struct receipt *to)
{
	const struct esp_event *subtype =
		find_event(ses_subtypes, ARRAY_LEN(ses_subtypes), text_of(bounce, "bounceSubType"));
	const json_t *who = json_array_get(json_object_get(bounce, "bouncedRecipients"), 0);
	bool permanent = !strcmp(text_of(bounce, "bounceType"), "Permanent");

	if (subtype) {
		to->code = subtype->code;
		to->suppress = subtype->suppress;
		return;
	}
	receipt_reason_mail(to, text_of(who, "status"), text_of(who, "diagnosticCode"));
	if (!permanent)
		to->suppress = SUPPRESS_NOT;
}

int esp_read_ses(struct receipt_reading *r, struct err *e)
{
	const json_t *m = r->inner;
	const char *type = text_of(m, "notificationType");
	const struct esp_event *event;
	struct receipt *to;

	if (!m)
		return sns_read_other(r, e);
	if (!*type)
		type = text_of(m, "eventType");
	event = find_event(ses_events, ARRAY_LEN(ses_events), type);
	if (!*type || !(to = add(r, event, e)))
		return err_set(e, ERR_INVALID, "no notification of SES");
	ses_name(r, json_object_get(m, "mail"), to);
	if (event && event->says)
		ses_bounce(json_object_get(m, "bounce"), to);
	return OK;
}

/* ---- SendGrid ---- */

static const struct esp_event sendgrid_events[] = {
	{ "delivered", RECEIPT_DELIVERED, SUPPRESS_NOT, NULL, false },
	{ "bounce", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", true },
	{ "dropped", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "suppressed", false },
	{ "spamreport", RECEIPT_DELIVERED, SUPPRESS_COMPLAINT, NULL, false },
	{ "unsubscribe", RECEIPT_DELIVERED, SUPPRESS_OPTED_OUT, NULL, false },
	{ "group_unsubscribe", RECEIPT_DELIVERED, SUPPRESS_OPTED_OUT, NULL, false },
};

/* What it calls the message is longer by where it went: "<id>.filter0001.16648..." */
static void sendgrid_name(struct receipt_reading *r, const json_t *event, struct receipt *to)
{
	char id[RECEIPT_ID_MAX + 1];

	receipt_name_mail(to, text_of(event, "smtp-id"));
	text_put(id, sizeof(id), text_of(event, "sg_message_id"));
	id[strcspn(id, ".")] = '\0';
	receipt_name(to, r->source->name, id);
}

int esp_read_sendgrid(struct receipt_reading *r, struct err *e)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(r->json))
		return err_set(e, ERR_INVALID, "no list of events");
	json_array_foreach (r->json, i, one) {
		const struct esp_event *event = find_event(
			sendgrid_events, ARRAY_LEN(sendgrid_events), text_of(one, "event"));
		struct receipt *to = add(r, event, e);

		if (!to)
			return ERR_INVALID;
		sendgrid_name(r, one, to);
		if (event && event->says)
			receipt_reason_mail(to, text_of(one, "status"), text_of(one, "reason"));
		if (!strcmp(text_of(one, "type"), "blocked"))
			to->suppress = SUPPRESS_NOT;
	}
	return OK;
}

/* ---- Mailgun ---- */

static const struct esp_event mailgun_events[] = {
	{ "delivered", RECEIPT_DELIVERED, SUPPRESS_NOT, NULL, false },
	{ "failed", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", true },
	{ "rejected", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
	{ "complained", RECEIPT_DELIVERED, SUPPRESS_COMPLAINT, NULL, false },
	{ "unsubscribed", RECEIPT_DELIVERED, SUPPRESS_OPTED_OUT, NULL, false },
};

/* "suppress-bounce", "suppress-complaint", "suppress-unsubscribe": it was not even tried. */
static void mailgun_failed(const json_t *data, struct receipt *to)
{
	const json_t *status = json_object_get(data, "delivery-status");
	const char *said = text_of(status, "message");
	char line[200];

	if (!strcmp(text_of(data, "severity"), "temporary")) {
		*to = (struct receipt){ .status = RECEIPT_PASSING };
		return;
	}
	if (!strncmp(text_of(data, "reason"), "suppress-", 9)) {
		to->code = "suppressed";
		return;
	}
	snprintf(line, sizeof(line), "%lld %s",
		 (long long)json_integer_value(json_object_get(status, "code")),
		 *said ? said : text_of(status, "description"));
	receipt_reason_mail(to, text_of(status, "enhanced-code"), line);
}

int esp_read_mailgun(struct receipt_reading *r, struct err *e)
{
	const json_t *data = json_object_get(r->json, "event-data");
	const json_t *headers = json_object_get(json_object_get(data, "message"), "headers");
	const struct esp_event *event =
		find_event(mailgun_events, ARRAY_LEN(mailgun_events), text_of(data, "event"));
	struct receipt *to;

	if (!*text_of(data, "event"))
		return err_set(e, ERR_INVALID, "no event-data");
	if (!(to = add(r, event, e)))
		return ERR_INVALID;
	if (event && event->says)
		mailgun_failed(data, to);
	receipt_name_mail(to, text_of(headers, "message-id"));
	return OK;
}

/* ---- Postmark ---- */

static const struct esp_event postmark_records[] = {
	{ "Delivery", RECEIPT_DELIVERED, SUPPRESS_NOT, NULL, false },
	{ "Bounce", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", true },
	{ "SpamComplaint", RECEIPT_DELIVERED, SUPPRESS_COMPLAINT, NULL, false },
};

static const struct esp_event postmark_bounces[] = {
	{ "HardBounce", RECEIPT_UNDELIVERED, SUPPRESS_FAILED, "mailbox_unknown", false },
	{ "BadEmailAddress", RECEIPT_UNDELIVERED, SUPPRESS_FAILED, "email_syntax", false },
	{ "SoftBounce", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "retries_exhausted", true },
	{ "Unknown", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "retries_exhausted", true },
	{ "DnsError", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "dns_temporary", false },
	{ "Blocked", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", false },
	{ "DMARCPolicy", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "policy_blocked", false },
	{ "SpamNotification", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
	{ "VirusNotification", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "content_rejected", false },
	{ "SMTPApiError", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "provider_unavailable", false },
	{ "TemplateRenderingFailed", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "render_failed", false },
	{ "ManuallyDeactivated", RECEIPT_UNDELIVERED, SUPPRESS_NOT, "suppressed", false },
	{ "SpamComplaint", RECEIPT_DELIVERED, SUPPRESS_COMPLAINT, NULL, false },
	{ "Unsubscribe", RECEIPT_DELIVERED, SUPPRESS_OPTED_OUT, NULL, false },
};

int esp_read_postmark(struct receipt_reading *r, struct err *e)
{
	const char *record = text_of(r->json, "RecordType");
	const struct esp_event *event =
		find_event(postmark_records, ARRAY_LEN(postmark_records), record);
	struct receipt *to;

	if (!*record)
		return err_set(e, ERR_INVALID, "no RecordType");
	if (event && event->says) /* Transient, AutoResponder ...: not the end */
		event = find_event(postmark_bounces, ARRAY_LEN(postmark_bounces),
				   text_of(r->json, "Type"));
	if (!(to = add(r, event, e)))
		return ERR_INVALID;
	if (event && event->says && *text_of(r->json, "Details"))
		receipt_reason_mail(to, "", text_of(r->json, "Details"));
	receipt_name(to, r->source->name, text_of(r->json, "MessageID"));
	return OK;
}
