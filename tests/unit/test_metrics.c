/* Metrics as Prometheus reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "metrics.h"

static const struct metric_family outcomes = { METRIC_COUNTER, "beckon_outcomes_total",
					       "Outcomes told." };
static const struct metric_family in_flight = { METRIC_GAUGE, "beckon_in_flight",
						"Records being worked on." };
static const struct metric_family build = { METRIC_GAUGE, "beckon_build_info", "What runs here." };
static const struct metric_family send_time = { METRIC_HISTOGRAM, "beckon_send_seconds",
						"Time a send took." };

#define LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void assert_text(const struct metrics *m, const char *expected)
{
	autobuf out = BUF_INIT(METRICS_TEXT_MAX);

	buf_str(&out, "");
	metrics_render(m, &out);
	assert_string_equal(out.data, expected);
}

static void assert_line(const struct metrics *m, const char *line)
{
	autobuf out = BUF_INIT(METRICS_TEXT_MAX);
	autofree char *whole = xasprintf("\n%s\n", line);

	metrics_render(m, &out);
	if (!strstr(out.data, whole))
		fail_msg("no line %s in\n%s", line, out.data);
}

static void test_values(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	assert_text(m, "");
	metric_add(metrics_series(m, &outcomes, LABELS("word", "sent", "code", "")), 1);
	metric_set(metrics_series(m, &in_flight, NULL), 12);
	metric_add(metrics_series(m, &outcomes, LABELS("word", "error", "code", "mailbox_unknown")),
		   2);
	metric_add(metrics_series(m, &outcomes, LABELS("word", "sent", "code", "")), 3);
	metric_add(metrics_series(m, &in_flight, NULL), -1.5);
	metric_set(metrics_series(m, &build, LABELS("version", "0.1.0")), 1);
	assert_text(m, "# HELP beckon_outcomes_total Outcomes told.\n"
		       "# TYPE beckon_outcomes_total counter\n"
		       "beckon_outcomes_total{word=\"sent\",code=\"\"} 4\n"
		       "beckon_outcomes_total{word=\"error\",code=\"mailbox_unknown\"} 2\n"
		       "# HELP beckon_in_flight Records being worked on.\n"
		       "# TYPE beckon_in_flight gauge\n"
		       "beckon_in_flight 10.5\n"
		       "# HELP beckon_build_info What runs here.\n"
		       "# TYPE beckon_build_info gauge\n"
		       "beckon_build_info{version=\"0.1.0\"} 1\n");
	metrics_free(m);
}

/* Buckets hold everything up to their bound, the bound itself included. */
static void test_histogram(void **state)
{
	static const double seen[] = { 0, 0.005, 0.0050001, 0.3, 100000 };
	struct metrics *m = metrics_new();
	struct metric *s = metrics_series(m, &send_time, LABELS("route", "a"));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		metric_observe(s, seen[i]);
	assert_line(m, "# TYPE beckon_send_seconds histogram");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"0.005\"} 2");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"0.01\"} 3");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"0.25\"} 3");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"0.5\"} 4");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"10\"} 4");
	assert_line(m, "beckon_send_seconds_bucket{route=\"a\",le=\"+Inf\"} 5");
	assert_line(m, "beckon_send_seconds_sum{route=\"a\"} 100000.3100001");
	assert_line(m, "beckon_send_seconds_count{route=\"a\"} 5");
	metric_observe(metrics_series(m, &send_time, NULL), 1);
	assert_line(m, "beckon_send_seconds_bucket{le=\"1\"} 1");
	assert_line(m, "beckon_send_seconds_count 1");
	metrics_free(m);
}

static void test_escapes(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metric_add(metrics_series(m, &outcomes, LABELS("word", "a\"b\\c\nd")), 1);
	assert_line(m, "beckon_outcomes_total{word=\"a\\\"b\\\\c\\nd\"} 1");
	metrics_free(m);
}

/* A counter is exact as far as a double is, and written without an exponent up to 10^15. */
static void test_large(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metric_add(metrics_series(m, &outcomes, NULL), 999999999999998);
	metric_add(metrics_series(m, &outcomes, NULL), 1);
	assert_line(m, "beckon_outcomes_total 999999999999999");
	assert_true(metric_value(metrics_series(m, &outcomes, NULL)) == 999999999999999);
	metrics_free(m);
}

/* More label sets than allowed: the first ones go on counting, the rest is nowhere. */
static void test_bound(void **state)
{
	struct metrics *m = metrics_new();
	char value[16];
	autobuf out = BUF_INIT(METRICS_TEXT_MAX);

	(void)state;
	for (int i = 0; i < METRICS_MAX_SERIES + 10; i++) {
		snprintf(value, sizeof(value), "%d", i);
		metric_add(metrics_series(m, &outcomes, LABELS("word", value)), 1);
	}
	metric_add(metrics_series(m, &outcomes, LABELS("word", "7")), 1);
	assert_line(m, "beckon_outcomes_total{word=\"7\"} 2");
	assert_line(m, "beckon_outcomes_total{word=\"511\"} 1");
	metrics_render(m, &out);
	assert_null(strstr(out.data, "\"512\""));
	assert_false(out.full);
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_large),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
