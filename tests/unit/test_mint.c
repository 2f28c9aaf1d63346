/* Minted passwords: what they are made of, and that each comes back sealed to its two readers. */
/* mark: tsan */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "crypto_fixture.h"
#include "mem.h"
#include "mint.h"

#define DRAWS 2000
#define WANTED 6
#define WAIT_MS 30000

static void test_draw(void **state)
{
	char drawn[MINT_PASSWORD_SIZE], former[MINT_PASSWORD_SIZE] = "";
	unsigned seen[256] = { 0 };

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		mint_draw(drawn);
		assert_int_equal(strlen(drawn), 24);
		assert_int_equal(strspn(drawn, "abcdefghijkmnpqrstuvwxyz23456789-"), 24);
		assert_non_null(strpbrk(drawn, "23456789"));
		assert_non_null(strpbrk(drawn, "abcdefghijkmnpqrstuvwxyz"));
		assert_string_not_equal(drawn, former);
		memcpy(former, drawn, sizeof(former));
		for (size_t k = 0; drawn[k]; k++) {
			assert_int_equal(drawn[k] == '-', k % 5 == 4);
			seen[(unsigned char)drawn[k]]++;
		}
	}
	for (const char *c = "abcdefghijkmnpqrstuvwxyz23456789"; *c; c++)
		assert_in_range(seen[(unsigned char)*c], 1000, 1500); /* 1250 on average, sd 35 */
}

/* Somebody who can read what is sealed. */
struct reader {
	struct seal_public public;
	struct seal_keys *keys;
};

static struct reader reader_make(void)
{
	autobuf line = BUF_INIT(0);
	struct reader r;
	struct err e;

	seal_keys_generate(&r.public, &line);
	assert_int_equal(seal_keys_parse(&r.keys, line.data, &e), OK);
	return r;
}

static size_t open_with(const struct reader *r, const char *sealed, char out[SEAL_PLAIN_MAX + 1])
{
	struct seal_opened opened = { out, SEAL_PLAIN_MAX, 0 };
	struct err e;

	if (seal_open(r->keys, sealed, &opened, &e) < 0)
		fail_msg("%s", e.text);
	out[opened.len] = '\0';
	return opened.len;
}

static void count_left(void *ctx, struct minting *one)
{
	(void)one;
	++*(size_t *)ctx;
}

static void test_sealed_to_both(void **state)
{
	struct reader fleet = reader_make(), application = reader_make();
	struct minting *list = xcalloc(WANTED, sizeof(*list));
	int wake_fd = eventfd(0, EFD_NONBLOCK);
	struct mint *m = mint_open(2, wake_fd);
	size_t left = 0;
	struct pollfd woken = { .fd = wake_fd, .events = POLLIN };
	char former[SEAL_PLAIN_MAX + 1] = "", plain[SEAL_PLAIN_MAX + 1];

	(void)state;
	assert_null(mint_take(m));
	for (size_t i = 0; i < WANTED; i++) {
		list[i] = (struct minting){ .fleet = fleet.public,
					    .application = application.public,
					    .username = "ann \"a\" \xd0\x96" };
		mint_give(m, &list[i]);
	}
	for (size_t taken = 0; taken < WANTED;) {
		struct minting *one;
		uint64_t count;

		assert_int_equal(poll(&woken, 1, WAIT_MS), 1);
		assert_int_equal(read(wake_fd, &count, sizeof(count)), sizeof(count));
		while ((one = mint_take(m)) != NULL) {
			json_t *told;

			assert_int_equal(open_with(&fleet, one->password, plain), 24);
			assert_string_not_equal(plain, former);
			memcpy(former, plain, sizeof(former));
			open_with(&application, one->told, plain);
			told = json_loads(plain, JSON_REJECT_DUPLICATES, NULL);
			assert_string_equal(json_string_value(json_object_get(told, "username")),
					    "ann \"a\" \xd0\x96");
			assert_non_null(strstr(
				json_string_value(json_object_get(told, "password_argon2id")),
				"$argon2id$v=19$m=19456,t=2,p=1$"));
			assert_int_equal(json_object_size(told), 2);
			json_decref(told);
			taken++;
		}
	}
	mint_close(m, count_left, &left);
	assert_int_equal(left, 0);
	close(wake_fd);
	seal_keys_free(fleet.keys);
	seal_keys_free(application.keys);
	free(list);
}

/* What has not been taken back is given back. */
static void test_close_under_way(void **state)
{
	struct reader reader = reader_make();
	struct minting *list = xcalloc(WANTED, sizeof(*list));
	int wake_fd = eventfd(0, EFD_NONBLOCK);
	struct mint *m = mint_open(1, wake_fd);
	size_t left = 0;

	(void)state;
	for (size_t i = 0; i < WANTED; i++) {
		list[i] = (struct minting){ .fleet = reader.public,
					    .application = reader.public,
					    .username = "ann" };
		mint_give(m, &list[i]);
	}
	mint_close(m, count_left, &left);
	assert_int_equal(left, WANTED);
	free(list);
	close(wake_fd);
	seal_keys_free(reader.keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_sealed_to_both),
		cmocka_unit_test(test_close_under_way),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
