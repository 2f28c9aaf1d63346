/* Letters from facts, with small templates of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "crypto_fixture.h"
#include "letter_fixture.h"
#include "letter_vars.h"
#include "mem.h"
#include "utf8.h"

#define MESSAGE_ID "zqarof5py6mhsphnoxbl7ymxzpsmjx7per5wn7p75cm3cjexpruq"
#define BOUNDARY "=_bfv4wbqppnvxzpzb77yh3jc4w4"

/* A template of the test's own, in parts. */
static struct catalog_entry entry_of(const char *subject, const char *text, const char *html)
{
	const char *const sources[] = { subject, text, html };
	struct catalog_entry t = { .name = "own", .locale = "en", .version = 1 };
	struct template *part;
	struct err e;

	for (int i = 0; i < 3; i++) {
		if (!sources[i])
			continue;
		if (template_compile(&part, "own", sources[i], strlen(sources[i]),
				     i == PART_HTML ? TEMPLATE_ESCAPE_HTML : TEMPLATE_ESCAPE_NONE,
				     NULL, &e) < 0)
			fail_msg("%s", e.text);
		t.parts[i] = part;
	}
	return t;
}

static void entry_clear(struct catalog_entry *t)
{
	for (int i = 0; i < PART_COUNT; i++)
		template_free((struct template *)t->parts[i]);
}

static void test_whole_letter(void **state)
{
	static const char right[] =
		"From: \"Acme, Inc.\" <invites@mail.example>\r\n"
		"Reply-To: help@acme.example\r\n"
		"To: =?UTF-8?B?0JDQvdC90LA=?= <anna@example.com>\r\n"
		"Subject: Join Acme, Inc.\r\n"
		"Date: Fri, 14 Mar 2025 15:00:00 +0000\r\n"
		"Message-ID: <" MESSAGE_ID "@mail.example>\r\n"
		"MIME-Version: 1.0\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"X-Auto-Response-Suppress: All\r\n"
		"Content-Type: multipart/alternative;\r\n boundary=\"" BOUNDARY "\"\r\n"
		"\r\n"
		"--" BOUNDARY "\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"\r\n"
		"0JDQvdC90LANCg==\r\n"
		"\r\n"
		"--" BOUNDARY "\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n"
		"\r\n"
		"<p>Acme, Inc.</p>\r\n"
		"\r\n"
		"--" BOUNDARY "--\r\n";
	struct catalog_entry t = entry_of("Join\n{{organisation}}\n", "{{recipient_name}}",
					  "<p>{{organisation}}</p>\n");
	json_t *vars = json_pack("{ssss}", "organisation", "Acme, Inc.", "recipient_name", "Анна");
	autobuf out = BUF_INIT(0);
	const char *code = NULL;
	struct err e;

	(void)state;
	assert_int_equal(letter_compose(&(struct letter_content){ &t, vars }, &sender, &facts, &out,
					&code, &e),
			 OK);
	assert_string_equal(out.data, right);
	json_decref(vars);
	entry_clear(&t);
}

static void test_one_part(void **state)
{
	struct catalog_entry t = entry_of("s", "only text\n", NULL);
	json_t *vars = json_object();
	autobuf out = BUF_INIT(0);
	const char *code = NULL;
	struct err e;

	(void)state;
	assert_int_equal(letter_compose(&(struct letter_content){ &t, vars }, &sender, &facts, &out,
					&code, &e),
			 OK);
	assert_non_null(strstr(out.data, "All\r\nContent-Type: text/plain; charset=utf-8\r\n"
					 "Content-Transfer-Encoding: 7bit\r\n\r\nonly text\r\n"));
	assert_null(strstr(out.data, "multipart"));
	json_decref(vars);
	entry_clear(&t);
}

/* What is refused, with which code, and that nothing of it is left in the buffer. */
static void test_refused(void **state)
{
	static const struct {
		const char *subject, *text, *vars, *code;
	} table[] = {
		{ "s", NULL, "{}", "template_missing" },
		{ NULL, "t", "{}", "template_missing" },
		{ "s", "{{missing}}", "{}", "render_failed" },
		{ "{{missing}}", "t", "{}", "render_failed" },
		{ "{{x}}", "t", "{\"x\": \" \\n\\t \"}", "render_failed" },
		{ "{{x}}", "t", "{\"x\": \"a\\u0001\"}", "render_failed" },
		{ "{{x}}", "t", "{\"x\": \"a\\u0000b\"}", "render_failed" },
		{ "{{x}}", "t", "{\"x\": \"a\\u0085b\"}", "render_failed" },
		{ "s", "t", "{\"organisation\": \"a\\r\\nBcc: b@c.example\"}", "render_failed" },
		{ "s", "t", "{\"organisation\": \"a\\u0000b\"}", "render_failed" },
		{ "s", "t", "{\"recipient_name\": \"a\\nBcc: b@c.example\"}", "render_failed" },
		{ "s", "t", "{\"recipient_name\": \"a\\tb\"}", "render_failed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct catalog_entry t = entry_of(table[i].subject, table[i].text, NULL);
		json_t *vars = json_loads(table[i].vars, JSON_ALLOW_NUL, NULL);
		autobuf out = BUF_INIT(0);
		const char *code = NULL;
		struct err e = { "" };

		buf_str(&out, "before");
		assert_int_equal(letter_compose(&(struct letter_content){ &t, vars }, &sender,
						&facts, &out, &code, &e),
				 ERR_INVALID);
		assert_string_equal(code, table[i].code);
		assert_string_equal(out.data, "before");
		assert_int_equal(out.len, strlen("before"));
		assert_null(strstr(e.text, "c.example"));
		assert_string_not_equal(e.text, "");
		json_decref(vars);
		entry_clear(&t);
	}
}

static void test_too_large(void **state)
{
	struct catalog_entry t = entry_of("s", "{{x}}", "{{x}}");
	static const struct {
		size_t bytes; /* of each of the two parts, before LF becomes CRLF */
		int r;
	} table[] = {
		{ 950000, OK },
		{ 999000, ERR_INVALID },
		{ LETTER_MAX_BYTES + 1, ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autofree char *x = xcalloc(table[i].bytes + 1, 1);
		autobuf out = BUF_INIT(2 * LETTER_MAX_BYTES);
		const char *code = "";
		struct err e = { "" };
		json_t *vars;

		for (size_t k = 0; k < table[i].bytes; k++)
			x[k] = k % 70 == 69 ? '\n' : 'y';
		vars = json_pack("{ss}", "x", x);
		assert_int_equal(letter_compose(&(struct letter_content){ &t, vars }, &sender,
						&facts, &out, &code, &e),
				 table[i].r);
		assert_string_equal(code, table[i].r == OK ? "" : "too_large");
		json_decref(vars);
	}
	entry_clear(&t);
}

static void test_bad_addresses(void **state)
{
	struct catalog_entry t = entry_of("s", "t", NULL);
	struct letter_facts f = facts;
	struct letter_sender s = sender;
	json_t *vars = json_object();
	autobuf out = BUF_INIT(0);
	const char *code = NULL;
	struct err e;

	(void)state;
	f.to = "anna@example.com\r\nBcc: x@y.example";
	assert_int_equal(
		letter_compose(&(struct letter_content){ &t, vars }, &s, &f, &out, &code, &e),
		ERR_INVALID);
	s.reply_to = "a, b";
	assert_int_equal(
		letter_compose(&(struct letter_content){ &t, vars }, &s, &facts, &out, &code, &e),
		ERR_INVALID);
	json_decref(vars);
	entry_clear(&t);
}

/* The data of a request and what a template sees of it; times apart. */
static void test_variables(void **state)
{
	static const struct {
		const char *data, *variables;
	} table[] = {
		{ "{}", "{'organisation': 'beckon', 'vars': {}}" },
		{ "{'organisation': {'name': 'Acme'}, 'recipient': {'name': 'Anna'}, 'inviter': "
		  "{'name': 'Ivan'},"
		  " 'role': 'editor', 'department': 'Sales', 'teams': ['Red', 'Blue']}",
		  "{'organisation': 'Acme', 'recipient_name': 'Anna', 'inviter': 'Ivan', 'role': "
		  "'editor',"
		  " 'department': 'Sales', 'teams': 'Red, Blue', 'vars': {}}" },
		{ "{'organisation': {'name': ''}, 'recipient': {'name': ''}, 'role': '', 'teams': "
		  "[],"
		  " 'template': {'note': '', 'subject': ''}}",
		  "{'organisation': 'beckon', 'vars': {}}" },
		{ "{'teams': ['Red']}", "{'organisation': 'beckon', 'teams': 'Red', 'vars': {}}" },
		{ "{'template': {'subject': 'Own', 'variables': {'a': 1, 'b': 'x'}}}",
		  "{'organisation': 'beckon', 'subject': 'Own', 'vars': {'a': 1, 'b': 'x'}}" },
		{ "{'template': {'note': 'one'}}",
		  "{'organisation': 'beckon', 'note': 'one', 'note_lines': ['one'], 'vars': {}}" },
		{ "{'template': {'note': 'a\\r\\nb\\rc\\n\\nd'}}",
		  "{'organisation': 'beckon', 'note': 'a\\nb\\nc\\n\\nd', 'note_lines': ['a', 'b', "
		  "'c', '', 'd'],"
		  " 'vars': {}}" },
	};
	static const char *const times[] = { "expires_on", "expires_in", "today", "brand_colour",
					     "organisation_short" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autofree char *data = xstrdup(table[i].data), *right = xstrdup(table[i].variables);
		struct letter_facts f = facts;
		json_t *wanted, *vars;

		for (char *s = data; (s = strchr(s, '\''));)
			*s = '"';
		for (char *s = right; (s = strchr(s, '\''));)
			*s = '"';
		f.data = json_loads(data, 0, NULL);
		wanted = json_loads(right, 0, NULL);
		assert_non_null(f.data);
		assert_non_null(wanted);
		vars = letter_vars(&sender, &f, "en");
		for (size_t k = 0; k < ARRAY_LEN(times); k++) {
			assert_true(json_string_length(json_object_get(vars, times[k])) > 0);
			json_object_del(vars, times[k]);
		}
		assert_true(json_equal(vars, wanted));
		json_decref(vars);
		json_decref(wanted);
		json_decref((json_t *)f.data);
	}
}

static void test_short_names(void **state)
{
	static const struct {
		const char *name, *shown;
	} table[] = {
		{ "", "" },
		{ "Acme", "Acme" },
		{ "Exactly thirty-six characters, whole", "Exactly thirty-six characters, whole" },
		{ "Exactly thirty-seven characters: it is",
		  "Exactly thirty-seven characters: it…" },
		{ "A name that ends where the cut is here", "A name that ends where the cut is…" },
		{ "One, two, three, four, five and six, seven",
		  "One, two, three, four, five and…" },
		{ "Государственное бюджетное учреждение «Пример»", "Государственное бюджетное…" },
		{ "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
		  "Donaudampfschifffahrtselektrizitäte…" },
		{ "A Donaudampfschifffahrtselektrizitätenhauptwerk",
		  "A Donaudampfschifffahrtselektrizitä…" },
		{ "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日",
		  "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本…" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		autobuf text = BUF_INIT(0);

		letter_short(table[i].name, &text);
		assert_string_equal(text.data ? text.data : "", table[i].shown);
		assert_true(utf8_count(text.data ? text.data : "", text.len) <= LETTER_SHORT_MAX);
	}
}

static void test_sender_variables(void **state)
{
	static const struct {
		const char *contact, *href, *colour, *shown;
	} table[] = {
		{ NULL, NULL, NULL, LETTER_COLOUR },
		{ "", NULL, "", LETTER_COLOUR },
		{ "help@acme.example", "mailto:help@acme.example", "#000000", "#000000" },
		{ "https://acme.example/help me", "https://acme.example/help%20me", "#0B5394",
		  "#0B5394" },
		{ "javascript:alert(1)", NULL, "#ffffff", LETTER_COLOUR },
		{ "room 42", NULL, "#00000", LETTER_COLOUR },
		{ "\" onclick=@x", "mailto:%22%20onclick%3D@x", "red;x:y", LETTER_COLOUR },
	};
	struct letter_facts f = facts;

	(void)state;
	f.data = json_object();
	f.link = "https://a.example/?token=t";
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct letter_sender s = sender;
		const char *href;
		json_t *vars;

		s.contact = table[i].contact;
		s.brand_colour = table[i].colour;
		vars = letter_vars(&s, &f, "en");
		href = json_string_value(json_object_get(vars, "contact_href"));
		if (table[i].href)
			assert_string_equal(href, table[i].href);
		else
			assert_null(href);
		assert_string_equal(json_string_value(json_object_get(vars, "brand_colour")),
				    table[i].shown);
		assert_string_equal(json_string_value(json_object_get(vars, "link")), f.link);
		json_decref(vars);
	}
	json_decref((json_t *)f.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_letter),  cmocka_unit_test(test_one_part),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_bad_addresses), cmocka_unit_test(test_variables),
		cmocka_unit_test(test_short_names),   cmocka_unit_test(test_sender_variables),
	};

	return cmocka_run_group_tests_name("letter", tests, crypto_ready, NULL);
}
