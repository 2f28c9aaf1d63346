/* Which template a reminder is made of: the installation's, or what the tenant has made its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto.h"
#include "letter.h"
#include "mem.h"

#define TEMPLATES "../deploy/templates"

static struct catalog *base;

static int open_base(void **state)
{
	struct err e;

	(void)state;
	return crypto_init(&e) < 0 || catalog_open(&base, TEMPLATES, &e) < 0;
}

static int close_base(void **state)
{
	(void)state;
	catalog_free(base);
	return 0;
}

/* A template of acme's that has a subject alone. */
static const struct catalog_entry *own_of(const char *name, unsigned version)
{
	struct catalog_source source = {
		.tenant = "acme", .name = name, .locale = "en", .version = version
	};
	const struct catalog_entry *entry;
	struct err e;

	source.parts[PART_SUBJECT].data = "Come in";
	source.parts[PART_SUBJECT].len = strlen("Come in");
	assert_int_equal(catalog_compile(&entry, base, &source, &e), OK);
	return entry;
}

static const struct {
	const char *what, *delivery;
	unsigned invite, reminder; /* versions of acme's own; 0 = it has none */
	enum part part;
	const char *name;
	bool own;
} rows[] = {
	{ "an invitation is none", "acme/i.1.email.0", 0, 0, PART_SUBJECT, "invite", false },
	{ "a reminder", "acme/i.1.email.1", 0, 0, PART_SUBJECT, "reminder", false },
	{ "its second one", "acme/i.1.email.2", 0, 0, PART_HTML, "reminder", false },
	{ "one's own invitation is sent again", "acme/i.1.email.1", 4, 0, PART_SUBJECT, "invite",
	  true },
	{ "a reminder of one's own", "acme/i.1.email.1", 4, 2, PART_SUBJECT, "reminder", true },
	{ "beside the installation's invitation", "acme/i.1.email.1", 0, 2, PART_SUBJECT,
	  "reminder", true },
};

static void test_reminders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct catalog_entry *own[2], *found;
		json_t *data = json_pack("{ssss}", "tenant", "acme", "kind", "invite");
		struct letter_facts f = { .data = data,
					  .delivery = rows[i].delivery,
					  .locale = "en",
					  .template_version = rows[i].invite };
		struct catalog *c;
		size_t n = 0;

		if (rows[i].invite)
			own[n++] = own_of("invite", rows[i].invite);
		if (rows[i].reminder)
			own[n++] = own_of("reminder", rows[i].reminder);
		c = catalog_with(base, own, n);
		found = letter_template(c, &f, rows[i].part);
		if (!found || strcmp(found->name, rows[i].name) != 0 ||
		    (found->tenant != NULL) != rows[i].own)
			fail_msg("%s: %s", rows[i].what, found ? found->name : "nothing");
		catalog_free(c);
		while (n > 0)
			catalog_entry_drop(own[--n]);
		json_decref(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reminders),
	};

	return cmocka_run_group_tests(tests, open_base, close_base);
}
