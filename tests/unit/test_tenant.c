/* The section `tenants`: what is taken, what holds where nothing is said, the one line that refuses
 * the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "link.h"
#include "mem.h"
#include "now.h"
#include "request.h"
#include "tenant.h"
#include "tenant_defaults.h"
#include "yamldoc.h"

static int load(struct tenants **t, const char *yaml, struct err *e)
{
	struct yamldoc y;
	int r;

	if (yamldoc_parse(&y, "case", yaml, strlen(yaml), e) < 0)
		fail_msg("%s: %s", yaml, e->text);
	r = tenants_load(t, y.value, e);
	yamldoc_clear(&y);
	return r;
}

static struct tenants *loaded(const char *yaml)
{
	struct tenants *t = NULL;
	struct err e = { "" };

	if (load(&t, yaml, &e) < 0)
		fail_msg("%s: %s", yaml, e.text);
	return t;
}

static const struct {
	const char *text;
	int64_t interval_us, burst; /* 0, 0 = off */
} rates[] = {
	{ "50/s", 20000, 1 },	   { "1/s", 1000000, 1 },
	{ "3/m", 20000000, 1 },	   { "20/h burst 5", 180000000, 5 },
	{ "1/d", 86400000000, 1 }, { "7/s", 142857, 1 },
	{ "1000000/s", 1, 1 },	   { "50/s burst 1000000", 20000, 1000000 },
	{ "off", 0, 0 },	   { "2/s  burst  3", 500000, 3 },
};

static const char *const no_rates[] = {
	"",
	"50",
	"/s",
	"0/s",
	"-1/s",
	"1000001/s",
	"50/",
	"50/x",
	"50/sec",
	"50/s burst",
	"50/s burst 0",
	"50/s burst -1",
	"50/sburst 5",
	"50/s bursts 5",
	"50/s burst 5x",
	"50/s 5",
	"Off",
	"1e3/s",
	"1.5/s",
	"0x10/s",
	"99999999999999999999/s",
	"50/s burst 1000001",
};

static void test_rates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		struct tenant_rate r = { -1, -1 };
		struct err e = { "" };

		if (tenant_rate_parse(rates[i].text, &r, &e) < 0)
			fail_msg("%s: %s", rates[i].text, e.text);
		assert_int_equal(r.interval_us, rates[i].interval_us);
		assert_int_equal(r.burst, rates[i].burst);
	}
	for (size_t i = 0; i < ARRAY_LEN(no_rates); i++) {
		struct tenant_rate r = { -1, -1 };
		struct err e = { "" };

		if (tenant_rate_parse(no_rates[i], &r, &e) != ERR_FATAL)
			fail_msg("'%s' is taken for a rate", no_rates[i]);
		assert_int_equal(r.interval_us, -1);
		assert_non_null(strstr(e.text, "rate"));
	}
}

static void test_defaults(void **state)
{
	static const char *const sections[] = { NULL, "{}", "{acme: {}}", "{'*': {}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct err e = { "" };
		struct tenants *tenants = NULL;
		const struct tenant *t;

		assert_int_equal(sections[i] ? load(&tenants, sections[i], &e)
					     : tenants_load(&tenants, NULL, &e),
				 OK);
		t = tenants_find(tenants, "acme");
		assert_true(t->auto_send[TRIGGER_API] && t->auto_send[TRIGGER_MANUAL] &&
			    t->auto_send[TRIGGER_DIRECTORY]);
		assert_false(t->auto_send[TRIGGER_IMPORT]);
		assert_int_equal(t->link_ttl_s, 86400);
		assert_string_equal(t->default_locale, "en");
		assert_string_equal(t->timezone, "UTC");
		assert_int_equal(t->limit.interval_us, 0);
		assert_int_equal(t->recipient_limit.interval_us, 0);
		assert_int_equal(t->content_limit.interval_us + t->domain_limit.interval_us, 0);
		assert_int_equal(t->window.days, 0);
		assert_int_equal(t->sms_window.from_min, 9 * 60);
		assert_int_equal(t->sms_window.to_min, 21 * 60);
		assert_int_equal(t->reminder.count, 1);
		assert_int_equal(t->reminder.den, 2 * t->reminder.num);
		assert_int_equal(t->cooldown_ms, 60000);
		assert_false(t->email_only);
		assert_null(t->from);
		tenants_free(tenants);
	}
	tenants_free(NULL);
}

/* What is shown as holding is what loading makes of it; hours are one value. */
static void test_laid(void **state)
{
	json_t *all = tenant_defaults(),
	       *over = json_pack("{s:i, s:{s:s, s:s}, s:{s:b}, s:s}", "link_ttl_s", 300,
				 "sms_window", "from", "10:00", "to", "12:00", "auto_send",
				 "import", 1, "reminder", "off");
	json_t *expected = json_pack("{s:s, s:s}", "from", "10:00", "to", "12:00");
	json_t *off = json_pack("{s:i, s:i}", "count", 0, "at_percent", 50);

	(void)state;
	tenant_lay(all, NULL);
	tenant_lay(all, over);
	assert_true(json_equal(json_object_get(all, "sms_window"), expected));
	assert_int_equal(json_object_size(json_object_get(all, "auto_send")), 4);
	assert_true(json_is_true(json_object_get(json_object_get(all, "auto_send"), "import")));
	assert_true(json_equal(json_object_get(all, "reminder"), off));
	assert_int_equal(json_integer_value(json_object_get(all, "link_ttl_s")), 300);
	assert_int_equal(json_integer_value(json_object_get(all, "cooldown_s")), 60);
	json_decref(off);
	json_decref(expected);
	json_decref(over);
	json_decref(all);
}

/* When a reminder is due does not say that there is one: where reminders are off they stay off
   until somebody says how many. */
static void test_reminders_off(void **state)
{
	struct tenants *t = loaded("{'*': {reminder: off}, when: {reminder: {at_percent: 25}},\n"
				   " how_many: {reminder: {count: 1}}, 'no': {reminder: off}}");

	(void)state;
	assert_int_equal(tenants_find(t, "when")->reminder.count, 0);
	assert_int_equal(tenants_find(t, "when")->reminder.num, 25);
	assert_int_equal(tenants_find(t, "how_many")->reminder.count, 1);
	assert_int_equal(tenants_find(t, "how_many")->reminder.num, 50);
	assert_int_equal(tenants_find(t, "no")->reminder.count, 0);
	tenants_free(t);
}

static void test_own_over_common(void **state)
{
	struct tenants *tenants =
		loaded("{zeta: {auto_send: {import: true}, limits: {tenant: 5/s}},\n"
		       " '*': {sender: {from: a@b.org, from_name: Common}, limits: {tenant: 50/s "
		       "burst 9, recipient: 20/h},\n"
		       "       link_base: 'https://join.example/i', timezone: Europe/Moscow, "
		       "default_locale: ru},\n"
		       " acme: {sender: {from_name: Acme}, link_ttl_s: 300, contact: 'ask Ann', "
		       "brand: {colour: '#1A5fb4'}}}");
	const struct tenant *acme = tenants_find(tenants, "acme"),
			    *zeta = tenants_find(tenants, "zeta");
	const struct tenant *other = tenants_find(tenants, "other");

	(void)state;
	assert_string_equal(acme->name, "acme");
	assert_string_equal(acme->from, "a@b.org");
	assert_string_equal(acme->from_name, "Acme");
	assert_string_equal(acme->contact, "ask Ann");
	assert_string_equal(acme->brand_colour, "#1A5fb4");
	assert_int_equal(acme->link_ttl_s, 300);
	assert_int_equal(acme->limit.burst, 9);
	assert_false(acme->auto_send[TRIGGER_IMPORT]);
	assert_string_equal(zeta->from_name, "Common");
	assert_true(zeta->auto_send[TRIGGER_IMPORT] && zeta->auto_send[TRIGGER_API]);
	assert_int_equal(zeta->limit.interval_us, 200000);
	assert_int_equal(zeta->limit.burst,
			 1); /* a rate is one value: nothing of the common one remains */
	assert_int_equal(zeta->recipient_limit.interval_us, 180000000);
	assert_ptr_equal(other, tenants_find(tenants, "*"));
	assert_string_equal(other->timezone, "Europe/Moscow");
	assert_string_equal(other->link_base, "https://join.example/i");
	tenants_free(tenants);
}

static void test_all_fields(void **state)
{
	struct tenants *tenants = loaded(
		"{'*': {send_window: {days: [mon-fri, sun], from: '08:30', to: '20:00'},\n"
		"       reminder: {count: 2, at_percent: 30}, limits: {content: 3/h, domain: "
		"5/s}},\n"
		" acme: {send_window: {from: '22:00', to: '06:00'}, reminder: {count: 1}, "
		"cooldown_s: 0,\n"
		"        sms_window: off, email_only: true, landlines: true, home_region: KZ, "
		"ladder_after_s: "
		"3600,\n"
		"        sender: {sms_id: ACME}, brand: {logo: 'https://a.example/l.png'},\n"
		"        roles: [admin, member], departments: [], teams: [Блюз],\n"
		"        countries: {allow: [KZ, RU], deny: [US]}, segment_cap: 3,\n"
		"        accept: {mode: confirm, redirect: 'https://a.example/',\n"
		"                 public_key: "
		"'53oyqpna:j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8'}},\n"
		" off: {send_window: off, reminder: off}}");
	const struct tenant *acme = tenants_find(tenants, "acme"),
			    *off = tenants_find(tenants, "off");
	const struct tenant *other = tenants_find(tenants, "other");
	char text[WINDOW_TEXT_SIZE];

	(void)state;
	assert_string_equal(window_text(&other->window, text), "mon-fri,sun 08:30-20:00");
	assert_string_equal(window_text(&acme->window, text), "mon-sun 22:00-06:00");
	assert_string_equal(window_text(&off->window, text), "any time");
	assert_string_equal(window_text(&acme->sms_window, text), "any time");
	assert_int_equal(acme->reminder.count, 1);
	assert_int_equal(acme->reminder.num, 30);
	assert_int_equal(off->reminder.count, 0);
	assert_int_equal(acme->cooldown_ms, 0);
	assert_int_equal(acme->content_limit.interval_us, 1200000000);
	assert_int_equal(acme->domain_limit.interval_us, 200000);
	assert_true(acme->email_only && !other->email_only);
	assert_true(acme->landlines && !other->landlines);
	assert_string_equal(acme->home_region, "KZ");
	assert_string_equal(acme->sms_id, "ACME");
	assert_string_equal(acme->brand_logo, "https://a.example/l.png");
	assert_int_equal(json_array_size(acme->roles), 2);
	assert_int_equal(json_array_size(acme->departments), 0);
	assert_int_equal(json_array_size(acme->teams), 1);
	assert_null(other->teams);
	assert_int_equal(json_array_size(acme->countries_allow), 2);
	assert_int_equal(json_array_size(acme->countries_deny), 1);
	assert_int_equal(acme->segment_cap, 3);
	assert_int_equal(acme->ladder_after_s, 3600);
	assert_int_equal(acme->accept, ACCEPT_CONFIRM);
	assert_non_null(acme->accept_key);
	assert_string_equal(acme->accept_redirect, "https://a.example/");
	tenants_free(tenants);
}

/* Where links may lead: the tenant's own host, those that it lists; anywhere where it lists none.
 */
static void test_links(void **state)
{
	static const struct {
		const char *base;
		bool ok;
	} cases[] = {
		{ "https://join.example.org/i", true },
		{ "HTTPS://JOIN.example.org:8443", true },
		{ "https://app.example.com/x?y", true },
		{ "https://a.b.example.net/", true },
		{ "https://example.net/", false },
		{ "https://evilexample.net/", false },
		{ "https://app.example.com.evil/", false },
		{ "http://com/", false },
	};
	struct tenants *tenants = loaded("{acme: {link_base: 'https://join.example.org/i', "
					 "link_hosts: [App.example.com, '*.example.net']}}");
	const struct tenant *acme = tenants_find(tenants, "acme");
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (link_may_lead(cases[i].base, acme->link_base, acme->link_hosts) != cases[i].ok)
			fail_msg("%s", cases[i].base);
		assert_true(link_may_lead(cases[i].base, NULL, NULL));
	}
	tenants_free(tenants);
	assert_int_equal(load(&tenants, "{acme: {link_hosts: ['https://a.example']}}", &e),
			 ERR_FATAL);
	assert_int_equal(load(&tenants, "{acme: {link_hosts: ['*.']}}", &e), ERR_FATAL);
}

/* Whoever holds the settings may read them, whatever has replaced them. */
static void test_holders(void **state)
{
	struct tenants *tenants = loaded("{acme: {contact: Ann}}");
	struct tenants *held = tenants_hold(tenants);

	(void)state;
	tenants_free(tenants);
	assert_string_equal(tenants_find(held, "acme")->contact, "Ann");
	tenants_free(held);
}

static void test_next(void **state)
{
	static const struct {
		const char *channel, *zone, *time, *expected;
	} cases[] = {
		{ "email", "Asia/Tokyo", "2025-03-14T15:00:00Z", "2025-03-14T23:00:00Z" },
		{ "email", NULL, "2025-03-14T15:00:00Z", "2025-03-14T15:00:00Z" },
		{ "email", "Europe/Moskow", "2025-03-14T17:00:00Z", "2025-03-15T05:00:00Z" },
		{ "sms", NULL, "2025-03-14T15:00:00Z", "2025-03-15T06:00:00Z" },
		{ "sms", "Asia/Tokyo", "2025-03-14T01:00:00Z", "2025-03-14T01:00:00Z" },
	};
	struct tenants *tenants = loaded(
		"{acme: {timezone: Europe/Moscow, send_window: {from: '08:00', to: '20:00'},\n"
		"        sms_window: {from: '09:00', to: '18:00'}}}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[NOW_TEXT_SIZE];
		int64_t ms, expected;

		assert_true(now_parse(cases[i].time, &ms));
		assert_true(now_parse(cases[i].expected, &expected));
		struct tenant_hours hours = tenant_hours(tenants_find(tenants, "acme"),
							 cases[i].channel, cases[i].zone);

		ms = tenant_next_ms(&hours, ms);
		if (ms != expected)
			fail_msg("case %zu: %s", i, now_text(ms, text));
	}
	tenants_free(tenants);
}

static void test_many(void **state)
{
	autobuf yaml = BUF_INIT(1u << 20);
	struct tenants *tenants;
	char name[24];

	(void)state;
	for (int i = 999; i >= 0; i--)
		buf_fmt(&yaml, "t%d: {link_ttl_s: %d}\n", i, 1000 + i);
	tenants = loaded(yaml.data);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(tenants_find(tenants, name)->link_ttl_s, 1000 + i);
	}
	assert_int_equal(tenants_find(tenants, "t1000")->link_ttl_s, 86400);
	tenants_free(tenants);
}

static const struct {
	const char *yaml, *error;
} bad[] = {
	{ "{acme: {link_ttl: 5}}",
	  "tenants.acme: link_ttl is no setting of a tenant, the nearest is link_ttl_s" },
	{ "{acme: {sender: {form: a@b.org}}}",
	  "tenants.acme: sender: form is no setting of a tenant, the nearest is from" },
	{ "{'*': {brand: {color: red}}}",
	  "tenants.*: brand: color is no setting of a tenant, the nearest is colour" },
	{ "{'*': {brand: {colour: red}}}",
	  "tenants.*: brand: colour 'red' must be a colour such as #1a5fb4" },
	{ "{acme: 5}", "tenants.acme: must be a mapping" },
	{ "{acme: {sender: a@b.org}}", "tenants.acme: sender: must be a mapping" },
	{ "{acme: {auto_send: true}}", "tenants.acme: auto_send: must be a mapping" },
	{ "{acme: {auto_send: {imports: true}}}",
	  "tenants.acme: auto_send: imports is no setting of a tenant, the nearest is import" },
	{ "{acme: {auto_send: {import: 1}}}",
	  "tenants.acme: auto_send: import '1' must be true or false" },
	{ "{acme: {limits: 50/s}}", "tenants.acme: limits: must be a mapping" },
	{ "{acme: {limits: {tenants: 50/s}}}",
	  "tenants.acme: limits: tenants is no setting of a tenant, the nearest is tenant" },
	{ "{acme: {limits: {tenant: 50}}}",
	  "tenants.acme: limits: tenant '50' must be text, such as 50/s" },
	{ "{acme: {limits: {tenant: 50/w}}}",
	  "tenants.acme: limits: tenant: '50/w': a rate is per s, m, h or d" },
	{ "{acme: {link_ttl_s: 299}}",
	  "tenants.acme: link_ttl_s '299' must be a number from 300 to 31536000" },
	{ "{acme: {link_ttl_s: 31536001}}",
	  "tenants.acme: link_ttl_s '31536001' must be a number from 300 to 31536000" },
	{ "{acme: {link_ttl_s: long}}",
	  "tenants.acme: link_ttl_s 'long' must be a number from 300 to 31536000" },
	{ "{acme: {contact: 5}}", "tenants.acme: contact '5' must be text" },
	{ "{acme: {sender: {from_name: \"a\\r\\nBcc: b\"}}}",
	  "tenants.acme: sender: from_name must be one line of text" },
	{ "{acme: {sender: {from: 'Acme <a@b.org>'}}}",
	  "tenants.acme: sender: from must be an address such as no-reply@example.com, its domain "
	  "in "
	  "ASCII" },
	{ "{acme: {sender: {reply_to: ' a@b.org'}}}",
	  "tenants.acme: sender: reply_to must be an address such as no-reply@example.com, its "
	  "domain in "
	  "ASCII" },
	{ "{acme: {sender: {from: 'a@bücher.example'}}}",
	  "tenants.acme: sender: from must be an address such as no-reply@example.com, its domain "
	  "in "
	  "ASCII" },
	{ "{acme: {link_base: 'join.example/i'}}",
	  "tenants.acme: link_base 'join.example/i' must be an http or https URL" },
	{ "{acme: {timezone: Europe/Moskow}}", "tenants.acme: timezone 'Europe/Moskow' must be an "
					       "IANA time zone such as Europe/Moscow" },
	{ "{acme: {default_locale: ru_RU}}",
	  "tenants.acme: default_locale 'ru_RU' must be a BCP 47 language tag such as ru-RU" },
	{ "{acme: {send_window: 9-18}}", "tenants.acme: send_window: must be a mapping" },
	{ "{acme: {send_window: {from: 08:00}}}",
	  "tenants.acme: send_window needs from and to, or is off" },
	{ "{acme: {send_window: {from: 08:00, to: 08:00}}}",
	  "tenants.acme: send_window: from and to must differ; all day is 00:00 to 24:00" },
	{ "{acme: {send_window: {from: 24:00, to: 00:00}}}",
	  "tenants.acme: send_window: from and to must differ; all day is 00:00 to 24:00" },
	{ "{acme: {send_window: {from: 24:00, to: 08:00}}}",
	  "tenants.acme: send_window: from must be before 24:00" },
	{ "{acme: {sms_window: {from: '8:00', to: 18:00}}}",
	  "tenants.acme: sms_window: from: '8:00' is no time of the day; write 08:00, or 24:00" },
	{ "{acme: {send_window: {days: mon-fry, from: 08:00, to: 18:00}}}",
	  "tenants.acme: send_window: days: 'mon-fry' are no days; write mon-fri, or mon, wed, "
	  "sat-sun" },
	{ "{acme: {send_window: {days: [], from: 08:00, to: 18:00}}}",
	  "tenants.acme: send_window: days: '' are no days; write mon-fri, or mon, wed, sat-sun" },
	{ "{acme: {reminder: {count: 3}}}",
	  "tenants.acme: reminder: count '3' must be a number from 0 to 2" },
	{ "{acme: {reminder: {at_percent: 100}}}",
	  "tenants.acme: reminder: at_percent '100' must be a number from 1 to 99" },
	{ "{acme: {reminder: half}}", "tenants.acme: reminder: must be a mapping" },
	{ "{acme: {cooldown_s: -1}}",
	  "tenants.acme: cooldown_s '-1' must be a number from 0 to 604800" },
	{ "{acme: {email_only: yes}}", "tenants.acme: email_only 'yes' must be true or false" },
	{ "{acme: {home_region: Kazakhstan}}",
	  "tenants.acme: home_region 'Kazakhstan' must be a country such as KZ" },
	{ "{acme: {countries: {allow: [KZ, ru]}}}",
	  "tenants.acme: countries: allow 'ru' must be a country such as KZ" },
	{ "{acme: {roles: admin}}", "tenants.acme: roles must be a list of up to 200" },
	{ "{acme: {teams: ['']}}", "tenants.acme: teams '' must be one line of 1 to 100 bytes" },
	{ "{acme: {accept: {mode: page}}}",
	  "tenants.acme: accept: mode 'page' must be form, confirm or redirect" },
	{ "{acme: {accept: {public_key: c2hvcnQ=}}}",
	  "tenants.acme: accept: public_key 'c2hvcnQ=' must be a public key as `beckon keygen "
	  "--accept-key` prints it" },
	{ "{acme: {sender: {sms_id: 'Twelve chars'}}}",
	  "tenants.acme: sender: sms_id 'Twelve chars' must be 11 letters and digits, or 3 to 15 "
	  "digits" },
	{ "{'ac me': {}}", "tenants.ac me: a tenant's name has 1 to 64 of A-Z a-z 0-9 _ -" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct tenants *t = NULL;
		struct err e = { "" };

		if (load(&t, bad[i].yaml, &e) != ERR_FATAL)
			fail_msg("%s is taken", bad[i].yaml);
		assert_string_equal(e.text, bad[i].error);
		assert_null(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_laid),
		cmocka_unit_test(test_reminders_off),
		cmocka_unit_test(test_own_over_common),
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_holders),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
