/* The linter: what it finds, where, and that the templates that are shipped are fit to be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "now.h"
#include "template_lint.h"

#define SHIPPED "../deploy/templates"
#define SUBJECT "{{#subject}}{{subject}}{{/subject}}{{^subject}}Hi{{/subject}}"
#define TEXT "{{link}}\n{{#note}}{{note}}{{/note}}"
#define HTML "<a href=\"{{link}}\">x</a>{{#note}}{{#note_lines}}{{.}}<br>{{/note_lines}}{{/note}}"
#define SMS "x: {{link}}"

static int open_catalog(void **state)
{
	struct catalog *c = NULL;
	struct err e;

	if (catalog_open(&c, SHIPPED, &e) < 0)
		return -1;
	*state = c;
	return 0;
}

static int close_catalog(void **state)
{
	catalog_free(*state);
	return 0;
}

static void set(struct catalog_source *s, enum part part, const char *text)
{
	s->parts[part].data = text;
	s->parts[part].len = text ? strlen(text) : 0;
}

/* "code file:line:column detail" of each finding, one a line. */
static char *told(const struct lint_report *r)
{
	struct buf out = BUF_INIT(0);

	for (size_t i = 0; i < r->count; i++) {
		const struct lint_finding *f = &r->list[i];

		buf_fmt(&out, "%s%s %s", f->rule->warning ? "~" : "", f->rule->code,
			f->part < PART_COUNT ? catalog_part_names[f->part] : "whole");
		if (f->line)
			buf_fmt(&out, " %s:%u:%u", f->file, f->line, f->column);
		buf_fmt(&out, "%s%s\n", f->detail[0] ? " " : "", f->detail);
	}
	return buf_take(&out);
}

static const char *const hosts[] = { "cdn.example.org" };

static struct lint_setting setting_of(void **state)
{
	return (struct lint_setting){ .catalog = *state,
				      .hosts = hosts,
				      .nhosts = 1,
				      .segment_cap = 2,
				      .now_ms = 1700000000000 };
}

static void test_findings(void **state)
{
	static const struct {
		const char *name, *subject, *text, *html, *sms, *says;
	} cases[] = {
		{ "invite", SUBJECT, TEXT, HTML, SMS, "" },
		{ "invite", SUBJECT, TEXT "{{inviter}}", HTML, SMS,
		  "variable_unguarded text invite/en/text.txt:2:27 inviter\n" },
		{ "invite", SUBJECT, TEXT "{{inviter?}}{{#role}}{{role}}{{/role}}", HTML, SMS, "" },
		{ "invite", SUBJECT, TEXT "{{organization}}", HTML, SMS,
		  "variable_unknown text invite/en/text.txt:2:27 'organization'; "
		  "'organisation'\n" },
		{ "invite", SUBJECT, TEXT "{{zzzzzzzzzz}}{{#vars}}{{colour?}}{{/vars}}", HTML, SMS,
		  "variable_unknown text invite/en/text.txt:2:27 zzzzzzzzzz\n" },
		{ "invite", SUBJECT, TEXT "{{vars.team}}{{vars.desk?}}", HTML, SMS,
		  "~own_variable_unguarded text invite/en/text.txt:2:27 vars.team\n" },
		{ "invite", SUBJECT, TEXT, HTML "{{{organisation}}}", SMS,
		  "variable_raw html invite/en/html.html:1:82 organisation\n" },
		{ "invite", SUBJECT, TEXT "{{link}}", HTML, SMS, "link_repeated text\n" },
		{ "invite", SUBJECT, "{{#note}}{{note}}{{/note}}", HTML, SMS,
		  "link_missing text\n" },
		{ "invite", SUBJECT, TEXT, HTML, SMS ".", "~link_not_last sms\n" },
		{ "invite", "Hi", TEXT, HTML, SMS, "subject_fixed subject\n" },
		{ "invite", SUBJECT, "{{link}}", HTML, SMS, "note_missing text\n" },
		{ "invite", SUBJECT, TEXT "{{password}}{{username}}", HTML, SMS,
		  "credentials_in_invitation text invite/en/text.txt:2:27 password\n"
		  "credentials_in_invitation text invite/en/text.txt:2:39 username\n" },
		{ "invite", SUBJECT, TEXT, HTML "<img src=\"https://Tracker.example/x\">", SMS,
		  "outside_host html invite/en/html.html:1:100 Tracker.example\n" },
		{ "invite", SUBJECT, TEXT, HTML "<img src=//tracker.example/x>", SMS,
		  "outside_host html invite/en/html.html:1:93 tracker.example\n" },
		{ "invite", SUBJECT, TEXT,
		  HTML
		  "<img src=\"https://cdn.example.org/x\"><a href=\"https://cdn.example.org@evil."
		  "example/\">",
		  SMS, "outside_host html invite/en/html.html:1:152 evil.example\n" },
		{ "invite", SUBJECT, TEXT, HTML "<SCRIPT>", SMS,
		  "unsafe_html html invite/en/html.html:1:82 <script\n" },
		{ "invite", SUBJECT, TEXT, HTML "<a href=\"javascript:x\">", SMS,
		  "unsafe_html html invite/en/html.html:1:91 javascript:\n" },
		{ "invite", SUBJECT, TEXT, HTML,
		  "Приглашаем вас в нашу замечательную организацию, "
		  "приходите скорее, все уже ждут и будут очень рады, подробности по ссылке: "
		  "{{link}}",
		  "too_many_segments sms 3 > 2 (ucs2)\n" },
		{ "invite", SUBJECT, TEXT, HTML, "{{organisation}}: {{link}}",
		  "~segments_worst sms 5 > 2 (ucs2)\n" },
		{ "invite", "{{#x}}", TEXT, HTML, SMS,
		  "syntax subject invite/en/subject.txt:1:1: section 'x' is not closed\n" },
		{ "invite", NULL, TEXT, HTML, SMS,
		  "subject_missing whole\npart_missing subject ru\n" },
		{ "invite", SUBJECT, TEXT, HTML, NULL, "part_missing sms ru\n" },
		{ "invite", SUBJECT, NULL, NULL, SMS,
		  "body_missing whole\npart_missing text ru\npart_missing html ru\n" },
		{ "password", SUBJECT, "{{#note}}{{note}}{{/note}}{{username}}", NULL, NULL,
		  "credentials_lost text password\n" },
		{ "mine", SUBJECT, TEXT, NULL, NULL, "" },
		{ "mine", NULL, NULL, NULL, SMS, "" },
	};

	size_t failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct catalog_source s = { .name = cases[i].name, .locale = "en" };
		struct lint_setting in = setting_of(state);
		struct lint_report *report = xcalloc(1, sizeof(*report));
		char *is;

		set(&s, PART_SUBJECT, cases[i].subject);
		set(&s, PART_TEXT, cases[i].text);
		set(&s, PART_HTML, cases[i].html);
		set(&s, PART_SMS, cases[i].sms);
		template_lint(&s, &in, report);
		is = told(report);
		if (!strstr(is, cases[i].says) || !*cases[i].says != !*is)
			print_error("case %zu:\n%sinstead of\n%s", i, is, cases[i].says), failed++;
		free(is);
		free(report);
	}
	assert_int_equal(failed, 0);
}

/* What is installed passes its own linter, in every language. */
static void judge_shipped(void *ctx, const struct catalog_entry *entry)
{
	autofree char *dir = xasprintf(SHIPPED "/%s/%s", entry->name, entry->locale);
	struct catalog_source s = { .name = entry->name, .locale = entry->locale };
	struct lint_report *report = xcalloc(1, sizeof(*report));
	struct lint_setting in = setting_of((void *[]){ ctx });
	struct catalog_files files = { 0 };
	struct err e;
	char *is;

	assert_int_equal(catalog_files_read(&files, dir, &s, &e), OK);
	in.segment_cap = 4;
	template_lint(&s, &in, report);
	is = told(report);
	if (report->errors)
		fail_msg("%s", is);
	free(is);
	free(report);
	catalog_files_clear(&files);
}

static void test_shipped(void **state)
{
	catalog_each(*state, NULL, judge_shipped, *state);
}

static void test_words(void **state)
{
	struct lint_report *report = xcalloc(1, sizeof(*report));
	struct catalog_source s = { .name = "invite", .locale = "en" };
	struct lint_setting in = setting_of(state);
	autobuf en = BUF_INIT(0), ru = BUF_INIT(0);

	set(&s, PART_SUBJECT, SUBJECT);
	set(&s, PART_TEXT, TEXT "{{inviter}}");
	set(&s, PART_HTML, HTML);
	set(&s, PART_SMS, SMS);
	template_lint(&s, &in, report);
	lint_words(&report->list[0], LINT_EN, &en);
	lint_words(&report->list[0], LINT_RU, &ru);
	assert_string_equal(en.data, "'inviter' may be missing: put it into "
				     "{{#inviter}}…{{/inviter}}, or write {{inviter?}}.");
	assert_non_null(strstr(ru.data, "«inviter» может не быть"));
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_findings, open_catalog, close_catalog),
		cmocka_unit_test_setup_teardown(test_shipped, open_catalog, close_catalog),
		cmocka_unit_test_setup_teardown(test_words, open_catalog, close_catalog),
	};

	return cmocka_run_group_tests_name("template_lint", tests, NULL, NULL);
}
