#include "tenant.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "nearest.h"
#include "request.h"

#define RATE_MAX 1000000
#define TTL_MIN_S 300
#define TTL_MAX_S 31536000

struct tenants {
	json_t *section; /* owner of every string below */
	struct tenant *list;
	size_t count; /* list[0] is "*" */
};

typedef int (*set_fn)(struct tenant *t, const json_t *value, struct err *e);

struct setting {
	const char *name;
	size_t offset; /* of a text */
	set_fn set;    /* NULL: a text */
};

static const struct tenant defaults = {
	.name = "*",
	.auto_send = { [TRIGGER_API] = true, [TRIGGER_MANUAL] = true, [TRIGGER_DIRECTORY] = true },
	.link_ttl_s = 86400,
	.default_locale = "en",
	.timezone = "UTC",
};

int tenant_rate_parse(const char *text, struct tenant_rate *out, struct err *e)
{
	static const struct { char unit; int64_t us; } units[] = {
		{ 's', 1000000 }, { 'm', 60000000 }, { 'h', 3600000000 }, { 'd', 86400000000 },
	};
	long long n, burst = 1;
	char unit;
	int used = 0, more = 0;

	if (!strcmp(text, "off")) {
		*out = (struct tenant_rate){ 0 };
		return OK;
	}
	if (sscanf(text, "%lld/%c%n", &n, &unit, &used) != 2 || n < 1 || n > RATE_MAX)
		return err_set(e, ERR_FATAL, "'%.40s' is no rate; write 50/s, 20/h burst 5, or off", text);
	if (text[used] && (sscanf(text + used, " burst %lld%n", &burst, &more) != 1 || text[used + more] || burst < 1 ||
			   burst > RATE_MAX))
		return err_set(e, ERR_FATAL, "'%.40s' is no rate; write 50/s, 20/h burst 5, or off", text);
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (units[i].unit == unit) {
			*out = (struct tenant_rate){ units[i].us / n, burst };
			return OK;
		}
	return err_set(e, ERR_FATAL, "'%.40s': a rate is per s, m, h or d", text);
}

static int set_ttl(struct tenant *t, const json_t *value, struct err *e)
{
	long long n = json_integer_value(value);

	if (n < TTL_MIN_S || n > TTL_MAX_S)
		return err_set(e, ERR_FATAL, "link_ttl_s is from %d to %d seconds", TTL_MIN_S, TTL_MAX_S);
	t->link_ttl_s = n;
	return OK;
}

static int set_auto_send(struct tenant *t, const json_t *value, struct err *e)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)value, name, v) {
		int i = 0;

		while (i < 4 && strcmp(request_triggers[i], name))
			i++;
		if (i == 4)
			return err_set(e, ERR_FATAL, "auto_send.%s: there are manual, import, directory, api", name);
		if (!json_is_boolean(v))
			return err_set(e, ERR_FATAL, "auto_send.%s is neither true nor false", name);
		t->auto_send[i] = json_is_true(v);
	}
	return OK;
}

static int set_limits(struct tenant *t, const json_t *value, struct err *e)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)value, name, v) {
		struct tenant_rate *rate = !strcmp(name, "tenant")    ? &t->limit :
					   !strcmp(name, "recipient") ? &t->recipient_limit :
									NULL;
		if (!rate)
			return err_set(e, ERR_FATAL, "limits.%s: there are tenant and recipient", name);
		if (!json_is_string(v) || tenant_rate_parse(json_string_value(v), rate, e) < 0)
			return err_prefix(e, ERR_FATAL, "limits.%s", name);
	}
	return OK;
}

static const struct setting sender_fields[] = {
	{ "from_name", offsetof(struct tenant, from_name), NULL },
	{ "from", offsetof(struct tenant, from), NULL },
	{ "reply_to", offsetof(struct tenant, reply_to), NULL },
};

static int set_fields(struct tenant *t, const json_t *object, const struct setting *fields, size_t n, struct err *e);

static int set_sender(struct tenant *t, const json_t *value, struct err *e)
{
	return set_fields(t, value, sender_fields, ARRAY_LEN(sender_fields), e);
}

static const struct setting brand_fields[] = {
	{ "colour", offsetof(struct tenant, brand_colour), NULL },
};

static int set_brand(struct tenant *t, const json_t *value, struct err *e)
{
	return set_fields(t, value, brand_fields, ARRAY_LEN(brand_fields), e);
}

static const struct setting fields[] = {
	{ "auto_send", 0, set_auto_send },
	{ "brand", 0, set_brand },
	{ "contact", offsetof(struct tenant, contact), NULL },
	{ "default_locale", offsetof(struct tenant, default_locale), NULL },
	{ "limits", 0, set_limits },
	{ "link_base", offsetof(struct tenant, link_base), NULL },
	{ "link_ttl_s", 0, set_ttl },
	{ "sender", 0, set_sender },
	{ "timezone", offsetof(struct tenant, timezone), NULL },
};

static int set_one(struct tenant *t, const struct setting *f, const json_t *value, struct err *e)
{
	if (f->set)
		return f->set(t, value, e);
	if (!json_is_string(value))
		return err_set(e, ERR_FATAL, "%s must be text", f->name);
	*(const char **)((char *)t + f->offset) = json_string_value(value);
	return OK;
}

static int unknown(const char *name, const struct setting *list, size_t n, struct err *e)
{
	struct nearest near = { .word = name };

	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, list[i].name);
	return err_set(e, ERR_FATAL, "%.40s is no setting of a tenant, the nearest is %s", name, near.best);
}

static int set_fields(struct tenant *t, const json_t *object, const struct setting *list, size_t n, struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(e, ERR_FATAL, "must be a mapping");
	json_object_foreach((json_t *)object, name, value) {
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

int tenants_load(struct tenants **out, const json_t *section, struct err *e)
{
	struct tenants *t = xcalloc(1, sizeof(*t));
	const json_t *common = json_object_get(section, "*");
	const char *name;
	json_t *value;
	int r;

	t->section = json_incref((json_t *)section);
	t->list = xcalloc(json_object_size(section) + 1, sizeof(*t->list));
	t->list[0] = defaults;
	t->count = 1;
	r = common ? set_fields(&t->list[0], common, fields, ARRAY_LEN(fields), e) : OK;
	name = "*";
	if (r == OK)
		json_object_foreach((json_t *)section, name, value) {
			struct tenant *one = &t->list[t->count];

			if (!strcmp(name, "*"))
				continue;
			*one = t->list[0];
			one->name = name;
			t->count++;
			if ((r = set_fields(one, value, fields, ARRAY_LEN(fields), e)) < 0)
				break;
		}
	if (r < 0) {
		err_prefix(e, ERR_FATAL, "tenants.%s", name);
		tenants_free(t);
		return ERR_FATAL;
	}
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
	for (size_t i = 1; i < t->count; i++)
		if (!strcmp(t->list[i].name, name))
			return &t->list[i];
	return &t->list[0];
}
