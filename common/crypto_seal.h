/*
 * crypto_seal - boxes that anybody may close and one key opens, and the hash of a password, on
 * libsodium.
 *
 * Everything here is thread-safe; crypto_init comes first.
 */
#ifndef BECKON_CRYPTO_SEAL_H
#define BECKON_CRYPTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#define CRYPTO_SEAL_KEY_BYTES 32 /* X25519 */
#define CRYPTO_SEAL_OVERHEAD 48	 /* a sealed box is so many bytes longer than what is in it */

/* A new pair. */
void crypto_seal_pair(unsigned char public_key[CRYPTO_SEAL_KEY_BYTES],
		      unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES]);

/* The public half of a secret key. */
void crypto_seal_public(const unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES],
			unsigned char public_key[CRYPTO_SEAL_KEY_BYTES]);

/* Libsodium's sealed box: n + CRYPTO_SEAL_OVERHEAD bytes to out. False: no key that X25519 can work
   with (a point of low order). */
bool crypto_seal_close(const unsigned char public_key[CRYPTO_SEAL_KEY_BYTES], const void *plain,
		       size_t n, unsigned char *out);

/* The n bytes of a box become n - CRYPTO_SEAL_OVERHEAD bytes in out. False: too short, changed, or
   closed for another key. */
bool crypto_seal_open(const unsigned char public_key[CRYPTO_SEAL_KEY_BYTES],
		      const unsigned char secret_key[CRYPTO_SEAL_KEY_BYTES], const void *box,
		      size_t n, void *out);

#define CRYPTO_PASSWORD_HASH_SIZE 128 /* with the NUL */

/* The argon2id string of a password (RFC 9106; PHC format) with 19 MiB and two passes. Takes about
   20 ms and those 19 MiB: never in a loop that others wait for. */
void crypto_password_hash(const char *password, char out[CRYPTO_PASSWORD_HASH_SIZE]);

#endif
