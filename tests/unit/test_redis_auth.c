/* A password that changes while a service runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem.h"
#include "redis.h"
#include "redis_server.h"

static void require(struct redis *r, const char *password)
{
	const char *words[] = { "CONFIG", "SET", "requirepass", password };
	struct err e = { "" };

	redis_add(r, ARRAY_LEN(words), words, NULL);
	if (redis_run(r, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_not_equal(redis_type(redis_reply(r, 0)), REDIS_ERROR);
}

static void test_rotation(void **state)
{
	struct redis_server server;
	struct redis *r = NULL;
	struct err e = { "" };

	(void)state;
	redis_server_start(&server);
	assert_int_equal(redis_new(&r, &(struct redis_options){ .url = server.url }, NULL, 0, &e),
			 OK);
	assert_int_equal(redis_connect(r, &e), OK);
	require(r, "first");
	redis_password(r, "first");
	assert_int_equal(redis_connect(r, &e), OK);
	require(r, "second");
	assert_int_equal(redis_connect(r, &e), ERR_AGAIN); /* the old one is refused */
	redis_password(r, "second");
	assert_int_equal(redis_connect(r, &e), OK);
	require(r, "");
	redis_password(r, NULL);
	assert_int_equal(redis_connect(r, &e), OK);
	redis_free(r);
	redis_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rotation) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
