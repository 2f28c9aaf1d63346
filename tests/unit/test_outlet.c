/* Events appended by several threads to the mock cluster, and what is said when nobody is there. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloudevent.h"
#include "crypto.h"
#include "kafka_mock.h"
#include "kafka_reader.h"
#include "mem.h"
#include "now.h"
#include "outlet.h"

#define THREADS 4
#define EACH 50
#define PATIENCE_MS 20000

static const char topic[] = "requested";

struct world {
	struct kafka_mock *mock;
	struct kafka_property property;
	struct outlet *outlet;
};

static struct kafka_properties kafka(const struct world *w)
{
	return (struct kafka_properties){ &w->property, 1 };
}

static int setup(void **state)
{
	static struct world w;
	struct err e;

	assert_int_equal(crypto_init(&e), OK);
	assert_int_equal(kafka_mock_open(&w.mock, &e), OK);
	assert_int_equal(kafka_mock_topic(w.mock, topic, 3, &e), OK);
	w.property = (struct kafka_property){ "bootstrap.servers", kafka_mock_bootstrap(w.mock) };
	assert_int_equal(outlet_open(&w.outlet, kafka(&w), topic, &e), OK);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	outlet_close(w->outlet);
	kafka_mock_close(w->mock);
	return 0;
}

static void *append(void *arg)
{
	struct outlet *o = arg;
	json_t *data = json_pack("{ss,ss}", "tenant", "acme", "invite", "i1");
	struct outlet_event list[EACH];
	struct err e = { "" };
	intptr_t r;

	for (int i = 0; i < EACH; i++)
		list[i] = (struct outlet_event){ .id = "id",
						 .type = "invite.cancel-requested",
						 .tenant = "acme",
						 .invite = "i1",
						 .data = data };
	r = outlet_append(o, list, EACH, &e);
	json_decref(data);
	return (void *)r;
}

static void test_what_is_answered_is_there(void **state)
{
	struct world *w = *state;
	const char *topics[] = { topic };
	pthread_t threads[THREADS];
	struct kafka_reader *k;
	struct record r;
	struct err e;
	size_t n = 0;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, append, w->outlet);
	for (int i = 0; i < THREADS; i++) {
		void *status;

		pthread_join(threads[i], &status);
		assert_null(status);
	}
	assert_int_equal(kafka_reader_open(&k, kafka(w), topics, 1, true, &e), OK);
	for (; n < (size_t)THREADS * EACH; n++) {
		struct cloudevent event;

		assert_int_equal(kafka_reader_next(k, PATIENCE_MS, &r, &e), OK);
		assert_int_equal(cloudevent_read(&r, CLOUDEVENT_PREFIX, &event, &e), OK);
		assert_string_equal(event.source, OUTLET_SOURCE);
		assert_string_equal(event.type, "invite.cancel-requested");
		assert_memory_equal(r.key, "acme/i1", r.key_len);
		cloudevent_clear(&event);
	}
	kafka_reader_close(k);
}

static void test_a_record_that_is_too_large_is_refused(void **state)
{
	struct world *w = *state;
	autofree char *value = xcalloc(1, 4 << 20);
	struct kafka_message m = { .topic = topic,
				   .partition = -1,
				   .key = "k",
				   .key_len = 1,
				   .value = value,
				   .value_len = 4 << 20 };
	struct err e;

	assert_int_equal(outlet_put(w->outlet, &m, &e), ERR_INVALID);
	m.value_len = 4;
	assert_int_equal(outlet_put(w->outlet, &m, &e), OK);
}

/* A port of the loopback on which nobody listens. */
static void test_kafka_is_away(void **state)
{
	struct kafka_property nowhere = { "bootstrap.servers", "127.0.0.1:1" };
	struct outlet *o;
	struct err e;

	(void)state;
	assert_int_equal(outlet_open(&o, (struct kafka_properties){ &nowhere, 1 }, topic, &e), OK);
	assert_int_equal((int)(intptr_t)append(o), ERR_AGAIN);
	assert_null(outlet_fatal(o));
	outlet_close(o);
}

/* Somebody takes the connection and says nothing. */
static int silent_broker(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)at, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	getsockname(fd, (struct sockaddr *)at, &len);
	return fd;
}

/* A process that is to end does not wait as long as one that goes on. */
static void test_in_a_hurry(void **state)
{
	struct kafka_property silent = { "bootstrap.servers", NULL };
	struct sockaddr_in at;
	int fd = silent_broker(&at);
	autofree char *address = xasprintf("127.0.0.1:%d", ntohs(at.sin_port));
	int64_t began_ms;
	struct outlet *o;
	struct err e;

	(void)state;
	silent.value = address;
	assert_int_equal(outlet_open(&o, (struct kafka_properties){ &silent, 1 }, topic, &e), OK);
	outlet_hurry(o);
	assert_true(outlet_patience_ms(o) < OUTLET_WAIT_MS);
	began_ms = now_mono_ms();
	assert_int_equal((int)(intptr_t)append(o), ERR_AGAIN);
	assert_true(now_mono_ms() - began_ms < OUTLET_WAIT_MS);
	outlet_close(o);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_answered_is_there),
		cmocka_unit_test(test_a_record_that_is_too_large_is_refused),
		cmocka_unit_test(test_kafka_is_away),
		cmocka_unit_test(test_in_a_hurry),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
