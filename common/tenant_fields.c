#include "tenant_fields.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "form.h"
#include "mem.h"
#include "nearest.h"
#include "request.h"
#include "seal.h"
#include "shape.h"

#define TTL_MIN_S 300
#define TTL_MAX_S 31536000
#define COOLDOWN_MAX_S 604800
#define SEGMENTS_MAX 15

struct setting {
	const char *name;
	int (*set)(void *at, const struct setting *s, const json_t *value, struct err *e);
	size_t offset, count;	      /* of what is set, in struct tenant; of rows inside */
	const struct form *form;      /* of a text, of a list's items */
	int64_t min, max, factor;     /* of a number: what is stored is factor times as much */
	const struct setting *inside; /* of an object */
};

/* ---- what texts must look like ---- */

/* An address that goes into an envelope as it stands: the normal form, but for case. */
static bool is_address(const char *s, size_t len)
{
	struct address a;
	const char *code;
	struct err e;

	return address_normalise(s, &a, &code, &e) == OK && strlen(a.normalised) == len &&
	       !strcasecmp(a.normalised, s);
}

static bool is_colour(const char *s, size_t len)
{
	return len == 7 && s[0] == '#' && strspn(s + 1, "0123456789abcdefABCDEF") == 6;
}

static bool is_country(const char *s, size_t len)
{
	return len == 2 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static bool is_name(const char *s, size_t len)
{
	return len >= 1 && len <= 100 && form_line(s, len);
}

/* Eleven letters and digits or fifteen digits: what networks carry. */
static bool is_sms_id(const char *s, size_t len)
{
	size_t digits = strspn(s, "0123456789");

	if (digits == len)
		return len >= 3 && len <= 15;
	return len <= 11 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789 _-") == len;
}

static bool is_key(const char *s, size_t len)
{
	struct seal_public sealed_for;

	return seal_public_parse(s, len, &sealed_for, NULL) == OK;
}

static const struct form line = { form_line, "one line of text" };
static const struct form address = {
	is_address, "an address such as no-reply@example.com, its domain in ASCII"
};
static const struct form colour = { is_colour, "a colour such as #1a5fb4" };
static const struct form country = { is_country, "a country such as KZ" };
static const struct form host = { form_host, "a host such as app.example.org, or *.example.org" };
static const struct form key = { is_key, "a public key as `beckon keygen --accept-key` prints it" };
static const struct form locale = { form_locale, "a BCP 47 language tag such as ru-RU" };
static const struct form name = { is_name, "one line of 1 to 100 bytes" };
static const struct form sms_id = { is_sms_id, "11 letters and digits, or 3 to 15 digits" };
static const struct form url = { form_url, "an http or https URL" };
static const struct form zone = { form_zone, "an IANA time zone such as Europe/Moscow" };

/* ---- values of one kind ---- */

/* What is there instead, where it may be repeated: no address, and nothing that breaks a line. */
static const char *quoted(const json_t *value, char out[48])
{
	const char *s = json_string_value(value);

	out[0] = '\0';
	if (json_is_integer(value))
		snprintf(out, 48, " '%lld'", (long long)json_integer_value(value));
	else if (s && !strchr(s, '@') && form_line(s, strlen(s)))
		snprintf(out, 48, " '%.40s'", s);
	return out;
}

static int must_be(const struct setting *s, const json_t *value, const char *rule, struct err *e)
{
	char text[48];

	return err_set(e, ERR_FATAL, "%s%s must be %s", s->name, quoted(value, text), rule);
}

static int set_text(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	if (!text)
		return must_be(s, value, "text", e);
	if (!s->form->ok(text, json_string_length(value)))
		return must_be(s, value, s->form->rule, e);
	*(const char **)at = text;
	return OK;
}

static int set_flag(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	if (!json_is_boolean(value))
		return must_be(s, value, "true or false", e);
	*(bool *)at = json_is_true(value);
	return OK;
}

static int set_number(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	long long n = json_integer_value(value);
	char rule[64];

	snprintf(rule, sizeof(rule), "a number from %lld to %lld", (long long)s->min,
		 (long long)s->max);
	if (!json_is_integer(value) || n < s->min || n > s->max)
		return must_be(s, value, rule, e);
	*(int64_t *)at = n * s->factor;
	return OK;
}

static int set_small(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	struct setting whole = *s;
	int64_t n;

	whole.factor = 1;
	if (set_number(&n, &whole, value, e) < 0)
		return ERR_FATAL;
	*(int *)at = (int)n;
	return OK;
}

static int set_list(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	struct setting item = *s;
	const json_t *v;
	const char *text;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > TENANT_NAMES_MAX)
		return err_set(e, ERR_FATAL, "%s must be a list of up to %d", s->name,
			       TENANT_NAMES_MAX);
	json_array_foreach ((json_t *)value, i, v)
		if (set_text(&text, &item, v, e) < 0)
			return ERR_FATAL;
	*(const json_t **)at = value;
	return OK;
}

static int set_rate(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	if (!json_is_string(value))
		return must_be(s, value, "text, such as 50/s", e);
	if (tenant_rate_parse(json_string_value(value), at, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", s->name);
	return OK;
}

/* ---- objects ---- */

static int unknown(const char *word, const struct setting *list, size_t n, struct err *e)
{
	struct nearest near = { .word = word };

	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, list[i].name);
	return err_set(e, ERR_FATAL, "%.40s is no setting of a tenant, the nearest is %s", word,
		       near.best);
}

/* Each member of object by its row of the table; at is where the rows' offsets count from. */
static int set_members(void *at, const struct setting *list, size_t n, const json_t *object,
		       struct err *e)
{
	const char *word;
	json_t *value;

	if (!json_is_object(object))
		return err_set(e, ERR_FATAL, "must be a mapping");
	json_object_foreach ((json_t *)object, word, value) {
		size_t i = 0;

		while (i < n && strcmp(list[i].name, word))
			i++;
		if (i == n)
			return unknown(word, list, n, e);
		if (list[i].set((char *)at + list[i].offset, &list[i], value, e) < 0)
			return ERR_FATAL;
	}
	return OK;
}

static int set_object(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	if (set_members(at, s->inside, s->count, value, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", s->name);
	return OK;
}

static bool is_off(const json_t *value)
{
	return json_is_string(value) && !strcmp(json_string_value(value), "off");
}

/* ---- hours ---- */

static int set_time(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	return window_time_parse(text ? text : "", at, e) < 0
		       ? err_prefix(e, ERR_FATAL, "%s", s->name)
		       : OK;
}

/* Text, or a list of such texts. */
static int set_days(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	unsigned days = 0;
	size_t i = 0;

	do {
		const json_t *v = json_is_array(value) ? json_array_get(value, i) : value;
		const char *text = json_string_value(v);

		if (window_days_parse(text ? text : "", &days, e) < 0)
			return err_prefix(e, ERR_FATAL, "%s", s->name);
	} while (++i < json_array_size(value));
	*(unsigned *)at = days;
	return OK;
}

#define OF_WINDOW(member) .offset = offsetof(struct window, member)
static const struct setting window_fields[] = {
	{ .name = "days", .set = set_days, OF_WINDOW(days) },
	{ .name = "from", .set = set_time, OF_WINDOW(from_min) },
	{ .name = "to", .set = set_time, OF_WINDOW(to_min) },
};

/* A window is one value: nothing of the common one remains. */
static int set_window(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	struct window w = { WINDOW_EVERY_DAY, -1, -1 };

	if (is_off(value)) {
		*(struct window *)at = (struct window){ 0 };
		return OK;
	}
	if (set_members(&w, window_fields, ARRAY_LEN(window_fields), value, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", s->name);
	if (w.from_min < 0 || w.to_min < 0)
		return err_set(e, ERR_FATAL, "%s needs from and to, or is off", s->name);
	if (w.from_min % 1440 == w.to_min % 1440 && !(w.from_min == 0 && w.to_min == 1440))
		return err_set(e, ERR_FATAL,
			       "%s: from and to must differ; all day is 00:00 to 24:00", s->name);
	if (w.from_min == 1440)
		return err_set(e, ERR_FATAL, "%s: from must be before 24:00", s->name);
	*(struct window *)at = w;
	return OK;
}

/* ---- the others ---- */

#define OF_REMINDER(member) .offset = offsetof(struct tenant_reminder, member)
static const struct setting reminder_fields[] = {
	{ .name = "at_percent", .set = set_small, OF_REMINDER(num), .min = 1, .max = 99 },
	{ .name = "count", .set = set_small, OF_REMINDER(count), .min = 0, .max = 2 },
};

static int set_reminder(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	struct tenant_reminder *r = at;

	if (is_off(value)) {
		r->count = 0;
		return OK;
	}
	if (set_members(r, reminder_fields, ARRAY_LEN(reminder_fields), value, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", s->name);
	return OK;
}

static int set_accept(void *at, const struct setting *s, const json_t *value, struct err *e)
{
	static const char *const words[] = { "form", "confirm", "redirect" };
	const char *text = json_string_value(value);

	for (size_t i = 0; text && i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], text)) {
			*(enum tenant_accept *)at = (enum tenant_accept)i;
			return OK;
		}
	return must_be(s, value, "form, confirm or redirect", e);
}

#define AT(member) .offset = offsetof(struct tenant, member)
#define TEXT(member, must_be) .set = set_text, AT(member), .form = &(must_be)
#define LIST(member, must_be) .set = set_list, AT(member), .form = &(must_be)
#define RATE(member) .set = set_rate, AT(member)
#define NUMBER(member, least, most, times)                                                         \
	.set = set_number, AT(member), .min = (least), .max = (most), .factor = (times)
#define OBJECT(rows) .set = set_object, .inside = (rows), .count = ARRAY_LEN(rows)

static const struct setting accept_fields[] = {
	{ .name = "mode", .set = set_accept, AT(accept) },
	{ .name = "public_key", TEXT(accept_key, key) },
	{ .name = "redirect", TEXT(accept_redirect, url) },
};
static const struct setting auto_send_fields[] = {
	{ .name = "api", .set = set_flag, AT(auto_send[TRIGGER_API]) },
	{ .name = "directory", .set = set_flag, AT(auto_send[TRIGGER_DIRECTORY]) },
	{ .name = "import", .set = set_flag, AT(auto_send[TRIGGER_IMPORT]) },
	{ .name = "manual", .set = set_flag, AT(auto_send[TRIGGER_MANUAL]) },
};
static const struct setting brand_fields[] = {
	{ .name = "colour", TEXT(brand_colour, colour) },
	{ .name = "logo", TEXT(brand_logo, url) },
};
static const struct setting countries_fields[] = {
	{ .name = "allow", LIST(countries_allow, country) },
	{ .name = "deny", LIST(countries_deny, country) },
};
static const struct setting limits_fields[] = {
	{ .name = "content", RATE(content_limit) },
	{ .name = "domain", RATE(domain_limit) },
	{ .name = "recipient", RATE(recipient_limit) },
	{ .name = "tenant", RATE(limit) },
};
static const struct setting sender_fields[] = {
	{ .name = "from", TEXT(from, address) },
	{ .name = "from_name", TEXT(from_name, line) },
	{ .name = "reply_to", TEXT(reply_to, address) },
	{ .name = "sms_id", TEXT(sms_id, sms_id) },
};

static const struct setting fields[] = {
	{ .name = "accept", OBJECT(accept_fields) },
	{ .name = "auto_send", OBJECT(auto_send_fields) },
	{ .name = "brand", OBJECT(brand_fields) },
	{ .name = "contact", TEXT(contact, line) },
	{ .name = "cooldown_s", NUMBER(cooldown_ms, 0, COOLDOWN_MAX_S, 1000) },
	{ .name = "countries", OBJECT(countries_fields) },
	{ .name = "default_locale", TEXT(default_locale, locale) },
	{ .name = "departments", LIST(departments, name) },
	{ .name = "email_only", .set = set_flag, AT(email_only) },
	{ .name = "home_region", TEXT(home_region, country) },
	{ .name = "keep_days", NUMBER(keep_ms, 0, 3650, 86400000) },
	{ .name = "ladder_after_s", NUMBER(ladder_after_s, 60, TTL_MAX_S, 1) },
	{ .name = "landlines", .set = set_flag, AT(landlines) },
	{ .name = "limits", OBJECT(limits_fields) },
	{ .name = "link_base", TEXT(link_base, url) },
	{ .name = "link_hosts", LIST(link_hosts, host) },
	{ .name = "link_ttl_s", NUMBER(link_ttl_s, TTL_MIN_S, TTL_MAX_S, 1) },
	{ .name = "reminder", .set = set_reminder, AT(reminder) },
	{ .name = "roles", LIST(roles, name) },
	{ .name = "segment_cap", NUMBER(segment_cap, 1, SEGMENTS_MAX, 1) },
	{ .name = "send_window", .set = set_window, AT(window) },
	{ .name = "sender", OBJECT(sender_fields) },
	{ .name = "sms_window", .set = set_window, AT(sms_window) },
	{ .name = "teams", LIST(teams, name) },
	{ .name = "test_recipients", .set = set_flag, AT(test_recipients) },
	{ .name = "timezone", TEXT(timezone, zone) },
};

int tenant_set(struct tenant *t, const json_t *object, struct err *e)
{
	return set_members(t, fields, ARRAY_LEN(fields), object, e);
}

bool tenant_is_whole(const char *setting)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!strcmp(fields[i].name, setting))
			return fields[i].set == set_window;
	return false;
}
