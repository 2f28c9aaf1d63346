/* Which template a letter is made of. Apart, since who only asks that needs nothing that builds
 * mails. */
#include <stdbool.h>

#include "ids.h"
#include "letter.h"
#include "letter_vars.h"

const char *letter_template_name(const json_t *data)
{
	const char *name = json_string_value(letter_text(data, "template", "name"));
	const char *kind = json_string_value(letter_text(data, NULL, "kind"));

	if (name)
		return name;
	return kind ? kind : "invite";
}

static bool is_reminder(const struct letter_facts *f)
{
	struct delivery d;

	return ids_delivery_parse(f->delivery, &d, NULL) == OK && d.n > 0;
}

/* One that has the part; NULL = none has. */
static const struct catalog_entry *find_reminder(const struct catalog *c,
						 struct catalog_wanted wanted, enum part part)
{
	const struct catalog_entry *entry;

	wanted.name = LETTER_REMINDER;
	entry = catalog_find_for(c, &wanted);
	return entry && entry->parts[part] ? entry : NULL;
}

const struct catalog_entry *letter_template(const struct catalog *c, const struct letter_facts *f,
					    enum part part)
{
	struct catalog_wanted wanted = {
		.tenant = json_string_value(letter_text(f->data, NULL, "tenant")),
		.name = letter_template_name(f->data),
		.locale = f->locale,
		.default_locale = f->default_locale,
		.version = f->template_version,
	};
	const struct catalog_entry *reminder = NULL;

	if (!letter_text(f->data, "template", "name") && is_reminder(f))
		reminder = find_reminder(c, wanted, part);
	return reminder ? reminder : catalog_find_for(c, &wanted);
}
