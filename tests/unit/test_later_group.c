/* Items that wait for the same: brought forward together, unless they wait with another turn by
 * now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"
#include "later_group.h"

#define FAR INT64_C(4000000000000)

static void park_by(struct fixture *f, const char *id, int64_t turn, const char *group,
		    const struct guard_limit *limit)
{
	struct later_item i = { .id = id,
				.turn = turn,
				.due_ms = FAR,
				.topic = "invite-email",
				.key = "acme/i",
				.value = "v",
				.value_len = 1,
				.reason = "paused",
				.group = group,
				.group_limit = limit };
	struct err e;

	if (later_park(f->guards[A], &i, 1, &e) < 0)
		fail_msg("%s", e.text);
}

static void park(struct fixture *f, const char *id, int64_t turn, const char *group)
{
	park_by(f, id, turn, group, NULL);
}

static void collect(void *ctx, const char *name)
{
	snprintf((char *)ctx + strlen(ctx), 64, "%s ", name);
}

static const char *groups(struct fixture *f, char out[256])
{
	struct err e;

	out[0] = '\0';
	assert_int_equal(later_groups(f->guards[B], collect, out, &e), OK);
	return out;
}

static bool forward(struct fixture *f, const char *group, size_t max)
{
	bool left = false;
	struct err e;

	assert_int_equal(later_forward(f->guards[B], group, max, &left, &e), OK);
	return left;
}

static bool due(struct fixture *f, const char *id)
{
	return redis_int(command(f, "ZSCORE beckon:later %s", id)) < FAR;
}

static void test_forward(void **state)
{
	struct fixture *f = *state;
	char text[256];

	assert_string_equal(groups(f, text), "");
	park(f, "a", 2, "g1");
	park(f, "b", 2, "g2");
	park(f, "c", 2, NULL);
	assert_int_equal(strlen(groups(f, text)), 6);
	assert_false(forward(f, "g1", 10));
	assert_true(due(f, "a"));
	assert_false(due(f, "b") || due(f, "c"));
	assert_string_equal(groups(f, text), "g2 ");
	assert_false(forward(f, "g1", 10)); /* nothing is there any more */
	assert_false(forward(f, "g2", 10));
	assert_string_equal(groups(f, text), "");
}

/* A retry that waits since, or nothing at all: neither is touched. */
static void test_another_turn(void **state)
{
	struct fixture *f = *state;
	char text[256];
	struct err e;

	park(f, "d", 2, "g3");
	park(f, "d", 3, NULL);
	park(f, "gone", 2, "g3");
	assert_int_equal(later_cancel(f->guards[A], "gone", &e), OK);
	assert_false(forward(f, "g3", 10));
	assert_false(due(f, "d"));
	assert_int_equal(redis_type(command(f, "ZSCORE beckon:later gone")), REDIS_NIL);
	assert_string_equal(groups(f, text), "");
}

/* Parked anew for the same pause: it comes forward with its newest turn. */
static void test_parked_again(void **state)
{
	struct fixture *f = *state;

	park(f, "h", 2, "g4");
	park(f, "h", 3, "g4");
	assert_false(forward(f, "g4", 10));
	assert_true(due(f, "h"));
}

static void test_in_slices(void **state)
{
	struct fixture *f = *state;
	char id[16];

	for (int i = 0; i < 25; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		park(f, id, 2, "g5");
	}
	assert_true(forward(f, "g5", 10));
	assert_int_equal(redis_int(command(f, "ZCARD beckon:later:of:g5")), 15);
	assert_true(forward(f, "g5", 10));
	assert_false(forward(f, "g5", 10));
	for (int i = 0; i < 25; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		assert_true(due(f, id));
	}
}

/* Two at once, the others a second apart: the slots of the limit, beside whoever has some already.
 */
static void test_by_a_limit(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limit = { "tenant:acme", 1000000, 2 };
	int64_t first = 0;
	char id[16];

	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "p%d", i);
		park_by(f, id, 2, "g6", &limit);
	}
	assert_true(forward(f, "g6", 3));
	assert_false(forward(f, "g6", 3));
	for (int i = 0; i < 5; i++) {
		int64_t at = redis_int(command(f, "ZSCORE beckon:later p%d", i));

		first = i ? first : at;
		assert_in_range(at - first, i < 2 ? 0 : (i - 1) * 1000 - 300,
				i < 2 ? 300 : (i - 1) * 1000 + 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),	     cmocka_unit_test(test_another_turn),
		cmocka_unit_test(test_parked_again), cmocka_unit_test(test_in_slices),
		cmocka_unit_test(test_by_a_limit),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
