#include "view_csv.h"

#include <string.h>

#include "mem.h"

/* Each column and where it stands in a row: a member, or a member of an object. */
static const struct {
	const char *name, *object, *member;
} columns[] = {
	{ "invite", NULL, "invite" },
	{ "status", NULL, "status" },
	{ "word", NULL, "word" },
	{ "code", "reason", "code" },
	{ "email", "person", "email" },
	{ "phone", "person", "phone" },
	{ "name", "person", "name" },
	{ "role", NULL, "role" },
	{ "department", NULL, "department" },
	{ "teams", NULL, "teams" },
	{ "organisation", NULL, "organisation" },
	{ "inviter", "inviter", "name" },
	{ "batch", "batch", "id" },
	{ "kind", NULL, "kind" },
	{ "channel", NULL, "channel" },
	{ "generation", NULL, "generation" },
	{ "requested_at", NULL, "requested_at" },
	{ "invited_at", NULL, "invited_at" },
	{ "sent_at", NULL, "sent_at" },
	{ "expires_at", NULL, "expires_at" },
	{ "updated_at", NULL, "updated_at" },
};

static bool is_formula(const char *s)
{
	if (*s == '+')
		return s[1 + strspn(s + 1, "0123456789 ()")] != '\0';
	return *s && strchr("=-@\t\r", *s);
}

static void cell(struct buf *out, const char *s)
{
	bool formula = is_formula(s);

	if (!formula && !strpbrk(s, ",\"\r\n")) {
		buf_str(out, s);
		return;
	}
	buf_str(out, formula ? "\"'" : "\"");
	for (; *s; s++) {
		if (*s == '"')
			buf_byte(out, '"');
		buf_byte(out, *s);
	}
	buf_byte(out, '"');
}

/* Several by semicolons, as they are read. */
static void teams(struct buf *out, const json_t *list)
{
	autobuf joined = BUF_INIT(0);
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		buf_str(&joined, i ? ";" : "");
		buf_str(&joined, json_is_string(v) ? json_string_value(v) : "");
	}
	cell(out, joined.data ? joined.data : "");
}

static void value(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		cell(out, json_string_value(v));
	else if (json_is_integer(v))
		buf_int(out, json_integer_value(v));
	else if (json_is_array(v))
		teams(out, v);
}

void view_csv_head(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		buf_str(out, i ? "," : "");
		buf_str(out, columns[i].name);
	}
	buf_str(out, "\r\n");
}

void view_csv_row(const json_t *row, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const json_t *of =
			columns[i].object ? json_object_get(row, columns[i].object) : row;

		buf_str(out, i ? "," : "");
		value(out, json_object_get(of, columns[i].member));
	}
	buf_str(out, "\r\n");
}
