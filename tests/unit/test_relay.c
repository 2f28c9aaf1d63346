/* Entries of `relays`: what is taken, and the one line that refuses the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "relay.h"
#include "yamldoc.h"

static const char *const good[] = {
	"[{url: 'smtp://127.0.0.1'}]",
	"[{name: mx, url: 'smtp://mx.internal:2525', tls: off}]",
	"[{url: 'smtp://h:25', tls: optional-insecure}]",
	/* numbers as YAML gives them, and as text */
	"[{url: 'smtp://h', session_messages: 50, connect_timeout_s: '5'}]",
	("[{name: a, url: 'smtp://a', order: 1, weight: 10, sessions: 4, limit: 5/s burst 9}, "
	 "{name: b, url: 'smtp://b', order: 2}]"), /* both in one */
	"[{url: 'smtps://h'}]",
	"[{url: 'smtps://h:4650', tls: optional-insecure, tls_min: 1.3}]",
	"[{url: 'smtp://h', tls_min: '1.2'}]",
};

static const struct {
	const char *yaml, *error;
} bad[] = {
	{ "[]", "relays: a list of 1 to 8 relays, e.g. [{name: mx, url: smtp://127.0.0.1:25, tls: "
		"off}]" },
	{ "{}", "relays: a list of 1 to 8 relays, e.g. [{name: mx, url: smtp://127.0.0.1:25, tls: "
		"off}]" },
	{ "[{name: a}]", "relays: url is missing" },
	{ "[{url: 'smtp://u:hunter2@h'}]",
	  "relays: url 'smtp://u:***@h': write smtp://host:port or smtps://host:port" },
	{ "[{url: 'http://h'}]", "relays: url 'http://h': write smtp://host:port or "
				 "smtps://host:port" },
	{ "[{url: 'smtps://h', tls: off}]", "smtp: TLS is asked for and switched off" },
	{ "[{url: 'smtp://h', tls_min: 1.1}]", "relays: tls_min '1.1': it is 1.2 or 1.3" },
	{ "[{url: 'smtp://h', tsl: off}]",
	  "relays: tsl is no setting of a relay, the nearest is tls" },
	{ "[{url: 'smtp://h', session_mesages: 1}]",
	  "relays: session_mesages is no setting of a relay, the nearest is session_messages" },
	{ "[{url: 'smtp://h', tls: of}]",
	  "relays: tls 'of': it is required, optional-insecure or off" },
	{ "[{url: 'smtp://h', session_messages: 0}]",
	  "relays: session_messages '0': a number from 1 to 100000" },
	{ "[{url: 'smtp://h', session_messages: many}]",
	  "relays: session_messages 'many': a number from 1 to 100000" },
	{ "[{url: 'smtp://h', name: [a]}]", "relays: name must be a single value" },
	{ "[{url: 'smtp://h', name: 'a b'}]", "relays: name 'a b': 1 to 32 of A-Z a-z 0-9 _ . -" },
	{ "[{url: 'smtp://h', weight: 0}]", "relays: weight '0': a number from 1 to 1000" },
	{ "[{url: 'smtp://h', sessions: 2000}]",
	  "relays: sessions '2000': a number from 1 to 1024" },
	{ "[{url: 'smtp://h', limit: fast}]",
	  "relays: limit: 'fast' is no rate; write 50/s, 20/h burst 5, or off" },
	{ "[{url: 'smtp://h'}, {url: 'smtp://i'}]", "relays: name 'relay' is given twice" },
	{ "[{name: a, url: 'smtp://h'}, smtp://i]", "relays: a list of 1 to 8 relays, e.g. [{name: "
						    "mx, url: smtp://127.0.0.1:25, tls: off}]" },
};

static int open_relays(struct relays *relays, const char *yaml, struct err *e)
{
	struct yamldoc y;
	int r;

	if (yamldoc_parse(&y, "case", yaml, strlen(yaml), e) < 0)
		fail_msg("%s", e->text);
	r = relays_open(relays, y.value, "test.internal", e);
	yamldoc_clear(&y);
	return r;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct relays relays = { .count = 0 };
		struct err e = { "" };

		if (open_relays(&relays, good[i], &e) < 0)
			fail_msg("%s: %s", good[i], e.text);
		relays_close(&relays);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct relays relays = { .count = 0 };
		struct err e = { "" };

		assert_int_equal(open_relays(&relays, bad[i].yaml, &e), ERR_FATAL);
		assert_string_equal(e.text, bad[i].error);
		assert_int_equal(relays.count, 0);
	}
}

static void test_terms(void **state)
{
	struct relays relays = { .count = 0 };
	struct err e;

	(void)state;
	assert_int_equal(open_relays(&relays, good[4], &e), OK);
	assert_int_equal(relays.count, 2);
	const struct relay_terms *a = relay_terms(relays.list[0]), *b = relay_terms(relays.list[1]);

	assert_string_equal(a->name, "a");
	assert_int_equal(a->order, 1);
	assert_int_equal(a->weight, 10);
	assert_int_equal(a->sessions, 4);
	assert_int_equal(a->limit.interval_us, 200000);
	assert_int_equal(a->limit.burst, 9);
	assert_string_equal(b->name, "b");
	assert_int_equal(b->order, 2);
	assert_int_equal(b->weight, 1);
	assert_int_equal(b->sessions, 0);
	assert_int_equal(b->limit.interval_us, 0);
	relays_close(&relays);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
					    cmocka_unit_test(test_terms) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
