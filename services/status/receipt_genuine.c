/* Is a call the provider's own? Those that sign forms, and those that show what they know. */
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"
#include "receipt_priv.h"

static int by_name(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->value, y->value);
}

static void sort(struct pairs *p)
{
	if (p->count)
		qsort(p->list, p->count, sizeof(*p->list), by_name);
}

/* ---- forms ---- */

/* The URL as it was called and the form's fields in their order, by HMAC-SHA-1. */
int genuine_twilio(struct receipt_reading *r, struct err *e)
{
	autobuf text = BUF_INIT(PROOF_MAX_BYTES);
	unsigned char mac[CRYPTO_DIGEST_MAX];
	const char *told = reading_header(r, "x-twilio-signature");

	proof_url(r, &text);
	sort(&r->body);
	for (size_t i = 0; i < r->body.count; i++) {
		buf_str(&text, r->body.list[i].name);
		buf_str(&text, r->body.list[i].value);
	}
	for (size_t i = 0; i < r->source->nsecrets; i++) {
		size_t n = crypto_hmac(CRYPTO_SHA1, proof_text(r->source->secrets[i]),
				       proof_buf(&text), mac);

		if (!text.full && proof_base64(mac, n, told))
			return OK;
	}
	return proof_refuse(e, "x-twilio-signature does not fit");
}

/* The fields in their order, "&name=value" each, with what separates them replaced in values. */
static void vonage_text(const struct pairs *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->list[i].name, "sig"))
			continue;
		buf_byte(out, '&');
		buf_str(out, p->list[i].name);
		buf_byte(out, '=');
		for (const char *c = p->list[i].value; *c; c++)
			buf_byte(out, *c == '&' || *c == '=' ? '_' : *c);
	}
}

/* The account settles the method; the signature's length tells it. */
static bool vonage_fits(const struct buf *text, const char *secret, const char *told)
{
	static const enum crypto_digest methods[] = { CRYPTO_SHA256, CRYPTO_SHA512, CRYPTO_SHA1,
						      CRYPTO_MD5 };
	autobuf whole = BUF_INIT(PROOF_MAX_BYTES);
	unsigned char mac[CRYPTO_DIGEST_MAX];

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		size_t n = crypto_hmac(methods[i], proof_text(secret), proof_buf(text), mac);

		if (proof_hex(mac, n, told))
			return true;
	}
	buf_add(&whole, text->data, text->len);
	buf_str(&whole, secret);
	return proof_hex(mac, crypto_digest(CRYPTO_MD5, proof_buf(&whole), mac), told);
}

int genuine_vonage(struct receipt_reading *r, struct err *e)
{
	struct pairs *p = r->body.count ? &r->body : &r->query;
	const char *told = pairs_find(p, "sig"), *at = pairs_find(p, "timestamp");
	autobuf text = BUF_INIT(PROOF_MAX_BYTES);

	sort(p);
	vonage_text(p, &text);
	for (size_t i = 0; told && at && !text.full && i < r->source->nsecrets; i++)
		if (vonage_fits(&text, r->source->secrets[i], told))
			return reading_fresh(r, proof_seconds(at), e);
	return proof_refuse(e, "sig does not fit");
}

int genuine_smsc(struct receipt_reading *r, struct err *e)
{
	static const struct {
		const char *field;
		enum crypto_digest digest;
	} methods[] = { { "sha1", CRYPTO_SHA1 }, { "md5", CRYPTO_MD5 } };
	static const char *const parts[] = { "id", "phone", "status" };
	unsigned char hash[CRYPTO_DIGEST_MAX];

	for (size_t i = 0; i < ARRAY_LEN(methods) * r->source->nsecrets; i++) {
		const char *told = reading_field(r, methods[i % ARRAY_LEN(methods)].field);
		autobuf text = BUF_INIT(PROOF_MAX_BYTES);

		for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
			const char *part = reading_field(r, parts[k]);

			buf_str(&text, part ? part : "");
			buf_byte(&text, ':');
		}
		buf_str(&text, r->source->secrets[i / ARRAY_LEN(methods)]);
		if (told && !text.full &&
		    proof_hex(hash,
			      crypto_digest(methods[i % ARRAY_LEN(methods)].digest,
					    proof_buf(&text), hash),
			      told))
			return OK;
	}
	return proof_refuse(e, "neither sha1 nor md5 fits");
}

int genuine_smsru(struct receipt_reading *r, struct err *e)
{
	const char *told = pairs_find(&r->body, "hash");
	unsigned char hash[CRYPTO_DIGEST_MAX];

	for (size_t i = 0; told && i < r->source->nsecrets; i++) {
		autobuf text = BUF_INIT(PROOF_MAX_BYTES);

		buf_str(&text, r->source->secrets[i]);
		for (size_t k = 0; k < r->body.count; k++)
			if (!strncmp(r->body.list[k].name, "data", 4))
				buf_str(&text, r->body.list[k].value);
		if (!text.full &&
		    proof_hex(hash, crypto_digest(CRYPTO_SHA256, proof_buf(&text), hash), told))
			return OK;
	}
	return proof_refuse(e, "hash does not fit");
}

/* ---- what is only shown ---- */

/* TLS ends at the proxy, which has verified the client's certificate and tells whose it is. */
int genuine_client(struct receipt_reading *r, struct err *e)
{
	const struct receipt_source *s = r->source;

	if (!s->client)
		return OK;
	if (!r->call->by_proxy)
		return proof_refuse(e,
				    "it came by no proxy of http.proxies that could vouch for it");
	if (strcmp(reading_header(r, s->client_header), s->client) != 0)
		return proof_refuse(e, "its certificate is not the source's client's");
	return OK;
}

static int shown(const struct receipt_reading *r, const char *told, struct err *e)
{
	for (size_t i = 0; told && i < r->source->nsecrets; i++)
		if (proof_same(r->source->secrets[i], told))
			return OK;
	return proof_refuse(e, "the secret that it shows is not ours");
}

int genuine_token(struct receipt_reading *r, struct err *e)
{
	return shown(r, pairs_find(&r->query, "token"), e);
}

/* RFC 7617. */
int genuine_basic(struct receipt_reading *r, struct err *e)
{
	static const char scheme[] = "Basic ";
	const char *header = reading_header(r, "authorization");
	char plain[PROOF_TEXT_MAX];
	size_t len, user = strlen(r->source->username);

	if (strncmp(header, scheme, sizeof(scheme) - 1) != 0 ||
	    !crypto_unbase64(header + sizeof(scheme) - 1, strlen(header) - sizeof(scheme) + 1,
			     plain, sizeof(plain) - 1, &len))
		return proof_refuse(e, "authorization is not Basic");
	plain[len] = '\0';
	if (len <= user || plain[user] != ':' || strncmp(plain, r->source->username, user) != 0)
		return proof_refuse(e, "authorization names somebody else");
	return shown(r, plain + user + 1, e);
}
