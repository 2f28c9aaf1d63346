/* Lists of people: what is read from a file, what is wrong with a row, and what becomes an event's
 * data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "crypto.h"
#include "file.h"
#include "invite_event.h"
#include "mem.h"
#include "people.h"
#include "phone.h"
#include "tenant.h"

static const char *const all[] = { "All" };

static const struct invite_common common = {
	.tenant = "acme",
	.batch = "b1",
	.department = "Sales",
	.inviter = "Mary",
	.teams = { all, 1 },
};

static void dump(struct person *p, struct buf *out)
{
	char id[INVITE_ID_SIZE];

	buf_fmt(out, "%lld ", (long long)p->row);
	if (p->trouble.code) {
		buf_fmt(out, "%s %s: %s\n",
			p->trouble.column < COLUMN_COUNT ? column_names[p->trouble.column] : "-",
			p->trouble.code, p->trouble.text);
		return;
	}
	json_t *data = invite_data(p, &common);

	if (!p->cells[COLUMN_INVITE]) { /* a computed id is tested elsewhere */
		assert_string_equal(json_string_value(json_object_get(data, "invite")),
				    invite_id(p, &common, id));
		json_object_set_new(data, "invite", json_string("ID"));
	}
	autofree char *text = json_dumps(data, 0);

	buf_fmt(out, "%s\n", text);
	json_decref(data);
}

static void run_case(const char *path)
{
	autofree char *expected_path = xasprintf("%.*s.out", (int)(strlen(path) - 4), path);
	autobuf got = BUF_INIT(0), expected = BUF_INIT(0);
	struct people p;
	struct err e;

	print_message("%s\n", path);
	people_init(&p);
	assert_int_equal(file_read(expected_path, &expected, &e), OK);
	if (people_read_csv(&p, path, &e)) {
		const char *text = strstr(e.text, ".csv: ");

		buf_fmt(&got, "! %s\n", text ? text + 6 : e.text);
	} else {
		if (p.unused.len)
			buf_fmt(&got, "unused: %s\n", p.unused.data);
		invite_check_people(&p, &common);
		for (size_t i = 0; i < p.count; i++)
			dump(&p.list[i], &got);
	}
	people_clear(&p);
	assert_string_equal(got.data, expected.data);
}

static void test_files(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob("unit/cases/people/*.csv", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_case(g.gl_pathv[i]);
	globfree(&g);
}

static void test_command_line(void **state)
{
	struct people p;
	struct err e;

	(void)state;
	people_init(&p);
	assert_int_equal(people_add(&p, " a@example.com, b@example.com;c@example.com\n", 1, &e),
			 OK);
	assert_int_equal(p.count, 3);
	assert_string_equal(p.list[2].cells[COLUMN_EMAIL], "c@example.com");
	assert_int_equal(p.list[2].row, 3);
	people_clear(&p);
	people_init(&p);
	assert_int_equal(people_add(&p, " , ", 1, &e), ERR_INVALID);
	people_clear(&p);
}

/* Numbers may have spaces, as people write them; where two stand side by side they are two. */
static void test_numbers(void **state)
{
	static const char *const numbers[] = { "+7 905 111-11-11",  "79051111111", "79052222222",
					       "8 (905) 111 11 11", "905",	   "+1" };
	struct people p;
	struct err e;

	(void)state;
	people_init(&p);
	assert_int_equal(people_add(&p,
				    "a@example.com +7 905 111-11-11 79051111111 79052222222; "
				    "8 (905) 111 11 11\n905 7@example.com,+1 9th@example.com",
				    1, &e),
			 OK);
	assert_int_equal(p.count, 9);
	for (size_t i = 0, n = 0; i < p.count; i++)
		if (p.list[i].cells[COLUMN_PHONE])
			assert_string_equal(p.list[i].cells[COLUMN_PHONE], numbers[n++]);
	assert_string_equal(p.list[0].cells[COLUMN_EMAIL], "a@example.com");
	assert_string_equal(p.list[6].cells[COLUMN_EMAIL], "7@example.com");
	assert_string_equal(p.list[8].cells[COLUMN_EMAIL], "9th@example.com");
	people_clear(&p);
}

/* What the dispatcher would say of each, told before it is asked: by channel and settings. */
static void test_as_the_tenant_has_settled(void **state)
{
	static const char settings[] = "{\"acme\": {\"countries\": {\"deny\": [\"DE\"]}},"
				       " \"mail\": {\"email_only\": true}}";
	static const struct {
		const char *tenant, *channel, *email, *phone, *code;
		enum column column;
	} rows[] = {
		{ "acme", "auto", NULL, "+79051111111", NULL, COLUMN_NONE },
		{ "acme", "auto", NULL, "+4915112345678", "country_not_allowed", COLUMN_PHONE },
		{ "acme", "auto", "a@example.com", "+4915112345678", NULL, COLUMN_NONE },
		{ "acme", "ladder", "a@example.com", "9051111111", "phone_missing_country_code",
		  COLUMN_PHONE },
		{ "acme", "ladder", NULL, "+79051111111", NULL, COLUMN_NONE },
		{ "acme", "sms", "a@example.com", NULL, "recipient_missing", COLUMN_PHONE },
		{ "acme", "email", NULL, "+79051111111", "recipient_missing", COLUMN_EMAIL },
		{ "mail", "auto", NULL, "+79051111111", "recipient_missing", COLUMN_EMAIL },
		{ "mail", "sms", "a@example.com", "9051111111", NULL, COLUMN_NONE },
		{ "mail", "ladder", "a@example.com", "9051111111", NULL, COLUMN_NONE },
	};
	json_t *section = json_loads(settings, 0, NULL);
	struct tenants *tenants;
	struct err e;

	(void)state;
	assert_int_equal(tenants_load(&tenants, section, &e), OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct invite_common c = { .tenant = rows[i].tenant,
					   .batch = "b1",
					   .channel = rows[i].channel,
					   .settled = tenants_find(tenants, rows[i].tenant) };
		char email[] = "a@example.com", phone[PHONE_SHOWN_SIZE];
		struct person somebody = { .row = 1 };
		struct people p = { .list = &somebody, .count = 1 };

		text_put(phone, sizeof(phone), rows[i].phone ? rows[i].phone : "");
		somebody.cells[COLUMN_EMAIL] = rows[i].email ? email : NULL;
		somebody.cells[COLUMN_PHONE] = rows[i].phone ? phone : NULL;
		invite_check_people(&p, &c);
		assert_string_equal(somebody.trouble.code ? somebody.trouble.code : "",
				    rows[i].code ? rows[i].code : "");
		if (rows[i].code)
			assert_int_equal(somebody.trouble.column, rows[i].column);
		free(somebody.trouble.text);
		free(somebody.identity);
	}
	tenants_free(tenants);
	json_decref(section);
}

/* The same file asks for the same invites again, another one or another batch for others. */
static void test_ids(void **state)
{
	static const char *const files[] = { "unit/cases/people/good.csv",
					     "unit/cases/people/good.csv",
					     "unit/cases/people/bad.csv" };
	struct people p[3];
	char ids[5][INVITE_ID_SIZE];
	struct err e;

	(void)state;
	for (int i = 0; i < 3; i++) {
		people_init(&p[i]);
		assert_int_equal(people_read_csv(&p[i], files[i], &e), OK);
	}
	assert_string_equal(p[0].batch, p[1].batch);
	assert_string_not_equal(p[0].batch, p[2].batch);

	struct invite_common c = { .tenant = "acme", .batch = "b1" },
			     d = { .tenant = "acme", .batch = "b2" };
	struct person *second = &p[0].list[1];

	invite_id(second, &c, ids[0]);
	invite_id(&p[1].list[1], &c, ids[1]);
	invite_id(second, &d, ids[2]);
	invite_id(&p[2].list[3], &c, ids[3]);
	invite_event_id(second, &c, ids[4]);
	assert_string_equal(ids[0], ids[1]);
	for (int i = 2; i < 5; i++)
		assert_string_not_equal(ids[0], ids[i]);
	for (int i = 0; i < 3; i++)
		people_clear(&p[i]);
}

static void test_options(void **state)
{
	static const struct {
		struct invite_common c;
		const char *text; /* beginning; NULL = good */
	} cases[] = {
		{ { .tenant = "acme", .batch = "b", .note = "hello\nthere", .now = true }, NULL },
		{ { .tenant = "no spaces", .batch = "b" }, "tenant: " },
		{ { .tenant = "acme", .batch = "b", .locale = "?" }, "locale: " },
		{ { .tenant = "acme", .batch = "b", .timezone = "Moscow time" }, "timezone: " },
		{ { .tenant = "acme", .batch = "b", .subject = "two\nlines" }, "subject: " },
		{ { .tenant = "acme", .batch = "b", .note = "\xff" },
		  "an option's text is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { "" };
		int r = invite_check_common(&cases[i].c, &e);

		assert_int_equal(r, cases[i].text ? ERR_INVALID : OK);
		if (cases[i].text)
			assert_memory_equal(e.text, cases[i].text, strlen(cases[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),	cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_as_the_tenant_has_settled),
		cmocka_unit_test(test_ids),	cmocka_unit_test(test_options),
	};

	return crypto_init(NULL) ? 1 : cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
