/* The fleet's routes, and its processes, as each tells of itself every few seconds. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_fleet.h"
#include "mem.h"
#include "now.h"

#define PROCESSES_MAX 500
#define SAMPLES_MAX 2000 /* of one process */
#define NAME_MAX_BYTES 128

/* `relay="mx",code="x"` into object; a value has no quotation mark of ours in it. */
static void read_labels(const char *at, const char *end, json_t *object)
{
	while (at < end) {
		const char *is = memchr(at, '=', (size_t)(end - at));
		const char *close =
			is && is + 2 <= end ? memchr(is + 2, '"', (size_t)(end - is - 2)) : NULL;

		if (!close)
			return;
		autofree char *name = xstrndup(at, (size_t)(is - at));

		json_object_set_new(object, name, json_stringn(is + 2, (size_t)(close - is) - 2));
		at = close + 1;
		at += at < end && *at == ',';
	}
}

/* `beckon_parked{reason="retry"} 3`: a sample; NULL for comments and parts of histograms. */
static json_t *read_sample(const char *line, size_t len)
{
	size_t name = strcspn(line, "{ ");
	const char *brace = memchr(line, '{', len), *end = brace ? memchr(line, '}', len) : NULL;
	const char *number = end ? end + 1 : line + name;
	json_t *labels, *sample;

	if (!len || *line == '#' || name >= len || name > NAME_MAX_BYTES ||
	    memmem(line, name, "_bucket", 7))
		return NULL;
	labels = json_object();
	if (brace && end)
		read_labels(brace + 1, end, labels);
	sample = json_pack("{so,so}", "name", json_stringn(line, name), "value",
			   json_real(strtod(number, NULL)));
	if (json_object_size(labels))
		json_object_set(sample, "labels", labels);
	json_decref(labels);
	return sample;
}

static json_t *read_samples(const char *text)
{
	json_t *out = json_array();

	while (*text && json_array_size(out) < SAMPLES_MAX) {
		size_t n = strcspn(text, "\n");
		autofree char *line = xstrndup(text, n);
		json_t *sample = read_sample(line, n);

		if (sample)
			json_array_append_new(out, sample);
		text += n + (text[n] == '\n');
	}
	return out;
}

/* "email/email-1", and what it told: why it waits, and its metrics. */
static json_t *process_of(const char *name, const char *told)
{
	size_t service = strcspn(name, "/"), waits = strcspn(told, "\n");
	json_t *out = json_pack("{so,ss,so}", "service", json_stringn(name, service), "name",
				name[service] ? name + service + 1 : "", "metrics",
				read_samples(told[waits] ? told + waits + 1 : ""));

	if (waits)
		json_object_set_new(out, "waits", json_stringn(told, waits));
	return out;
}

static int read_names(struct web_request *q, json_t *names, struct err *e)
{
	const struct site_shared *shared = q->ctx;
	autofree char *index = xasprintf("%sfleet", shared->common->redis_prefix);
	const char *argv[] = { "ZRANGE", index, "0", "-1" };
	const struct redis_reply *v;
	int r = site_ask(q->local, ARRAY_LEN(argv), argv, &v, e);

	for (size_t i = 0; r == OK && i < redis_len(v) && i < PROCESSES_MAX; i++)
		json_array_append_new(names, json_string(redis_str(redis_at(v, i), NULL)));
	return r;
}

static void processes(struct web_request *q, struct http_response *a)
{
	const struct site_shared *shared = q->ctx;
	json_t *names = json_array(), *items = json_array(), *name;
	const struct redis_reply *v;
	struct err e;
	size_t i;
	int r = read_names(q, names, &e);

	json_array_foreach (names, i, name) {
		autofree char *key = xasprintf("%sfleet:%s", shared->common->redis_prefix,
					       json_string_value(name));
		const char *argv[] = { "GET", key };

		if (r == OK)
			r = site_ask(q->local, ARRAY_LEN(argv), argv, &v, &e);
		if (r == OK && redis_type(v) == REDIS_STRING)
			json_array_append_new(
				items, process_of(json_string_value(name), redis_str(v, NULL)));
	}
	json_decref(names);
	if (r == OK) {
		web_json(a, 200, json_pack("{so}", "items", items));
		return;
	}
	json_decref(items);
	web_fail(a, r, &e);
}

static const struct web_route routes[] = {
	{ "GET", "/v1/processes", WEB_PRIVATE, WEB_OPERATOR, .handle = processes },
	{ "GET", "/v1/routes", WEB_PRIVATE, WEB_OPERATOR, .handle = api_routes_list },
	{ "POST", "/v1/tenants/{tenant}/routes/{channel}/{route}/test", WEB_PRIVATE, WEB_ADMIN,
	  WEB_JSON, .handle = api_routes_test },
	{ "GET", "/v1/fleet", WEB_PRIVATE, WEB_SUPER, .handle = api_fleet_waiting },
};

struct web_module api_fleet_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
