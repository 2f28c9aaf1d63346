/* Limits as questions: what is paid once stays paid, and what is refused stands in a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"

#define HOUR_US INT64_C(3600000000)

static struct claim ask(struct fixture *f, enum who who, const char *delivery,
			const struct guard_limit *limits, size_t n)
{
	struct claim c = { .delivery = delivery,
			   .invite = "acme/q",
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = 1000,
			   .limits = limits,
			   .nlimits = n };

	guard_add_claim(f->guards[who], &c);
	run_or_fail(f->guards[who]);
	return c;
}

static void release(struct fixture *f, enum who who, const char *delivery)
{
	guard_add_release(f->guards[who], delivery, 0, false);
	run_or_fail(f->guards[who]);
}

static bool is_charged(struct fixture *f, const char *name)
{
	return redis_int(command(f, "EXISTS beckon:g:%s", name)) == 1;
}

static void test_given_back_is_paid(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limits[] = { { "recipient:back", HOUR_US, 1 },
					      { "relay:b1", 1000, 5 } };

	assert_int_equal(ask(f, A, "q/b.1.email.0", limits, 2).answer, CLAIM_GO);
	autofree char *paid = xstrdup(text_of(command(f, "GET beckon:g:recipient:back")));

	for (int i = 0; i < 3; i++) {
		release(f, i % 2 ? B : A, "q/b.1.email.0");
		assert_int_equal(ask(f, i % 2 ? A : B, "q/b.1.email.0", limits, 2).answer,
				 CLAIM_GO);
	}
	assert_string_equal(text_of(command(f, "GET beckon:g:recipient:back")), paid);
	/* nobody else has it for nothing */
	assert_int_equal(ask(f, A, "q/b2.1.email.0", limits, 2).answer, CLAIM_LIMITED);
}

/* Given back because its relay closed: the next relay's limit is asked, and nothing else. */
static void test_another_relay_is_asked(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit first[] = { { "recipient:r", HOUR_US, 1 },
					     { "relay:r1", HOUR_US, 1 } };
	const struct guard_limit second[] = { { "recipient:r", HOUR_US, 1 },
					      { "relay:r2", HOUR_US, 1 } };
	const struct guard_limit full[] = { { "relay:r3", HOUR_US, 1 } };

	assert_int_equal(ask(f, A, "q/r.1.email.0", first, 2).answer, CLAIM_GO);
	assert_int_equal(ask(f, A, "q/other.1.email.0", full, 1).answer, CLAIM_GO);
	release(f, A, "q/r.1.email.0");
	struct claim c = ask(f, A, "q/r.1.email.0", full, 1);

	assert_int_equal(c.answer, CLAIM_LIMITED);
	assert_string_equal(c.limited_by, "relay");
	assert_int_equal(ask(f, A, "q/r.1.email.0", second, 2).answer, CLAIM_GO);
	assert_true(is_charged(f, "relay:r2"));
}

/* What was tried and parked pays again: it is another message to the relay. */
static void test_the_next_attempt_pays(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limit = { "relay:next", HOUR_US, 1 };
	struct later_item item = { .id = "q/n.1.email.0",
				   .due_ms = INT64_C(4000000000000),
				   .topic = "invite-email",
				   .key = "k",
				   .value = "v",
				   .value_len = 1,
				   .reason = "retry" };
	struct settle s = { .delivery = "q/n.1.email.0",
			    .invite = "acme/q",
			    .generation = 1,
			    .verdict = "parked",
			    .park = &item };
	struct claim again = { .delivery = "q/n.1.email.0",
			       .invite = "acme/q",
			       .generation = 1,
			       .turn = 1,
			       .coords = { "invite-email", 0, 9 },
			       .lease_ms = 1000,
			       .limits = &limit,
			       .nlimits = 1 };

	assert_int_equal(ask(f, A, "q/n.1.email.0", &limit, 1).answer, CLAIM_GO);
	guard_add_settle(f->guards[A], &s);
	guard_add_claim(f->guards[A], &again);
	run_or_fail(f->guards[A]);
	assert_int_equal(again.answer, CLAIM_LIMITED);
}

/* A claim that an older version wrote has no word of payment. */
static void test_an_older_line(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limit = { "relay:old", HOUR_US, 1 };

	command(f, "SET beckon:c:q/o.1.email.0 1|0||invite-email/0/1||0|0|1700000000000|k1|0|0");
	assert_int_equal(ask(f, A, "q/o.1.email.0", &limit, 1).answer, CLAIM_GO);
	assert_true(is_charged(f, "relay:old"));
}

/* Refused ones are told to come back one after the other, a minute ahead at the most. */
static void test_the_line(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limit = { "relay:line", 2000000, 1 };
	int64_t before = 0;
	char delivery[40];

	assert_int_equal(ask(f, A, "q/l.1.email.0", &limit, 1).answer, CLAIM_GO);
	for (int i = 0; i < 40; i++) {
		snprintf(delivery, sizeof(delivery), "q/l%d.1.email.0", i);
		struct claim c = ask(f, A, delivery, &limit, 1);

		assert_int_equal(c.answer, CLAIM_LIMITED);
		assert_in_range(c.wait_ms, 1, 2000);
		assert_in_range(c.line_ms, c.wait_ms, 62000);
		if (i < 28) /* each has an interval of its own */
			assert_in_range(c.now_ms + c.line_ms, before + (i ? 1999 : 0),
					before + (i ? 2001 : INT64_C(4000000000000)));
		before = c.now_ms + c.line_ms;
	}
	skew(f, 2001);
	assert_int_equal(ask(f, A, "q/l0.1.email.0", &limit, 1).answer, CLAIM_GO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_back_is_paid),
		cmocka_unit_test(test_another_relay_is_asked),
		cmocka_unit_test(test_the_next_attempt_pays),
		cmocka_unit_test(test_an_older_line),
		cmocka_unit_test(test_the_line),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_limits", tests, fixture_open, fixture_close);
}
