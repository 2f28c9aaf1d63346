/* What may be asked again, under which id, and which failures of a history still stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "failures.h"
#include "mem.h"
#include "replay.h"
#include "told_fixture.h"

#define NOW 5000

static void test_verdicts(void **state)
{
	static const struct {
		struct replay_facts facts;
		enum replay_verdict verdict;
	} rows[] = {
		{ { "error", 2, 2, true, false, NOW + 1, NOW, 0 }, REPLAY_GO },
		{ { "error", 2, 2, true, false, NOW + 1, NOW, REPLAYS_MAX - 1 }, REPLAY_GO },
		{ { "error", 2, 2, true, false, NOW + 1, NOW, REPLAYS_MAX }, REPLAY_LOOP },
		{ { "error", 2, 2, true, false, NOW, NOW, 0 }, REPLAY_EXPIRED },
		{ { "error", 3, 2, true, false, NOW + 1, NOW, 0 }, REPLAY_MOVED_ON },
		{ { "sent", 2, 2, true, false, NOW + 1, NOW, 0 }, REPLAY_MOVED_ON },
		{ { "cancelled", 2, 2, true, false, NOW + 1, NOW, 9 }, REPLAY_MOVED_ON },
		{ { "", 0, 1, false, false, 0, NOW, 0 }, REPLAY_MOVED_ON },
		{ { "error", 2, 2, false, false, 0, NOW, 0 }, REPLAY_ERASED },
		{ { "error", 2, 2, true, true, NOW + 1, NOW, 0 }, REPLAY_PASSWORD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (replay_judge(&rows[i].facts) != rows[i].verdict)
			fail_msg("row %zu is %d", i, replay_judge(&rows[i].facts));
}

static void test_ids(void **state)
{
	char id[REPLAY_ID_SIZE];

	(void)state;
	assert_string_equal(replay_id(2, "abcd", id), "replay.2.abcd");
	assert_int_equal(replay_count("beckon/cli", id), 2);
	assert_int_equal(replay_count("/people", id), 0);
	assert_int_equal(replay_count("beckon/cli", "replayed"), 0);
	assert_int_equal(replay_count(NULL, NULL), 0);
}

static void test_since(void **state)
{
	static const struct {
		const char *text;
		int64_t at;
	} rows[] = {
		{ "90s", -90000 }, { "30m", -1800000 }, { "6h", -21600000 }, { "7d", -604800000 },
		{ "7", 0 },	   { "7w", 0 },		{ "-1d", 0 },	     { "0s", 0 },
		{ "1d2", 0 },	   { "", 0 },		{ "yesterday", 0 },  { "999999d", 0 },
	};
	const int64_t now = 1000000000000;
	int64_t at;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int r = replay_since(rows[i].text, now, &at, NULL);

		assert_int_equal(r, rows[i].at ? OK : ERR_INVALID);
		if (r == OK)
			assert_int_equal(at, now + rows[i].at);
	}
	assert_int_equal(replay_since("2001-09-09T01:46:40Z", now, &at, NULL), OK);
	assert_int_equal(at, now);
	assert_int_equal(replay_since(NULL, now, &at, NULL), ERR_INVALID);
}

static void tell(struct failures *f, const char *id, const char *data)
{
	struct told t;

	assert_int_equal(told_text(id, data, &t), OK);
	failures_take(f, &t);
	told_clear(&t);
}

#define OF(invite, rest) "{\"tenant\":\"t\",\"invite\":\"" invite "\"," rest "}"
#define FAILED "\"word\":\"error\",\"code\":\"auth_failed\","

static void test_failures(void **state)
{
	struct failures f;

	(void)state;
	failures_init(&f, "auth_failed", NULL);
	tell(&f, "1", OF("a", "\"word\":\"queued\",\"sequence\":[1,1,1]"));
	tell(&f, "2", OF("a", FAILED "\"sequence\":[1,1,5]"));
	tell(&f, "3", OF("b", "\"word\":\"error\",\"code\":\"too_large\",\"sequence\":[1,1,5]"));
	tell(&f, "4", OF("c", FAILED "\"sequence\":[1,1,5]"));
	tell(&f, "5", OF("c", "\"word\":\"refused\",\"code\":\"cooldown\",\"sequence\":[1,1,9]"));
	assert_int_equal(f.count, 2);
	assert_string_equal(f.list[0].invite, "a");
	assert_string_equal(f.list[0].outcome, "2");
	assert_false(f.list[1].moved_on); /* a refusal changes nothing */
	tell(&f, "6", OF("c", "\"word\":\"queued\",\"sequence\":[1,1,1]")); /* told late */
	assert_false(f.list[1].moved_on);
	tell(&f, "7", OF("c", "\"word\":\"queued\",\"sequence\":[2,1,1]"));
	assert_true(f.list[1].moved_on);
	tell(&f, "8",
	     OF("c", FAILED "\"request\":{\"source\":\"beckon/cli\",\"id\":\"replay.2.4\"}"
			    ",\"sequence\":[2,1,5]"));
	assert_int_equal(f.count, 2);
	assert_false(f.list[1].moved_on);
	assert_string_equal(f.list[1].outcome, "8");
	assert_int_equal(f.list[1].replays, 2);
	failures_clear(&f);

	failures_init(&f, "auth_failed", "other");
	tell(&f, "2", OF("a", FAILED "\"sequence\":[1,1,5]"));
	assert_int_equal(f.count, 0);
	failures_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
