#include "request.h"

#include <stdio.h>
#include <string.h>

#include "form.h"
#include "ids.h"
#include "mem.h"
#include "utf8.h"

const char *const request_kinds[] = { "invite", "password", NULL };
const char *const request_states[] = { "new", "invited", "active", "inactive", NULL };
const char *const request_channels[] = { "auto", "email", "sms", "ladder", NULL };
const char *const request_triggers[] = { "api", "manual", "import", "directory", NULL };
const char *const request_sends[] = { "auto", "now", "hold", NULL };
static const char *const resolves[] = { "sent", "resend", NULL };

static bool is_delivery(const char *s, size_t len)
{
	struct delivery d;

	return strlen(s) == len && ids_delivery_parse(s, &d, NULL) == OK;
}

static const struct form line = { form_line, "no control characters" };
static const struct form text = { form_text, "no control characters but newline and tab" };
static const struct form id = { ids_name_ok, "letters, digits, _ and -" };
static const struct form name = { form_name,
				  "names are letters, digits, _ and -, 1 to 64, no digit first" };
static const struct form word = { form_word, "a to z, digits and _" };
static const struct form locale = { form_locale, "a BCP 47 language tag such as ru-RU" };
static const struct form zone = { form_zone, "an IANA time zone such as Europe/Moscow" };
static const struct form url = { form_url, "an http or https URL with a plain host" };
static const struct form base64 = { form_base64, "base64 with padding" };
static const struct form delivery = { is_delivery, "<tenant>/<invite>.<generation>.<channel>.<n>" };
static const struct form map_name = { form_line, "names have 1 to 64 characters, none a control" };

#define AT(member) .at = offsetof(struct request, member)
#define FIELD(literal) SHAPE_FIELD(literal)
#define STRING(form_, min_, max_)                                                                  \
	.check = shape_string, .form = &(form_), .min = (min_), .max = (max_)
#define ID STRING(id, 1, 64)
#define WORDS(list) .check = shape_word, .words = (list)
#define INTEGER(min_, max_) .check = shape_int, .min = (min_), .max = (max_)
#define OBJECT(shape) .check = shape_object, .object = &(shape)
#define ALL(list) .fields = (list), .count = ARRAY_LEN(list)

#define YEAR_S 31536000
#define COUNT_MAX INT32_MAX

/* at: as typed; at_more: a struct address for the normal form, 0 = only checked. */
static int check_email(struct walk *w, const struct field *f, const json_t *v)
{
	const char *typed = json_string_value(v), *code = NULL;
	struct address address = { 0 };
	struct err why;

	if (!typed)
		return shape_refuse(w, NULL, NULL, "must be a string");
	if (strlen(typed) != json_string_length(v) ||
	    utf8_count(typed, strlen(typed)) > ADDRESS_MAX)
		return shape_refuse(w, NULL, "email_syntax",
				    "an e-mail address has at most 254 characters");
	if (address_normalise(typed, &address, &code, &why) < 0)
		return shape_refuse(w, NULL, code, why.text);
	*(const char **)((char *)w->out + f->at) = typed;
	if (f->at_more)
		*(struct address *)((char *)w->out + f->at_more) = address;
	return OK;
}

static int one_address(struct walk *w, const json_t *object)
{
	const struct request *r = w->out;

	(void)object;
	if (!r->recipient.email && !r->recipient.phone)
		return shape_refuse(w, NULL, "recipient_missing", "email or phone is required");
	return OK;
}

#define EMAIL                                                                                      \
	FIELD("email"), .check = check_email, AT(recipient.email),                                 \
			.at_more = offsetof(struct request, recipient.address)
#define PHONE FIELD("phone"), STRING(line, 1, 32), AT(recipient.phone)

static const struct field recipient_fields[] = {
	{ EMAIL },
	{ PHONE },
	{ FIELD("name"), STRING(line, 0, 200), AT(recipient.name) },
	{ FIELD("user"), STRING(line, 0, 128), AT(recipient.user) },
	{ FIELD("locale"), STRING(locale, 2, FORM_LOCALE_MAX), AT(recipient.locale) },
	{ FIELD("timezone"), STRING(zone, 1, FORM_ZONE_MAX), AT(recipient.timezone) },
	{ FIELD("state"), WORDS(request_states), AT(recipient.state) },
};
static const struct shape recipient = { ALL(recipient_fields), .also = one_address };

static const struct field correction_fields[] = { { EMAIL }, { PHONE } };
static const struct shape correction = { ALL(correction_fields), .also = one_address };

#define NOTE FIELD("note"), STRING(text, 0, 2000), AT(template.note)
#define SUBJECT FIELD("subject"), STRING(line, 1, 200), AT(template.subject)

static const struct field variable = { .check = shape_scalar, .form = &text, .max = 1000 };
static const struct field template_fields[] = {
	{ FIELD("name"), ID, AT(template.name) },
	{ FIELD("version"), INTEGER(1, COUNT_MAX), AT(template.version) },
	{ NOTE },
	{ SUBJECT },
	{ FIELD("variables"), .check = shape_map, .form = &name, .item = &variable, .max = 64,
	  AT(template.variables) },
};
static const struct shape template = { ALL(template_fields) };

static const struct field rewording_fields[] = { { NOTE }, { SUBJECT } };
static const struct shape rewording = { ALL(rewording_fields) };

static const struct field inviter_fields[] = {
	{ FIELD("id"), .required = true, STRING(line, 1, 128), AT(inviter.id) },
	{ FIELD("name"), .required = true, STRING(line, 1, 200), AT(inviter.name) },
	{ FIELD("email"), .check = check_email, AT(inviter.email) },
};
static const struct shape inviter = { ALL(inviter_fields) };

static const struct field organisation_fields[] = {
	{ FIELD("name"), .required = true, STRING(line, 1, 200), AT(organisation) },
};
static const struct shape organisation = { ALL(organisation_fields) };

#define TTL FIELD("ttl_s"), INTEGER(300, YEAR_S), AT(link.ttl_s)

static const struct field link_fields[] = {
	{ FIELD("base"), STRING(url, 8, FORM_URL_MAX), AT(link.base) },
	{ TTL },
};
static const struct shape link_shape = { ALL(link_fields) };

static int window_ahead(struct walk *w, const json_t *object)
{
	const struct request *r = w->out;

	if (json_object_size(object) == 2 && r->schedule.not_after_ms <= r->schedule.not_before_ms)
		return shape_refuse(w, "not_after", NULL, "must be after not_before");
	return OK;
}

static const struct field schedule_fields[] = {
	{ FIELD("not_before"), .check = shape_time, AT(schedule.not_before_ms) },
	{ FIELD("not_after"), .check = shape_time, AT(schedule.not_after_ms) },
};
static const struct shape schedule = { ALL(schedule_fields), .also = window_ahead };

static const struct field batch_fields[] = {
	{ FIELD("id"), .required = true, STRING(line, 1, 64), AT(batch.id) },
	{ FIELD("row"), .required = true, INTEGER(0, COUNT_MAX), AT(batch.row) },
};
static const struct shape batch = { ALL(batch_fields) };

static int one_password(struct walk *w, const json_t *object)
{
	const struct request_credentials *c = &((struct request *)w->out)->credentials;

	(void)object;
	if (c->mint == (c->sealed_password != NULL))
		return shape_refuse(w, NULL, NULL, "sealed_password or mint, one of them");
	return OK;
}

static const struct field credentials_fields[] = {
	{ FIELD("username"), .required = true, STRING(line, 1, 128), AT(credentials.username) },
	{ FIELD("sealed_password"), STRING(base64, 4, 1024), AT(credentials.sealed_password) },
	{ FIELD("mint"), .check = shape_true, AT(credentials.mint) },
};
static const struct shape credentials = { ALL(credentials_fields), .also = one_password };

#define TENANT FIELD("tenant"), .required = true, ID, AT(tenant)
#define INVITE FIELD("invite"), .required = true, ID, AT(invite)
#define CREDENTIALS FIELD("credentials"), OBJECT(credentials)
#define CONFIRM FIELD("confirm"), .check = shape_true, .code = "confirm_missing", AT(confirm)
#define ACTOR FIELD("actor"), STRING(line, 0, 128), AT(actor)
#define REASON FIELD("reason"), STRING(line, 0, 200), AT(reason)
#define COMMON                                                                                     \
	{ TENANT }, { INVITE }, { ACTOR },                                                         \
	{                                                                                          \
		REASON                                                                             \
	}

/* A password cannot be recalled: who asks for one says so. */
static int password_rules(struct walk *w, const json_t *object)
{
	const struct request *r = w->out;

	(void)object;
	if (r->kind != KIND_PASSWORD)
		return OK;
	if (!r->credentials.username)
		return shape_refuse(w, "credentials", NULL, "required for kind password");
	if (!r->confirm)
		return shape_refuse(w, "confirm", "confirm_missing",
				    "must be true for kind password");
	return OK;
}

static const struct field team = { STRING(line, 1, 100) };
static const struct field pair = { .check = shape_scalar, .form = &line, .max = 256 };
static const struct field invite_fields[] = {
	{ TENANT },
	{ INVITE },
	{ FIELD("kind"), WORDS(request_kinds), AT(kind) },
	{ FIELD("channel"), WORDS(request_channels), AT(channel) },
	{ FIELD("trigger"), WORDS(request_triggers), AT(trigger) },
	{ FIELD("send"), WORDS(request_sends), AT(send) },
	{ FIELD("template"), OBJECT(template) },
	{ FIELD("role"), STRING(line, 0, 100), AT(role) },
	{ FIELD("department"), STRING(line, 0, 100), AT(department) },
	{ FIELD("teams"), .check = shape_array, .item = &team, .max = 50, AT(teams) },
	{ FIELD("inviter"), OBJECT(inviter) },
	{ FIELD("organisation"), OBJECT(organisation) },
	{ FIELD("scope"), STRING(line, 0, REQUEST_SCOPE_MAX), AT(scope) },
	{ FIELD("link"), OBJECT(link_shape) },
	{ FIELD("schedule"), OBJECT(schedule) },
	{ FIELD("batch"), OBJECT(batch) },
	{ CREDENTIALS },
	{ CONFIRM },
	{ FIELD("override"), .check = shape_true, AT(override) },
	{ FIELD("route"), STRING(line, 1, REQUEST_ROUTE_MAX), AT(route) },
	{ FIELD("metadata"), .check = shape_map, .form = &map_name, .item = &pair, .max = 20,
	  AT(metadata) },
	/* Last: what is wrong with an address is told of a request that is else in order. */
	{ FIELD("recipient"), .required = true, .missing = "recipient_missing", OBJECT(recipient) },
};

static const struct field resend_fields[] = {
	COMMON,
	{ FIELD("template"), OBJECT(rewording) },
	{ FIELD("recipient"), OBJECT(correction) },
	{ TTL },
	{ CREDENTIALS },
	{ CONFIRM },
};
static const struct field release_fields[] = { COMMON, { FIELD("template"), OBJECT(rewording) } };
static const struct field accepted_fields[] = {
	COMMON, { FIELD("sealed"), STRING(base64, 4, 4096), AT(sealed) }
};
static const struct field resolve_fields[] = {
	COMMON, { FIELD("as"), .required = true, WORDS(resolves), AT(resolve) }
};
static const struct field timer_fields[] = {
	COMMON, { FIELD("generation"), .required = true, INTEGER(0, COUNT_MAX), AT(generation) }
};
static const struct field receipt_fields[] = {
	COMMON,
	{ FIELD("delivery"), .required = true, STRING(delivery, 1, 160), AT(receipt.delivery) },
	{ FIELD("status"), .required = true, STRING(word, 1, 64), AT(receipt.status) },
	{ FIELD("code"), STRING(word, 1, 64), AT(receipt.code) },
	{ FIELD("provider_message_id"), STRING(line, 1, 256), AT(receipt.provider_message_id) },
};
static const struct field plain_fields[] = { COMMON };

const char *const request_types[] = {
	[REQUEST_INVITE] = "invite.requested",
	[REQUEST_RESEND] = "invite.resend-requested",
	[REQUEST_RELEASE] = "invite.release-requested",
	[REQUEST_CANCEL] = "invite.cancel-requested",
	[REQUEST_ACCEPTED] = "invite.accepted",
	[REQUEST_DECLINED] = "invite.declined",
	[REQUEST_ACTIVATED] = "user.activated",
	[REQUEST_RENEWAL] = "invite.renewal-requested",
	[REQUEST_SEND_NOW] = "invite.send-now-requested",
	[REQUEST_RESOLVE] = "invite.resolve-requested",
	[REQUEST_FORGET] = "invite.forget-requested",
	[REQUEST_EXPIRY_DUE] = "invite.expiry-due",
	[REQUEST_REMINDER_DUE] = "invite.reminder-due",
	[REQUEST_LADDER_DUE] = "invite.ladder-due",
	[REQUEST_RECEIPT] = "delivery.receipt-received",
	[REQUEST_TYPES] = NULL,
};

static const struct shape shapes[REQUEST_TYPES] = {
	[REQUEST_INVITE] = { ALL(invite_fields), .also = password_rules },
	[REQUEST_RESEND] = { ALL(resend_fields) },
	[REQUEST_RELEASE] = { ALL(release_fields) },
	[REQUEST_CANCEL] = { ALL(plain_fields) },
	[REQUEST_ACCEPTED] = { ALL(accepted_fields) },
	[REQUEST_DECLINED] = { ALL(plain_fields) },
	[REQUEST_ACTIVATED] = { ALL(plain_fields) },
	[REQUEST_RENEWAL] = { ALL(plain_fields) },
	[REQUEST_SEND_NOW] = { ALL(plain_fields) },
	[REQUEST_RESOLVE] = { ALL(resolve_fields) },
	[REQUEST_FORGET] = { ALL(plain_fields) },
	[REQUEST_EXPIRY_DUE] = { ALL(timer_fields) },
	[REQUEST_REMINDER_DUE] = { ALL(timer_fields) },
	[REQUEST_LADDER_DUE] = { ALL(timer_fields) },
	[REQUEST_RECEIPT] = { ALL(receipt_fields) },
};

/* NULL unless the data's member is an id: told also where the rest is wrong. */
static const char *usable(const json_t *data, const char *member)
{
	const json_t *v = json_object_get(data, member);
	const char *s = json_string_value(v);

	return s && ids_name_ok(s, json_string_length(v)) ? s : NULL;
}

static int refuse_envelope(struct request *out, struct err *e, const char *attribute,
			   const char *rule)
{
	out->code = "schema_invalid";
	snprintf(out->where, sizeof(out->where), "%s", attribute);
	return err_set(e, ERR_INVALID, "%s: %s", attribute, rule);
}

static enum request_type type_find(const char *type)
{
	unsigned i = 0;

	while (i < REQUEST_TYPES && strcmp(request_types[i], type) != 0)
		i++;
	return i;
}

int request_read(const struct cloudevent *c, struct request *out, struct err *e)
{
	struct walk w = { .out = out, .e = e };

	*out = (struct request){ .type = type_find(c->type) };
	out->tenant = usable(c->data, "tenant");
	out->invite = usable(c->data, "invite");
	if (out->type == REQUEST_UNKNOWN)
		return refuse_envelope(out, e, "type", "none that is read here");
	if (c->schema_major > REQUEST_SCHEMA_MAJOR)
		return refuse_envelope(out, e, "dataschema",
				       "its major version is newer than ours");
	if (!json_is_object(c->data))
		return refuse_envelope(out, e, "data", "must be a JSON object");
	if (shape_check(&w, &shapes[out->type], c->data) == OK)
		return OK;
	out->code = w.code;
	memcpy(out->where, w.where, sizeof(out->where));
	return ERR_INVALID;
}
