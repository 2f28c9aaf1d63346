/* What an invite keeps of its request: read, changed by release and resend, made into jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kept.h"
#include "mem.h"

static const struct tenant plain = { .link_base = "https://acme.internal/",
				     .link_ttl_s = 86400,
				     .ladder_after_s = 3600 };
static const struct kept_terms terms = { "a key of recipients", &plain };
#define NOW INT64_C(1800000000000)

static json_t *parse(const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	assert_non_null(v);
	return v;
}

/* What release and resend make of "kept", JSON in, JSON out; quotes are single for legibility. */
static const struct {
	const char *what;
	enum request_type type;
	const char *kept, *change, *then;
} changes[] = {
	/* clang-format off */
	{ "nothing is said", REQUEST_RELEASE,
	  "{'role':'a','schedule':{'not_before':'2027-01-01T00:00:00Z'}}", "{'tenant':'acme'}",
	  "{'role':'a','schedule':{'not_before':'2027-01-01T00:00:00Z'}}" },
	{ "a resend goes at once", REQUEST_RESEND,
	  "{'role':'a','schedule':{'not_before':'2027-01-01T00:00:00Z'}}", "{}", "{'role':'a'}" },
	{ "note and subject over the template's", REQUEST_RESEND,
	  "{'template':{'name':'t','note':'x','variables':{'a':1}}}", "{'template':{'note':'y','subject':'s'}}",
	  "{'template':{'name':'t','note':'y','subject':'s','variables':{'a':1}}}" },
	{ "where there was none", REQUEST_RELEASE, "{}", "{'template':{'note':'y'}}", "{'template':{'note':'y'}}" },
	{ "the address, not the person", REQUEST_RESEND,
	  "{'recipient':{'email':'a@b.cd','name':'Ann','locale':'ru'}}", "{'recipient':{'email':'e@f.gh'}}",
	  "{'recipient':{'email':'e@f.gh','name':'Ann','locale':'ru'}}" },
	{ "the window, not the place", REQUEST_RESEND,
	  "{'link':{'base':'https://a.b/','ttl_s':300}}", "{'ttl_s':600}", "{'link':{'base':'https://a.b/','ttl_s':600}}" },
	{ "new credentials whole", REQUEST_RESEND,
	  "{'credentials':{'username':'a','mint':true},'confirm':true}",
	  "{'credentials':{'username':'b','sealed_password':'AAAA'},'confirm':true}",
	  "{'credentials':{'username':'b','sealed_password':'AAAA'},'confirm':true}" },
	{ "what is the command's own stays with it", REQUEST_RESEND,
	  "{'role':'a'}", "{'actor':'u-1','reason':'asked','tenant':'acme','invite':'i'}", "{'role':'a'}" },
	/* clang-format on */
};

static char *doubled(const char *text)
{
	char *out = xstrdup(text);

	for (char *s = out; *s; s++)
		if (*s == '\'')
			*s = '"';
	return out;
}

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		autofree char *kept_text = doubled(changes[i].kept),
			      *change_text = doubled(changes[i].change),
			      *then_text = doubled(changes[i].then);
		json_t *kept = parse(kept_text), *change = parse(change_text),
		       *then = parse(then_text), *before = json_deep_copy(kept);
		json_t *now = kept_change(kept, changes[i].type, change);

		if (!json_equal(now, then))
			fail_msg("%s: %s", changes[i].what, json_dumps(now, 0));
		assert_true(json_equal(kept, before)); /* it may be refused yet */
		json_decref(now);
		json_decref(before);
		json_decref(then);
		json_decref(change);
		json_decref(kept);
	}
}

static const char whole[] =
	"{\"tenant\":\"acme\",\"invite\":\"i-1\",\"scope\":\"staff\","
	"\"recipient\":{\"email\":\"Ann@Corp.internal\"},\"link\":{\"ttl_s\":600}}";

static void test_read(void **state)
{
	static const struct kept_terms others = { "another key", &plain };
	struct kept k, other;
	struct err e;

	(void)state;
	assert_int_equal(kept_read(parse(whole), &terms, &k, &e), OK);
	assert_int_equal(kept_read(parse(whole), &others, &other, &e), OK);
	assert_string_equal(k.request.invite, "i-1");
	assert_non_null(strstr(k.person.address_key, "acme/staff/invite/"));
	assert_non_null(strstr(k.person.address_key, k.person.recipient_hash));
	assert_null(strstr(k.person.recipient_masked, "Ann"));
	assert_string_not_equal(k.person.recipient_hash, other.person.recipient_hash);
	kept_clear(&other);
	kept_clear(&k);
	assert_int_equal(kept_read(parse("{\"tenant\":\"acme\"}"), &terms, &k, &e), ERR_INVALID);
	assert_non_null(k.request.code);
	kept_clear(&k);
	assert_int_equal(kept_read(NULL, &terms, &k, &e), ERR_INVALID); /* erased */
	assert_null(k.data);
}

/* ---- channels ---- */

#define MAIL "'email':'ann@corp.internal'"
#define TEL "'phone':'+7 905 111-11-11'"

/* Which channel an invitation takes, whether an SMS follows, and what is wrong with the number. */
static const struct {
	const char *channel, *recipient;
	bool email_only, password;
	const char *first, *to, *second, *code;
} channels[] = {
	/* clang-format off */
	{ "auto",   MAIL "," TEL, false, false, "email", "ann@corp.internal", NULL,           NULL },
	{ "auto",   TEL,          false, false, "sms",   "+79051111111",      NULL,           NULL },
	{ "auto",   TEL,          true,  false, NULL,    "",                  NULL,           NULL },
	{ "email",  TEL,          false, false, NULL,    "",                  NULL,           NULL },
	{ "sms",    MAIL,         false, false, NULL,    "",                  NULL,           NULL },
	{ "sms",    MAIL "," TEL, false, false, "sms",   "+79051111111",      NULL,           NULL },
	{ "sms",    MAIL "," TEL, true,  false, "email", "ann@corp.internal", NULL,           NULL },
	{ "sms",    MAIL "," TEL, false, true,  "sms",   "+79051111111",      NULL,           NULL },
	{ "ladder", MAIL "," TEL, false, false, "email", "ann@corp.internal", "+79051111111", NULL },
	{ "ladder", MAIL "," TEL, true,  false, "email", "ann@corp.internal", NULL,           NULL },
	{ "ladder", MAIL "," TEL, false, true,  "email", "ann@corp.internal", NULL,           NULL },
	{ "ladder", TEL,          false, false, "sms",   "+79051111111",      NULL,           NULL },
	{ "ladder", MAIL,         false, false, "email", "ann@corp.internal", NULL,           NULL },
	{ "auto",   MAIL ",'phone':'905'",      false, false, "email", "ann@corp.internal", NULL, NULL },
	{ "sms",    "'phone':'89051111111'",    false, false, "sms",   "", NULL, "phone_trunk_prefix" },
	{ "sms",    "'phone':'+7 495 1234567'", false, false, "sms",   "", NULL, "phone_not_mobile" },
	/* clang-format on */
};

static json_t *request_of(const char *channel, const char *recipient, bool password)
{
	autofree char *quoted = xasprintf(
			      "{'tenant':'acme','invite':'i-1','channel':'%s','recipient':"
			      "{%s}%s}",
			      channel, recipient,
			      password ? ",'kind':'password','confirm':true,"
					 "'credentials':{'username':'a','mint':true}"
				       : ""),
		      *text = doubled(quoted);

	return parse(text);
}

static void test_channels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
		struct tenant t = plain;
		struct kept_terms of = { "key", &t };
		struct kept k;
		struct err e = { "" };

		t.email_only = channels[i].email_only;
		if (kept_read(request_of(channels[i].channel, channels[i].recipient,
					 channels[i].password),
			      &of, &k, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		assert_string_equal(k.person.channel ? k.person.channel : "none",
				    channels[i].first ? channels[i].first : "none");
		assert_string_equal(k.person.to, channels[i].to);
		assert_string_equal(k.second.to, channels[i].second ? channels[i].second : "");
		assert_string_equal(k.person.code ? k.person.code : "fine",
				    channels[i].code ? channels[i].code : "fine");
		assert_int_equal(k.person.to[0] != 0, k.person.address_key[0] != 0);
		kept_clear(&k);
	}
}

static void test_countries(void **state)
{
	static const struct {
		const char *allow, *deny, *code;
	} lists[] = { { "[]", "[]", NULL },
		      { "['RU','KZ']", "[]", NULL },
		      { "['KZ']", "[]", "country_not_allowed" },
		      { "[]", "['RU']", "country_not_allowed" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		autofree char *allow = doubled(lists[i].allow), *deny = doubled(lists[i].deny);
		struct tenant t = plain;
		struct kept_terms of = { "key", &t };
		struct kept k;
		struct err e;

		t.countries_allow = parse(allow);
		t.countries_deny = parse(deny);
		assert_int_equal(kept_read(request_of("sms", TEL, false), &of, &k, &e), OK);
		assert_string_equal(k.person.code ? k.person.code : "fine",
				    lists[i].code ? lists[i].code : "fine");
		kept_clear(&k);
		json_decref((json_t *)t.countries_allow);
		json_decref((json_t *)t.countries_deny);
	}
}

/* The same number is the same person, however it was typed; a mask hides most of it. */
static void test_numbers(void **state)
{
	static const char *const typed[] = { "'phone':'+7 905 111-11-11'",
					     "'phone':'79051111111'" };
	struct kept k[2];
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(kept_read(request_of("sms", typed[i], false), &terms, &k[i], &e),
				 OK);
	assert_string_equal(k[0].person.address_key, k[1].person.address_key);
	assert_null(strstr(k[0].person.recipient_masked, "111"));
	for (size_t i = 0; i < 2; i++)
		kept_clear(&k[i]);
}

/* The SMS of a ladder has the link of the e-mail, and holds the address that the e-mail holds. */
static void test_ladder_jobs(void **state)
{
	struct kept_delivery first = { .generation = 1, .request_source = "a", .request_id = "1" };
	struct kept_delivery then = first;
	struct kept k;
	struct err e;

	(void)state;
	then.second = true;
	then.expires_ms = NOW;
	assert_int_equal(kept_read(request_of("ladder", MAIL "," TEL, false), &terms, &k, &e), OK);
	struct job email = kept_job(&k, &plain, &first), sms = kept_job(&k, &plain, &then);

	struct tenant late = plain;

	late.ladder_after_s = 50000; /* more than half of the link's day */
	assert_int_equal(kept_job(&k, &late, &first).ladder_after_ms, 43200000);
	assert_string_equal(email.id, "acme/i-1.1.email.0");
	assert_true(email.ladder_after_ms == 3600000 && !email.ladder);
	assert_string_equal(sms.id, "acme/i-1.1.sms.0");
	assert_string_equal(sms.to, "+79051111111");
	assert_int_equal(sms.not_after_ms, NOW - 1); /* a link that has ended is not sent */
	assert_true(sms.ladder && !sms.ladder_after_ms && sms.expires_ms == NOW);
	assert_string_equal(sms.address_key, email.address_key);
	assert_string_not_equal(sms.recipient_hash, email.recipient_hash);
	kept_clear(&k);
}

static struct job job_of(struct kept *k, struct kept_delivery d)
{
	struct err e;

	assert_int_equal(kept_read(parse(whole), &terms, k, &e), OK);
	d.request_source = "app";
	d.request_id = "e-1";
	d.asked_ms = NOW;
	return kept_job(k, &plain, &d);
}

static void test_jobs(void **state)
{
	struct kept k;
	struct job j = job_of(&k, (struct kept_delivery){ .generation = 3, .template_version = 4 });

	(void)state;
	assert_string_equal(j.id, "acme/i-1.3.email.0");
	assert_string_equal(j.to, "ann@corp.internal");
	assert_string_equal(j.link_base, "https://acme.internal/");
	assert_int_equal(j.ttl_s, 600); /* the request's own */
	assert_true(j.not_after_ms == NOW + KEPT_NOT_AFTER_MS);
	assert_int_equal(j.expires_ms, 0);
	assert_null(j.kid);
	assert_int_equal(j.template_version, 4); /* what the dispatcher knew */
	kept_clear(&k);

	j = job_of(&k, (struct kept_delivery){ .generation = 3,
					       .n = 1,
					       .expires_ms = NOW + 1000,
					       .kid = "k1",
					       .template_version = 4 });
	assert_string_equal(j.id, "acme/i-1.3.email.1");
	assert_true(j.expires_ms == NOW + 1000);
	assert_true(j.not_after_ms < j.expires_ms); /* nobody is reminded of what has ended */
	assert_string_equal(j.kid, "k1");
	assert_int_equal(j.template_version, 0); /* whatever holds then */
	kept_clear(&k);
}

static void test_not_after(void **state)
{
	struct request q = { 0 };

	(void)state;
	assert_true(kept_not_after(&q, NOW) == NOW + KEPT_NOT_AFTER_MS);
	q.schedule.not_after_ms = NOW + 5;
	assert_true(kept_not_after(&q, NOW) == NOW + 5);
	q.schedule.not_after_ms = NOW - 5; /* it was held beyond that */
	assert_true(kept_not_after(&q, NOW) == NOW + KEPT_NOT_AFTER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),	    cmocka_unit_test(test_read),
		cmocka_unit_test(test_channels),    cmocka_unit_test(test_countries),
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_ladder_jobs), cmocka_unit_test(test_not_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
