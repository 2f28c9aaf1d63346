/* The fleet's last hour: rates by the moments that processes told themselves, lag by service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "buf.h"
#include "mem.h"
#include "now.h"
#include "past.h"

#define T0 1800000000000

/* What a process tells: "email/1", when, and how many it has sent in all; lag of its topic. */
struct tells {
	const char *service, *name;
	int64_t at_ms;
	int sent, lag;
};

static json_t *process(const struct tells *t)
{
	char at[NOW_TEXT_SIZE];

	return json_pack("{ss,ss,ss,s[{ss,sf,s{ss,ss}},{ss,sf,s{ss,ss}},{ss,sf},{ss,sf}]}",
			 "service", t->service, "name", t->name, "told_at", now_text(t->at_ms, at),
			 "metrics", "name", "beckon_outcomes_total", "value", (double)t->sent - 1,
			 "labels", "word", "sent", "code", "", "name", "beckon_outcomes_total",
			 "value", 1.0, "labels", "word", "sent", "code", "x", "name", "beckon_lag",
			 "value", (double)t->lag, "name", "beckon_view_lag", "value",
			 (double)t->lag);
}

static void take(struct past *p, const struct tells *list, size_t n, int64_t now_ms)
{
	json_t *processes = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(processes, process(&list[i]));
	past_take(p, processes, now_ms);
	json_decref(processes);
}

/* A course as text: "?" where nothing is known; "" = it is not told of. */
static char *course(const struct past *p, const char *kind, const char *name)
{
	json_t *all = past_json(p), *v;
	autobuf out = BUF_INIT(0);
	size_t i;

	json_array_foreach (json_object_get(json_object_get(all, kind), name), i, v) {
		buf_str(&out, i ? " " : "");
		if (json_is_null(v))
			buf_str(&out, "?");
		else
			buf_int(&out, json_integer_value(v));
	}
	json_decref(all);
	return xstrdup(out.data ? out.data : "");
}

static void assert_course(const struct past *p, const char *kind, const char *name,
			  const char *wanted)
{
	autofree char *is = course(p, kind, name);

	assert_string_equal(is, wanted);
}

#define TAKE(p, now_ms, ...)                                                                       \
	do {                                                                                       \
		const struct tells list[] = { __VA_ARGS__ };                                       \
		take(p, list, ARRAY_LEN(list), now_ms);                                            \
	} while (0)

/* Looked at whenever: what counts is when the process told. */
static void test_rates(void **state)
{
	struct past *p = past_new();

	(void)state;
	TAKE(p, T0, { "email", "1", T0 - 4000, 100, 0 }); /* how long it took is not known */
	TAKE(p, T0 + 10000, { "email", "1", T0 + 6000, 150, 0 });
	TAKE(p, T0 + 11000,
	     { "email", "1", T0 + 11000, 175, 0 }); /* a quick look: no more a minute */
	TAKE(p, T0 + 12000, { "email", "1", T0 + 11000, 175, 0 }); /* nothing new was told */
	TAKE(p, T0 + 20000, { "email", "1", T0 + 16000, 175, 0 });
	assert_course(p, "told", "sent", "? 300 300 300 0");
	assert_course(p, "told", "error", "");
	past_free(p);
}

static void test_processes_come_and_go(void **state)
{
	struct past *p = past_new();

	(void)state;
	TAKE(p, T0, { "email", "1", T0, 1000, 0 }, { "email", "2", T0, 1000, 0 });
	/* a new one has told all that it ever did since then; one began anew; one is gone */
	TAKE(p, T0 + 10000, { "email", "1", T0 + 10000, 10, 0 },
	     { "email", "3", T0 + 10000, 20, 0 });
	/* it was only away: what it told meanwhile is spread over that time */
	TAKE(p, T0 + 20000, { "email", "2", T0 + 20000, 1010, 0 });
	past_take(p, NULL, T0 + 30000);
	TAKE(p, T0 + 40000, { "email", "2", T0 + 40000, 1020, 0 });
	assert_course(p, "told", "sent", "? 180 30 ? 30");
	past_free(p);
}

static void test_lag(void **state)
{
	struct past *p = past_new();

	(void)state;
	TAKE(p, T0, { "email", "1", T0, 1, 30 }, { "email", "2", T0, 1, 12 },
	     { "status", "1", T0, 1, -1 }, { "clock", "1", T0, 1, 5 });
	TAKE(p, T0 + 10000, { "status", "1", T0, 1, 7 });
	assert_course(p, "behind", "email", "42 ?");
	assert_course(p, "behind", "status", "? 7");
	assert_course(p, "behind", "dispatcher", "? ?");
	assert_course(p, "behind", "clock", "");
	past_free(p);
}

/* An hour and no more, the newest at the end. */
static void test_bounded(void **state)
{
	struct past *p = past_new();
	json_t *all;

	(void)state;
	for (int i = 0; i < 2 * PAST_STEPS + 1; i++)
		TAKE(p, T0 + i * PAST_STEP_MS, { "sms", "1", T0 + i * PAST_STEP_MS, 1, i });
	all = past_json(p);
	json_t *behind = json_object_get(json_object_get(all, "behind"), "sms");

	assert_int_equal(json_array_size(behind), PAST_STEPS);
	assert_int_equal(json_integer_value(json_array_get(behind, 0)), PAST_STEPS + 1);
	assert_int_equal(json_integer_value(json_array_get(behind, PAST_STEPS - 1)),
			 2 * PAST_STEPS);
	json_decref(all);
	past_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_processes_come_and_go),
		cmocka_unit_test(test_lag),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("past", tests, NULL, NULL);
}
