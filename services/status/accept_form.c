#include "accept_form.h"

#include <string.h>

#include "crypto.h"
#include "crypto_seal.h"
#include "form.h"
#include "mem.h"
#include "utf8.h"

#define NONCE_BYTES 16

/* ---- reading ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes s in place. False: no UTF-8, or a NUL in it. */
static bool decode(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
			*to++ = (char)(hex(from[1]) << 4 | hex(from[2]));
			from += 2;
		} else {
			*to++ = *from == '+' ? ' ' : *from;
		}
	}
	*to = '\0';
	return strlen(s) == (size_t)(to - s) && utf8_valid(s, strlen(s));
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r\n");
	for (end = s + strlen(s); end > s && strchr(" \t\r\n", end[-1]); end--)
		;
	*end = '\0';
	return s;
}

/* none is the "" of what is absent. */
static void take(struct accept_form *f, const char *name, char *value, char *none)
{
	const struct {
		const char *name;
		char **at;
		bool trimmed;
	} fields[] = {
		{ "first_name", &f->first_name, true }, { "last_name", &f->last_name, true },
		{ "password", &f->password, false },	{ "confirm", &f->confirm, false },
		{ "nonce", &f->nonce, true },		{ "answer", &f->answer, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		if (*fields[i].at != none || !decode(value))
			value = none; /* said twice: which one was meant? */
		*fields[i].at = fields[i].trimmed ? trim(value) : value;
	}
}

void accept_form_read(char *body, size_t n, struct accept_form *out)
{
	char *none = body + n, *pair;

	*none = '\0';
	*out = (struct accept_form){ none, none, none, none, none, none };
	while (body && (pair = strsep(&body, "&"))) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value = '\0';
		take(out, pair, value + 1, none);
	}
}

/* ---- judging ---- */

static bool name_ok(const char *s)
{
	size_t len = strlen(s);

	return len && utf8_count(s, len) <= ACCEPT_NAME_MAX && form_line(s, len);
}

unsigned accept_form_check(const struct accept_form *f)
{
	size_t len = strlen(f->password);
	unsigned faults = 0;

	faults |= name_ok(f->first_name) ? 0 : FAULT_FIRST_NAME;
	faults |= name_ok(f->last_name) ? 0 : FAULT_LAST_NAME;
	if (utf8_count(f->password, len) < ACCEPT_PASSWORD_MIN)
		return faults | FAULT_SHORT;
	if (!seal_password_ok(f->password, len))
		return faults | FAULT_LONG;
	return strcmp(f->password, f->confirm) == 0 ? faults : faults | FAULT_CONFIRM;
}

void accept_form_seal(const struct accept_form *f, const struct seal_public *to,
		      char out[SEAL_TEXT_SIZE])
{
	autobuf text = { .max = SEAL_PLAIN_MAX, .secret = true };
	char hash[CRYPTO_PASSWORD_HASH_SIZE];

	crypto_password_hash(f->password, hash);
	buf_str(&text, "{\"first_name\":");
	buf_json(&text, f->first_name);
	buf_str(&text, ",\"last_name\":");
	buf_json(&text, f->last_name);
	buf_str(&text, ",\"password_argon2id\":");
	buf_json(&text, hash);
	buf_byte(&text, '}');
	seal_close(to, text.data, text.len, out);
	crypto_wipe(hash, sizeof(hash));
}

/* ---- the nonce ---- */

void accept_nonce(const char *key, const char *token_sha256, int64_t hour,
		  char out[ACCEPT_NONCE_SIZE])
{
	unsigned char mac[CRYPTO_HASH_BYTES];
	struct crypto_mac m;

	_Static_assert(CRYPTO_BASE32_LEN(NONCE_BYTES) + 1 == ACCEPT_NONCE_SIZE, "fits");
	crypto_mac_init(&m, key, strlen(key));
	crypto_mac_str(&m, "accept page");
	crypto_mac_str(&m, token_sha256);
	crypto_mac_u64(&m, (uint64_t)hour);
	crypto_mac_final(&m, mac);
	crypto_base32(mac, NONCE_BYTES, out);
}

bool accept_nonce_ok(const char *key, const char *token_sha256, int64_t hour, const char *nonce)
{
	char right[ACCEPT_NONCE_SIZE];
	bool ok = false;

	if (strlen(nonce) != ACCEPT_NONCE_SIZE - 1)
		return false;
	for (int64_t h = hour; h > hour - ACCEPT_NONCE_HOURS; h--) {
		accept_nonce(key, token_sha256, h, right);
		ok |= crypto_equal(right, nonce, ACCEPT_NONCE_SIZE - 1);
	}
	return ok;
}
