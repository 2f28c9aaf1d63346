/* The mock cluster, the reader of whole topics and the questions about topics, over real
 * connections. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kafka_admin.h"
#include "kafka_mock.h"
#include "kafka_reader.h"
#include "mem.h"

#define WAIT_MS 10000
#define PARTITIONS 3
#define LARGE ((size_t)100 << 10)
#define LARGE_KEPT 50 /* of them a mock broker keeps no more */

struct world {
	struct kafka_mock *mock;
	struct producer *out;
	struct kafka_property bootstrap;
	struct kafka_properties user;
	int acked;
};

static void acked(void *ctx, void *opaque, const char *error)
{
	struct world *w = ctx;

	(void)opaque;
	assert_null(error);
	w->acked++;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_int_equal(kafka_mock_open(&w->mock, &e), OK);
	w->bootstrap =
		(struct kafka_property){ "bootstrap.servers", kafka_mock_bootstrap(w->mock) };
	w->user = (struct kafka_properties){ &w->bootstrap, 1 };
	assert_int_equal(kafka_mock_topic(w->mock, "full", PARTITIONS, &e), OK);
	assert_int_equal(kafka_mock_topic(w->mock, "empty", PARTITIONS, &e), OK);
	assert_int_equal(producer_open(&w->out, w->user, acked, w, &e), OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	producer_close(w->out);
	kafka_mock_close(w->mock);
	free(w);
	return 0;
}

static void append(struct world *w, int first, int n)
{
	for (int i = first; i < first + n; i++) {
		char key[16];
		struct header h = { "ce_id", "7", 1 };
		struct kafka_message m = { .topic = "full",
					   .partition = -1,
					   .key = key,
					   .value = "v",
					   .value_len = 1,
					   .headers = &h,
					   .header_count = 1 };

		m.key_len = (size_t)snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(producer_send(w->out, &m, NULL, NULL), OK);
	}
	assert_true(producer_flush(w->out, WAIT_MS));
}

static void append_all(struct world *w, const struct kafka_message *m, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(producer_send(w->out, m, NULL, NULL), OK);
	assert_true(producer_flush(w->out, WAIT_MS));
}

static void test_from_start(void **state)
{
	struct world *w = *state;
	const char *const topics[] = { "full", "empty" };
	struct kafka_reader *k;
	struct record r;
	struct err e;
	int n = 0;
	bool partitions[PARTITIONS] = { 0 };

	append(w, 0, 50);
	assert_int_equal(kafka_reader_open(&k, w->user, topics, 2, true, &e), OK);
	while (!kafka_reader_caught_up(k)) {
		assert_int_equal(kafka_reader_next(k, WAIT_MS, &r, &e), OK);
		assert_string_equal(r.topic, "full");
		assert_int_equal(r.header_count, 1);
		assert_string_equal(r.headers[0].name, "ce_id");
		partitions[r.partition] = true;
		n++;
	}
	assert_int_equal(n, 50);
	for (int p = 0; p < PARTITIONS; p++)
		assert_true(partitions[p]);
	assert_int_equal(kafka_reader_next(k, 20, &r, &e), ERR_AGAIN);
	kafka_reader_close(k);
}

static void test_from_now(void **state)
{
	struct world *w = *state;
	const char *const topics[] = { "full" };
	struct kafka_reader *k;
	struct record r;
	struct err e;

	append(w, 0, 10);
	assert_int_equal(kafka_reader_open(&k, w->user, topics, 1, false, &e), OK);
	assert_true(kafka_reader_caught_up(k));
	append(w, 100, 1);
	assert_int_equal(kafka_reader_next(k, WAIT_MS, &r, &e), OK);
	assert_memory_equal(r.key, "k100", 4);
	kafka_reader_close(k);
}

/* Only the partition that holds the key: all of it that is kept, or what comes. */
static void test_span_of_a_key(void **state)
{
	struct world *w = *state;
	struct kafka_span kept = { .topic = "full", .key = "k7" },
			  coming = { .topic = "full", .key = "k7", .since_ms = KAFKA_SPAN_NEW };
	int32_t partition = kafka_partition_of("k7", 2, PARTITIONS);
	struct kafka_reader *k;
	struct record r;
	struct err e;
	bool seen = false;
	size_t n = 0;

	append(w, 0, 30);
	assert_int_equal(kafka_reader_open_span(&k, w->user, &kept, &e), OK);
	for (; !kafka_reader_caught_up(k); n++) {
		assert_int_equal(kafka_reader_next(k, WAIT_MS, &r, &e), OK);
		assert_int_equal(r.partition, partition);
		seen |= r.key_len == 2 && !memcmp(r.key, "k7", 2);
	}
	assert_true(seen);
	assert_in_range(n, 1, 10000);
	kafka_reader_close(k);

	assert_int_equal(kafka_reader_open_span(&k, w->user, &coming, &e), OK);
	assert_true(kafka_reader_caught_up(k));
	append(w, 0, 30);
	assert_int_equal(kafka_reader_next(k, WAIT_MS, &r, &e), OK);
	assert_int_equal(r.partition, partition);
	kafka_reader_close(k);
}

/* A broker's retention takes away what is being read: the rest is read all the same. */
static void test_what_is_read_is_deleted(void **state)
{
	struct world *w = *state;
	struct kafka_property props[] = { w->bootstrap, { "queued.max.messages.kbytes", "100" } };
	struct kafka_span span = { .topic = "kept" };
	autofree char *value = xcalloc(1, LARGE);
	struct kafka_message m = { .topic = "kept", .value = value, .value_len = LARGE };
	struct kafka_reader *k;
	struct record r;
	struct err e;
	int64_t last = -1;
	int n = 0;

	assert_int_equal(kafka_mock_topic(w->mock, "kept", 1, &e), OK);
	append_all(w, &m, LARGE_KEPT / 2);
	assert_int_equal(
		kafka_reader_open_span(&k, (struct kafka_properties){ props, 2 }, &span, &e), OK);
	assert_int_equal(kafka_reader_next(k, WAIT_MS, &r, &e), OK);
	assert_int_equal(r.offset, 0);
	append_all(w, &m, 3 * LARGE_KEPT);
	while (last < LARGE_KEPT / 2 + 3 * LARGE_KEPT - 1 &&
	       kafka_reader_next(k, WAIT_MS, &r, &e) == OK) {
		last = r.offset;
		n++;
	}
	assert_int_equal(last, LARGE_KEPT / 2 + 3 * LARGE_KEPT - 1);
	assert_in_range(n, LARGE_KEPT / 2, 3 * LARGE_KEPT); /* some are gone */
	kafka_reader_close(k);
}

static void test_records(void **state)
{
	struct world *w = *state;
	struct err e;
	int64_t n = -1;

	assert_int_equal(kafka_topic_records(w->user, "empty", WAIT_MS, &n, &e), OK);
	assert_int_equal(n, 0);
	append(w, 0, 7);
	assert_int_equal(kafka_topic_records(w->user, "full", WAIT_MS, &n, &e), OK);
	assert_true(n >= 7);
}

/* Also by a mock broker, which makes none: who asks for one that exists is not kept waiting. */
static void test_topic_that_exists(void **state)
{
	struct world *w = *state;
	struct kafka_topic t = { .name = "empty", .partitions = 1, .replication = 1 };
	bool created = true;
	struct err e;

	assert_int_equal(kafka_topic_create(w->user, &t, WAIT_MS, &created, &e), OK);
	assert_false(created);
}

/* Asking about a topic must not make it: init would take a misspelt topic for a new installation.
 */
static void test_no_topic(void **state)
{
	struct world *w = *state;
	const char *const topics[] = { "absent" };
	struct kafka_reader *k;
	struct err e;
	int64_t n;

	for (int i = 0; i < 2; i++)
		assert_int_equal(kafka_topic_records(w->user, "absent", WAIT_MS, &n, &e),
				 ERR_INVALID);
	assert_string_equal(e.text,
			    "there is no topic absent; make it with 'beckon topics create'");
	assert_int_equal(kafka_reader_open(&k, w->user, topics, 1, true, &e), ERR_INVALID);
}

static void test_away(void **state)
{
	struct kafka_property nowhere = { "bootstrap.servers", "127.0.0.1:1" };
	struct kafka_properties user = { &nowhere, 1 };
	struct kafka_topic t = { .name = "x", .partitions = 1, .replication = 1 };
	struct err e;
	int64_t n;
	bool created;

	(void)state;
	assert_int_equal(kafka_topic_records(user, "x", 300, &n, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "kafka.bootstrap.servers"));
	assert_int_equal(kafka_topic_create(user, &t, 300, &created, &e), ERR_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_start),
		cmocka_unit_test(test_from_now),
		cmocka_unit_test(test_span_of_a_key),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_no_topic),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_topic_that_exists),
		cmocka_unit_test(test_what_is_read_is_deleted),
	};

	return cmocka_run_group_tests_name("kafka_tools", tests, setup, teardown);
}
