#include "tenant.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "mem.h"
#include "tenant_defaults.h"
#include "tenant_fields.h"
#include "zone.h"

#define RATE_MAX 1000000

struct tenants {
	atomic_uint holders;
	json_t *layers; /* array of sections: the owners of every string below */
	json_t *names;	/* those in list */
	struct tenant *list;
	size_t count; /* list[0] is "*", the others are in the order of their names */
};

/* What no setting says; the rest is said by tenant_defaults.h. */
static const struct tenant unset = { .name = "*", .reminder.den = 100 };

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

/* ---- the list ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tenant *)a)->name, ((const struct tenant *)b)->name);
}

/* What the layers say of a name, over what t has. */
static int set_layers(struct tenants *t, struct tenant *one, struct err *e)
{
	const json_t *layer, *said;
	size_t i;

	json_array_foreach (t->layers, i, layer)
		if ((said = json_object_get(layer, one->name)) && tenant_set(one, said, e) < 0)
			return err_prefix(e, ERR_FATAL, "tenants.%.64s", one->name);
	return OK;
}

/* Every name that is not there yet, each from what "*" says. */
static int add_names(struct tenants *t, const json_t *layer, struct err *e)
{
	const char *name;
	json_t *said;

	json_object_foreach ((json_t *)layer, name, said) {
		if (json_object_get(t->names, name))
			continue;
		if (!ids_name_ok(name, strlen(name)))
			return err_set(e, ERR_FATAL,
				       "tenants.%.64s: a tenant's name has 1 to %d of A-Z a-z 0-9 "
				       "_ -",
				       name, IDS_NAME_MAX);
		t->list = xgrow(t->list, t->count, sizeof(*t->list));
		t->list[t->count] = t->list[0];
		t->list[t->count].name = name;
		if (set_layers(t, &t->list[t->count], e) < 0)
			return ERR_FATAL;
		t->count++;
		json_object_set_new(t->names, name, json_true());
	}
	return OK;
}

static int fill(struct tenants *t, struct err *e)
{
	const json_t *layer;
	size_t i;

	if (set_layers(t, &t->list[0], e) < 0)
		return ERR_FATAL;
	json_array_foreach (t->layers, i, layer)
		if (add_names(t, layer, e) < 0)
			return ERR_FATAL;
	qsort(t->list + 1, t->count - 1, sizeof(*t->list), by_name);
	return OK;
}

int tenants_stack(struct tenants **out, const json_t *const *layers, size_t n, struct err *e)
{
	struct tenants *t = xcalloc(1, sizeof(*t));

	atomic_init(&t->holders, 1);
	t->layers = json_pack("[{s:o}]", "*", tenant_defaults());
	for (size_t i = 0; i < n; i++)
		if (layers[i])
			json_array_append(t->layers, (json_t *)layers[i]);
	t->names = json_pack("{s:b}", "*", 1);
	t->list = xgrow(NULL, 0, sizeof(*t->list));
	t->list[0] = unset;
	t->count = 1;
	if (fill(t, e) < 0) {
		tenants_free(t);
		return ERR_FATAL;
	}
	*out = t;
	return OK;
}

int tenants_load(struct tenants **out, const json_t *section, struct err *e)
{
	return tenants_stack(out, &section, 1, e);
}

const char *tenants_name(const struct tenants *t, size_t i)
{
	return i + 1 < t->count ? t->list[i + 1].name : NULL;
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
	json_decref(t->layers);
	json_decref(t->names);
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

struct tenant_hours tenant_hours(const struct tenant *t, const char *channel, const char *zone)
{
	const struct window *w = strcmp(channel, "sms") ? &t->window : &t->sms_window;

	if (!w->days)
		return (struct tenant_hours){ 0 };
	return (struct tenant_hours){ w, zone_known(zone) ? zone : t->timezone };
}

int64_t tenant_next_ms(const struct tenant_hours *h, int64_t ms)
{
	return h->window ? window_next(h->zone, h->window, ms) : ms;
}
