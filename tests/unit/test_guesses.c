/* Tokens guessed at the public door: how many are heard at all, and what becomes of those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "token.h"
#include "web_rate.h"

/* Somebody asks for links without a pause, from wherever a network of IPv6 lets them: what is heard
   of that is the rate and not a guess more, and none of it opens anything. */
static void test_a_million_guesses(void **state)
{
	enum { GUESSES = 1000000, PER_S = 100, BURST = 200, A_MS = 10 };
	static const char line[] =
		"k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= 2025-01-01T00:00:00Z\n";
	const struct token_for whose = { "acme", "i-1", 1 };
	struct web_rate *r = web_rate_new(PER_S, BURST);
	char token[TOKEN_SIZE], guess[TOKEN_SIZE], address[INET6_ADDRSTRLEN];
	unsigned char drawn[TOKEN_MAC_BYTES];
	struct keyring *ring;
	int heard = 0, opened = 0;

	(void)state;
	assert_int_equal(crypto_init(NULL), OK);
	assert_int_equal(keyring_parse(&ring, line, strlen(line), NULL), OK);
	assert_int_equal(token_make(ring, NULL, whose, token, NULL), OK);
	assert_true(token_verify(ring, token, whose));
	for (int i = 0; i < GUESSES; i++) {
		snprintf(address, sizeof(address), "2001:db8::%x", i & 0xffff);
		if (web_rate_take(r, address, 1000 + i / A_MS))
			continue;
		heard++;
		crypto_random(drawn, sizeof(drawn));
		memcpy(guess, token, 3); /* the key's name is no secret */
		crypto_base32(drawn, sizeof(drawn), guess + 3);
		opened += token_verify(ring, guess, whose);
	}
	assert_int_equal(opened, 0);
	assert_in_range(heard, 1, BURST + GUESSES / A_MS * PER_S / 1000);
	keyring_free(ring);
	web_rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_million_guesses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
