/* The desk follows topic invite-settings on the mock cluster: what it takes from it, and what not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto.h"
#include "desk.h"
#include "kafka_mock.h"
#include "mem.h"
#include "now.h"

#define PATIENCE_MS 20000
#define SUPPRESSED 50

static const char topic[] = "settings";

static void put(struct outlet *o, const char *key, const char *value)
{
	struct kafka_message m = { .topic = topic,
				   .partition = -1,
				   .key = key,
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = strlen(value) };
	struct err e = { "" };

	if (outlet_put(o, &m, &e) < 0)
		fail_msg("%s", e.text);
}

/* Until the desk has as many pauses. */
static void await_pauses(struct desk *d, size_t wanted)
{
	int64_t until_ms = now_mono_ms() + PATIENCE_MS;

	for (size_t n = SIZE_MAX; n != wanted; usleep(5000)) {
		const char *waits = desk_look(d);
		json_t *pauses = desk_pauses(d);

		n = waits ? SIZE_MAX : json_object_size(pauses);
		json_decref(pauses);
		assert_true(now_mono_ms() < until_ms);
	}
}

/* Who is not to be written to is nothing that is asked at the desk: it is neither kept, nor is
   everything copied for each of them. */
static void test_suppressions_are_passed_over(void **state)
{
	struct kafka_property property = { "bootstrap.servers", NULL };
	struct desk_options o = { .kafka = { &property, 1 }, .topic = topic, .redis_prefix = "x:" };
	uint64_t published = 0;
	struct kafka_mock *mock;
	struct outlet *outlet;
	struct desk *d;
	struct err e;

	(void)state;
	assert_int_equal(crypto_init(&e), OK);
	assert_int_equal(kafka_mock_open(&mock, &e), OK);
	assert_int_equal(kafka_mock_topic(mock, topic, 1, &e), OK);
	property.value = kafka_mock_bootstrap(mock);
	assert_int_equal(outlet_open(&outlet, o.kafka, topic, &e), OK);
	o.outlet = outlet;
	o.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	d = desk_open(&o);
	await_pauses(d, 0);
	if (read(o.wake_fd, &published, sizeof(published)) < 0)
		fail();
	for (int i = 0; i < SUPPRESSED; i++) {
		autofree char *key = xasprintf("acme/suppress/%022d", i);

		put(outlet, key, "{\"format\":1,\"suppressed\":true}");
	}
	put(outlet, "acme/pause/tenant", "{\"format\":1,\"paused\":true,\"reason\":\"audit\"}");
	await_pauses(d, 1);
	assert_int_equal(read(o.wake_fd, &published, sizeof(published)), sizeof(published));
	assert_int_equal(published, 1);
	desk_close(d);
	outlet_close(outlet);
	close(o.wake_fd);
	kafka_mock_close(mock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suppressions_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
