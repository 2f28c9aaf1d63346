#include "tariffs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "ways.h"
#include "yamldoc.h"

struct tariffs {
	json_t *providers; /* holds the names */
	struct ways_provider list[ROUTING_MAX];
	struct tariff *prices[ROUTING_MAX]; /* NULL = it does not say */
	size_t n;
	struct ways *ways;
};

static int number_of(const json_t *entry, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(entry, name));

	return n < 1 ? 1 : (int)n;
}

/* What the description says, which is that of its name unless it is like another, and before it
   the entry itself. */
static int read_price(const json_t *entry, const char *dir, struct tariff **out, struct err *e)
{
	const char *said_like = json_string_value(json_object_get(entry, "like"));
	const char *like =
		said_like ? said_like : json_string_value(json_object_get(entry, "name"));
	const json_t *own = json_object_get(entry, "cost"), *said;
	autofree char *path = NULL;
	struct yamldoc doc;
	int r;

	if (own)
		return tariff_parse(out, own, e);
	if (!like || strchr(like, '/'))
		return err_set(e, ERR_FATAL, "like: the name of a description");
	path = xasprintf("%s/%s.yaml", dir, like);
	if ((r = yamldoc_read(&doc, path, e)) < 0)
		return r;
	said = json_object_get(doc.value, "cost");
	r = said ? tariff_parse(out, said, e) : OK;
	yamldoc_clear(&doc);
	return r;
}

static int read_provider(struct tariffs *t, const json_t *entry, const char *dir, struct err *e)
{
	const char *name = json_string_value(json_object_get(entry, "name"));

	if (!name)
		return err_set(e, ERR_FATAL, "providers: one has no name");
	if (read_price(entry, dir, &t->prices[t->n], e) < 0)
		return err_prefix(e, ERR_FATAL, "providers: %.32s: cost", name);
	t->list[t->n++] = (struct ways_provider){ name, number_of(entry, "order"),
						  number_of(entry, "weight") };
	return OK;
}

static int read_all(struct tariffs *t, const char *dir, struct err *e)
{
	if (json_array_size(t->providers) > ROUTING_MAX)
		return err_set(e, ERR_FATAL, "providers: at most %d", ROUTING_MAX);
	for (size_t i = 0; i < json_array_size(t->providers); i++)
		if (read_provider(t, json_array_get(t->providers, i), dir, e) < 0)
			return ERR_FATAL;
	return OK;
}

int tariffs_open(struct tariffs **out, const json_t *providers, const json_t *routes,
		 const char *dir, struct err *e)
{
	struct tariffs *t = xcalloc(1, sizeof(*t));

	t->providers = json_deep_copy(providers);
	if (read_all(t, dir, e) < 0 ||
	    ways_load(&t->ways, t->n ? routes : NULL, t->list, t->n, e) < 0) {
		tariffs_free(t);
		return ERR_FATAL;
	}
	*out = t;
	return OK;
}

void tariffs_free(struct tariffs *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		tariff_free(t->prices[i]);
	ways_free(t->ways);
	json_decref(t->providers);
	free(t);
}

bool tariffs_known(const struct tariffs *t)
{
	for (size_t i = 0; t && i < t->n; i++)
		if (t->prices[i])
			return true;
	return false;
}

struct cost tariffs_estimate(const struct tariffs *t, const struct tariffs_to *to,
			     unsigned segments, const char **provider)
{
	struct channel_aim aim = { .nways = 0 };
	struct cost prices[ROUTING_MAX], none = { 0 };
	const struct channel_way *first;
	bool by_cost = ways_find(t->ways, to->tenant, to->region, &aim);

	for (size_t i = 0; i < t->n; i++)
		prices[i] = tariff_cost(t->prices[i], to->number, segments);
	if (by_cost)
		ways_by_cost(&aim, prices);
	first = aim.ways;
	for (size_t i = 1; i < aim.nways; i++)
		if (aim.ways[i].order < first->order)
			first = &aim.ways[i];
	if (provider)
		*provider = aim.nways ? t->list[first->route].name : NULL;
	return aim.nways ? prices[first->route] : none;
}
