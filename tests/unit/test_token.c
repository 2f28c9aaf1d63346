/* Key rings, tokens and the link that carries them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto_fixture.h"
#include "link.h"
#include "mem.h"
#include "token.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" /* bytes 0 to 31 */
#define KEY2 "_wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct token_for whose = { "acme", "inv-1", 1 };

static struct keyring *ring_of(const char *text)
{
	struct keyring *ring = NULL;
	struct err e;

	if (keyring_parse(&ring, text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
	return ring;
}

static void test_token_is_fixed(void **state)
{
	struct keyring *ring = ring_of("k1:" KEY " 2025-01-01T00:00:00Z");
	char token[TOKEN_SIZE], hex[65];

	(void)state;
	assert_int_equal(token_make(ring, NULL, whose, token, NULL), OK);
	assert_string_equal(token, "k1.po6loeapxtzgxymhl2buvmgqggkohgnt"); /* by Python's hmac */
	token_sha256("abc", hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	keyring_free(ring);
}

static void test_newest_signs_and_old_ones_verify(void **state)
{
	struct keyring *ring = ring_of("# two keys, the newer one first\n\n"
				       "b2:" KEY2 " 2025-02-01T00:00:00Z  \r\n"
				       "a1:" KEY " 2025-01-01T00:00:00+03:00\n");
	char token[TOKEN_SIZE], old[TOKEN_SIZE];
	struct err e;

	(void)state;
	assert_string_equal(keyring_newest(ring), "b2");
	assert_true(keyring_has(ring, "a1"));
	assert_false(keyring_has(ring, "a"));
	assert_int_equal(token_make(ring, NULL, whose, token, &e), OK);
	assert_memory_equal(token, "b2.", 3);
	assert_int_equal(token_make(ring, "a1", whose, old, &e), OK);
	assert_true(token_verify(ring, token, whose));
	assert_true(token_verify(ring, old, whose));
	assert_int_equal(token_make(ring, "zz", whose, token, &e), ERR_INVALID);
	keyring_free(ring);
}

static void test_verify_refuses(void **state)
{
	static const struct token_for others[] = {
		{ "acme2", "inv-1", 1 },
		{ "acme", "inv-2", 1 },
		{ "acme", "inv-1", 2 },
		{ "acmei", "nv-1", 1 },
	};
	static const char *const tokens[] = {
		"",
		".",
		"k1",
		"k1.",
		"k1.po6loeapxtzgxymhl2buvmgqggkohgn",
		"k2.po6loeapxtzgxymhl2buvmgqggkohgnt",
		"k1.po6loeapxtzgxymhl2buvmgqggkohgntt",
		"k1.PO6LOEAPXTZGXYMHL2BUVMGQGGKOHGNT",
		"k1."
		"po6loeapxtzgxymhl2buvmgqggkohgntaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a",
	};
	struct keyring *ring = ring_of("k1:" KEY " 2025-01-01T00:00:00Z\n");
	char token[TOKEN_SIZE];

	(void)state;
	assert_int_equal(token_make(ring, NULL, whose, token, NULL), OK);
	assert_true(token_verify(ring, token, whose));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(token_verify(ring, token, others[i]));
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		assert_false(token_verify(ring, tokens[i], whose));
	for (size_t i = 0; token[i]; i++) {
		char was = token[i];

		token[i] = was == 'a' ? 'b' : 'a';
		assert_false(token_verify(ring, token, whose));
		token[i] = was;
	}
	keyring_free(ring);
}

static void test_bad_rings(void **state)
{
	static const struct {
		const char *text, *says;
	} table[] = {
		{ "", "no key" },
		{ "# only a remark\n", "no key" },
		{ "k1 " KEY " 2025-01-01T00:00:00Z", "line 1 is not" },
		{ "\nk1:" KEY, "line 2 is not" },
		{ "K1:" KEY " 2025-01-01T00:00:00Z", "line 1 has a kid" },
		{ ":" KEY " 2025-01-01T00:00:00Z", "line 1 has a kid" },
		{ "k12345678:" KEY " 2025-01-01T00:00:00Z", "line 1 has a kid" },
		{ "k1:AAAA 2025-01-01T00:00:00Z", "line 1 has a key" },
		{ "k1:" KEY "! 2025-01-01T00:00:00Z", "line 1 has a key" },
		{ "k1:" KEY " yesterday", "line 1 has a time" },
		{ "k1:" KEY " 2025-01-01T00:00:00Z more", "line 1 has a time" },
		{ "k1:" KEY " 2025-01-01T00:00:00Z\nk1:" KEY2 " 2025-01-01T00:00:00Z",
		  "line 2 repeats" },
	};
	struct keyring *ring = NULL;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		assert_int_equal(keyring_parse(&ring, table[i].text, strlen(table[i].text), &e),
				 ERR_INVALID);
		assert_non_null(strstr(e.text, table[i].says));
		assert_null(strstr(e.text, "AAEC"));
	}
	static const char cut[] = "k1:" KEY " 2025-01-01T00:00:00Z\0 and bytes that are no text";

	assert_int_equal(keyring_parse(&ring, cut, sizeof(cut) - 1, &e), ERR_INVALID);
	assert_null(ring);
}

static void test_file(void **state)
{
	char path[] = "/tmp/beckon-ring-XXXXXX";
	autobuf text = BUF_INIT(0);
	struct keyring *ring = NULL;
	struct err e;
	int fd = mkstemp(path);

	(void)state;
	keyring_generate(1735689600000, &text);
	keyring_generate(1735689600001, &text);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	close(fd);
	assert_int_equal(keyring_load(&ring, path, &e), OK);
	assert_memory_equal(keyring_newest(ring), strchr(text.data, '\n') + 1, 4);
	keyring_free(ring);
	unlink(path);
	assert_int_equal(keyring_load(&ring, path, &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "No such file"));
}

static void test_links(void **state)
{
	static const struct {
		const char *base, *link;
	} good[] = {
		{ "https://a.example/accept", "https://a.example/accept?token=T.t" },
		{ "HTTP://a.example", "HTTP://a.example/?token=T.t" },
		{ "https://a.example?x=1", "https://a.example/?x=1&token=T.t" },
		{ "https://a.example/?", "https://a.example/?token=T.t" },
		{ "https://a.example/?x=1&", "https://a.example/?x=1&token=T.t" },
		{ "https://a.example/p?x=1#top", "https://a.example/p?x=1&token=T.t#top" },
		{ "https://a.example/#/r?q=1", "https://a.example/?token=T.t#/r?q=1" },
		{ "https://a.example#a#b", "https://a.example/?token=T.t#a%23b" },
		{ "http://127.0.0.1:8080/", "http://127.0.0.1:8080/?token=T.t" },
		{ "http://[::1]:8080/x", "http://[::1]:8080/x?token=T.t" },
		{ "https://a.example/a b/\xc3\xa9?q=\"<>",
		  "https://a.example/a%20b/%C3%A9?q=%22%3C%3E&token=T.t" },
		{ "https://a.example/%41%4g%", "https://a.example/%41%254g%25?token=T.t" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		autobuf out = BUF_INIT(0);
		struct err e = { "" };

		link_build(good[i].base, "T.t", &out, &e);
		assert_string_equal(e.text, "");
		assert_string_equal(out.data, good[i].link);
	}
}

static void test_link_without_token(void **state)
{
	autobuf out = BUF_INIT(0);

	(void)state;
	assert_int_equal(link_build("https://a.example?x= y#z", NULL, &out, NULL), OK);
	assert_string_equal(out.data, "https://a.example/?x=%20y#z");
	buf_reset(&out);
	link_ticket("https://a.example/start#/home", "t2", &out, NULL);
	assert_string_equal(out.data, "https://a.example/start?ticket=t2#/home");
	buf_reset(&out);
	link_mailto("a+b&c?d@e-f.example", &out);
	assert_string_equal(out.data, "mailto:a%2Bb%26c%3Fd@e-f.example");
}

static void test_links_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a.example",
		"//a.example",
		"ftp://a.example/",
		"javascript:alert(1)",
		"https:a.example",
		"https://",
		"https:///x",
		"https://?x",
		"https://user@a.example/",
		"https://user:1@a.example/",
		"https://a.example:80a/",
		"https://a.example:1234567/",
		"https://a b/",
		"https://a.example\\@b/",
		"https://[::1/",
		"https://[]/",
		"https://[::1]x/",
		"https://\xc3\xa9.example/",
		"https://a.example/\r\nBcc: x",
		"https://a.example/\x01",
		"https://a\x7f/",
		" https://a.example/",
		"https://%61.example/",
	};
	autobuf out = BUF_INIT(0);
	char base[LINK_MAX + 1] = "https://a.example/";
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(link_build(bad[i], "T.t", &out, &e), ERR_INVALID);
	memset(base + strlen(base), 'x', LINK_MAX - strlen(base) - strlen("?token=T.t"));
	assert_int_equal(link_build(base, "T.t", &out, &e), OK);
	assert_int_equal(out.len, LINK_MAX);
	assert_int_equal(link_build(base, "T.tt", &out, &e), ERR_INVALID);
	assert_int_equal(out.len, LINK_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_is_fixed),
		cmocka_unit_test(test_newest_signs_and_old_ones_verify),
		cmocka_unit_test(test_verify_refuses),
		cmocka_unit_test(test_bad_rings),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_without_token),
		cmocka_unit_test(test_links_refused),
	};

	return cmocka_run_group_tests_name("token", tests, crypto_ready, NULL);
}
