#include "ways.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ids.h"
#include "mem.h"

#define ANY "*"

struct rule {
	const char *tenant, *country; /* ANY = any; borrowed from the setting */
	struct channel_way list[ROUTING_MAX];
	size_t n;
};

struct ways {
	json_t *routes;
	struct rule rules[WAYS_MAX];
	size_t n;
	struct rule rest; /* where none fits */
};

static struct channel_way own_terms(const struct providers *p, size_t i)
{
	const struct provider_terms *t = provider_terms(p->list[i]);

	return (struct channel_way){ .route = i, .order = t->order, .weight = t->weight };
}

static int find_provider(const struct providers *p, const char *name, size_t *out)
{
	for (size_t i = 0; name && i < p->count; i++)
		if (!strcmp(provider_terms(p->list[i])->name, name)) {
			*out = i;
			return OK;
		}
	return ERR_INVALID;
}

static int take_terms(struct channel_way *way, const json_t *v, struct err *e)
{
	const json_t *limit = json_object_get(v, "limit");
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)v, name, value) {
		json_int_t n = json_integer_value(value);

		if (!strcmp(name, "name") || !strcmp(name, "limit"))
			continue;
		if ((strcmp(name, "order") != 0 && strcmp(name, "weight") != 0) || n < 1 ||
		    n > 1024)
			return err_set(e, ERR_FATAL,
				       "%.40s: name, order, weight (1 to 1024) and limit are known",
				       name);
		*(!strcmp(name, "order") ? &way->order : &way->weight) = (int)n;
	}
	if (!limit)
		return OK;
	if (!json_is_string(limit))
		return err_set(e, ERR_FATAL, "limit: such as 50/s");
	return tenant_rate_parse(json_string_value(limit), &way->limit, e) < 0 ? ERR_FATAL : OK;
}

static int take_provider(struct rule *r, const json_t *v, const struct providers *p, struct err *e)
{
	const char *name = json_string_value(json_is_object(v) ? json_object_get(v, "name") : v);
	size_t i;

	if (r->n == ROUTING_MAX || find_provider(p, name, &i) < 0)
		return err_set(e, ERR_FATAL, "'%.40s' is none of the providers", name ? name : "");
	for (size_t k = 0; k < r->n; k++)
		if (r->list[k].route == i)
			return err_set(e, ERR_FATAL, "'%.40s' is given twice", name);
	r->list[r->n] = (struct channel_way){ .route = i, .order = (int)r->n + 1, .weight = 1 };
	if (take_terms(&r->list[r->n], v, e) < 0)
		return ERR_FATAL;
	r->n++;
	return OK;
}

static const char *word_or_any(const json_t *rule, const char *name)
{
	const char *text = json_string_value(json_object_get(rule, name));

	return text ? text : ANY;
}

static int take_rule(struct rule *r, const json_t *v, const struct providers *p, struct err *e)
{
	const json_t *list = json_object_get(v, "providers");
	const char *name;
	json_t *value;

	r->tenant = word_or_any(v, "tenant");
	r->country = word_or_any(v, "country");
	json_object_foreach ((json_t *)v, name, value)
		if (strcmp(name, "tenant") != 0 && strcmp(name, "country") != 0 &&
		    strcmp(name, "providers") != 0)
			return err_set(e, ERR_FATAL, "%.40s is not known", name);
	if (strcmp(r->country, ANY) != 0 && strspn(r->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2 &&
	    strcmp(r->country, "001") != 0)
		return err_set(e, ERR_FATAL, "country '%.10s': two capitals (ISO 3166), or *",
			       r->country);
	if (!json_array_size(list))
		return err_set(e, ERR_FATAL, "providers: a list of names");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take_provider(r, json_array_get(list, i), p, e) < 0)
			return ERR_FATAL;
	return OK;
}

int ways_load(struct ways **out, const json_t *routes, const struct providers *p, struct err *e)
{
	struct ways *w = xcalloc(1, sizeof(*w));
	size_t n = json_array_size(routes);

	w->routes = json_incref((json_t *)routes);
	for (size_t i = 0; i < p->count; i++)
		w->rest.list[w->rest.n++] = own_terms(p, i);
	if ((routes && !json_is_array(routes)) || n > WAYS_MAX) {
		ways_free(w);
		return err_set(e, ERR_FATAL, "routes: a list of at most %d", WAYS_MAX);
	}
	for (; w->n < n; w->n++)
		if (take_rule(&w->rules[w->n], json_array_get(routes, w->n), p, e) < 0) {
			err_prefix(e, ERR_FATAL, "routes[%zu]", w->n);
			ways_free(w);
			return ERR_FATAL;
		}
	*out = w;
	return OK;
}

void ways_free(struct ways *w)
{
	if (!w)
		return;
	json_decref(w->routes);
	free(w);
}

/* 0 = it does not fit; the tenant counts more than the country. */
static int fitness(const struct rule *r, const char *tenant, const char *region)
{
	bool any_tenant = !strcmp(r->tenant, ANY), any_country = !strcmp(r->country, ANY);

	if ((!any_tenant && strcmp(r->tenant, tenant) != 0) ||
	    (!any_country && strcmp(r->country, region) != 0))
		return 0;
	return 1 + 2 * !any_tenant + !any_country;
}

void ways_find(const struct ways *w, const char *tenant, const char *region,
	       struct channel_aim *out)
{
	const struct rule *best = &w->rest;
	int most = 0;

	out->rule = w->n;
	for (size_t i = 0; i < w->n; i++) {
		int f = fitness(&w->rules[i], tenant, region);

		if (f <= most)
			continue;
		most = f;
		best = &w->rules[i];
		out->rule = i;
	}
	memcpy(out->ways, best->list, sizeof(out->ways));
	out->nways = best->n;
}
