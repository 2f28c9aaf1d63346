#include "api_words.h"

#include <assert.h>

#include "errors_json.h"
#include "words_json.h"

/* Why something waits, and what only a call is told, are no errors of an event: words.json says
   them, without a class. */
static void add_unclassed(json_t *out)
{
	json_t *whole = json_loads(words_json, 0, NULL), *said;
	const char *code;

	json_object_foreach (json_object_get(whole, "reasons"), code, said)
		json_object_set_new(out, code, json_pack("{sO}", "text", said));
	json_object_update(out, json_object_get(whole, "refusals"));
	json_decref(whole);
}

json_t *api_words_load(void)
{
	json_t *whole = json_loads(errors_json, 0, NULL), *out = json_object(), *entry;
	size_t i;

	add_unclassed(out);
	json_array_foreach (json_object_get(whole, "errors"), i, entry)
		json_object_set(out, json_string_value(json_object_get(entry, "code")), entry);
	json_decref(whole);
	assert(json_object_size(out)); /* a test reads the same file */
	return out;
}

/* Copied, since a reference that is counted belongs to one thread. */
static void put(json_t *object, const char *name, const json_t *entry, const char *lang)
{
	const json_t *text = json_object_get(json_object_get(entry, name), lang);

	if (text)
		json_object_set_new(object, name, json_string(json_string_value(text)));
}

void api_words_say(const json_t *words, const char *lang, const char *key, json_t *object)
{
	const json_t *entry = json_object_get(words, key);

	put(object, "text", entry, lang);
	put(object, "remedy", entry, lang);
}

void api_words_add(const json_t *words, const char *lang, json_t *object)
{
	const char *code = json_string_value(json_object_get(object, "code"));

	if (code)
		api_words_say(words, lang, code, object);
}

/* A reason that is itself a code, as that of another attempt: said behind the first. */
static void add_cause(const json_t *words, const char *lang, json_t *reason)
{
	const char *detail = json_string_value(json_object_get(reason, "detail"));
	const char *text = json_string_value(json_object_get(reason, "text"));
	const json_t *entry = detail ? json_object_get(words, detail) : NULL;
	const char *cause =
		json_string_value(json_object_get(json_object_get(entry, "text"), lang));

	if (text && cause)
		json_object_set_new(reason, "text", json_sprintf("%s: %s", text, cause));
}

void api_words_row(const json_t *words, const char *lang, json_t *row)
{
	json_t *reason = json_object_get(row, "reason"), *entry;
	size_t i;

	if (json_is_object(reason)) {
		json_t *detail = json_object_get(reason, "text");

		if (detail)
			json_object_set(reason, "detail", detail);
		json_object_del(reason, "text");
		api_words_add(words, lang, reason);
		add_cause(words, lang, reason);
	}
	json_array_foreach (json_object_get(row, "history"), i, entry)
		api_words_add(words, lang, entry);
}

json_t *api_words_all(const json_t *words, const char *lang)
{
	json_t *out = json_object(), *entry;
	const char *code;

	json_object_foreach ((json_t *)words, code, entry) {
		const char *class = json_string_value(json_object_get(entry, "class"));
		json_t *said;

		if (!class)
			continue;
		said = json_pack("{ss}", "class", class);
		put(said, "text", entry, lang);
		put(said, "remedy", entry, lang);
		json_object_set_new(out, code, said);
	}
	return out;
}
