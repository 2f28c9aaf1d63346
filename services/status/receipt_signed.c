/* Is a call the provider's own? Those that sign the bytes of what they tell, mostly JSON. */
#include <string.h>

#include "crypto.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "receipt_keys.h"
#include "receipt_priv.h"

#define TOKEN_TEXT_MAX 4096 /* of a JWT (RFC 7519) */
#define CLOCKS_DIFFER_MS 60000

/* A secret's key: "whsec_" and base64, or its own bytes. */
static struct crypto_bytes webhook_key(const char *secret, unsigned char *memory, size_t size)
{
	static const char prefix[] = "whsec_";
	size_t skip = sizeof(prefix) - 1, len;

	if (!strncmp(secret, prefix, skip) &&
	    crypto_unbase64(secret + skip, strlen(secret) - skip, memory, size, &len))
		return (struct crypto_bytes){ memory, len };
	return proof_text(secret);
}

/* Any of "v1,<base64> v1,<base64>". */
static bool webhook_fits(const unsigned char *mac, size_t n, const char *told)
{
	autofree char *list = xstrdup(told);
	char *rest = list, *one;

	while ((one = strsep(&rest, " ")))
		if (!strncmp(one, "v1,", 3) && proof_base64(mac, n, one + 3))
			return true;
	return false;
}

/* Standard Webhooks: "id.timestamp.body" by HMAC-SHA-256. */
int genuine_webhook(struct receipt_reading *r, struct err *e)
{
	const char *at = reading_header(r, "webhook-timestamp");
	const char *told = reading_header(r, "webhook-signature");
	unsigned char mac[CRYPTO_DIGEST_MAX], key[256];
	autobuf text = BUF_INIT(PROOF_MAX_BYTES);

	buf_str(&text, reading_header(r, "webhook-id"));
	buf_byte(&text, '.');
	buf_str(&text, at);
	buf_byte(&text, '.');
	buf_add(&text, r->call->body, r->call->body_len);
	for (size_t i = 0; i < r->source->nsecrets; i++) {
		struct crypto_bytes k = webhook_key(r->source->secrets[i], key, sizeof(key));
		size_t n = crypto_hmac(CRYPTO_SHA256, k, proof_buf(&text), mac);

		crypto_wipe(key, sizeof(key));
		if (!text.full && webhook_fits(mac, n, told))
			return reading_fresh(r, proof_seconds(at), e);
	}
	return proof_refuse(e, "webhook-signature does not fit");
}

int genuine_mailgun(struct receipt_reading *r, struct err *e)
{
	const json_t *s = json_object_get(r->json, "signature");
	const char *at = json_string_value(json_object_get(s, "timestamp"));
	const char *token = json_string_value(json_object_get(s, "token"));
	const char *told = json_string_value(json_object_get(s, "signature"));
	unsigned char mac[CRYPTO_DIGEST_MAX];

	for (size_t i = 0; at && token && told && i < r->source->nsecrets; i++) {
		autofree char *text = xasprintf("%s%s", at, token);
		size_t n = crypto_hmac(CRYPTO_SHA256, proof_text(r->source->secrets[i]),
				       proof_text(text), mac);

		if (proof_hex(mac, n, told))
			return reading_fresh(r, proof_seconds(at), e);
	}
	return proof_refuse(e, "signature does not fit");
}

/* What is in base64, checked against the source's key. */
static bool key_fits(const struct receipt_reading *r, enum crypto_digest d, const struct buf *text,
		     const char *told)
{
	unsigned char signature[PROOF_TEXT_MAX];
	size_t len;

	return told && !text->full &&
	       crypto_unbase64(told, strlen(told), signature, sizeof(signature), &len) &&
	       crypto_key_signed(r->source->key, d, proof_buf(text),
				 (struct crypto_bytes){ signature, len });
}

int genuine_sendgrid(struct receipt_reading *r, struct err *e)
{
	const char *at = reading_header(r, "x-twilio-email-event-webhook-timestamp");
	const char *told = reading_header(r, "x-twilio-email-event-webhook-signature");
	autobuf text = BUF_INIT(PROOF_MAX_BYTES);

	buf_str(&text, at);
	buf_add(&text, r->call->body, r->call->body_len);
	if (!key_fits(r, CRYPTO_SHA256, &text, told))
		return proof_refuse(e, "x-twilio-email-event-webhook-signature does not fit");
	return reading_fresh(r, proof_seconds(at), e);
}

/* A notification; anything else SNS sends is about the subscription. */
static void sns_text(const json_t *m, bool notification, struct buf *out)
{
	static const char *const notified[] = { "Message",  "MessageId", "Subject", "Timestamp",
						"TopicArn", "Type",	 NULL };
	static const char *const others[] = { "Message", "MessageId", "SubscribeURL", "Timestamp",
					      "Token",	 "TopicArn",  "Type",	      NULL };

	for (const char *const *name = notification ? notified : others; *name; name++) {
		const char *value = json_string_value(json_object_get(m, *name));

		if (!value)
			continue;
		buf_str(out, *name);
		buf_byte(out, '\n');
		buf_str(out, value);
		buf_byte(out, '\n');
	}
}

static const char *sns_field(const struct receipt_reading *r, const char *name)
{
	return json_string_value(json_object_get(r->json, name));
}

/* Checked against the source's certificate, or else the one that the message names: only where that
   can be nobody's but SNS'. */
static int sns_signed(const struct receipt_reading *r, const struct buf *text, struct err *e)
{
	const struct receipt_source *source = r->source;
	const char *version = sns_field(r, "SignatureVersion"), *told = sns_field(r, "Signature");
	const char *url = sns_field(r, "SigningCertURL");
	unsigned char signature[PROOF_TEXT_MAX];
	struct receipt_signature s = { .url = url,
				       .proxy = source->proxy,
				       .ca_file = source->ca_file,
				       .digest = version && *version == '1' ? CRYPTO_SHA1
									    : CRYPTO_SHA256,
				       .text = proof_buf(text),
				       .signature = { signature, 0 } };

	if (source->key)
		return key_fits(r, s.digest, text, told)
			       ? OK
			       : proof_refuse(e, "Signature does not fit the certificate");
	if (!url || !receipt_keys_url_ok(source->topic, url))
		return proof_refuse(e, "SigningCertURL is none of SNS in the topic's region");
	if (!told || text->full || !r->call->keys ||
	    !crypto_unbase64(told, strlen(told), signature, sizeof(signature), &s.signature.len))
		return proof_refuse(e, "Signature is none");
	return receipt_keys_signed(r->call->keys, &s, e);
}

/* What is wrong without it is refused first, so that nothing is fetched for it. */
int genuine_sns(struct receipt_reading *r, struct err *e)
{
	const char *type = sns_field(r, "Type"), *topic = sns_field(r, "TopicArn");
	const char *at = sns_field(r, "Timestamp"), *message = sns_field(r, "Message");
	autobuf text = BUF_INIT(PROOF_MAX_BYTES);
	bool notification = type && !strcmp(type, "Notification");
	int64_t ms;
	int code;

	if (!topic || strcmp(topic, r->source->topic) != 0)
		return proof_refuse(e, "TopicArn is not the source's topic");
	if ((code = reading_fresh(r, at && now_parse(at, &ms) ? ms : -1, e)) < 0)
		return code;
	sns_text(r->json, notification, &text);
	if ((code = sns_signed(r, &text, e)) < 0)
		return code;
	if (notification && message)
		json_text_parse(message, strlen(message), &r->inner, NULL);
	return OK;
}

/* ---- a JSON Web Token (RFC 7515, 7519) over the call's hashes ---- */

static json_t *jwt_part(const char *text, size_t len)
{
	unsigned char plain[TOKEN_TEXT_MAX];
	json_t *v = NULL;
	size_t n;

	if (crypto_unbase64(text, len, plain, sizeof(plain), &n))
		json_text_parse((const char *)plain, n, &v, NULL);
	return v;
}

static bool jwt_signed(const struct receipt_reading *r, const char *token, size_t signed_len)
{
	json_t *head = jwt_part(token, strcspn(token, "."));
	const char *alg = json_string_value(json_object_get(head, "alg"));
	enum crypto_digest d = alg && !strcmp(alg, "HS512") ? CRYPTO_SHA512 : CRYPTO_SHA256;
	bool known = alg && (!strcmp(alg, "HS256") || !strcmp(alg, "HS512"));
	unsigned char mac[CRYPTO_DIGEST_MAX], told[CRYPTO_DIGEST_MAX];
	const char *signature = token + signed_len + 1;
	size_t len = 0;

	known = known && crypto_unbase64(signature, strlen(signature), told, sizeof(told), &len);
	json_decref(head);
	for (size_t i = 0; known && i < r->source->nsecrets; i++) {
		size_t n = crypto_hmac(d, proof_text(r->source->secrets[i]),
				       (struct crypto_bytes){ token, signed_len }, mac);

		if (n == len && crypto_equal(mac, told, n))
			return true;
	}
	return false;
}

static bool hash_fits(const json_t *claim, struct crypto_bytes of)
{
	unsigned char hash[CRYPTO_DIGEST_MAX];
	size_t n = crypto_digest(CRYPTO_SHA256, of, hash);

	return json_is_string(claim) && proof_hex(hash, n, json_string_value(claim));
}

/* Signed for this very call, and in force now. */
static int jwt_claims(struct receipt_reading *r, const json_t *claims, struct err *e)
{
	int64_t from_ms = json_integer_value(json_object_get(claims, "nbf")) * 1000;
	int64_t until_ms = json_integer_value(json_object_get(claims, "exp")) * 1000;
	struct crypto_bytes body = { r->call->body, r->call->body_len };
	autobuf url = BUF_INIT(PROOF_MAX_BYTES);

	proof_url(r, &url);
	if (url.full || !hash_fits(json_object_get(claims, "url_hash"), proof_buf(&url)))
		return proof_refuse(e, "the token is for another URL");
	if (body.len && !hash_fits(json_object_get(claims, "payload_hash"), body))
		return proof_refuse(e, "the token is for another body");
	if (until_ms <= r->call->now_ms - CLOCKS_DIFFER_MS)
		return proof_refuse(e, "the token is over");
	return reading_fresh(r, from_ms, e);
}

int genuine_bird(struct receipt_reading *r, struct err *e)
{
	const char *token = reading_header(r, "messagebird-signature-jwt");
	const char *dot = strchr(token, '.'), *last = strrchr(token, '.');
	json_t *claims;
	int code;

	if (!dot || last == dot || !jwt_signed(r, token, (size_t)(last - token)))
		return proof_refuse(e, "messagebird-signature-jwt does not fit");
	claims = jwt_part(dot + 1, (size_t)(last - dot - 1));
	code = jwt_claims(r, claims, e);
	json_decref(claims);
	return code;
}
