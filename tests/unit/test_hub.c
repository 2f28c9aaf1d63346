/* Live pages: how many may listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "hub.h"

#define LISTEN_MS 600000

/* One tenant's pages do not shut out those of others. */
static void test_one_tenant_leaves_room(void **state)
{
	struct http_stream *streams[HUB_LISTENERS_MAX];
	struct fixture *f = *state;
	struct hub *h = hub_open(guard_open(f, B), LISTEN_MS);
	size_t n = 0;

	while (n < HUB_TENANT_MAX && (streams[n] = hub_listen(h, "acme")))
		n++;
	assert_int_equal(n, HUB_TENANT_MAX);
	assert_null(hub_listen(h, "acme"));
	while (n < HUB_LISTENERS_MAX && (streams[n] = hub_listen(h, n % 2 ? "globex" : "other")))
		n++;
	assert_int_equal(n, HUB_LISTENERS_MAX);
	assert_null(hub_listen(h, "third"));
	hub_close(h);
	while (n--)
		http_stream_end(streams[n]); /* the answer's hold, which no answer took */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_tenant_leaves_room, fixture_open,
						fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
