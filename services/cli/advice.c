#include "advice.h"

#include <assert.h>
#include <string.h>

#include "errors_json.h"

void advice_open(struct advice *a, enum lang lang)
{
	json_t *whole = json_loads(errors_json, 0, NULL);

	a->lang = lang;

	a->catalogue = json_incref(json_object_get(whole, "errors"));
	json_decref(whole);
	assert(json_is_array(a->catalogue)); /* a test reads the same file */
}

void advice_close(struct advice *a)
{
	json_decref(a->catalogue);
	a->catalogue = NULL;
}

static const char *find(const struct advice *a, const char *code, const char *what)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (a->catalogue, i, entry)
		if (code && !strcmp(json_string_value(json_object_get(entry, "code")), code))
			return json_string_value(
				json_object_get(json_object_get(entry, what), lang_names[a->lang]));
	return "";
}

const char *advice_text(const struct advice *a, const char *code)
{
	return find(a, code, "text");
}

const char *advice_remedy(const struct advice *a, const char *code)
{
	return find(a, code, "remedy");
}
