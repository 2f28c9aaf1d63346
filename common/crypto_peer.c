#include "crypto_peer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"

#define KEY_MAX_BYTES 16384 /* of PEM text */
#define SPKI_MAX_BYTES 1024 /* an RSA key of 4096 bits has 550 */

struct crypto_key {
	EVP_PKEY *pkey;
};

static const EVP_MD *digest_of(enum crypto_digest d)
{
	static const EVP_MD *(*const makers[CRYPTO_DIGESTS])(void) = {
		[CRYPTO_MD5] = EVP_md5,
		[CRYPTO_SHA1] = EVP_sha1,
		[CRYPTO_SHA256] = EVP_sha256,
		[CRYPTO_SHA512] = EVP_sha512,
	};

	return makers[d]();
}

size_t crypto_digest(enum crypto_digest d, struct crypto_bytes of,
		     unsigned char out[CRYPTO_DIGEST_MAX])
{
	unsigned len = 0;

	EVP_Digest(of.at, of.len, out, &len, digest_of(d), NULL);
	return len;
}

size_t crypto_hmac(enum crypto_digest d, struct crypto_bytes key, struct crypto_bytes of,
		   unsigned char out[CRYPTO_DIGEST_MAX])
{
	unsigned len = 0;

	HMAC(digest_of(d), key.at, (int)key.len, of.at, of.len, out, &len);
	return len;
}

/* ---- keys ---- */

static EVP_PKEY *read_pem(const char *text, size_t n)
{
	BIO *bio = BIO_new_mem_buf(text, (int)n);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	BIO_free(bio);
	if (pkey)
		return pkey;
	bio = BIO_new_mem_buf(text, (int)n);
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return pkey;
}

static EVP_PKEY *read_spki(const char *text, size_t n)
{
	unsigned char der[SPKI_MAX_BYTES];
	const unsigned char *at = der;
	size_t len;

	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	if (!crypto_unbase64(text, n, der, sizeof(der), &len))
		return NULL;
	return d2i_PUBKEY(NULL, &at, (long)len);
}

int crypto_key_read(struct crypto_key **out, const char *text, size_t n, struct err *e)
{
	EVP_PKEY *pkey = NULL;
	struct crypto_key *k;

	if (n && n <= KEY_MAX_BYTES)
		pkey = *text == '-' ? read_pem(text, n) : read_spki(text, n);
	if (!pkey)
		return err_set(e, ERR_INVALID, "neither a certificate nor a public key");
	k = xcalloc(1, sizeof(*k));
	k->pkey = pkey;
	*out = k;
	return OK;
}

void crypto_key_free(struct crypto_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

bool crypto_key_signed(const struct crypto_key *k, enum crypto_digest d, struct crypto_bytes what,
		       struct crypto_bytes signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, digest_of(d), NULL, k->pkey) == 1 &&
		  EVP_DigestVerify(ctx, signature.at, signature.len, what.at, what.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}
