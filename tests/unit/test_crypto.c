/* Hashes, keyed hashes and text forms against the standards' own vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto.h"
#include "crypto_fixture.h"
#include "mem.h"

/* FIPS 180-4, the examples of NIST. */
static void test_sha256(void **state)
{
	char hex[65];

	(void)state;
	crypto_sha256_hex("", 0, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	crypto_sha256_hex(NULL, 0, hex);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	crypto_sha256_hex("abc", 3, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void fields_hash(const char *a, const char *b, unsigned char out[CRYPTO_HASH_BYTES])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, a);
	crypto_hash_str(&h, b);
	crypto_hash_final(&h, out);
}

static void test_fields_do_not_run_together(void **state)
{
	unsigned char x[CRYPTO_HASH_BYTES], y[CRYPTO_HASH_BYTES], plain[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	(void)state;
	fields_hash("ab", "c", x);
	fields_hash("a", "bc", y);
	assert_false(crypto_equal(x, y, sizeof(x)));
	fields_hash("", "abc", y);
	assert_false(crypto_equal(x, y, sizeof(x)));

	/* The form is fixed: ids made by one version are read by the next. */
	crypto_sha256("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\10\0\0\0\0\0\1\0\2", 26, plain);
	crypto_hash_init(&h);
	crypto_hash_str(&h, "ab");
	crypto_hash_u64(&h, 0x10002);
	crypto_hash_final(&h, x);
	assert_memory_equal(x, plain, sizeof(x));
}

/* The fields "", "a" and 7 under the key "Jefe", computed by Python's hmac over the same framing.
 */
static void test_mac(void **state)
{
	unsigned char mac[CRYPTO_HASH_BYTES];
	struct crypto_mac m;
	char hex[65];

	(void)state;
	crypto_mac_init(&m, "Jefe", 4);
	crypto_mac_field(&m, NULL, 0);
	crypto_mac_str(&m, "a");
	crypto_mac_u64(&m, 7);
	crypto_mac_final(&m, mac);
	crypto_hex(mac, sizeof(mac), hex);
	assert_string_equal(hex,
			    "0628b61e27ec8942ef4111ce8307be5a87ed38d151719cf90dcd3b96c8bf167f");
	for (size_t i = 0; i < sizeof(m); i++)
		assert_int_equal(((unsigned char *)&m)[i], 0);
}

/* RFC 4648 section 10, lower case, no padding. */
static void test_text_forms(void **state)
{
	static const struct {
		const char *in, *base32, *base64;
	} table[] = {
		{ "", "", "" },
		{ "f", "my", "Zg" },
		{ "fo", "mzxq", "Zm8" },
		{ "foo", "mzxw6", "Zm9v" },
		{ "foob", "mzxw6yq", "Zm9vYg" },
		{ "fooba", "mzxw6ytb", "Zm9vYmE" },
		{ "foobar", "mzxw6ytboi", "Zm9vYmFy" },
		{ "\xfb\xff\xbe", "7p734", "-_--" },
	};
	char out[64], back[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		size_t len = strlen(table[i].in);

		crypto_base32(table[i].in, len, out);
		assert_string_equal(out, table[i].base32);
		assert_int_equal(strlen(out), CRYPTO_BASE32_LEN(len));
		crypto_base64url(table[i].in, len, out);
		assert_string_equal(out, table[i].base64);
		assert_int_equal(strlen(out), CRYPTO_BASE64URL_LEN(len));
		assert_true(crypto_unbase64(out, strlen(out), back, sizeof(back), &n));
		assert_int_equal(n, len);
		assert_memory_equal(back, table[i].in, len);
	}
	crypto_hex("\x00\xff", 2, out);
	assert_string_equal(out, "00ff");
}

static void test_unbase64(void **state)
{
	static const struct {
		const char *text;
		size_t cap;
		bool ok;
	} table[] = {
		{ "+/++", 3, true },  { "-_--", 3, true },	{ "Zg==", 1, true },
		{ "Zg", 1, true },    { "Zm9vYg==", 3, false }, { "Zg=", 8, false },
		{ "Z", 8, false },    { "Zh", 8, false },	{ "Z g=", 8, false },
		{ "+_++", 8, false },
	};
	char out[8];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(crypto_unbase64(table[i].text, strlen(table[i].text), out,
						 table[i].cap, &n),
				 table[i].ok);
}

static void test_random_equal_wipe(void **state)
{
	unsigned char a[32], b[32], zero[32] = { 0 };
	unsigned char *secret = crypto_secret_new(48);

	(void)state;
	assert_memory_equal(secret, zero, 32);
	crypto_random(a, sizeof(a));
	crypto_random(b, sizeof(b));
	assert_false(crypto_equal(a, b, sizeof(a)));
	memcpy(b, a, sizeof(b));
	assert_true(crypto_equal(a, b, sizeof(a)));
	b[31] ^= 1;
	assert_false(crypto_equal(a, b, sizeof(a)));
	crypto_wipe(a, sizeof(a));
	assert_memory_equal(a, zero, sizeof(a));
	crypto_secret_free(secret);
	crypto_secret_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),	 cmocka_unit_test(test_fields_do_not_run_together),
		cmocka_unit_test(test_mac),	 cmocka_unit_test(test_text_forms),
		cmocka_unit_test(test_unbase64), cmocka_unit_test(test_random_equal_wipe),
	};

	return cmocka_run_group_tests_name("crypto", tests, crypto_ready, NULL);
}
