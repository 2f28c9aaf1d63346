#include "tenant.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "mem.h"
#include "request.h"
#include "tenant_fields.h"
#include "zone.h"

#define RATE_MAX 1000000

struct tenants {
	atomic_uint holders;
	json_t *section; /* owner of every string below */
	struct tenant *list;
	size_t count; /* list[0] is "*", the others are in the order of their names */
};

static const struct tenant defaults = {
	.name = "*",
	.auto_send = { [TRIGGER_API] = true, [TRIGGER_MANUAL] = true, [TRIGGER_DIRECTORY] = true },
	.link_ttl_s = 86400,
	.sms_window = { WINDOW_EVERY_DAY, 9 * 60, 21 * 60 },
	.reminder = { 1, 50, 100 },
	.cooldown_ms = 60000,
	.default_locale = "en",
	.timezone = "UTC",
	.segment_cap = 6,
	.accept = ACCEPT_FORM,
	.ladder_after_s = 86400,
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
		if (tenant_set(one, value, e) < 0)
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

	atomic_init(&t->holders, 1);
	t->section = json_incref((json_t *)section);
	t->list = xcalloc(json_object_size(section) + 1, sizeof(*t->list));
	t->list[0] = defaults;
	t->count = 1;
	if ((common && tenant_set(&t->list[0], common, e) < 0) || load_named(t, &name, e) < 0) {
		err_prefix(e, ERR_FATAL, "tenants.%.64s", name);
		tenants_free(t);
		return ERR_FATAL;
	}
	qsort(t->list + 1, t->count - 1, sizeof(*t->list), by_name);
	*out = t;
	return OK;
}

struct tenants *tenants_hold(struct tenants *t)
{
	atomic_fetch_add(&t->holders, 1);
	return t;
}

void tenants_free(struct tenants *t)
{
	if (!t || atomic_fetch_sub(&t->holders, 1) > 1)
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

int64_t tenant_next_ms(const struct tenant *t, const char *channel, const char *zone, int64_t ms)
{
	const struct window *w = strcmp(channel, "sms") ? &t->window : &t->sms_window;

	return w->days ? window_next(zone_known(zone) ? zone : t->timezone, w, ms) : ms;
}
