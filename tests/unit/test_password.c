/* What is decided of a password mail, where that differs from an invitation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decide.h"
#include "mem.h"

#define NOW INT64_C(1800000000000)

static const struct tenant tenant = { .name = "*" };
static const struct kept_terms terms = { "key", &tenant };

/* A password mail that is fine, for somebody who is active, and the invite that it is about. */
struct asked {
	struct request req;
	struct kept kept;
	struct question q;
};

static void ask(struct asked *a, enum request_type type, const char *state)
{
	struct request *r = &a->kept.request;
	const char *code;
	struct err e;

	*a = (struct asked){ 0 };
	*r = (struct request){ .type = REQUEST_INVITE,
			       .tenant = "acme",
			       .invite = "p-1",
			       .kind = KIND_PASSWORD,
			       .confirm = true,
			       .credentials = { .username = "ann", .sealed_password = "AWJj" } };
	r->recipient.state = STATE_ACTIVE;
	r->recipient.email = "ann@corp.internal";
	assert_int_equal(address_normalise(r->recipient.email, &r->recipient.address, &code, &e),
			 OK);
	kept_name_people(&a->kept, &terms);
	a->req = *r;
	a->req.type = type;
	a->q = (struct question){
		.req = &a->req,
		.kept = &a->kept,
		.invite = { .known = state != NULL,
			    .state = state ? state : "",
			    .generation = state ? 4 : 0,
			    .sent_ms = NOW - 1000,
			    .kind = KIND_PASSWORD,
			    .channel = IDS_EMAIL },
		.policy = { .auto_send = true, .cooldown_ms = 60000, .mint = true },
		.now_ms = NOW,
	};
}

static void is_refused(const struct asked *a, const char *code, const char *where)
{
	struct plan p = decide(&a->q);

	assert_int_equal(p.word, WORD_REFUSED);
	assert_string_equal(p.code, code);
	assert_memory_equal(p.where, where, strlen(where));
}

static void test_active_people_get_one(void **state)
{
	struct asked a;
	struct plan p;

	(void)state;
	ask(&a, REQUEST_INVITE, NULL);
	p = decide(&a.q);
	assert_int_equal(p.word, WORD_QUEUED);
	assert_int_equal(p.generation, 1);
	assert_true(p.changes.take_address);
}

/* Sealed ones need nothing of ours. */
static void test_nobody_to_seal_for(void **state)
{
	struct asked a;

	(void)state;
	ask(&a, REQUEST_INVITE, NULL);
	a.q.policy.mint = false;
	assert_int_equal(decide(&a.q).word, WORD_QUEUED);
	a.kept.request.credentials =
		(struct request_credentials){ .username = "ann", .mint = true };
	is_refused(&a, "illegal_transition", "/credentials/mint");
	a.q.policy.mint = true;
	assert_int_equal(decide(&a.q).word, WORD_QUEUED);
}

/* At any time, also within the cooldown, and whatever became of the last one; what waits is taken
   back. */
static void test_again(void **state)
{
	static const char *const states[] = { "queued",	     "sent",	 "delivered",
					      "undelivered", "unknown",	 "error",
					      "accepted",    "declined", "cancelled" };
	struct asked a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct plan p;

		ask(&a, REQUEST_RESEND, states[i]);
		p = decide(&a.q);
		assert_int_equal(p.word, WORD_QUEUED);
		assert_int_equal(p.generation, 5);
		assert_true(p.changes.remove_waiting);
		assert_true(p.changes.take_address);
		ask(&a, REQUEST_RESEND, states[i]);
		a.req.confirm = false;
		is_refused(&a, "confirm_missing", "/confirm");
		a.req.credentials.username = NULL;
		is_refused(&a, "schema_invalid", "/credentials");
	}
	ask(&a, REQUEST_RESEND, "held");
	assert_int_equal(decide(&a.q).generation, 4);
}

/* What was said when it was asked for stands. */
static void test_release(void **state)
{
	struct asked a;

	(void)state;
	ask(&a, REQUEST_RELEASE, "held");
	a.req.confirm = false;
	a.req.credentials = (struct request_credentials){ 0 };
	assert_int_equal(decide(&a.q).word, WORD_QUEUED);
	assert_int_equal(decide(&a.q).generation, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_active_people_get_one),
		cmocka_unit_test(test_nobody_to_seal_for),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
