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
};

static const struct {
	const char *yaml, *error;
} bad[] = {
	{ "[]",
	  "relays: a list of one relay, e.g. [{name: mx, url: smtp://127.0.0.1:25, tls: off}]" },
	{ "{}",
	  "relays: a list of one relay, e.g. [{name: mx, url: smtp://127.0.0.1:25, tls: off}]" },
	{ "[{name: a}]", "relays: url is missing" },
	{ "[{url: 'http://h'}]", "relays: url 'http://h': write smtp://host:port" },
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
};

static int open_relay(struct relay **relay, const char *yaml, struct err *e)
{
	struct yamldoc y;
	int r;

	if (yamldoc_parse(&y, "case", yaml, strlen(yaml), e) < 0)
		fail_msg("%s", e->text);
	r = relay_open(relay, y.value, "test.internal", e);
	yamldoc_clear(&y);
	return r;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct relay *relay = NULL;
		struct err e = { "" };

		if (open_relay(&relay, good[i], &e) < 0)
			fail_msg("%s: %s", good[i], e.text);
		relay_free(relay);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct relay *relay = NULL;
		struct err e = { "" };

		assert_int_equal(open_relay(&relay, bad[i].yaml, &e), ERR_FATAL);
		assert_string_equal(e.text, bad[i].error);
		assert_null(relay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good),
					    cmocka_unit_test(test_bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
