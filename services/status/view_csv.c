#include "view_csv.h"

#include <stdbool.h>

#include "csv_write.h"
#include "mem.h"

/* A column and where it stands in a row: a member, or a member of an object. */
struct column {
	const char *name, *object, *member;
};

static const struct column of_list[] = {
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

static const struct column of_export[] = {
	{ "invite", NULL, "invite" },
	{ "name", "person", "name" },
	{ "email", "person", "email" },
	{ "phone", "person", "phone" },
	{ "address", "person", "masked" },
	{ "role", NULL, "role" },
	{ "department", NULL, "department" },
	{ "teams", NULL, "teams" },
	{ "organisation", NULL, "organisation" },
	{ "status", NULL, "status" },
	{ "code", "reason", "code" },
	{ "invited by", "inviter", "name" },
	{ "batch", "batch", "id" },
	{ "requested", NULL, "requested_at" },
	{ "sent", NULL, "sent_at" },
	{ "expires", NULL, "expires_at" },
	{ "updated", NULL, "updated_at" },
};

static const struct {
	const struct column *columns;
	size_t count;
} forms[] = {
	[VIEW_CSV_LIST] = { of_list, ARRAY_LEN(of_list) },
	[VIEW_CSV_EXPORT] = { of_export, ARRAY_LEN(of_export) },
};

/* Several by semicolons, as they are read. */
static void teams(struct buf *out, bool first, const json_t *list)
{
	autobuf joined = BUF_INIT(0);
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		buf_str(&joined, i ? ";" : "");
		buf_str(&joined, json_is_string(v) ? json_string_value(v) : "");
	}
	csv_write_cell(out, first, joined.data ? joined.data : "");
}

static void value(struct buf *out, bool first, const json_t *v)
{
	char number[INT_TEXT_SIZE];

	if (json_is_array(v)) {
		teams(out, first, v);
		return;
	}
	if (json_is_integer(v))
		int_text(number, json_integer_value(v));
	csv_write_cell(out, first,
		       json_is_string(v)    ? json_string_value(v)
		       : json_is_integer(v) ? number
					    : "");
}

void view_csv_head(enum view_csv_form form, struct buf *out)
{
	for (size_t i = 0; i < forms[form].count; i++)
		csv_write_cell(out, i == 0, forms[form].columns[i].name);
	csv_write_end(out);
}

void view_csv_row(enum view_csv_form form, const json_t *row, struct buf *out)
{
	for (size_t i = 0; i < forms[form].count; i++) {
		const struct column *c = &forms[form].columns[i];
		const json_t *of = c->object ? json_object_get(row, c->object) : row;

		value(out, i == 0, json_object_get(of, c->member));
	}
	csv_write_end(out);
}
