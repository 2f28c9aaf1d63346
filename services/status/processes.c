#include "processes.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "redis.h"
#include "site.h"

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
static json_t *process_of(const char *name, const char *told, int64_t told_ms)
{
	char time[NOW_TEXT_SIZE];
	size_t service = strcspn(name, "/"), waits = strcspn(told, "\n");
	json_t *out = json_pack("{so,ss,ss,so}", "service", json_stringn(name, service), "name",
				name[service] ? name + service + 1 : "", "told_at",
				now_text(told_ms, time), "metrics",
				read_samples(told[waits] ? told + waits + 1 : ""));

	if (waits)
		json_object_set_new(out, "waits", json_stringn(told, waits));
	return out;
}

static int ask(struct guard *g, const char *prefix, const char *name, int64_t told_ms,
	       json_t *items, struct err *e)
{
	autofree char *key = xasprintf("%sfleet:%s", prefix, name);
	const char *argv[] = { "GET", key };
	const struct redis_reply *v;
	int r = site_ask(g, ARRAY_LEN(argv), argv, &v, e);

	if (r == OK && redis_type(v) == REDIS_STRING)
		json_array_append_new(items, process_of(name, redis_str(v, NULL), told_ms));
	return r;
}

/* Name and moment of each, by turns. */
static int read_names(struct guard *g, const char *prefix, json_t *names, struct err *e)
{
	autofree char *index = xasprintf("%sfleet", prefix);
	const char *argv[] = { "ZRANGE", index, "0", "-1", "WITHSCORES" };
	const struct redis_reply *v;
	int r = site_ask(g, ARRAY_LEN(argv), argv, &v, e);

	for (size_t i = 0; r == OK && i + 1 < redis_len(v) && i < 2 * (size_t)PROCESSES_MAX;
	     i += 2) {
		json_array_append_new(names, json_string(redis_str(redis_at(v, i), NULL)));
		json_array_append_new(names, json_integer(redis_int(redis_at(v, i + 1))));
	}
	return r;
}

int processes_read(struct guard *g, const char *prefix, json_t **out, struct err *e)
{
	json_t *names = json_array(), *items = json_array();
	int r = read_names(g, prefix, names, e);

	for (size_t i = 0; r == OK && i + 1 < json_array_size(names); i += 2)
		r = ask(g, prefix, json_string_value(json_array_get(names, i)),
			json_integer_value(json_array_get(names, i + 1)), items, e);
	json_decref(names);
	if (r == OK)
		*out = items;
	else
		json_decref(items);
	return r;
}
