/* What time it is with Redis: never ahead of it, whatever its answers took; and after its clock was
 * set back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mem.h"
#include "redis_time.h"

#define AHEAD 1000000 /* Redis' time less ours */
#define SPAN REDIS_TIME_SPAN_MS

struct answer {
	int64_t sent_ms, took_ms; /* by our clock: Redis read its own when it was sent */
	int64_t set_back_ms;	  /* by how much its clock has been by then */
};

static struct redis_time heard(const struct answer *list, size_t n)
{
	struct redis_time t = { 0 };

	for (size_t i = 0; i < n; i++)
		redis_time_note(&t, list[i].sent_ms + AHEAD - list[i].set_back_ms,
				list[i].sent_ms + list[i].took_ms);
	return t;
}

static void test_nothing_heard(void **state)
{
	struct redis_time t = { 0 };

	(void)state;
	assert_int_equal(redis_time_at(&t, 5), INT64_MIN);
}

static void test_told(void **state)
{
	static const struct {
		const char *what;
		struct answer list[3];
		int64_t at_ms, behind_ms;
	} rows[] = {
		{ "one answer, and what it took", { { 10, 4, 0 } }, 20, 5 },
		{ "the quickest counts", { { 10, 4, 0 }, { 20, 1, 0 }, { 30, 300, 0 } }, 40, 2 },
		{ "that of the span before, too",
		  { { 10, 1, 0 }, { SPAN + 20, 9, 0 } },
		  SPAN + 40,
		  2 },
		{ "none older",
		  { { 10, 1, 0 }, { SPAN + 20, 9, 0 }, { 2 * SPAN + 40, 7, 0 } },
		  2 * SPAN + 60,
		  8 },
		{ "nor after a long silence",
		  { { 10, 1, 0 }, { 9 * SPAN, 6, 0 } },
		  9 * SPAN + 10,
		  7 },
		{ "its clock was set back, and that is known",
		  { { 10, 1, 0 }, { SPAN + 20, 2, 500 }, { 2 * SPAN + 40, 3, 500 } },
		  2 * SPAN + 60,
		  500 + 3 },
		{ "it was set forward", { { 10, 1, 0 }, { 20, 2, -700 } }, 30, -700 + 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = 1;

		while (n < 3 && rows[i].list[n].took_ms)
			n++;
		struct redis_time t = heard(rows[i].list, n);

		if (redis_time_at(&t, rows[i].at_ms) != rows[i].at_ms + AHEAD - rows[i].behind_ms)
			fail_msg("%s: %lld ms behind", rows[i].what,
				 (long long)(rows[i].at_ms + AHEAD -
					     redis_time_at(&t, rows[i].at_ms)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_heard),
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
