#include "crypto.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto's SHA-256 uses the processor's own instructions, which makes it five times as fast as
   libsodium's, and a message needs a dozen hashes. Its newer interface would allocate for each. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "mem.h"

#define BLOCK_BYTES SHA256_CBLOCK

/* The header does not show libcrypto; its states live in our plain bytes. */
_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct crypto_hash), "state fits");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct crypto_hash), "aligned");

int crypto_init(struct err *e)
{
	return sodium_init() < 0 ? err_set(e, ERR_FATAL, "libsodium cannot start: no randomness")
				 : OK;
}

static void u64_put(unsigned char out[8], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)(v >> (56 - 8 * i));
}

static void update(struct crypto_hash *h, const void *bytes, size_t n)
{
	SHA256_Update((SHA256_CTX *)h->state, bytes, n);
}

void crypto_sha256(const void *p, size_t n, unsigned char out[CRYPTO_HASH_BYTES])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	update(&h, p, n);
	crypto_hash_final(&h, out);
}

void crypto_sha256_hex(const void *p, size_t n, char out[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1])
{
	unsigned char hash[CRYPTO_HASH_BYTES];

	crypto_sha256(p, n, hash);
	crypto_hex(hash, sizeof(hash), out);
}

void crypto_hash_init(struct crypto_hash *h)
{
	SHA256_Init((SHA256_CTX *)h->state);
}

void crypto_hash_field(struct crypto_hash *h, const void *bytes, size_t n)
{
	unsigned char len[8];

	u64_put(len, n);
	update(h, len, sizeof(len));
	update(h, bytes, n);
}

void crypto_hash_str(struct crypto_hash *h, const char *s)
{
	crypto_hash_field(h, s, strlen(s));
}

void crypto_hash_u64(struct crypto_hash *h, uint64_t v)
{
	unsigned char bytes[8];

	u64_put(bytes, v);
	crypto_hash_field(h, bytes, sizeof(bytes));
}

void crypto_hash_final(struct crypto_hash *h, unsigned char out[CRYPTO_HASH_BYTES])
{
	SHA256_Final(out, (SHA256_CTX *)h->state);
}

/* RFC 2104: a key is one block; a longer one is hashed before. */
static void pad_begin(struct crypto_hash *h, const unsigned char key[BLOCK_BYTES],
		      unsigned char mask)
{
	unsigned char pad[BLOCK_BYTES];

	for (size_t i = 0; i < BLOCK_BYTES; i++)
		pad[i] = key[i] ^ mask;
	crypto_hash_init(h);
	update(h, pad, sizeof(pad));
	crypto_wipe(pad, sizeof(pad));
}

void crypto_mac_init(struct crypto_mac *m, const void *key, size_t key_len)
{
	unsigned char block[BLOCK_BYTES] = { 0 };

	if (key_len > sizeof(block))
		crypto_sha256(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	pad_begin(&m->inner, block, 0x36);
	pad_begin(&m->outer, block, 0x5c);
	crypto_wipe(block, sizeof(block));
}

void crypto_mac_field(struct crypto_mac *m, const void *bytes, size_t n)
{
	crypto_hash_field(&m->inner, bytes, n);
}

void crypto_mac_str(struct crypto_mac *m, const char *s)
{
	crypto_hash_str(&m->inner, s);
}

void crypto_mac_u64(struct crypto_mac *m, uint64_t v)
{
	crypto_hash_u64(&m->inner, v);
}

void crypto_mac_final(struct crypto_mac *m, unsigned char out[CRYPTO_HASH_BYTES])
{
	crypto_hash_final(&m->inner, out);
	update(&m->outer, out, CRYPTO_HASH_BYTES);
	crypto_hash_final(&m->outer, out);
	crypto_wipe(m, sizeof(*m));
}

void crypto_hex(const void *p, size_t n, char *out)
{
	sodium_bin2hex(out, CRYPTO_HEX_LEN(n) + 1, p, n);
}

void crypto_base32(const void *p, size_t n, char *out)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	const unsigned char *bytes = p;
	unsigned held = 0; /* bits read and not written yet are its lowest ones */
	int bits = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits)
		*out++ = alphabet[held << (5 - bits) & 31];
	*out = '\0';
}

void crypto_base64(const void *p, size_t n, char *out)
{
	sodium_bin2base64(out, CRYPTO_BASE64_LEN(n) + 1, p, n, sodium_base64_VARIANT_ORIGINAL);
}

void crypto_base64url(const void *p, size_t n, char *out)
{
	sodium_bin2base64(out, CRYPTO_BASE64URL_LEN(n) + 1, p, n,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool crypto_unbase64(const char *text, size_t n, void *out, size_t cap, size_t *len)
{
	static const int variants[] = {
		sodium_base64_VARIANT_ORIGINAL,
		sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
		sodium_base64_VARIANT_URLSAFE,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING,
	};

	for (size_t i = 0; i < ARRAY_LEN(variants); i++)
		if (sodium_base642bin(out, cap, text, n, NULL, len, NULL, variants[i]) == 0)
			return true;
	return false;
}

void crypto_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void crypto_lock(void *p, size_t n)
{
	if (sodium_mlock(p, n) < 0)
		return; /* over the limit: it is wiped all the same */
}

void crypto_unlock(void *p, size_t n)
{
	sodium_munlock(p, n);
}

void *crypto_secret_new(size_t n)
{
	void *p = sodium_malloc(n);

	if (!p)
		abort();
	memset(p, 0, n);
	return p;
}

void crypto_secret_free(void *p)
{
	sodium_free(p);
}
