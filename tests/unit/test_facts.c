/* What a link is worth, from what is known of its invite; and the token in a link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "facts.h"
#include "mem.h"

#define NOW 1000000
#define LATER (NOW + 1)

static void test_verdicts(void **state)
{
	static const struct {
		struct link_facts facts;
		int64_t generation;
		enum link_verdict verdict;
	} rows[] = {
		{ { true, "sent", 1, LATER, "t/i", NOW }, 1, LINK_VALID },
		{ { true, "delivered", 1, LATER, "t/i", NOW }, 1, LINK_VALID },
		{ { true, "undelivered", 1, LATER, "t/i", NOW }, 1, LINK_VALID },
		{ { true, "unknown", 1, LATER, "t/i", NOW }, 1, LINK_VALID },
		{ { true, "queued", 1, LATER, "t/i", NOW }, 1, LINK_VALID }, /* a reminder */
		{ { true, "queued", 1, 0, "t/i", NOW }, 1, LINK_UNKNOWN },   /* not sent */
		{ { true, "held", 1, 0, "t/i", NOW }, 1, LINK_UNKNOWN },
		{ { true, "error", 1, LATER, "", NOW }, 1, LINK_UNKNOWN },
		/* its end is exact, whether or not the timer has run */
		{ { true, "sent", 1, NOW, "t/i", NOW }, 1, LINK_EXPIRED },
		{ { true, "sent", 1, NOW - 1, "t/i", NOW }, 1, LINK_EXPIRED },
		{ { true, "expired", 1, NOW - 1, "", NOW }, 1, LINK_EXPIRED },
		{ { true, "cancelled", 1, LATER, "", NOW }, 1, LINK_CANCELLED },
		{ { true, "accepted", 1, LATER, "t/i", NOW }, 1, LINK_ACCEPTED },
		{ { true, "declined", 1, LATER, "", NOW }, 1, LINK_DECLINED },
		/* another generation, another invite */
		{ { true, "sent", 2, LATER, "t/i", NOW }, 1, LINK_SUPERSEDED },
		{ { true, "cancelled", 2, LATER, "", NOW }, 1, LINK_SUPERSEDED },
		{ { true, "sent", 1, LATER, "t/i", NOW }, 2, LINK_UNKNOWN },
		{ { true, "sent", 1, LATER, "t/other", NOW }, 1, LINK_SUPERSEDED },
		{ { true, "sent", 1, LATER, "", NOW }, 1, LINK_SUPERSEDED },
		{ { false, "", 0, 0, "", NOW }, 1, LINK_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (link_judge(&rows[i].facts, "t/i", rows[i].generation) != rows[i].verdict)
			fail_msg("row %zu (%s) is %s", i, rows[i].facts.state,
				 link_verdicts[link_judge(&rows[i].facts, "t/i",
							  rows[i].generation)]);
}

static void test_tokens(void **state)
{
	static const char *const rows[][2] = {
		{ "https://join.example.com/i?token=k1.abc", "k1.abc" },
		{ "https://join.example.com/i?x=1&token=k1.abc&y=2#top", "k1.abc" },
		{ "https://join.example.com/i?token=k1.abc\n", "k1.abc" },
		{ "https://join.example.com/i?mytoken=no&token=k1.abc", "k1.abc" },
		{ "k1.abc", "k1.abc" },
		{ "k1.abc\r\n", "k1.abc" },
		{ "", "" },
	};
	char out[32], small[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(link_token(rows[i][0], out, sizeof(out)), rows[i][1]);
	assert_string_equal(link_token("k1.abc", small, sizeof(small)), "k1.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
