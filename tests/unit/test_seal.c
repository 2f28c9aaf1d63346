/* Sealed texts: what closes opens again, with any of the keys and with no other; keys as text; the
 * hash of a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto.h"
#include "crypto_fixture.h"
#include "mem.h"
#include "seal.h"

#define PASSWORD "tr0ub4dor & \xd0\x96"

/* By another library (Python cryptography) from the secret key of bytes 0 to 31. */
#define FIXED_SECRET "53oyqpna:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FIXED_PUBLIC "53oyqpna:j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8"

struct drawn {
	struct seal_public public;
	char line[SEAL_KEY_SIZE + 1];
};

static struct drawn draw(void)
{
	autobuf line = BUF_INIT(0);
	struct drawn d;

	seal_keys_generate(&d.public, &line);
	assert_int_equal(line.len, sizeof(d.line) - 1);
	memcpy(d.line, line.data, sizeof(d.line));
	return d;
}

static struct seal_keys *keys_of(const char *lines)
{
	autofree char *text = xstrdup(lines);
	struct seal_keys *keys = NULL;
	struct err e;

	if (seal_keys_parse(&keys, text, &e) < 0)
		fail_msg("%s", e.text);
	return keys;
}

static void assert_opens(const struct seal_keys *keys, const char *text, const char *wanted)
{
	char plain[SEAL_PLAIN_MAX];
	struct seal_opened opened = { plain, sizeof(plain), 0 };
	struct err e;

	if (seal_open(keys, text, &opened, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(opened.len, strlen(wanted));
	assert_memory_equal(plain, wanted, opened.len);
}

static void assert_refused(const struct seal_keys *keys, const char *text, const char *why)
{
	char plain[SEAL_PLAIN_MAX];
	struct seal_opened opened = { plain, sizeof(plain), 0 };
	struct err e = { "" };

	assert_true(seal_open(keys, text, &opened, &e) < 0);
	if (!strstr(e.text, why))
		fail_msg("'%s' says nothing of '%s'", e.text, why);
}

static void test_keys_are_fixed(void **state)
{
	struct seal_keys *keys = keys_of("# made for this test\n\n" FIXED_SECRET " \r\n");
	struct seal_public public;
	char text[SEAL_KEY_SIZE], sealed[SEAL_TEXT_SIZE];
	struct err e;

	(void)state;
	if (seal_public_parse(FIXED_PUBLIC "\n", sizeof(FIXED_PUBLIC), &public, &e) < 0)
		fail_msg("%s", e.text);
	seal_public_text(&public, text);
	assert_string_equal(text, FIXED_PUBLIC);
	seal_close(&public, PASSWORD, strlen(PASSWORD), sealed);
	assert_memory_equal(sealed, "Ae7diD2", 7); /* format 1 and the kid begin every text */
	assert_opens(keys, sealed, PASSWORD);
	seal_keys_free(keys);
}

static void test_nothing_is_sealed_alike_twice(void **state)
{
	struct drawn d = draw();
	char one[SEAL_TEXT_SIZE], other[SEAL_TEXT_SIZE];

	(void)state;
	seal_close(&d.public, PASSWORD, strlen(PASSWORD), one);
	seal_close(&d.public, PASSWORD, strlen(PASSWORD), other);
	assert_string_not_equal(one, other);
}

static void test_rotation(void **state)
{
	struct drawn old = draw(), new = draw();
	autofree char *both = xasprintf("%s# newer\n%s", old.line, new.line);
	struct seal_keys *keys = keys_of(both), *only_new = keys_of(new.line);
	char by_old[SEAL_TEXT_SIZE], by_new[SEAL_TEXT_SIZE];

	(void)state;
	seal_close(&old.public, "old", 3, by_old);
	seal_close(&new.public, "new", 3, by_new);
	assert_opens(keys, by_old, "old");
	assert_opens(keys, by_new, "new");
	assert_opens(only_new, by_new, "new");
	assert_refused(only_new, by_old, "which is not here");
	seal_keys_free(keys);
	seal_keys_free(only_new);
}

/* Every single character matters: in the format, in the kid, and in the box. */
static void test_tampering(void **state)
{
	struct drawn d = draw();
	struct seal_keys *keys = keys_of(d.line);
	char sealed[SEAL_TEXT_SIZE], plain[8];
	struct seal_opened small = { plain, sizeof(plain), 0 };
	struct err e;

	(void)state;
	seal_close(&d.public, PASSWORD, strlen(PASSWORD), sealed);
	for (size_t i = 0; sealed[i] && sealed[i] != '='; i++) {
		char was = sealed[i];

		sealed[i] = was == 'A' ? 'B' : 'A';
		assert_refused(keys, sealed, "sealed:");
		sealed[i] = was;
	}
	assert_opens(keys, sealed, PASSWORD);
	assert_int_equal(seal_open(keys, sealed, &small, &e), ERR_INVALID);
	sealed[40] = '\0';
	assert_refused(keys, sealed, "format");
	assert_refused(keys, "", "format");
	assert_refused(keys, "!", "format");
	assert_refused(keys, PASSWORD, "format");
	seal_keys_free(keys);
}

static void test_sizes(void **state)
{
	struct drawn d = draw();
	struct seal_keys *keys = keys_of(d.line);
	char plain[SEAL_PLAIN_MAX + 1], sealed[SEAL_TEXT_SIZE];

	(void)state;
	memset(plain, 'x', sizeof(plain));
	plain[SEAL_PLAIN_MAX] = '\0';
	seal_close(&d.public, plain, SEAL_PLAIN_MAX, sealed);
	assert_opens(keys, sealed, plain);
	seal_close(&d.public, plain, 0, sealed);
	assert_opens(keys, sealed, "");
	seal_keys_free(keys);
}

static void test_wrong_keys(void **state)
{
	static const struct {
		const char *text, *why;
	} publics[] = {
		{ "", "is missing" },
		{ "# only words\n", "is missing" },
		{ FIXED_SECRET, "secret half" },
		{ FIXED_PUBLIC "\n" FIXED_PUBLIC, "a single one" },
		{ "53oyqpna:j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF", "<kid>:<key>" },
		{ "53oyqpnb:j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8", "does not fit" },
		{ "53oyqpna:j1DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8", "does not fit" },
		{ "mzuhvlpy:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "" }, /* low order */
	};
	struct seal_public public;
	struct seal_keys *keys;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(publics); i++) {
		const char *text = publics[i].text;

		assert_int_equal(seal_public_parse(text, strlen(text), &public, &e), ERR_INVALID);
		if (!strstr(e.text, publics[i].why))
			fail_msg("%zu: '%s' says nothing of '%s'", i, e.text, publics[i].why);
	}
	for (size_t i = 0; i < 2; i++) {
		autofree char *text = xstrdup(i ? "# a\n" FIXED_PUBLIC "\n" : "# no key\n");

		assert_int_equal(seal_keys_parse(&keys, text, &e), ERR_INVALID);
		assert_non_null(strstr(e.text, i ? "line 2" : "no key"));
		assert_null(strstr(e.text, "j0DF"));
	}
	assert_int_equal(seal_keys_load(&keys, "no/such/file", &e), ERR_FATAL);
	assert_int_equal(seal_public_load("no/such/file", &public, &e), ERR_FATAL);
}

static void test_passwords(void **state)
{
	char longest[SEAL_PASSWORD_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(seal_password_ok(PASSWORD, strlen(PASSWORD)));
	assert_true(seal_password_ok(longest, SEAL_PASSWORD_MAX));
	assert_false(seal_password_ok(longest, SEAL_PASSWORD_MAX + 1));
	assert_false(seal_password_ok("", 0));
	assert_false(seal_password_ok("a\nb", 3));
	assert_false(seal_password_ok("a\0b", 3));
	assert_false(seal_password_ok("\xff", 1));
}

static void test_hash(void **state)
{
	static const char head[] = "$argon2id$v=19$m=19456,t=2,p=1$";
	char hash[CRYPTO_PASSWORD_HASH_SIZE], again[CRYPTO_PASSWORD_HASH_SIZE];

	(void)state;
	crypto_password_hash(PASSWORD, hash);
	crypto_password_hash(PASSWORD, again);
	assert_memory_equal(hash, head, sizeof(head) - 1);
	assert_string_not_equal(hash, again); /* salted; that it verifies is test_password.py's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_fixed),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_nothing_is_sealed_alike_twice),
		cmocka_unit_test(test_tampering),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_wrong_keys),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
