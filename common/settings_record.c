#include "settings_record.h"

#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"
#include "now.h"
#include "settings_view.h"
#include "tenant_defaults.h"

void settings_hash(const json_t *settings, char out[SETTINGS_HASH_SIZE])
{
	autofree char *text = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);

	crypto_sha256_hex(text, strlen(text), out);
}

int64_t settings_record_version(const json_t *record)
{
	return json_integer_value(json_object_get(record, "version"));
}

static void put_author(json_t *record, const struct settings_author *author)
{
	char time[NOW_TEXT_SIZE];

	json_object_set_new(record, "actor", json_string(author->actor));
	json_object_set_new(record, "time", json_string(now_text(author->time_ms, time)));
}

/* The former history and the former change itself, the oldest left out where there are many. */
static json_t *make_history(const json_t *former)
{
	static const char *const told[] = { "version", "actor", "time", "sha256" };
	const json_t *older = json_object_get(former, "history");
	json_t *history = older ? json_copy((json_t *)older) : json_array();
	json_t *last = json_object();

	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		json_object_set(last, told[i], json_object_get(former, told[i]));
	if (former)
		json_array_append(history, last);
	while (json_array_size(history) > SETTINGS_HISTORY_MAX)
		json_array_remove(history, 0);
	json_decref(last);
	return history;
}

json_t *settings_record_next(const json_t *former, const json_t *settings,
			     const struct settings_author *author)
{
	const json_t *previous = json_object_get(former, "sha256");
	char hash[SETTINGS_HASH_SIZE];
	json_t *record = json_pack("{s:i, s:I}", "format", SETTINGS_FORMAT, "version",
				   (json_int_t)settings_record_version(former) + 1);

	settings_hash(settings, hash);
	put_author(record, author);
	if (previous)
		json_object_set(record, "previous_sha256", (json_t *)previous);
	json_object_set_new(record, "sha256", json_string(hash));
	json_object_set(record, "settings", (json_t *)settings);
	json_object_set_new(record, "history", make_history(former));
	return record;
}

static json_t *make_pause(bool paused, const char *reason, const struct settings_author *author)
{
	json_t *record = json_pack("{s:i, s:b}", "format", SETTINGS_FORMAT, "paused", paused);

	if (reason)
		json_object_set_new(record, "reason", json_string(reason));
	put_author(record, author);
	return record;
}

json_t *settings_record_pause(const char *reason, int64_t until_ms,
			      const struct settings_author *author)
{
	json_t *record = make_pause(true, reason, author);
	char until[NOW_TEXT_SIZE];

	if (until_ms)
		json_object_set_new(record, "until", json_string(now_text(until_ms, until)));
	return record;
}

json_t *settings_record_resume(const char *reason, const struct settings_author *author)
{
	return make_pause(false, reason, author);
}

/* Of settings, one that was said in a word ("off") has its members, so that one of them can be set
   beside what the word says. */
static json_t *inside_of(json_t *settings, const char *name)
{
	json_t *was = json_object_get(settings, name), *said;

	if (!was)
		return NULL;
	said = tenant_spelled(name, was);
	if (said != was)
		json_object_set(settings, name, said);
	json_decref(said);
	return json_object_get(settings, name);
}

int settings_set(json_t *settings, const char *path, json_t *value, struct err *e)
{
	autofree char *copy = xstrdup(path);
	char *rest = copy, *part = strsep(&rest, ".");
	json_t *at = settings;

	for (; rest; part = strsep(&rest, ".")) {
		json_t *inside = inside_of(at, part);

		if (!inside && value)
			json_object_set_new(at, part, inside = json_object());
		if (inside && !json_is_object(inside)) {
			json_decref(value);
			return err_set(e, ERR_INVALID, "%.64s: %s has no parts", path, part);
		}
		at = inside;
	}
	if (value)
		json_object_set_new(at, part, value);
	else if (at)
		json_object_del(at, part);
	return OK;
}
