#include "api_people.h"

#include <string.h>

#include "form.h"
#include "json_text.h"
#include "mem.h"

#define PEOPLE_MAX_JSON 1000

static int column_of(const char *name)
{
	for (int c = 0; c < COLUMN_COUNT; c++)
		if (!strcmp(column_names[c], name))
			return c;
	return COLUMN_NONE;
}

/* Teams of one person, a line each: a name may have any other character. */
static char *join(struct person *p, const json_t *array)
{
	struct buf out = BUF_INIT(CSV_CELL_MAX_BYTES);
	const json_t *item;
	size_t i;

	json_array_foreach (array, i, item) {
		const char *s = json_string_value(item);

		if (s && form_line(s, json_string_length(item)))
			buf_fmt(&out, "\n%s", s);
		else
			person_trouble(p, "schema_invalid", COLUMN_TEAMS,
				       "names are texts of one line");
	}
	return buf_take(&out);
}

/* What is wrong with a member, by its name where that may be repeated. */
static void strange(struct person *p, enum column c, const char *name)
{
	bool known = c != COLUMN_NONE || !form_name(name, strlen(name));
	autofree char *why = xasprintf("%.40s%s", known ? "" : name,
				       known ? "there is no such member, or it is no text"
					     : ": there is no such member");

	person_trouble(p, "schema_invalid", c, why);
}

/* One person's members as the cells of a row; what is wrong becomes the row's trouble. */
static void read_cells(struct person *p, const json_t *object)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		person_trouble(p, "schema_invalid", COLUMN_NONE, "an object is wanted");
	json_object_foreach ((json_t *)object, name, value) {
		int c = column_of(name);
		const char *s = json_string_value(value);

		if (c == COLUMN_TEAMS && json_is_array(value))
			p->cells[c] = join(p, value);
		else if (c != COLUMN_NONE && s && strlen(s) == json_string_length(value))
			p->cells[c] = *s ? xstrdup(s) : NULL;
		else
			strange(p, (enum column)c, name);
	}
}

int api_people_read(struct people *out, const json_t *list, struct err *e)
{
	const json_t *object;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PEOPLE_MAX_JSON)
		return err_set(e, ERR_INVALID, "people: an array of at most %d", PEOPLE_MAX_JSON);
	json_array_foreach (list, i, object) {
		struct person *p = people_new(out, (int64_t)i + 1, e);

		if (!p)
			return ERR_INVALID;
		read_cells(p, object);
	}
	if (!out->count)
		return err_set(e, ERR_INVALID, "people: there is nobody in it");
	return OK;
}

/* One object a line; a line that cannot be read is a bad row. */
int api_people_read_lines(struct people *out, struct csv_text text, struct err *e)
{
	const char *at = text.bytes, *end = at + text.len;
	int64_t row = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = stop ? (size_t)(stop - at) : (size_t)(end - at);
		json_t *object = NULL;
		struct err why;

		row++;
		if (strspn(at, " \t\r") < n) {
			struct person *p = people_new(out, row, e);

			if (!p)
				return ERR_INVALID;
			if (json_text_parse(at, n, &object, &why))
				person_trouble(p, "schema_invalid", COLUMN_NONE, why.text);
			else
				read_cells(p, object);
			json_decref(object);
		}
		at += n + 1;
	}
	if (!out->count)
		return err_set(e, ERR_INVALID, "there is nobody in it");
	return OK;
}
