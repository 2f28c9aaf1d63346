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

static bool has(const struct catalog_entry *entry, enum part part)
{
	return entry && entry->parts[part];
}

/* One that has the part; NULL = none has, or an invitation of the tenant's own is sent again rather
   than a reminder that is not. */
static const struct catalog_entry *find_reminder(const struct catalog *c,
						 struct catalog_wanted wanted, enum part part)
{
	const struct catalog_entry *invitation = catalog_find_for(c, &wanted), *reminder;

	wanted.name = LETTER_REMINDER;
	wanted.version = 0; /* that of the job is the invitation's */
	reminder = catalog_find_for(c, &wanted);
	if (!has(reminder, part) ||
	    (!reminder->tenant && has(invitation, part) && invitation->tenant))
		return NULL;
	return reminder;
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
