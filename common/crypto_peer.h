/*
 * crypto_peer - hashes and signatures as others compute them, on libcrypto.
 *
 * For what a provider signs: plain digests and HMAC over the bytes as they are, some of them old
 * (MD5 and SHA-1 only where a vendor knows nothing else), and signatures made with a key of which
 * we have the public half. What is ours is in crypto.h. Everything here is thread-safe.
 */
#ifndef BECKON_CRYPTO_PEER_H
#define BECKON_CRYPTO_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum crypto_digest { CRYPTO_MD5, CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512, CRYPTO_DIGESTS };

#define CRYPTO_DIGEST_MAX 64 /* bytes */

struct crypto_bytes {
	const void *at;
	size_t len;
};

/* Both return how many bytes they have written. */
size_t crypto_digest(enum crypto_digest d, struct crypto_bytes of,
		     unsigned char out[CRYPTO_DIGEST_MAX]);
size_t crypto_hmac(enum crypto_digest d, struct crypto_bytes key, struct crypto_bytes of,
		   unsigned char out[CRYPTO_DIGEST_MAX]); /* RFC 2104 */

/* The public half of somebody's key. */
struct crypto_key;

/* PEM of a certificate or of a public key, or the base64 of a SubjectPublicKeyInfo. ERR_INVALID: it
   is none of them. */
int crypto_key_read(struct crypto_key **out, const char *text, size_t n, struct err *e);
void crypto_key_free(struct crypto_key *k); /* NULL is fine */

/* RSA (PKCS #1 v1.5) or ECDSA (DER), as the key says. */
bool crypto_key_signed(const struct crypto_key *k, enum crypto_digest d, struct crypto_bytes what,
		       struct crypto_bytes signature);

#endif
