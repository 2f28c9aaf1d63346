#include "templates_record.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "record.h"
#include "templates_view.h"

#define ROOM_BYTES 512 /* of a record for its key and headers */

json_t *templates_record_of(const struct catalog *c, const char *tenant, const char *name,
			    const char *locale)
{
	const struct catalog_entry *own = catalog_own(c, tenant, name, locale);

	return own && own->record ? json_loads(own->record, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

void templates_record_source(const json_t *parts, struct catalog_source *out)
{
	for (enum part part = 0; part < PART_COUNT; part++) {
		const json_t *text = json_object_get(parts, catalog_part_names[part]);

		out->parts[part].data = json_string_value(text);
		out->parts[part].len = json_string_length(text);
	}
}

int templates_record_read(const json_t *parts, struct catalog_source *s, struct err *e)
{
	size_t known = 0;

	if (!json_is_object(parts) && !json_is_null(parts))
		return err_set(e, ERR_INVALID, "no parts");
	for (enum part part = 0; part < PART_COUNT; part++) {
		const json_t *text = json_object_get(parts, catalog_part_names[part]);

		if (text && !json_is_string(text))
			return err_set(e, ERR_INVALID, "%s must be a text",
				       catalog_part_names[part]);
		s->parts[part].data = json_string_value(text);
		s->parts[part].len = json_string_length(text);
		known += text != NULL;
	}
	if (known != json_object_size(parts) || (!known && !json_is_null(parts)))
		return err_set(e, ERR_INVALID,
			       "no parts, or one that is none of subject, text, html, sms");
	return OK;
}

json_t *templates_record_parts(const struct catalog_source *s)
{
	json_t *parts = json_object();

	for (enum part part = 0; part < PART_COUNT; part++)
		if (s->parts[part].data)
			json_object_set_new(parts, catalog_part_names[part],
					    json_stringn(s->parts[part].data, s->parts[part].len));
	return parts;
}

const json_t *templates_record_version(const json_t *record, int64_t version)
{
	size_t i;
	json_t *change;

	if (record && json_integer_value(json_object_get(record, "version")) == version)
		return record;
	json_array_foreach (json_object_get(record, "history"), i, change)
		if (json_integer_value(json_object_get(change, "version")) == version)
			return change;
	return NULL;
}

/* The former history and the former change itself. */
static json_t *make_history(const json_t *former)
{
	static const char *const told[] = { "version", "actor", "time", "sha256", "parts" };
	const json_t *older = json_object_get(former, "history");
	json_t *history = older ? json_copy((json_t *)older) : json_array();
	json_t *last = json_object();

	for (size_t i = 0; former && i < ARRAY_LEN(told); i++)
		json_object_set(last, told[i], json_object_get(former, told[i]));
	if (former)
		json_array_append(history, last);
	while (json_array_size(history) > TEMPLATES_HISTORY_MAX)
		json_array_remove(history, 0);
	json_decref(last);
	return history;
}

static size_t size_of(const json_t *record)
{
	autofree char *text = json_dumps(record, JSON_COMPACT);

	return strlen(text);
}

int templates_record_next(json_t **out, const json_t *former, unsigned newest, json_t *parts,
			  const struct settings_author *author, struct err *e)
{
	char hash[SETTINGS_HASH_SIZE], time[NOW_TEXT_SIZE];
	json_t *history = make_history(former), *nothing = json_object(), *record;

	settings_hash(json_is_object(parts) ? parts : nothing, hash);
	record = json_pack("{s:i, s:I, s:s, s:s, s:O, s:o}", "format", TEMPLATES_FORMAT, "version",
			   (json_int_t)newest + 1, "time", now_text(author->time_ms, time),
			   "sha256", hash, "parts", parts, "history", history);
	json_object_set_new(record, "actor", json_string(author->actor));
	json_decref(nothing);
	while (size_of(record) > RECORD_MAX_BYTES - ROOM_BYTES && json_array_size(history))
		json_array_remove(history, 0);
	if (size_of(record) <= RECORD_MAX_BYTES - ROOM_BYTES) {
		*out = record;
		return OK;
	}
	json_decref(record);
	return err_set(e, ERR_INVALID, "all parts together have more than %u bytes",
		       RECORD_MAX_BYTES - ROOM_BYTES);
}
