#include "invite_event.h"

#include <stdio.h>
#include <string.h>

#include "cloudevent.h"
#include "crypto.h"
#include "kept.h"
#include "mem.h"
#include "phone.h"
#include "request.h"
#include "utf8.h"

#define ID_BYTES 16

/* Where a field comes from: a column, an option, or either. */
static const struct {
	const char *where; /* JSON pointer, or the beginning of one */
	enum column column;
	const char *option;
} origins[] = {
	{ "/recipient/email", COLUMN_EMAIL, "to" },
	{ "/recipient/phone", COLUMN_PHONE, "to" },
	{ "/recipient/name", COLUMN_NAME, "to" },
	{ "/recipient/user", COLUMN_USER, "to" },
	{ "/recipient/locale", COLUMN_LOCALE, "locale" },
	{ "/recipient/timezone", COLUMN_TIMEZONE, "timezone" },
	{ "/recipient", COLUMN_EMAIL, "to" },
	{ "/role", COLUMN_ROLE, "role" },
	{ "/department", COLUMN_DEPARTMENT, "department" },
	{ "/teams", COLUMN_TEAMS, "team" },
	{ "/invite", COLUMN_INVITE, "to" },
	{ "/tenant", COLUMN_NONE, "tenant" },
	{ "/batch", COLUMN_NONE, "batch" },
	{ "/scope", COLUMN_NONE, "scope" },
	{ "/organisation", COLUMN_NONE, "organisation" },
	{ "/inviter", COLUMN_NONE, "inviter" },
	{ "/template/note", COLUMN_NONE, "note" },
	{ "/template/subject", COLUMN_NONE, "subject" },
	{ "/template", COLUMN_NONE, "template" },
	{ "/credentials/sealed_password", COLUMN_NONE, "sealed-password" },
	{ "/credentials", COLUMN_USERNAME, "username" },
	{ "/confirm", COLUMN_NONE, "confirm" },
};

static const char *compute(const char *what, const struct person *p, const struct invite_common *c,
			   char id[INVITE_ID_SIZE])
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, what);
	crypto_hash_str(&h, c->tenant);
	crypto_hash_str(&h, c->batch);
	crypto_hash_u64(&h, (uint64_t)p->row);
	crypto_hash_final(&h, sum);
	crypto_base32(sum, ID_BYTES, id);
	return id;
}

const char *invite_id(const struct person *p, const struct invite_common *c,
		      char id[INVITE_ID_SIZE])
{
	return p->cells[COLUMN_INVITE] ? p->cells[COLUMN_INVITE] : compute("invite", p, c, id);
}

const char *invite_event_id(const struct person *p, const struct invite_common *c,
			    char id[INVITE_ID_SIZE])
{
	return compute("event", p, c, id);
}

/* Adds a text unless there is none. */
static void put(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

/* Adds an object unless it is empty. */
static void put_object(json_t *object, const char *key, json_t *member)
{
	if (json_object_size(member))
		json_object_set_new(object, key, member);
	else
		json_decref(member);
}

static const char *either(const struct person *p, enum column column, const char *common)
{
	return p->cells[column] ? p->cells[column] : common;
}

static json_t *recipient(const struct person *p, const struct invite_common *c)
{
	json_t *r = json_object();

	put(r, "email", p->cells[COLUMN_EMAIL]);
	put(r, "phone", p->cells[COLUMN_PHONE]);
	put(r, "name", p->cells[COLUMN_NAME]);
	put(r, "user", p->cells[COLUMN_USER]);
	put(r, "locale", either(p, COLUMN_LOCALE, c->locale));
	put(r, "timezone", either(p, COLUMN_TIMEZONE, c->timezone));
	return r;
}

static void put_teams(json_t *data, const struct person *p, const struct invite_common *c)
{
	json_t *teams = json_array();
	const char *at = p->cells[COLUMN_TEAMS];
	const char *separators = at && *at == '\n' ? "\n" : ",;|";

	for (size_t i = 0; !at && i < c->teams.count; i++)
		json_array_append_new(teams, json_string(c->teams.items[i]));
	while (at && *at) {
		size_t n = strcspn(at, separators), from = strspn(at, " \t"), end = n;

		while (end > from && strchr(" \t", at[end - 1]))
			end--;
		if (end > from)
			json_array_append_new(teams, json_stringn(at + from, end - from));
		at += n + (at[n] != '\0');
	}
	if (json_array_size(teams))
		json_object_set(data, "teams", teams);
	json_decref(teams);
}

static void put_password(json_t *data, const struct person *p, const struct invite_common *c)
{
	json_t *credentials = json_object();

	put(credentials, "username", either(p, COLUMN_USERNAME, c->username));
	put(credentials, "sealed_password", c->sealed_password);
	if (c->mint)
		json_object_set_new(credentials, "mint", json_true());
	put(data, "kind", "password");
	json_object_set_new(data, "credentials", credentials);
	if (c->confirm)
		json_object_set_new(data, "confirm", json_true());
}

json_t *invite_data(const struct person *p, const struct invite_common *c)
{
	char id[INVITE_ID_SIZE];
	json_t *data = json_object(), *template = json_object(), *inviter = json_object(),
	       *org = json_object();

	put(data, "tenant", c->tenant);
	put(data, "invite", invite_id(p, c, id));
	json_object_set_new(data, "recipient", recipient(p, c));
	put(data, "trigger", c->trigger ? c->trigger : "manual");
	put(data, "channel", c->channel);
	put(data, "send", c->hold ? "hold" : c->now ? "now" : NULL);
	put(template, "name", c->template_name);
	put(template, "note", c->note);
	put(template, "subject", c->subject);
	put_object(data, "template", template);
	put(data, "role", either(p, COLUMN_ROLE, c->role));
	put(data, "department", either(p, COLUMN_DEPARTMENT, c->department));
	put_teams(data, p, c);
	put(inviter, "id", !c->inviter ? NULL : c->inviter_id ? c->inviter_id : "cli");
	put(inviter, "name", c->inviter);
	put_object(data, "inviter", inviter);
	put(org, "name", c->organisation);
	put_object(data, "organisation", org);
	put(data, "scope", c->scope);
	if (c->override)
		json_object_set_new(data, "override", json_true());
	if (c->mint || c->sealed_password)
		put_password(data, p, c);
	json_object_set_new(data, "batch",
			    json_pack("{sssI}", "id", c->batch, "row", (json_int_t)p->row));
	return data;
}

/* Asks the fleet's validator. False: r says what is wrong, e in words. */
static bool valid(const struct person *p, const struct invite_common *c, json_t *data,
		  struct request *r, struct err *e)
{
	struct cloudevent event = { .source = "beckon", .type = INVITE_TYPE, .data = data };
	char id[INVITE_ID_SIZE];

	snprintf(event.id, sizeof(event.id), "%s", invite_event_id(p, c, id));
	snprintf(event.subject, sizeof(event.subject), "%s",
		 json_string_value(json_object_get(data, "invite")));
	return request_read(&event, r, e) == OK;
}

static size_t origin_of(const char *where)
{
	for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
		size_t n = strlen(origins[i].where);

		if (!strncmp(where, origins[i].where, n) && (!where[n] || where[n] == '/'))
			return i;
	}
	return ARRAY_LEN(origins);
}

/* "/role: too long" -> "too long": the pointer is told as a column or an option. */
static const char *rule_of(const struct err *e)
{
	const char *colon = e->text[0] == '/' ? strstr(e->text, ": ") : NULL;

	return colon ? colon + 2 : e->text;
}

/* Texts from a command line may be anything; JSON is UTF-8. */
static bool all_utf8(const struct invite_common *c)
{
	const char *const texts[] = { c->tenant,     c->batch,		 c->role,
				      c->department, c->organisation,	 c->inviter,
				      c->locale,     c->timezone,	 c->template_name,
				      c->note,	     c->subject,	 c->scope,
				      c->username,   c->sealed_password, c->inviter_id };
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		good &= !texts[i] || utf8_valid(texts[i], strlen(texts[i]));
	for (size_t i = 0; i < c->teams.count; i++)
		good &= utf8_valid(c->teams.items[i], strlen(c->teams.items[i]));
	return good;
}

int invite_check_common(const struct invite_common *c, struct err *e)
{
	if (!all_utf8(c))
		return err_set(e, ERR_INVALID, "an option's text is not UTF-8");

	char address[] = "person@example.com", name[] = "person";
	struct person somebody = { .row = 1, .cells = { [COLUMN_EMAIL] = address } };
	if (!c->username) /* then rows have one each, or are bad */
		somebody.cells[COLUMN_USERNAME] = name;

	json_t *data = invite_data(&somebody, c);
	struct request r;
	int status = OK;

	if (!valid(&somebody, c, data, &r, e)) {
		size_t o = origin_of(r.where);
		struct err rule = *e;

		status = err_set(e, ERR_INVALID, "%s: %s",
				 o < ARRAY_LEN(origins) ? origins[o].option : r.where,
				 rule_of(&rule));
	}
	json_decref(data);
	return status;
}

/* Has the same thing been in an earlier row? Remembers it. */
static void once(json_t *seen, struct person *p, const char *what, enum column column)
{
	json_t *first = json_object_get(seen, what);
	char text[64];

	if (!first) {
		json_object_set_new(seen, what, json_integer(p->row));
		return;
	}
	snprintf(text, sizeof(text), "the same as in row %lld",
		 (long long)json_integer_value(first));
	person_trouble(p, "already_invited", column, text);
}

static const struct tenant *settled(const struct invite_common *c)
{
	static const struct tenant unknown = { .name = "" };

	return c->settled ? c->settled : &unknown;
}

/* The same number in another spelling is the same person. */
static void check_phone(struct person *p, const struct invite_common *c, const struct request *r,
			json_t *addresses)
{
	const struct tenant *t = c->settled;
	const struct phone_rules rules = { .home_region = t ? t->home_region : c->home_region,
					   .landlines = t ? t->landlines : c->landlines };
	struct phone_fault fault;
	struct phone phone;
	char text[256];
	struct err e;

	if (phone_normalise(r->recipient.phone, &rules, &phone, &fault, &e) == OK) {
		if (t && !phone_country_allowed(&phone, t->countries_allow, t->countries_deny))
			person_trouble(p, "country_not_allowed", COLUMN_PHONE,
				       "SMS to this country are not allowed");
		else if (!*r->recipient.address.normalised) {
			p->identity = xstrdup(phone.e164);
			once(addresses, p, phone.e164, COLUMN_PHONE);
		}
		return;
	}
	snprintf(text, sizeof(text), *fault.suggestion ? "%.160s; did you mean %s?" : "%.160s%s",
		 e.text, fault.suggestion);
	person_trouble(p, fault.code, COLUMN_PHONE, text);
}

/* Whom the dispatcher will write to, and by what (kept.h). */
static void check_recipient(struct person *p, const struct invite_common *c,
			    const struct request *r, json_t *addresses)
{
	const char *channel = kept_channel(r, settled(c));
	bool ladder = r->channel == CHANNEL_LADDER && !settled(c)->email_only;

	if (!channel) {
		bool sms = r->channel == CHANNEL_SMS && !settled(c)->email_only;

		person_trouble(p, "recipient_missing", sms ? COLUMN_PHONE : COLUMN_EMAIL,
			       sms ? "a phone number is required"
				   : "an e-mail address is required");
		return;
	}
	if (*r->recipient.address.normalised) {
		p->identity = xstrdup(r->recipient.address.normalised);
		once(addresses, p, r->recipient.address.normalised, COLUMN_EMAIL);
	}
	if (r->recipient.phone && (ladder || !strcmp(channel, IDS_SMS)))
		check_phone(p, c, r, addresses);
}

static void check(struct person *p, const struct invite_common *c, json_t *addresses,
		  json_t *invites)
{
	json_t *data = invite_data(p, c);
	struct request r;
	struct err e;

	if (!valid(p, c, data, &r, &e)) {
		size_t o = origin_of(r.where);

		person_trouble(p, r.code, o < ARRAY_LEN(origins) ? origins[o].column : COLUMN_NONE,
			       rule_of(&e));
	} else if (!p->trouble.code) {
		check_recipient(p, c, &r, addresses);
		once(invites, p, r.invite, COLUMN_INVITE);
	}
	json_decref(data);
}

size_t invite_check_people(struct people *p, const struct invite_common *c)
{
	json_t *addresses = json_object(), *invites = json_object();
	size_t bad = 0;

	for (size_t i = 0; i < p->count; i++) {
		check(&p->list[i], c, addresses, invites);
		bad += p->list[i].trouble.code != NULL;
	}
	json_decref(addresses);
	json_decref(invites);
	return bad;
}
