/* The topic of settings, followed over real connections: known once it has been read to its end,
 * news as they come, nothing in it or missing of it in the way. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <cmocka.h>

#include "kafka_mock.h"
#include "mem.h"
#include "now.h"
#include "settings_follow.h"

#define WAIT_MS 20000
#define LOOK_US 5000
#define TTL(n) "{\"format\":1,\"version\":1,\"settings\":{\"link_ttl_s\":" #n "}}"

struct world {
	struct kafka_mock *mock;
	struct producer *out;
	struct kafka_property bootstrap;
	int wake_fd;
	struct settings_follow *follow;
	struct settings_now now;
};

static void acked(void *ctx, void *opaque, const char *error)
{
	(void)ctx;
	(void)opaque;
	assert_null(error);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e;

	assert_int_equal(kafka_mock_open(&w->mock, &e), OK);
	w->bootstrap =
		(struct kafka_property){ "bootstrap.servers", kafka_mock_bootstrap(w->mock) };
	assert_int_equal(kafka_mock_topic(w->mock, "settings", 3, &e), OK);
	assert_int_equal(
		producer_open(&w->out, (struct kafka_properties){ &w->bootstrap, 1 }, acked, w, &e),
		OK);
	w->wake_fd = eventfd(0, EFD_NONBLOCK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	settings_follow_close(w->follow);
	settings_now_clear(&w->now);
	producer_close(w->out);
	kafka_mock_close(w->mock);
	close(w->wake_fd);
	free(w);
	return 0;
}

static void append(struct world *w, const char *key, const char *value)
{
	struct kafka_message m = { .topic = "settings",
				   .partition = -1,
				   .key = key,
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = value ? strlen(value) : 0 };

	assert_int_equal(producer_send(w->out, &m, NULL, NULL), OK);
	assert_true(producer_flush(w->out, WAIT_MS));
}

static void follow(struct world *w, const char *topic, const char *base)
{
	json_t *section = json_loads(base, 0, NULL);
	struct settings_follow_options o = { .kafka = { &w->bootstrap, 1 },
					     .topic = topic,
					     .base = section,
					     .wake_fd = w->wake_fd };
	struct err e = { "" };

	if (settings_follow_open(&w->follow, &o, &e) < 0)
		fail_msg("%s", e.text);
	json_decref(section);
}

static int64_t ttl_of(const struct world *w, const char *tenant)
{
	return tenants_find(w->now.tenants, tenant)->link_ttl_s;
}

/* As the loop does it, until the tenant's setting is this. */
static void await(struct world *w, const char *tenant, int64_t ttl_s)
{
	int64_t end = now_mono_ms() + WAIT_MS;

	while (settings_follow_waits(w->follow) || !w->now.tenants || ttl_of(w, tenant) != ttl_s) {
		if (now_mono_ms() > end)
			fail_msg("%s: waited for %lld", tenant, (long long)ttl_s);
		settings_follow_take(w->follow, &w->now);
		usleep(LOOK_US);
	}
}

static void await_known(struct world *w)
{
	int64_t end = now_mono_ms() + WAIT_MS;

	while (settings_follow_waits(w->follow))
		if (now_mono_ms() > end)
			fail_msg("%s", settings_follow_waits(w->follow));
		else
			usleep(LOOK_US);
}

/* What was there is there as soon as it is known, not a moment later. */
static void test_known_means_read(void **state)
{
	struct world *w = *state;
	uint64_t woken;
	char tenant[16];

	for (int i = 0; i < 200; i++) {
		snprintf(tenant, sizeof(tenant), "t%d/settings", i);
		append(w, tenant, TTL(4000));
	}
	follow(w, "settings", "{\"*\": {\"link_ttl_s\": 1000}}");
	await_known(w);
	assert_true(settings_follow_take(w->follow, &w->now));
	assert_int_equal(ttl_of(w, "t0"), 4000);
	assert_int_equal(ttl_of(w, "t199"), 4000);
	assert_int_equal(ttl_of(w, "other"), 1000);
	assert_int_equal(read(w->wake_fd, &woken, sizeof(woken)), sizeof(woken));
}

static void test_news(void **state)
{
	struct world *w = *state;
	struct tenants *held;

	follow(w, "settings", "{}");
	await(w, "acme", 86400);
	held = tenants_hold(w->now.tenants);
	append(w, "acme/settings", TTL(5000));
	await(w, "acme", 5000);
	append(w, "acme/settings", "no JSON");
	append(w, "acme/settings", TTL(1));
	append(w, "*/settings", TTL(6000));
	await(w, "other", 6000);
	assert_int_equal(ttl_of(w, "acme"), 5000);
	append(w, "*/pause/all", "{\"format\":1,\"paused\":true,\"reason\":\"x\"}");
	append(w, "acme/settings", NULL);
	await(w, "acme", 6000);
	assert_int_equal(tenants_find(held, "acme")->link_ttl_s, 86400);
	tenants_free(held);
}

static void test_no_such_topic(void **state)
{
	struct world *w = *state;

	follow(w, "other", "{\"*\": {\"link_ttl_s\": 1000}}");
	await(w, "acme", 1000);
}

/* Nobody answers: what holds is not known, and an end need not wait for anybody. */
static void test_nobody_answers(void **state)
{
	struct world *w = *state;
	int64_t began;

	w->bootstrap.value = "127.0.0.1:1";
	follow(w, "settings", "{}");
	usleep(300 * 1000);
	assert_non_null(settings_follow_waits(w->follow));
	assert_true(settings_follow_take(w->follow, &w->now)); /* the configuration's own */
	assert_int_equal(ttl_of(w, "acme"), 86400);
	began = now_mono_ms();
	settings_follow_close(w->follow);
	w->follow = NULL;
	assert_true(now_mono_ms() - began < WAIT_MS);
}

static void test_a_wrong_configuration(void **state)
{
	struct world *w = *state;
	json_t *section = json_loads("{\"acme\": {\"link_ttl\": 5}}", 0, NULL);
	struct settings_follow_options o = { .kafka = { &w->bootstrap, 1 },
					     .topic = "settings",
					     .base = section,
					     .wake_fd = w->wake_fd };
	struct err e = { "" };

	assert_int_equal(settings_follow_open(&w->follow, &o, &e), ERR_FATAL);
	assert_string_equal(e.text, "tenants.acme: link_ttl is no setting of a tenant, the nearest "
				    "is link_ttl_s");
	json_decref(section);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_known_means_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_news, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_topic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_wrong_configuration, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
