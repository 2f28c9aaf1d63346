/* The producer over real connections to the mock cluster, partitions as Java's clients choose them,
 * properties. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kafka.h"
#include "kafka_mock.h"
#include "mem.h"
#include "now.h"

#define WAIT_MS 30000
#define PARTITIONS 4
#define RECORDS_MAX 4096
#define TOPIC "t"

/* ---- where a key belongs ---- */

/* What Java's Utils.murmur2 gives, as its own tests have it. */
static const struct {
	const char *key;
	int32_t hash;
} murmurs[] = {
	{ "21", -973932308 },
	{ "foobar", -790332482 },
	{ "a-little-bit-long-string", -985981536 },
	{ "a-little-bit-longer-string", -1486304829 },
	{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
	{ "abc", 479470107 },
};

static void test_partitions_as_in_java(void **state)
{
	static const int32_t counts[] = { 1, 2, 3, 24, 1000, INT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(murmurs); i++)
		for (size_t k = 0; k < ARRAY_LEN(counts); k++)
			assert_int_equal(kafka_partition_of(murmurs[i].key, strlen(murmurs[i].key),
							    counts[k]),
					 (murmurs[i].hash & INT32_MAX) % counts[k]);
	assert_in_range(kafka_partition_of("", 0, 24), 0, 23);
	assert_in_range(kafka_partition_of("\xff\xfe\x80", 3, 24), 0, 23); /* bytes are unsigned */
}

/* ---- a cluster, a producer, a group ---- */

struct cluster {
	struct kafka_mock *mock;
	struct producer *producer;
	struct kafka_property bootstrap;
	struct kafka_properties user;
	int acked[RECORDS_MAX]; /* by number */
	size_t acks;
};

static void on_acked(void *ctx, void *opaque, const char *error)
{
	struct cluster *c = ctx;

	assert_null(error);
	c->acked[(intptr_t)opaque]++;
	c->acks++;
}

static int cluster_open(void **state)
{
	struct cluster *c = xcalloc(1, sizeof(*c));
	struct err e = { "" };

	assert_int_equal(kafka_mock_open(&c->mock, &e), OK);
	assert_int_equal(kafka_mock_topic(c->mock, TOPIC, PARTITIONS, &e), OK);
	c->bootstrap =
		(struct kafka_property){ "bootstrap.servers", kafka_mock_bootstrap(c->mock) };
	c->user = (struct kafka_properties){ &c->bootstrap, 1 };
	assert_int_equal(producer_open(&c->producer, c->user, on_acked, c, &e), OK);
	*state = c;
	return 0;
}

static int cluster_close(void **state)
{
	struct cluster *c = *state;

	producer_close(c->producer);
	kafka_mock_close(c->mock);
	free(c);
	return 0;
}

/* Appends the numbers first to first + n - 1, each as key and value, and waits until all are there.
 */
static void append(struct cluster *c, int first, int n)
{
	for (int i = first; i < first + n; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "%d", i);
		struct header h = { "n", text, (size_t)len };
		struct kafka_message m = { .topic = TOPIC,
					   .partition = -1,
					   .key = text,
					   .key_len = (size_t)len,
					   .value = text,
					   .value_len = (size_t)len,
					   .headers = &h,
					   .header_count = 1 };
		struct err e = { "" };

		assert_int_equal(producer_send(c->producer, &m, (void *)(intptr_t)i, &e), OK);
	}
	assert_true(producer_flush(c->producer, WAIT_MS));
	assert_int_equal(producer_queued(c->producer), 0);
	for (int i = first; i < first + n; i++)
		assert_int_equal(c->acked[i], 1);
}

/* ---- the producer ---- */

static void test_all_acknowledged(void **state)
{
	struct cluster *c = *state;

	append(c, 0, 1000);
	assert_int_equal(c->acks, 1000);
}

static void test_nothing_to_tell(void **state)
{
	struct cluster *c = *state;
	struct kafka_message m = { .topic = TOPIC, .partition = 0 };
	size_t before = c->acks;
	struct err e = { "" };

	assert_int_equal(producer_send(c->producer, &m, NULL, &e),
			 OK); /* no key, no value: a tombstone */
	assert_true(producer_flush(c->producer, WAIT_MS));
	assert_int_equal(c->acks, before + 1);
}

static void test_too_large(void **state)
{
	struct cluster *c = *state;
	autofree char *large = xcalloc(1, 3u << 20);
	struct kafka_message m = {
		.topic = TOPIC, .partition = 0, .value = large, .value_len = 3u << 20
	};
	struct header h = { "n", "1", 1 };
	struct err e = { "" };

	m.headers = &h;
	m.header_count = 1;
	assert_int_equal(producer_send(c->producer, &m, NULL, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "larger than message.max.bytes"));
	assert_int_equal(producer_queued(c->producer), 0);
}

static void test_warm(void **state)
{
	struct cluster *c = *state;
	int32_t partitions = 0;
	struct err e = { "" };

	assert_int_equal(producer_warm(c->producer, TOPIC, WAIT_MS, &partitions, &e), OK);
	assert_int_equal(partitions, PARTITIONS);
}

/* The acknowledgement makes the loop's descriptor readable. */
static void test_wake(void **state)
{
	struct cluster *c = *state;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct kafka_message m = { .topic = TOPIC, .partition = 0, .value = "w", .value_len = 1 };
	size_t before = c->acks;
	struct err e = { "" };

	producer_poll(c->producer, 0);
	producer_wake(c->producer, fd);
	assert_int_equal(producer_send(c->producer, &m, NULL, &e), OK);
	for (int64_t end = now_mono_ms() + WAIT_MS; c->acks == before;
	     producer_poll(c->producer, 0)) {
		uint64_t count;

		assert_true(now_mono_ms() < end);
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	}
	producer_wake(c->producer, -1);
	close(fd);
}

/* ---- properties ---- */

static const char *const ours[] = {
	"acks",
	"request.required.acks",
	"enable.idempotence",
	"enable.auto.offset.store",
	"transactional.id",
	"partitioner",
	"message.timeout.ms",
	"delivery.timeout.ms",
	"group.id",
	"group.instance.id",
	"enable.auto.commit",
	"auto.offset.reset",
};

/* What a promise rests on cannot be set; what only the other kind knows is passed over; the rest is
   judged by the library, which names it. */
static const struct {
	const char *name, *value;
	const char *producer, *consumer; /* what the refusal says; NULL = it is taken */
} properties[] = {
	{ "linger.ms", "7", NULL, NULL },
	{ "compression.codec", "lz4", NULL, NULL },
	{ "session.timeout.ms", "9000", NULL, NULL },
	{ "partition.assignment.strategy", "cooperative-sticky", NULL, NULL },
	{ "socket.timeout.ms", "5000", NULL, NULL },
	{ "linger.ms", "x", "kafka.linger.ms: ", NULL },
	{ "session.timeout.ms", "x", NULL, "kafka.session.timeout.ms: " },
	{ "bootstrap.server", "h:1", "kafka.bootstrap.server: ", "kafka.bootstrap.server: " },
	{ "security.protocol", "tls", "kafka.security.protocol: ", "kafka.security.protocol: " },
};

static void is_refused(int code, const struct err *e, const char *wanted)
{
	assert_int_equal(code, wanted ? ERR_FATAL : OK);
	if (wanted && !strstr(e->text, wanted))
		fail_msg("'%s' does not say '%s'", e->text, wanted);
}

static void open_both(const char *name, const char *value, const char *producer_says,
		      const char *consumer_says)
{
	static const char *const topics[] = { TOPIC };
	struct kafka_property list[] = { { name, value } };
	struct kafka_properties user = { list, 1 };
	struct consumer_options o = { .group = "g", .topics = topics, .ntopics = 1, .wake_fd = -1 };
	struct consumer_events events = { NULL, NULL, NULL }; /* nothing is ever assigned */
	struct producer *p = NULL;
	struct consumer *c = NULL;
	struct err e = { "" };

	is_refused(producer_open(&p, user, on_acked, NULL, &e), &e, producer_says);
	is_refused(consumer_open(&c, user, &o, &events, &e), &e, consumer_says);
	producer_close(p);
	consumer_close(c);
}

static void test_properties(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		char says[128];

		snprintf(says, sizeof(says), "kafka.%s is set by beckon", ours[i]);
		open_both(ours[i], "1", says, says);
	}
	for (size_t i = 0; i < ARRAY_LEN(properties); i++)
		open_both(properties[i].name, properties[i].value, properties[i].producer,
			  properties[i].consumer);
}

static void test_not_away(void **state)
{
	struct cluster *c = *state;

	assert_null(producer_away(c->producer));
	assert_null(producer_fatal(c->producer));
	producer_close(NULL);
	consumer_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_partitions_as_in_java),
		cmocka_unit_test(test_all_acknowledged),
		cmocka_unit_test(test_nothing_to_tell),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_not_away),
	};

	return cmocka_run_group_tests(tests, cluster_open, cluster_close);
}
