/*
 * crypto - hashes, keyed hashes, text forms of bytes, randomness and wiping, on libsodium and
 * libcrypto.
 *
 * Several fields are hashed one after the other with their lengths in front, so that
 * ("ab", "c") and ("a", "bc") never meet. Everything here is thread-safe; nothing but
 * crypto_init and crypto_secret_new can fail, and the latter ends the process.
 */
#ifndef BECKON_CRYPTO_H
#define BECKON_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CRYPTO_HASH_BYTES 32 /* SHA-256 and HMAC-SHA-256 */

/* Characters that n bytes become, without the final NUL. */
#define CRYPTO_HEX_LEN(n) ((size_t)(n)*2)
#define CRYPTO_BASE32_LEN(n) (((size_t)(n)*8 + 4) / 5)
#define CRYPTO_BASE64_LEN(n) (((size_t)(n) + 2) / 3 * 4)
#define CRYPTO_BASE64URL_LEN(n) (((size_t)(n)*4 + 2) / 3)

/* Once at start, before any thread. ERR_FATAL where the machine has no source of randomness. */
int crypto_init(struct err *e);

void crypto_sha256(const void *p, size_t n, unsigned char out[CRYPTO_HASH_BYTES]);
void crypto_sha256_hex(const void *p, size_t n, char out[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1]);

/* SHA-256 over fields. A number is a field of eight bytes, big-endian. */
struct crypto_hash {
	_Alignas(8) unsigned char state[112];
};

void crypto_hash_init(struct crypto_hash *h);
void crypto_hash_field(struct crypto_hash *h, const void *bytes, size_t n);
void crypto_hash_str(struct crypto_hash *h, const char *s);
void crypto_hash_u64(struct crypto_hash *h, uint64_t v);
void crypto_hash_final(struct crypto_hash *h, unsigned char out[CRYPTO_HASH_BYTES]);

/* HMAC-SHA-256 (RFC 2104) over fields. crypto_mac_final wipes the state. */
struct crypto_mac {
	struct crypto_hash inner, outer;
};

void crypto_mac_init(struct crypto_mac *m, const void *key, size_t key_len);
void crypto_mac_field(struct crypto_mac *m, const void *bytes, size_t n);
void crypto_mac_str(struct crypto_mac *m, const char *s);
void crypto_mac_u64(struct crypto_mac *m, uint64_t v);
void crypto_mac_final(struct crypto_mac *m, unsigned char out[CRYPTO_HASH_BYTES]);

/* NUL-terminated text; out has room for the length above and the NUL. Base32 and base64url are
   those of RFC 4648 without padding, base32 in lower case; base64 has its padding. */
void crypto_hex(const void *p, size_t n, char *out);
void crypto_base32(const void *p, size_t n, char *out);
void crypto_base64(const void *p, size_t n, char *out);
void crypto_base64url(const void *p, size_t n, char *out);

/* Base64 (RFC 4648) in either alphabet, padded or not, into at most cap bytes. False where the
   text is not that or does not fit; out is undefined then. */
bool crypto_unbase64(const char *text, size_t n, void *out, size_t cap, size_t *len);

void crypto_random(void *p, size_t n);
bool crypto_equal(const void *a, const void *b, size_t n); /* time depends on n alone */
void crypto_wipe(void *p, size_t n);			   /* never optimised away */

/* Keeps n bytes that somebody else allocated out of the swap, where the system allows;
   crypto_unlock wipes them. */
void crypto_lock(void *p, size_t n);
void crypto_unlock(void *p, size_t n);

/* Zeroed memory for keys: locked where the system allows, absent from core dumps, guarded at both
   ends, wiped when freed. crypto_init comes first. */
void *crypto_secret_new(size_t n) __attribute__((malloc, returns_nonnull));
void crypto_secret_free(void *p);

#endif
