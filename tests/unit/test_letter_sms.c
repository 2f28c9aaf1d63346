/* The text of an SMS: which template, its segments, its faults; the shipped templates' lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codes.h"
#include "crypto.h"
#include "letter_sms.h"
#include "mem.h"
#include "sms_worst.h"

#define TEMPLATES "../deploy/templates"
#define LINK "https://join.acme.example/?token=k1.abcdefghijklmnopqrstuvwxyz234567"

static const struct letter_sender sender = { .from_name = "Acme" };
static const struct letter_sms_rules rules = { .segment_cap = 6 };
static struct catalog *catalog;

static int load(void **state)
{
	struct err e;

	(void)state;
	return crypto_init(&e) < 0 || catalog_open(&catalog, TEMPLATES, &e) < 0;
}

static int unload(void **state)
{
	(void)state;
	catalog_free(catalog);
	return 0;
}

static struct letter_facts facts_of(const char *delivery, const char *locale, const json_t *data)
{
	return (struct letter_facts){ .delivery = delivery,
				      .locale = locale,
				      .link = LINK,
				      .now_ms = 1741446000000,
				      .expires_ms = 1741446000000 + 86400000,
				      .data = data };
}

static struct letter_sms build(const struct letter_facts *f, struct buf *out)
{
	struct letter_sms told;
	struct err e = { "" };

	if (letter_sms_build(catalog, &sender, f, &rules, out, &told, &e) < 0)
		fail_msg("%s: %s", told.code, e.text);
	return told;
}

static void test_shipped(void **state)
{
	static const struct {
		const char *delivery, *locale, *kind, *name, *text;
		enum sms_encoding encoding;
		size_t segments;
	} rows[] = {
		{ "t/i.1.sms.0", "en", "invite", "invite",
		  "Acme invites you. The link works for 1 day: " LINK, SMS_GSM, 1 },
		{ "t/i.1.sms.0", "ru-RU", "invite", "invite",
		  "Acme приглашает вас. Срок: 1 день\n" LINK, SMS_UCS2, 2 },
		{ "t/i.1.sms.1", "en", "invite", "reminder",
		  "Reminder: Acme is waiting for you. The link works for 1 day: " LINK, SMS_GSM,
		  1 },
		{ "t/i.1.sms.2", "ru", "invite", "reminder",
		  "Acme ждёт вас. Осталось: 1 день\n" LINK, SMS_UCS2, 2 },
		{ "t/i.1.sms.0", "en", "password", "password",
		  "Acme user name: anna\nPassword: s3cret\nChange it once you are in: " LINK,
		  SMS_GSM, 1 },
		{ "t/i.1.sms.0", "ru", "password", "password",
		  "Acme: имя для входа anna\nПароль: s3cret\nСмените его после входа: " LINK,
		  SMS_UCS2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *data = json_pack("{ss}", "kind", rows[i].kind);
		struct letter_facts f = facts_of(rows[i].delivery, rows[i].locale, data);
		autobuf out = { .max = LETTER_SMS_MAX_BYTES, .secret = true };
		struct letter_sms told;

		if (!strcmp(rows[i].kind, "password")) {
			f.username = "anna";
			f.password = "s3cret";
		}
		told = build(&f, &out);
		assert_string_equal(out.data, rows[i].text);
		assert_string_equal(told.used.name, rows[i].name);
		assert_int_equal(told.used.version, 1);
		assert_int_equal(told.count.encoding, rows[i].encoding);
		assert_int_equal(told.count.segments, rows[i].segments);
		json_decref(data);
	}
}

/* Nobody's usual names make them longer, and what is allowed at most stays under the default cap.
 */
static void test_lengths_of_shipped(void **state)
{
	static const struct {
		const char *name, *locale;
		size_t usual, worst;
	} rows[] = {
		{ "invite", "en", 1, 6 },   { "invite", "ru", 2, 5 },	{ "reminder", "en", 1, 6 },
		{ "reminder", "ru", 2, 5 }, { "password", "en", 2, 9 }, { "password", "ru", 3, 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct catalog_entry *t =
			catalog_find(catalog, rows[i].name, rows[i].locale, NULL);
		struct sms_count usual, worst;

		assert_int_equal(sms_worst_count(t, NULL, SMS_USUAL, &usual, NULL), OK);
		assert_int_equal(sms_worst_count(t, NULL, SMS_WORST, &worst, NULL), OK);
		print_message("%s %s: %zu, %zu\n", rows[i].name, rows[i].locale, usual.segments,
			      worst.segments);
		assert_true(usual.segments <= rows[i].usual);
		assert_true(worst.segments <= rows[i].worst && worst.segments >= usual.segments);
	}
}

/* One part sms, compiled by itself. */
static struct catalog_entry entry_of(const char *source)
{
	struct catalog_entry t = { .name = "n", .locale = "en" };
	struct template *sms = NULL;
	struct err e;

	if (source && template_compile(&sms, "n/en/sms.txt", source, strlen(source),
				       TEMPLATE_ESCAPE_NONE, NULL, &e) < 0)
		fail_msg("%s", e.text);
	t.parts[PART_SMS] = sms;
	return t;
}

static void test_texts(void **state)
{
	static const struct {
		const char *source, *text, *code; /* code NULL: text comes out */
		bool plain;
		int64_t cap;
	} rows[] = {
		{ " \n {{a}}\r\nb\t.\n\n", "x – y\nb .", NULL, false, 1 },
		{ "{{a}}", "x - y", NULL, true, 1 },
		{ "{{a}} привет", "x – y привет", NULL, true, 1 },
		{ "{{b}}", NULL, "render_failed", false, 1 },
		{ "a\x01", NULL, "render_failed", false, 1 },
		{ " \n", NULL, "render_failed", false, 1 },
		{ NULL, NULL, "template_missing", false, 1 },
		{ "{{long}}", NULL, "too_many_segments", false, 1 },
		{ "{{long}}", "*", NULL, false, 2 },
	};
	char longer[162];
	json_t *vars;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	vars = json_pack("{ssss}", "a", "x – y", "long", longer);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct catalog_entry t = entry_of(rows[i].source);
		struct letter_sms_rules asked = { rows[i].cap, rows[i].plain };
		autobuf out = BUF_INIT(LETTER_SMS_MAX_BYTES);
		struct letter_sms told = { 0 };
		struct err e = { "" };
		int r;

		buf_str(&out, "> ");
		r = letter_sms_compose(&(struct letter_content){ &t, vars }, &asked, &out, &told,
				       &e);
		template_free((struct template *)t.parts[PART_SMS]);
		if (rows[i].code) {
			assert_int_equal(r, ERR_INVALID);
			assert_string_equal(told.code, rows[i].code);
			assert_non_null(codes_find(told.code));
			assert_string_equal(out.data, "> ");
			assert_true(e.text[0] != '\0');
			continue;
		}
		assert_int_equal(r, OK);
		assert_string_equal(out.data + 2, *rows[i].text == '*' ? longer : rows[i].text);
	}
	json_decref(vars);
}

static void test_names(void **state)
{
	json_t *own = json_pack("{s{ss}}", "template", "name", "password");
	json_t *none = json_pack("{s{ss}}", "template", "name", "nobody");
	struct letter_facts f = facts_of("t/i.1.sms.1", "en", own);
	autobuf out = BUF_INIT(LETTER_SMS_MAX_BYTES);
	struct letter_sms told;

	(void)state;
	f.username = f.password = "p";
	assert_string_equal(build(&f, &out).used.name, "password"); /* a reminder of its own */
	f.data = none;
	assert_int_equal(letter_sms_build(catalog, &sender, &f, &rules, &out, &told, NULL),
			 ERR_INVALID);
	assert_string_equal(told.code, "template_missing");
	json_decref(own);
	json_decref(none);
}

/* What the linter asks: branches for what is absent count too, and a link base of one's own. */
static void test_worst(void **state)
{
	static const struct {
		const char *source, *base;
		enum sms_case which;
		size_t units;
	} rows[] = {
		{ "{{organisation}}", NULL, SMS_USUAL, 20 },
		{ "{{organisation}}", NULL, SMS_WORST, 200 },
		{ "{{#role}}{{role}}{{/role}}{{^role}}123456789012345678901{{/role}}", NULL,
		  SMS_USUAL, 20 },
		{ "{{link}}", "https://a.example/", SMS_USUAL, 66 },
		{ "{{expires_on}}", NULL, SMS_USUAL, 33 },
		{ "{{expires_in}}", NULL, SMS_USUAL, 7 },
		{ "{{expires_in}}", NULL, SMS_WORST, 19 },
		{ "{{#note_lines}}{{.}}{{/note_lines}}", NULL, SMS_USUAL, 160 },
	};
	struct catalog_entry t;
	struct sms_count n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t = entry_of(rows[i].source);
		assert_int_equal(sms_worst_count(&t, rows[i].base, rows[i].which, &n, NULL), OK);
		assert_int_equal(n.units, rows[i].units);
		template_free((struct template *)t.parts[PART_SMS]);
	}
	t = entry_of("{{^role}}{{organisation}}{{organisation}}{{organisation}}{{organisation}}"
		     "{{organisation}}{{organisation}}{{organisation}}{{organisation}}-{{/role}}");
	assert_int_equal(sms_worst_count(&t, NULL, SMS_USUAL, &n, NULL), OK);
	assert_int_equal(n.segments, 2);
	template_free((struct template *)t.parts[PART_SMS]);
	t = entry_of("{{nobody}}");
	assert_int_equal(sms_worst_count(&t, NULL, SMS_USUAL, &n, NULL), ERR_INVALID);
	template_free((struct template *)t.parts[PART_SMS]);
	t = entry_of(NULL);
	assert_int_equal(sms_worst_count(&t, NULL, SMS_USUAL, &n, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped), cmocka_unit_test(test_lengths_of_shipped),
		cmocka_unit_test(test_texts),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_worst),
	};

	return cmocka_run_group_tests_name("letter_sms", tests, load, unload);
}
