#include "crypto_seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ARGON2_BYTES ((size_t)19 << 20)
#define ARGON2_PASSES 2

_Static_assert(CRYPTO_SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "X25519");
_Static_assert(CRYPTO_SEAL_KEY_BYTES == crypto_box_SECRETKEYBYTES, "X25519");
_Static_assert(CRYPTO_SEAL_OVERHEAD == crypto_box_SEALBYTES, "sealed box");
_Static_assert(CRYPTO_PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "hash fits");

void crypto_seal_pair(unsigned char public_key[CRYPTO_SEAL_KEY_BYTES],
		      unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES])
{
	crypto_box_keypair(public_key, secret_key);
}

void crypto_seal_public(const unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES],
			unsigned char public_key[CRYPTO_SEAL_KEY_BYTES])
{
	crypto_scalarmult_base(public_key, secret_key);
}

bool crypto_seal_close(const unsigned char public_key[CRYPTO_SEAL_KEY_BYTES], const void *plain,
		       size_t n, unsigned char *out)
{
	return crypto_box_seal(out, plain, n, public_key) == 0;
}

bool crypto_seal_open(const unsigned char public_key[CRYPTO_SEAL_KEY_BYTES],
		      const unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES], const void *box,
		      size_t n, void *out)
{
	return crypto_box_seal_open(out, box, n, public_key, secret_key) == 0;
}

/* Memory that cannot be had ends the process, as elsewhere. */
void crypto_password_hash(const char *password, char out[CRYPTO_PASSWORD_HASH_SIZE])
{
	if (crypto_pwhash_str_alg(out, password, strlen(password), ARGON2_PASSES, ARGON2_BYTES,
				  crypto_pwhash_ALG_ARGON2ID13) < 0)
		abort();
}
