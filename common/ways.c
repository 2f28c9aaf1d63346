#include "ways.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ANY "*"
#define RULE_BITS 16 /* of channel_aim.rule; above them stands who comes in which place */
#define PLACE_BITS 3
_Static_assert(ROUTING_MAX <= 1 << PLACE_BITS && WAYS_MAX < 1 << RULE_BITS, "bits of a rule");

struct rule {
	const char *tenant, *country; /* ANY = any; borrowed from the setting */
	bool by_cost;
	struct channel_way list[ROUTING_MAX];
	size_t n;
};

/* What the setting may name. */
struct known {
	const struct ways_provider *list;
	size_t n;
};

struct ways {
	json_t *routes;
	struct rule rules[WAYS_MAX];
	size_t n;
	struct rule rest; /* where none fits */
};

static int find_provider(const struct known *known, const char *name, size_t *out)
{
	for (size_t i = 0; name && i < known->n; i++)
		if (!strcmp(known->list[i].name, name)) {
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

static int take_provider(struct rule *r, const json_t *v, const struct known *p, struct err *e)
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

/* A rule that seems to say something must not be one for everybody. */
static int word_or_any(const json_t *rule, const char *name, const char **out, struct err *e)
{
	const json_t *v = json_object_get(rule, name);

	*out = v ? json_string_value(v) : ANY;
	return *out ? OK
		    : err_set(e, ERR_FATAL, "%s: one name; in quotes where it could be a number",
			      name);
}

static bool is_country(const char *word)
{
	return (strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2 && !word[2]) ||
	       !strcmp(word, "001") || !strcmp(word, ANY);
}

static int take_prefer(struct rule *r, const char *prefer, struct err *e)
{
	r->by_cost = !strcmp(prefer, "cost");
	if (r->by_cost || !strcmp(prefer, "order") || !strcmp(prefer, ANY))
		return OK;
	return err_set(e, ERR_FATAL, "prefer '%.20s': order or cost", prefer);
}

static int unknown_in(const json_t *rule, struct err *e)
{
	static const char *const names[] = { "tenant", "country", "prefer", "providers" };
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)rule, name, value) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			known |= !strcmp(names[i], name);
		if (!known)
			return err_set(e, ERR_FATAL, "%.40s is not known", name);
	}
	return OK;
}

static int take_rule(struct rule *r, const json_t *v, const struct known *p, struct err *e)
{
	const json_t *list = json_object_get(v, "providers");
	const char *prefer;

	if (unknown_in(v, e) < 0 || word_or_any(v, "tenant", &r->tenant, e) < 0 ||
	    word_or_any(v, "country", &r->country, e) < 0 ||
	    word_or_any(v, "prefer", &prefer, e) < 0 || take_prefer(r, prefer, e) < 0)
		return ERR_FATAL;
	if (!is_country(r->country))
		return err_set(e, ERR_FATAL, "country '%.10s': two capitals (ISO 3166), or *",
			       r->country);
	if (!json_array_size(list))
		return err_set(e, ERR_FATAL, "providers: a list of names");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take_provider(r, json_array_get(list, i), p, e) < 0)
			return ERR_FATAL;
	return OK;
}

int ways_load(struct ways **out, const json_t *routes, const struct ways_provider *list,
	      size_t count, struct err *e)
{
	struct ways *w = xcalloc(1, sizeof(*w));
	struct known known = { list, count };
	size_t n = json_array_size(routes);

	w->routes = json_incref((json_t *)routes);
	for (size_t i = 0; i < count; i++)
		w->rest.list[w->rest.n++] = (struct channel_way){ .route = i,
								  .order = list[i].order,
								  .weight = list[i].weight };
	if ((routes && !json_is_array(routes)) || n > WAYS_MAX) {
		ways_free(w);
		return err_set(e, ERR_FATAL, "routes: a list of at most %d", WAYS_MAX);
	}
	for (; w->n < n; w->n++)
		if (take_rule(&w->rules[w->n], json_array_get(routes, w->n), &known, e) < 0) {
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

bool ways_find(const struct ways *w, const char *tenant, const char *region,
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
	return best->by_cost;
}

/* Does a come before b? currency is the one that amounts are compared in. */
static bool is_before(const struct channel_way *a, const struct channel_way *b,
		      const struct cost *prices, const char *currency)
{
	const struct cost *x = &prices[a->route], *y = &prices[b->route];
	bool x_known = currency[0] && !strcmp(x->currency, currency);
	bool y_known = currency[0] && !strcmp(y->currency, currency);

	if (x_known != y_known)
		return x_known;
	if (x_known && x->millionths != y->millionths)
		return x->millionths < y->millionths;
	return a->order < b->order;
}

void ways_by_cost(struct channel_aim *aim, const struct cost *prices)
{
	int places[ROUTING_MAX];
	const char *currency = "";

	for (size_t i = 0; i < aim->nways && !currency[0]; i++)
		currency = prices[aim->ways[i].route].currency;
	for (size_t i = 0; i < aim->nways; i++) {
		places[i] = 0;
		for (size_t k = 0; k < aim->nways; k++)
			places[i] += is_before(&aim->ways[k], &aim->ways[i], prices, currency);
	}
	for (size_t i = 0; i < aim->nways; i++) {
		aim->ways[i].order = places[i] + 1;
		aim->rule |= (size_t)places[i] << (RULE_BITS + PLACE_BITS * i);
	}
}
