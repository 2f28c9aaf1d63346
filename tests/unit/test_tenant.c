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
#include "mem.h"
#include "request.h"
#include "tenant.h"
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
		assert_null(t->from);
		tenants_free(tenants);
	}
	tenants_free(NULL);
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
	  "tenants.acme: form is no setting of a tenant, the nearest is from" },
	{ "{'*': {brand: {color: red}}}",
	  "tenants.*: color is no setting of a tenant, the nearest is colour" },
	{ "{'*': {brand: {colour: red}}}", "tenants.*: colour must be a colour such as #1a5fb4" },
	{ "{acme: 5}", "tenants.acme: must be a mapping" },
	{ "{acme: {sender: a@b.org}}", "tenants.acme: must be a mapping" },
	{ "{acme: {auto_send: true}}", "tenants.acme: auto_send must be a mapping" },
	{ "{acme: {auto_send: {imports: true}}}",
	  "tenants.acme: auto_send.imports: there are manual, import, directory, api" },
	{ "{acme: {auto_send: {import: 1}}}",
	  "tenants.acme: auto_send.import is neither true nor false" },
	{ "{acme: {limits: 50/s}}", "tenants.acme: limits must be a mapping" },
	{ "{acme: {limits: {tenants: 50/s}}}",
	  "tenants.acme: limits.tenants: there are tenant and recipient" },
	{ "{acme: {limits: {tenant: 50}}}",
	  "tenants.acme: limits.tenant must be text, such as 50/s" },
	{ "{acme: {limits: {tenant: 50/w}}}",
	  "tenants.acme: limits.tenant: '50/w': a rate is per s, m, h or d" },
	{ "{acme: {link_ttl_s: 299}}", "tenants.acme: link_ttl_s is from 300 to 31536000 seconds" },
	{ "{acme: {link_ttl_s: 31536001}}",
	  "tenants.acme: link_ttl_s is from 300 to 31536000 seconds" },
	{ "{acme: {link_ttl_s: long}}",
	  "tenants.acme: link_ttl_s is from 300 to 31536000 seconds" },
	{ "{acme: {contact: 5}}", "tenants.acme: contact must be text" },
	{ "{acme: {sender: {from_name: \"a\\r\\nBcc: b\"}}}",
	  "tenants.acme: from_name must be one line of text" },
	{ "{acme: {sender: {from: 'Acme <a@b.org>'}}}",
	  "tenants.acme: from must be an address such as no-reply@example.com, its domain in "
	  "ASCII" },
	{ "{acme: {sender: {reply_to: ' a@b.org'}}}",
	  "tenants.acme: reply_to must be an address such as no-reply@example.com, its domain in "
	  "ASCII" },
	{ "{acme: {sender: {from: 'a@bücher.example'}}}",
	  "tenants.acme: from must be an address such as no-reply@example.com, its domain in "
	  "ASCII" },
	{ "{acme: {link_base: 'join.example/i'}}",
	  "tenants.acme: link_base must be an http or https URL" },
	{ "{acme: {timezone: Europe/Moskow}}",
	  "tenants.acme: timezone must be an IANA time zone such as Europe/Moscow" },
	{ "{acme: {default_locale: ru_RU}}",
	  "tenants.acme: default_locale must be a BCP 47 language tag such as ru-RU" },
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
		cmocka_unit_test(test_own_over_common),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
