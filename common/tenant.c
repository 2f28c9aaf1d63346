#include "tenant.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "form.h"
#include "ids.h"
#include "mem.h"
#include "nearest.h"
#include "request.h"
#include "shape.h"

#define RATE_MAX 1000000
#define TTL_MIN_S 300
#define TTL_MAX_S 31536000

struct tenants {
	json_t *section; /* owner of every string below */
	struct tenant *list;
	size_t count; /* list[0] is "*", the others are in the order of their names */
};

typedef int (*set_fn)(struct tenant *t, const json_t *value, struct err *e);

struct setting {
	const char *name;
	set_fn set;    /* NULL: a text */
	size_t offset; /* of a text */
	const struct form *form;
};

static const struct tenant defaults = {
	.name = "*",
	.auto_send = { [TRIGGER_API] = true, [TRIGGER_MANUAL] = true, [TRIGGER_DIRECTORY] = true },
	.link_ttl_s = 86400,
	.default_locale = "en",
	.timezone = "UTC",
};

static int no_rate(const char *text, struct err *e)
{
	return err_set(e, ERR_FATAL, "'%.40s' is no rate; write 50/s, 20/h burst 5, or off", text);
}

static bool in_range(long long n)
{
	return n >= 1 && n <= RATE_MAX;
}

int tenant_rate_parse(const char *text, struct tenant_rate *out, struct err *e)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = {
		{ 's', 1000000 },
		{ 'm', 60000000 },
		{ 'h', 3600000000 },
		{ 'd', 86400000000 },
	};
	long long n, burst = 1;
	char unit;
	int used = 0, end = 0;

	if (!strcmp(text, "off")) {
		*out = (struct tenant_rate){ 0 };
		return OK;
	}
	if (sscanf(text, "%lld/%c%n", &n, &unit, &used) != 2 || !in_range(n))
		return no_rate(text, e);
	if (text[used] == ' ' && sscanf(text + used, " burst %lld%n", &burst, &end) != 1)
		return no_rate(text, e);
	if (text[used + end] || !in_range(burst))
		return no_rate(text, e);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (units[i].unit == unit) {
			*out = (struct tenant_rate){ units[i].us / n, burst };
			return OK;
		}
	return err_set(e, ERR_FATAL, "'%.40s': a rate is per s, m, h or d", text);
}

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

static const struct form line = { form_line, "one line of text" };
static const struct form address = {
	is_address, "an address such as no-reply@example.com, its domain in ASCII"
};
static const struct form colour = { is_colour, "a colour such as #1a5fb4" };
static const struct form locale = { form_locale, "a BCP 47 language tag such as ru-RU" };
static const struct form url = { form_url, "an http or https URL" };
static const struct form zone = { form_zone, "an IANA time zone such as Europe/Moscow" };

/* ---- what is no text ---- */

static int set_ttl(struct tenant *t, const json_t *value, struct err *e)
{
	long long n = json_integer_value(value);

	if (n < TTL_MIN_S || n > TTL_MAX_S)
		return err_set(e, ERR_FATAL, "link_ttl_s is from %d to %d seconds", TTL_MIN_S,
			       TTL_MAX_S);
	t->link_ttl_s = n;
	return OK;
}

static int set_auto_send(struct tenant *t, const json_t *value, struct err *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(value))
		return err_set(e, ERR_FATAL, "auto_send must be a mapping");
	json_object_foreach ((json_t *)value, name, v) {
		int i = 0;

		while (i < 4 && strcmp(request_triggers[i], name))
			i++;
		if (i == 4)
			return err_set(e, ERR_FATAL,
				       "auto_send.%s: there are manual, import, directory, api",
				       name);
		if (!json_is_boolean(v))
			return err_set(e, ERR_FATAL, "auto_send.%s is neither true nor false",
				       name);
		t->auto_send[i] = json_is_true(v);
	}
	return OK;
}

static int set_limits(struct tenant *t, const json_t *value, struct err *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(value))
		return err_set(e, ERR_FATAL, "limits must be a mapping");
	json_object_foreach ((json_t *)value, name, v) {
		struct tenant_rate *rate = !strcmp(name, "tenant")	? &t->limit
					   : !strcmp(name, "recipient") ? &t->recipient_limit
									: NULL;
		if (!rate)
			return err_set(e, ERR_FATAL, "limits.%s: there are tenant and recipient",
				       name);
		if (!json_is_string(v))
			return err_set(e, ERR_FATAL, "limits.%s must be text, such as 50/s", name);
		if (tenant_rate_parse(json_string_value(v), rate, e) < 0)
			return err_prefix(e, ERR_FATAL, "limits.%s", name);
	}
	return OK;
}

#define TEXT(field, must_be) .offset = offsetof(struct tenant, field), .form = &(must_be)

static const struct setting sender_fields[] = {
	{ .name = "from_name", TEXT(from_name, line) },
	{ .name = "from", TEXT(from, address) },
	{ .name = "reply_to", TEXT(reply_to, address) },
};

static int set_fields(struct tenant *t, const json_t *object, const struct setting *fields,
		      size_t n, struct err *e);

static int set_sender(struct tenant *t, const json_t *value, struct err *e)
{
	return set_fields(t, value, sender_fields, ARRAY_LEN(sender_fields), e);
}

static const struct setting brand_fields[] = {
	{ .name = "colour", TEXT(brand_colour, colour) },
};

static int set_brand(struct tenant *t, const json_t *value, struct err *e)
{
	return set_fields(t, value, brand_fields, ARRAY_LEN(brand_fields), e);
}

static const struct setting fields[] = {
	{ .name = "auto_send", .set = set_auto_send },
	{ .name = "brand", .set = set_brand },
	{ .name = "contact", TEXT(contact, line) },
	{ .name = "default_locale", TEXT(default_locale, locale) },
	{ .name = "limits", .set = set_limits },
	{ .name = "link_base", TEXT(link_base, url) },
	{ .name = "link_ttl_s", .set = set_ttl },
	{ .name = "sender", .set = set_sender },
	{ .name = "timezone", TEXT(timezone, zone) },
};

static int set_one(struct tenant *t, const struct setting *f, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	if (f->set)
		return f->set(t, value, e);
	if (!text)
		return err_set(e, ERR_FATAL, "%s must be text", f->name);
	if (!f->form->ok(text, json_string_length(value)))
		return err_set(e, ERR_FATAL, "%s must be %s", f->name, f->form->rule);
	*(const char **)((char *)t + f->offset) = text;
	return OK;
}

static int unknown(const char *name, const struct setting *list, size_t n, struct err *e)
{
	struct nearest near = { .word = name };

	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, list[i].name);
	return err_set(e, ERR_FATAL, "%.40s is no setting of a tenant, the nearest is %s", name,
		       near.best);
}

static int set_fields(struct tenant *t, const json_t *object, const struct setting *list, size_t n,
		      struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(e, ERR_FATAL, "must be a mapping");
	json_object_foreach ((json_t *)object, name, value) {
		size_t i = 0;

		while (i < n && strcmp(list[i].name, name))
			i++;
		if (i == n)
			return unknown(name, list, n, e);
		if (set_one(t, &list[i], value, e) < 0)
			return ERR_FATAL;
	}
	return OK;
}

/* The tenants that have a name, each from what "*" says. *name is the one at fault. */
static int load_named(struct tenants *t, const char **name, struct err *e)
{
	json_t *value;

	json_object_foreach (t->section, *name, value) {
		struct tenant *one = &t->list[t->count];

		if (!strcmp(*name, "*"))
			continue;
		if (!ids_name_ok(*name, strlen(*name)))
			return err_set(e, ERR_FATAL,
				       "a tenant's name has 1 to %d of A-Z a-z 0-9 _ -",
				       IDS_NAME_MAX);
		*one = t->list[0];
		one->name = *name;
		t->count++;
		if (set_fields(one, value, fields, ARRAY_LEN(fields), e) < 0)
			return ERR_FATAL;
	}
	return OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tenant *)a)->name, ((const struct tenant *)b)->name);
}

int tenants_load(struct tenants **out, const json_t *section, struct err *e)
{
	struct tenants *t = xcalloc(1, sizeof(*t));
	const json_t *common = json_object_get(section, "*");
	const char *name = "*";

	t->section = json_incref((json_t *)section);
	t->list = xcalloc(json_object_size(section) + 1, sizeof(*t->list));
	t->list[0] = defaults;
	t->count = 1;
	if ((common && set_fields(&t->list[0], common, fields, ARRAY_LEN(fields), e) < 0) ||
	    load_named(t, &name, e) < 0) {
		err_prefix(e, ERR_FATAL, "tenants.%.64s", name);
		tenants_free(t);
		return ERR_FATAL;
	}
	qsort(t->list + 1, t->count - 1, sizeof(*t->list), by_name);
	*out = t;
	return OK;
}

void tenants_free(struct tenants *t)
{
	if (!t)
		return;
	json_decref(t->section);
	free(t->list);
	free(t);
}

const struct tenant *tenants_find(const struct tenants *t, const char *name)
{
	const struct tenant wanted = { .name = name };
	const struct tenant *found =
		bsearch(&wanted, t->list + 1, t->count - 1, sizeof(*t->list), by_name);

	return found ? found : &t->list[0];
}
