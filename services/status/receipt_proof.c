/* What the proofs of a call's sender have in common. Nothing that depends on a secret is compared
   byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "receipt_priv.h"

int proof_refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_INVALID, "%s", why);
}

struct crypto_bytes proof_text(const char *s)
{
	return (struct crypto_bytes){ s, strlen(s) };
}

struct crypto_bytes proof_buf(const struct buf *b)
{
	return (struct crypto_bytes){ b->data ? b->data : "", b->len };
}

bool proof_same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && crypto_equal(a, b, n);
}

/* Letters of hexadecimal digits may be of either case. */
bool proof_hex(const unsigned char *mac, size_t n, const char *told)
{
	char hex[CRYPTO_HEX_LEN(CRYPTO_DIGEST_MAX) + 1], lower[sizeof(hex)];
	size_t i = 0;

	crypto_hex(mac, n, hex);
	for (; told[i] && i < sizeof(lower) - 1; i++)
		lower[i] = told[i] >= 'A' && told[i] <= 'F' ? (char)(told[i] | 0x20) : told[i];
	lower[i] = '\0';
	return !told[i] && proof_same(hex, lower);
}

bool proof_base64(const unsigned char *mac, size_t n, const char *told)
{
	char text[CRYPTO_BASE64_LEN(CRYPTO_DIGEST_MAX) + 1];

	crypto_base64(mac, n, text);
	return proof_same(text, told);
}

/* Seconds since 1970 as they are written; -1 = they are not. */
int64_t proof_seconds(const char *s)
{
	char *end;
	long long v = strtoll(s, &end, 10);

	return *s && !*end && v > 0 && v < INT64_MAX / 2000 ? v * 1000 : -1;
}

void proof_url(const struct receipt_reading *r, struct buf *out)
{
	buf_str(out, r->source->url);
	if (*r->call->query) {
		buf_byte(out, '?');
		buf_str(out, r->call->query);
	}
}
