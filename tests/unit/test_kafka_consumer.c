/* Members of a group over real connections to the mock cluster: partition queues, stored offsets,
 * revocation, lag. */
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
#define RECORDS 400

/* A topic that holds the numbers from 0 on. */
struct cluster {
	struct kafka_mock *mock;
	struct producer *producer;
	struct kafka_property bootstrap;
	const char *topic;
	int appended;
};

static void on_acked(void *ctx, void *opaque, const char *error)
{
	(void)ctx;
	(void)opaque;
	assert_null(error);
}

static int cluster_open(void **state)
{
	struct cluster *c = xcalloc(1, sizeof(*c));
	struct err e = { "" };

	assert_int_equal(kafka_mock_open(&c->mock, &e), OK);
	c->bootstrap =
		(struct kafka_property){ "bootstrap.servers", kafka_mock_bootstrap(c->mock) };
	assert_int_equal(producer_open(&c->producer, (struct kafka_properties){ &c->bootstrap, 1 },
				       on_acked, c, &e),
			 OK);
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

/* The next n numbers, each as key, value and header. */
static void append(struct cluster *c, int n)
{
	for (; n > 0; n--, c->appended++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "%d", c->appended);
		struct header h = { "n", text, (size_t)len };
		struct kafka_message m = { .topic = c->topic,
					   .partition = -1,
					   .key = text,
					   .key_len = (size_t)len,
					   .value = text,
					   .value_len = (size_t)len,
					   .headers = &h,
					   .header_count = 1 };

		assert_int_equal(producer_send(c->producer, &m, NULL, NULL), OK);
	}
	assert_true(producer_flush(c->producer, WAIT_MS));
}

/* A topic of its own for each test, named as its group. */
static struct cluster *begin(void **state, const char *topic)
{
	struct cluster *c = *state;
	struct err e = { "" };

	assert_int_equal(kafka_mock_topic(c->mock, topic, PARTITIONS, &e), OK);
	c->topic = topic;
	c->appended = 0;
	append(c, RECORDS);
	return c;
}

/* A partition as a service keeps it. */
struct part {
	struct consumer_partition *assigned; /* NULL = revoked */
	int64_t first, next; /* offset read first, and expected next; -1 = none yet */
};

struct member {
	const struct cluster *cluster;
	struct consumer *consumer;
	int wake_fd;
	struct part parts[PARTITIONS]; /* by number */
	size_t held, revocations, records;
	bool may_lose;	       /* brokers are away */
	int seen[2 * RECORDS]; /* by number */
	struct err e;	       /* of the last poll */
};

static void *on_assigned(void *ctx, struct consumer_partition *assigned, const char *topic,
			 int32_t number)
{
	struct member *m = ctx;
	struct part *p = &m->parts[number];

	assert_string_equal(topic, m->cluster->topic);
	assert_null(p->assigned);
	*p = (struct part){ assigned, -1, -1 };
	m->held++;
	return p;
}

static void on_revoked(void *ctx, void *user, bool lost)
{
	struct member *m = ctx;
	struct part *p = user;

	assert_true(!lost || m->may_lose);
	assert_non_null(p->assigned);
	p->assigned = NULL;
	m->held--;
	m->revocations++;
}

static struct member *member_open(const struct cluster *c)
{
	const char *const topics[] = { c->topic };
	struct kafka_property user[] = { c->bootstrap,
					 { "session.timeout.ms", "3000" },
					 { "log_level", "0" },
					 { "heartbeat.interval.ms", "100" } };
	struct member *m = xcalloc(1, sizeof(*m));
	struct consumer_options o = { .group = c->topic, .topics = topics, .ntopics = 1 };
	struct consumer_events events = { on_assigned, on_revoked, m };

	m->cluster = c;
	m->wake_fd = o.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (consumer_open(&m->consumer, (struct kafka_properties){ user, ARRAY_LEN(user) }, &o,
			  &events, &m->e) < 0)
		fail_msg("%s", m->e.text);
	return m;
}

static void member_close(struct member *m)
{
	consumer_close(m->consumer);
	assert_int_equal(m->held, 0);
	close(m->wake_fd);
	free(m);
}

/* A turn of the loop, woken by what has come. */
static void turn(struct member *m)
{
	struct pollfd p = { .fd = m->wake_fd, .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, 50) == 1)
		assert_int_equal(read(m->wake_fd, &count, sizeof(count)), sizeof(count));
	if (consumer_poll(m->consumer, &m->e) != OK)
		fail_msg("%s", m->e.text);
}

static void on_record(void *ctx, void *user, const struct record *r)
{
	struct member *m = ctx;
	struct part *p = user;

	assert_string_equal(r->topic, m->cluster->topic);
	assert_ptr_equal(p, &m->parts[r->partition]);
	assert_int_equal(r->partition, kafka_partition_of(r->key, r->key_len, PARTITIONS));
	assert_true(p->next < 0 || r->offset == p->next);
	assert_int_equal(r->header_count, 1);
	assert_string_equal(r->headers[0].name, "n");
	assert_memory_equal(r->headers[0].value, r->value, r->value_len);
	assert_true(r->timestamp_ms > 0);
	if (p->next < 0)
		p->first = r->offset;
	p->next = r->offset + 1;
	m->seen[strtol(r->value, NULL, 10)]++;
	m->records++;
}

/* Reads what is there of p, seven at a time. */
static void drain(struct member *m, struct part *p)
{
	while (p->assigned && consumer_read(m->consumer, p->assigned, 7, on_record, m) == 7)
		;
}

static void drain_all(struct member *m)
{
	for (size_t i = 0; i < PARTITIONS; i++)
		drain(m, &m->parts[i]);
}

/* Turns until the condition holds. */
#define UNTIL(condition, ...)                                                                      \
	for (int64_t end_ = now_mono_ms() + WAIT_MS; !(condition);) {                              \
		assert_true(now_mono_ms() < end_);                                                 \
		__VA_ARGS__;                                                                       \
	}

static void once_each(const struct member *m, const struct member *other)
{
	for (int i = 0; i < m->cluster->appended; i++)
		assert_int_equal(m->seen[i] + (other ? other->seen[i] : 0), 1);
}

static void store_all(struct member *m)
{
	for (size_t i = 0; i < PARTITIONS; i++)
		assert_true(consumer_store(m->consumer, m->parts[i].assigned, m->parts[i].next));
}

/* A partition that is not read keeps what it has; the others are not held up, and nothing is lost.
 */
static void test_credit(void **state)
{
	struct cluster *c = begin(state, "credit");
	struct member *m = member_open(c);
	size_t others = 0;

	for (int i = 0; i < RECORDS; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "%d", i);

		others += kafka_partition_of(text, (size_t)len, PARTITIONS) != 0;
	}
	UNTIL(m->held == PARTITIONS, turn(m));
	UNTIL(m->records == others, turn(m);
	      for (size_t i = 1; i < PARTITIONS; i++) drain(m, &m->parts[i]));
	for (int i = 0; i < 10; i++) /* standing still: polled, not read */
		turn(m);
	assert_int_equal(m->held, PARTITIONS);
	assert_int_equal(m->parts[0].next, -1);
	UNTIL(m->records == RECORDS, turn(m); drain_all(m));
	append(c, 10); /* while it is subscribed */
	UNTIL(m->records == RECORDS + 10, turn(m); drain_all(m));
	once_each(m, NULL);
	member_close(m);
}

/* What was stored is where the next of the group begins; what was read and not stored comes again.
 */
static void test_stored_offsets(void **state)
{
	struct cluster *c = begin(state, "stored");
	struct member *m = member_open(c);
	int64_t stored[PARTITIONS] = { 0 }; /* of the first nothing is */

	UNTIL(m->records == RECORDS, turn(m); drain_all(m));
	for (size_t i = 1; i < PARTITIONS; i++) {
		stored[i] = m->parts[i].next - (int64_t)i;
		assert_true(consumer_store(m->consumer, m->parts[i].assigned, stored[i]));
	}
	member_close(m);

	m = member_open(c);
	UNTIL(m->held == PARTITIONS, turn(m));
	for (size_t i = 0; i < PARTITIONS; i++) {
		struct part *p = &m->parts[i];

		UNTIL(p->next >= 0, turn(m);
		      consumer_read(m->consumer, p->assigned, 1, on_record, m));
		assert_int_equal(p->first, stored[i]);
	}
	member_close(m); /* leaves without a commit of its own: nothing was stored */
}

/* Records that are not read yet are the lag, also where this member has read none; what the group
   is through with is not. */
static void test_lag(void **state)
{
	struct cluster *c = begin(state, "lag");
	struct member *m = member_open(c);
	int64_t sum = 0;

	UNTIL(m->held == PARTITIONS, turn(m));
	for (size_t i = 0; i < PARTITIONS; i++) {
		struct consumer_partition *p = m->parts[i].assigned;

		UNTIL(consumer_lag(m->consumer, p, -1) > 0,
		      turn(m)); /* known with the first answer to a fetch */
		sum += consumer_lag(m->consumer, p, -1);
	}
	assert_int_equal(sum, RECORDS);
	UNTIL(m->records == RECORDS, turn(m); drain_all(m));
	for (size_t i = 0; i < PARTITIONS; i++)
		assert_int_equal(consumer_lag(m->consumer, m->parts[i].assigned, m->parts[i].next),
				 0);
	store_all(m);
	member_close(m); /* what is stored is committed with the leave */

	m = member_open(c);
	UNTIL(m->held == PARTITIONS, turn(m));
	for (size_t i = 0; i < PARTITIONS; i++) {
		UNTIL(consumer_lag(m->consumer, m->parts[i].assigned, -1) >= 0, turn(m));
		assert_int_equal(consumer_lag(m->consumer, m->parts[i].assigned, -1), 0);
	}
	member_close(m);
}

/* A second member takes partitions over, from where their offsets were stored. */
static void test_revoke(void **state)
{
	struct cluster *c = begin(state, "revoke");
	struct member *before = member_open(c), *first, *second;

	/* The mock takes no commit while a group rebalances, where a real broker does: so what was
	   read first is committed by a member that leaves. */
	UNTIL(before->records == RECORDS, turn(before); drain_all(before));
	store_all(before);
	member_close(before);
	first = member_open(c);
	for (int i = 0; i < RECORDS; i++)
		first->seen[i] = 1;
	UNTIL(first->held == PARTITIONS, turn(first));
	second = member_open(c);
	UNTIL(first->held == PARTITIONS / 2 && second->held == PARTITIONS / 2, turn(first);
	      turn(second));
	assert_true(first->revocations >= PARTITIONS / 2);
	append(c, 100);
	UNTIL(first->records + second->records >= 100, turn(first); turn(second); drain_all(first);
	      drain_all(second));
	once_each(first, second);
	member_close(first);
	UNTIL(second->held == PARTITIONS, turn(second));
	member_close(second);
}

/* Who has been told that nothing is theirs knows it. */
static void test_more_members_than_partitions(void **state)
{
	struct cluster *c = *state;
	struct member *first, *second;
	struct err e = { "" };

	assert_int_equal(kafka_mock_topic(c->mock, "few", 1, &e), OK);
	c->topic = "few";
	first = member_open(c);
	assert_false(consumer_joined(first->consumer));
	UNTIL(first->held == 1, turn(first));
	assert_true(consumer_joined(first->consumer));
	second = member_open(c);
	UNTIL(consumer_joined(first->consumer) && consumer_joined(second->consumer), turn(first);
	      turn(second));
	assert_int_equal(first->held + second->held, 1);
	member_close(first);
	member_close(second);
}

/* Told for as long as it is true, not only when it begins. */
static void test_away(void **state)
{
	struct cluster *c;
	struct member *m;
	void *own;
	struct err e;

	(void)state;
	cluster_open(&own);
	c = begin(&own, "away");
	m = member_open(c);
	UNTIL(m->held == PARTITIONS, turn(m));
	assert_null(producer_away(c->producer));
	kafka_mock_close(c->mock);
	c->mock = NULL;
	m->may_lose = true;
	UNTIL(consumer_poll(m->consumer, &e) == ERR_AGAIN, usleep(1000));
	assert_non_null(strstr(e.text, "kafka: "));
	UNTIL(producer_away(c->producer), producer_poll(c->producer, 10));
	for (int64_t end = now_mono_ms() + 1500; now_mono_ms() < end; usleep(10000)) {
		producer_poll(c->producer, 0);
		assert_int_equal(consumer_poll(m->consumer, &e), ERR_AGAIN);
		assert_non_null(producer_away(c->producer));
	}
	assert_int_equal(producer_warm(c->producer, c->topic, 10, NULL, &e), ERR_AGAIN);
	member_close(m);
	cluster_close(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credit), cmocka_unit_test(test_stored_offsets),
		cmocka_unit_test(test_lag),    cmocka_unit_test(test_revoke),
		cmocka_unit_test(test_away),   cmocka_unit_test(test_more_members_than_partitions),
	};

	return cmocka_run_group_tests(tests, cluster_open, cluster_close);
}
