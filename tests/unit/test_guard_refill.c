/* Who makes Redis anew: the lease, and what becomes of somebody who sleeps through its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "guard_refill.h"

#define LEASE_MS 60000

static const struct guard_field sent[] = { { "state", "sent", 4 } };

static enum refill_answer hold(struct fixture *f, enum who who, bool first)
{
	struct refill_progress mine = { .phase = "writing" };
	enum refill_answer answer = REFILL_OTHERS;
	struct err e;

	text_put(mine.by, sizeof(mine.by), who == A ? "a/1" : "b/1");
	if (refill_hold(f->guards[who], first, LEASE_MS, &mine, &answer, &e) < 0)
		fail_msg("%s", e.text);
	return answer;
}

static int write_state(struct fixture *f, enum who who, const char *invite)
{
	struct err e;

	refill_state(f->guards[who], invite, sent, 1);
	return refill_run(f->guards[who], &e);
}

static bool is_there(struct fixture *f, const char *key)
{
	return redis_int(command(f, "EXISTS beckon:%s", key)) == 1;
}

/* The end of a lease, as others see it. */
static void lose(struct fixture *f)
{
	struct redis *r = guard_redis(f->guards[B]);
	const char *argv[] = { "DEL", "beckon:rebuild" };

	redis_add(r, ARRAY_LEN(argv), argv, NULL);
	assert_int_equal(redis_run(r, NULL), OK);
}

static void test_one_of_two(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hold(f, A, true), REFILL_WHOLE);
	command(f, "FLUSHALL");
	assert_int_equal(hold(f, A, true), REFILL_MINE);
	assert_int_equal(hold(f, B, true), REFILL_OTHERS);
	for (int i = 0; i < 3; i++) { /* keeping it is no reason to be refused */
		assert_int_equal(hold(f, A, false), REFILL_MINE);
		assert_int_equal(write_state(f, A, "acme/one"), OK);
		assert_int_equal(write_state(f, A, "acme/two"), OK);
	}
	assert_true(is_there(f, "d:acme/one") && is_there(f, "d:acme/two"));
}

/* Whoever was stopped while it wrote goes on where it was, although another has the lease by now,
   or has even finished: nothing of that is taken. */
static void test_who_slept_writes_nothing(void **state)
{
	struct fixture *f = *state;
	enum refill_answer answer = REFILL_OTHERS;
	int64_t cursor = 0, removed = 0;
	struct err e;

	command(f, "FLUSHALL");
	assert_int_equal(hold(f, A, true), REFILL_MINE);
	assert_int_equal(write_state(f, A, "acme/one"), OK);
	lose(f);
	assert_int_equal(hold(f, B, true), REFILL_MINE);
	assert_int_equal(write_state(f, A, "acme/late"), ERR_AGAIN);
	assert_false(is_there(f, "d:acme/late"));
	assert_int_equal(hold(f, A, false), REFILL_OTHERS);

	assert_int_equal(refill_finish(f->guards[B], "b/1", &answer, &e), OK);
	assert_int_equal(answer, REFILL_MINE);
	assert_int_equal(write_state(f, A, "acme/later"), ERR_AGAIN);
	assert_false(is_there(f, "d:acme/later"));

	command(f, "FLUSHALL");
	assert_int_equal(hold(f, A, true), REFILL_MINE);
	command(f, "SET beckon:d:acme/kept x");
	lose(f);
	assert_int_equal(hold(f, B, true), REFILL_MINE);
	assert_int_equal(refill_wipe(f->guards[A], &cursor, &removed, &e), ERR_AGAIN);
	assert_true(is_there(f, "d:acme/kept"));
}

/* Nobody need have taken it. */
static void test_an_end_by_time(void **state)
{
	struct fixture *f = *state;

	command(f, "FLUSHALL");
	assert_int_equal(hold(f, A, true), REFILL_MINE);
	assert_int_equal(write_state(f, A, "acme/one"), OK);
	lose(f);
	assert_int_equal(write_state(f, A, "acme/late"), ERR_AGAIN);
	assert_int_equal(hold(f, A, true), REFILL_MINE);
	assert_int_equal(write_state(f, A, "acme/again"), OK);
	assert_true(!is_there(f, "d:acme/late") && is_there(f, "d:acme/again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_of_two, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_who_slept_writes_nothing, fixture_open,
						fixture_close),
		cmocka_unit_test_setup_teardown(test_an_end_by_time, fixture_open, fixture_close),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_refill", tests, NULL, NULL);
}
