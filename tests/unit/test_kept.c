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

#define KEY "a key of recipients"
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
	struct kept k, other;
	struct err e;

	(void)state;
	assert_int_equal(kept_read(parse(whole), KEY, &k, &e), OK);
	assert_int_equal(kept_read(parse(whole), "another key", &other, &e), OK);
	assert_string_equal(k.request.invite, "i-1");
	assert_non_null(strstr(k.address_key, "acme/staff/invite/"));
	assert_non_null(strstr(k.address_key, k.recipient_hash));
	assert_null(strstr(k.recipient_masked, "Ann"));
	assert_string_not_equal(k.recipient_hash, other.recipient_hash);
	kept_clear(&other);
	kept_clear(&k);
	assert_int_equal(kept_read(parse("{\"tenant\":\"acme\"}"), KEY, &k, &e), ERR_INVALID);
	assert_non_null(k.request.code);
	kept_clear(&k);
	assert_int_equal(kept_read(NULL, KEY, &k, &e), ERR_INVALID); /* erased */
	assert_null(k.data);
}

static struct job job_of(struct kept *k, struct kept_delivery d)
{
	static const struct tenant tenant = { .link_base = "https://acme.internal/",
					      .link_ttl_s = 86400 };
	struct err e;

	assert_int_equal(kept_read(parse(whole), KEY, k, &e), OK);
	d.request_source = "app";
	d.request_id = "e-1";
	d.asked_ms = NOW;
	return kept_job(k, &tenant, &d);
}

static void test_jobs(void **state)
{
	struct kept k;
	struct job j = job_of(&k, (struct kept_delivery){ .generation = 3 });

	(void)state;
	assert_string_equal(j.id, "acme/i-1.3.email.0");
	assert_string_equal(j.to, "ann@corp.internal");
	assert_string_equal(j.link_base, "https://acme.internal/");
	assert_int_equal(j.ttl_s, 600); /* the request's own */
	assert_true(j.not_after_ms == NOW + KEPT_NOT_AFTER_MS);
	assert_int_equal(j.expires_ms, 0);
	assert_null(j.kid);
	kept_clear(&k);

	j = job_of(&k, (struct kept_delivery){
			       .generation = 3, .n = 1, .expires_ms = NOW + 1000, .kid = "k1" });
	assert_string_equal(j.id, "acme/i-1.3.email.1");
	assert_true(j.expires_ms == NOW + 1000);
	assert_true(j.not_after_ms < j.expires_ms); /* nobody is reminded of what has ended */
	assert_string_equal(j.kid, "k1");
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
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_not_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
