#include "routes_seen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"

const char *const route_state_words[ROUTE_STATES] = {
	[ROUTE_UP] = "up",	   [ROUTE_PASSED_OVER] = "passed_over", [ROUTE_PROBING] = "probing",
	[ROUTE_PAUSED] = "paused", [ROUTE_CLOSED] = "closed",
};

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

static size_t badness(const json_t *stand)
{
	size_t i = ROUTE_STATES;

	while (i-- > 1)
		if (!strcmp(route_state_words[i], text(stand, "state")))
			return i;
	return 0;
}

/* ---- one list out of many ---- */

static void copy(json_t *to, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);

	if (value)
		json_object_set(to, name, value);
}

static void copy_time(json_t *to, const json_t *from, const char *name)
{
	char time[NOW_TEXT_SIZE];
	json_int_t ms = json_integer_value(json_object_get(from, name));

	if (ms > 0)
		json_object_set_new(to, name, json_string(now_text(ms, time)));
}

static void add(json_t *to, const json_t *from, const char *name)
{
	json_int_t sum = json_integer_value(json_object_get(to, name)) +
			 json_integer_value(json_object_get(from, name));

	json_object_set_new(to, name, json_integer(sum));
}

static void count(json_t *to, const char *name)
{
	json_object_set_new(to, name,
			    json_integer(json_integer_value(json_object_get(to, name)) + 1));
}

/* The newest error of all who met one. */
static void merge_code(json_t *to, const json_t *from)
{
	char time[NOW_TEXT_SIZE];
	json_int_t ms = json_integer_value(json_object_get(from, "code_at"));

	if (!text(from, "code")[0] || ms <= 0)
		return;
	now_text(ms, time);
	if (strcmp(text(to, "code_at"), time) >= 0)
		return; /* RFC 3339 in UTC: later times are greater texts */
	copy(to, from, "code");
	copy_time(to, from, "code_at");
}

/* How one courier sees it, into what is known of it already. */
static void merge_stand(json_t *to, const json_t *from)
{
	static const char *const sums[] = { "in_flight", "per_minute", "errors_per_minute" };
	bool first = !json_object_get(to, "state");
	size_t bad = badness(from), known = badness(to);

	for (size_t i = 0; i < ARRAY_LEN(sums); i++)
		add(to, from, sums[i]);
	merge_code(to, from);
	if (!first && bad == known)
		count(to, "seen_by");
	if (!first && bad <= known)
		return;
	json_object_del(to, "reason");
	json_object_del(to, "why");
	json_object_set_new(to, "state", json_string(route_state_words[bad]));
	json_object_set_new(to, "seen_by", json_integer(1));
	copy_time(to, from, "since");
	copy(to, from, "reason");
	copy(to, from, "why");
}

static void put_limit(json_t *to, const json_t *from)
{
	json_int_t us = json_integer_value(json_object_get(from, "interval_us"));

	if (us > 0)
		json_object_set_new(to, "limit_per_s", json_real(1e6 / (double)us));
}

/* The item of this name, made where there is none. */
static json_t *item_of(json_t *items, const char *key, const char *name, const char *channel)
{
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item)
		if (!strcmp(text(item, key), name) &&
		    (!channel || !strcmp(text(item, "channel"), channel)))
			return item;
	item = channel ? json_pack("{ss,ss}", "channel", channel, key, name)
		       : json_pack("{ss}", key, name);
	json_array_append_new(items, item);
	return item;
}

static void merge_regions(json_t *item, const json_t *regions)
{
	json_t *own = json_object_get(item, "regions"), *region;
	size_t i;

	if (!own) {
		own = json_array();
		json_object_set_new(item, "regions", own);
	}
	json_array_foreach (regions, i, region) {
		json_t *to = item_of(own, "region", text(region, "region"), NULL);

		put_limit(to, region);
		merge_stand(to, region);
	}
}

static void merge_route(json_t *items, const char *channel, const json_t *route)
{
	json_t *item = item_of(items, "route", text(route, "route"), channel);
	const json_t *regions = json_object_get(route, "regions");

	copy(item, route, "order");
	copy(item, route, "weight");
	add(item, route, "sessions");
	count(item, "couriers");
	put_limit(item, route);
	merge_stand(item, route);
	if (json_is_array(regions))
		merge_regions(item, regions);
}

json_t *routes_merge(const json_t *reports)
{
	json_t *items = json_array(), *report, *route;
	const char *process;
	size_t i;

	json_object_foreach ((json_t *)reports, process, report) {
		const char *channel = text(report, "channel");

		if (json_integer_value(json_object_get(report, "v")) != ROUTES_VERSION)
			continue;
		json_array_foreach (json_object_get(report, "routes"), i, route)
			merge_route(items, channel, route);
	}
	return items;
}

/* ---- Redis ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Who told of itself lately, in the order of names, so that the list stays in one order. */
static size_t read_names(struct redis *r, const char *prefix, char **names, struct err *e)
{
	autofree char *index = xasprintf("%sfleet", prefix);
	const char *argv[] = { "ZRANGE", index, "0", "-1" };
	const struct redis_reply *v;
	size_t n = 0;

	redis_add(r, ARRAY_LEN(argv), argv, NULL);
	if (redis_run(r, e) || redis_check(r, e))
		return SIZE_MAX;
	v = redis_reply(r, 0);
	for (size_t i = 0; i < redis_len(v) && n < ROUTES_SEEN_MAX; i++)
		names[n++] = xstrdup(redis_str(redis_at(v, i), NULL));
	qsort(names, n, sizeof(*names), by_name);
	return n;
}

static int read_reports(struct redis *r, const char *prefix, char **names, size_t n, json_t *into,
			struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		autofree char *key = xasprintf("%sroutes:%s", prefix, names[i]);
		const char *argv[] = { "GET", key };

		redis_add(r, ARRAY_LEN(argv), argv, NULL);
	}
	if (n && (redis_run(r, e) || redis_check(r, e)))
		return ERR_AGAIN;
	for (size_t i = 0; i < n; i++) {
		size_t len;
		const char *bytes = redis_str(redis_reply(r, i), &len);
		json_t *report = json_loadb(bytes, len, 0, NULL);

		if (json_is_object(report))
			json_object_set(into, names[i], report);
		json_decref(report);
	}
	return OK;
}

int routes_seen(struct redis *r, const char *prefix, json_t **out, struct err *e)
{
	char *names[ROUTES_SEEN_MAX];
	json_t *reports = json_object();
	size_t n;
	int code = ERR_AGAIN;

	if (!redis_connected(r) && redis_connect(r, e))
		goto end;
	n = read_names(r, prefix, names, e);
	if (n == SIZE_MAX)
		goto end;
	code = read_reports(r, prefix, names, n, reports, e);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	if (code == OK)
		*out = routes_merge(reports);
end:
	json_decref(reports);
	return code;
}
