#include "seal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "file.h"
#include "form.h"
#include "mem.h"
#include "utf8.h"

#define FORMAT 1
#define HEAD_BYTES (1 + SEAL_KID_BYTES)
#define BYTES_MAX (HEAD_BYTES + CRYPTO_SEAL_OVERHEAD + SEAL_PLAIN_MAX)
#define PUBLIC_FILE_MAX 4096

_Static_assert(SEAL_TEXT_SIZE >= CRYPTO_BASE64_LEN(BYTES_MAX) + 1, "a sealed text fits");
_Static_assert(SEAL_KID_SIZE == CRYPTO_BASE32_LEN(SEAL_KID_BYTES) + 1, "a kid fits");
_Static_assert(SEAL_KEY_SIZE == SEAL_KID_SIZE + CRYPTO_BASE64URL_LEN(CRYPTO_SEAL_KEY_BYTES) + 1,
	       "a key fits");

struct pair {
	struct seal_public public;
	unsigned char secret[CRYPTO_SEAL_KEY_BYTES];
};

struct seal_keys {
	size_t count;
	struct pair pairs[SEAL_KEYS_MAX];
};

/* ---- keys as text ---- */

static void kid_of(struct seal_public *key)
{
	unsigned char hash[CRYPTO_HASH_BYTES];

	crypto_sha256(key->key, sizeof(key->key), hash);
	memcpy(key->kid, hash, sizeof(key->kid));
}

static void key_text(const struct seal_public *named, const unsigned char *key,
		     char out[SEAL_KEY_SIZE])
{
	crypto_base32(named->kid, sizeof(named->kid), out);
	out[SEAL_KID_SIZE - 1] = ':';
	crypto_base64url(key, CRYPTO_SEAL_KEY_BYTES, out + SEAL_KID_SIZE);
}

/* The bytes of "<kid>:<key>"; the kid stays text. NULL, or what is wrong. */
static const char *key_read(const char *text, size_t n, unsigned char key[CRYPTO_SEAL_KEY_BYTES])
{
	size_t len;

	if (n != SEAL_KEY_SIZE - 1 || text[SEAL_KID_SIZE - 1] != ':' ||
	    !crypto_unbase64(text + SEAL_KID_SIZE, n - SEAL_KID_SIZE, key, CRYPTO_SEAL_KEY_BYTES,
			     &len) ||
	    len != CRYPTO_SEAL_KEY_BYTES)
		return "is not <kid>:<key>";
	return NULL;
}

static bool kid_fits(const struct seal_public *key, const char *text)
{
	char kid[SEAL_KID_SIZE];

	crypto_base32(key->kid, sizeof(key->kid), kid);
	return memcmp(kid, text, sizeof(kid) - 1) == 0;
}

/* The length of a line without what is blank at its end. */
static size_t trimmed(const char *line, size_t n)
{
	while (n && strchr(" \t\r", line[n - 1]))
		n--;
	return n;
}

static const char *public_read(const char *line, size_t n, struct seal_public *out)
{
	static const char plain[1] = { 0 };
	unsigned char box[sizeof(plain) + CRYPTO_SEAL_OVERHEAD];
	struct seal_public key;
	const char *wrong = key_read(line, n, key.key);

	if (wrong)
		return wrong;
	kid_of(&key);
	if (!kid_fits(&key, line))
		return "has a kid that does not fit the key; is it the secret half?";
	if (!crypto_seal_close(key.key, plain, sizeof(plain), box))
		return "is no X25519 key";
	*out = key;
	return NULL;
}

int seal_public_parse(const char *text, size_t n, struct seal_public *out, struct err *e)
{
	const char *wrong = "is missing";
	size_t found = 0;

	for (const char *end = text + n, *next; text < end; text = next) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t len = trimmed(text, (size_t)((eol ? eol : end) - text));

		next = eol ? eol + 1 : end;
		if (len && *text != '#' && ++found == 1)
			wrong = public_read(text, len, out);
	}
	if (found > 1)
		wrong = "must be a single one";
	return wrong ? err_set(e, ERR_INVALID, "the public key %s", wrong) : OK;
}

int seal_public_load(const char *path, struct seal_public *out, struct err *e)
{
	autobuf text = BUF_INIT(PUBLIC_FILE_MAX);

	if (file_read(path, &text, e) < 0)
		return ERR_FATAL;
	if (seal_public_parse(text.data ? text.data : "", text.len, out, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", path);
	return OK;
}

void seal_public_text(const struct seal_public *key, char out[SEAL_KEY_SIZE])
{
	key_text(key, key->key, out);
}

/* ---- secret keys ---- */

static const char *pair_add(struct seal_keys *keys, const char *line, size_t n)
{
	struct pair *p = &keys->pairs[keys->count];
	const char *wrong;

	if (keys->count == SEAL_KEYS_MAX)
		return "is one key too many";
	if ((wrong = key_read(line, n, p->secret)) != NULL)
		return wrong;
	crypto_seal_public(p->secret, p->public.key);
	kid_of(&p->public);
	if (!kid_fits(&p->public, line))
		return "has a kid that does not fit the key; is it the public half?";
	keys->count++;
	return NULL;
}

int seal_keys_parse(struct seal_keys **out, char *text, struct err *e)
{
	struct seal_keys *keys = crypto_secret_new(sizeof(*keys));
	const char *wrong = NULL;
	int number = 0;

	for (char *line; !wrong && (line = strsep(&text, "\n")) != NULL;) {
		size_t n = trimmed(line, strlen(line));

		number++;
		if (n && *line != '#')
			wrong = pair_add(keys, line, n);
	}
	if (wrong)
		err_set(e, ERR_INVALID, "line %d %s", number, wrong);
	else if (!keys->count)
		err_set(e, ERR_INVALID, "no key in it");
	if (wrong || !keys->count) {
		seal_keys_free(keys);
		return ERR_INVALID;
	}
	*out = keys;
	return OK;
}

/* Into locked memory without a copy in a buffer that nobody wipes. */
static int file_into(const char *path, char *text, size_t cap, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n;
	bool whole;

	if (!f)
		return err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0);
	n = fread(text, 1, cap, f);
	whole = !ferror(f) && n < cap;
	fclose(f);
	text[whole ? n : 0] = '\0';
	return whole ? OK : err_set(e, ERR_FATAL, "%s: unreadable, or too large", path);
}

int seal_keys_load(struct seal_keys **out, const char *path, struct err *e)
{
	char *text = crypto_secret_new(SEAL_FILE_MAX);
	int r = file_into(path, text, SEAL_FILE_MAX, e);

	if (r == OK && seal_keys_parse(out, text, e) < 0)
		r = err_prefix(e, ERR_FATAL, "%s", path);
	crypto_secret_free(text);
	return r;
}

void seal_keys_free(struct seal_keys *keys)
{
	crypto_secret_free(keys);
}

void seal_keys_generate(struct seal_public *out, struct buf *line)
{
	unsigned char secret[CRYPTO_SEAL_KEY_BYTES];
	char text[SEAL_KEY_SIZE];

	crypto_seal_pair(out->key, secret);
	kid_of(out);
	key_text(out, secret, text);
	buf_str(line, text);
	buf_byte(line, '\n');
	crypto_wipe(secret, sizeof(secret));
	crypto_wipe(text, sizeof(text));
}

/* ---- closing and opening ---- */

void seal_close(const struct seal_public *to, const void *plain, size_t n, char out[SEAL_TEXT_SIZE])
{
	unsigned char bytes[BYTES_MAX];
	bool closed;

	assert(n <= SEAL_PLAIN_MAX);
	bytes[0] = FORMAT;
	memcpy(bytes + 1, to->kid, sizeof(to->kid));
	closed = crypto_seal_close(to->key, plain, n, bytes + HEAD_BYTES);
	assert(closed); /* a key that parsed closes */
	(void)closed;
	crypto_base64(bytes, HEAD_BYTES + CRYPTO_SEAL_OVERHEAD + n, out);
}

bool seal_password_ok(const char *s, size_t n)
{
	return n >= 1 && n <= SEAL_PASSWORD_MAX && utf8_valid(s, n) && form_line(s, n);
}

static const struct pair *pair_find(const struct seal_keys *keys, const unsigned char *kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->pairs[i].public.kid, kid, SEAL_KID_BYTES) == 0)
			return &keys->pairs[i];
	return NULL;
}

int seal_open(const struct seal_keys *keys, const char *text, struct seal_opened *out,
	      struct err *e)
{
	unsigned char bytes[BYTES_MAX];
	char kid[SEAL_KID_SIZE];
	const struct pair *p;
	size_t n;

	if (!crypto_unbase64(text, strlen(text), bytes, sizeof(bytes), &n) ||
	    n < HEAD_BYTES + CRYPTO_SEAL_OVERHEAD || bytes[0] != FORMAT)
		return err_set(e, ERR_INVALID, "sealed: not in the format that is read here");
	if (n - HEAD_BYTES - CRYPTO_SEAL_OVERHEAD > out->cap)
		return err_set(e, ERR_INVALID, "sealed: over %zu bytes", out->cap);
	crypto_base32(bytes + 1, SEAL_KID_BYTES, kid);
	p = pair_find(keys, bytes + 1);
	if (!p)
		return err_set(e, ERR_AGAIN, "sealed: for key %s, which is not here", kid);
	if (!crypto_seal_open(p->public.key, p->secret, bytes + HEAD_BYTES, n - HEAD_BYTES,
			      out->plain))
		return err_set(e, ERR_INVALID, "sealed: changed on its way, or not for key %s",
			       kid);
	out->len = n - HEAD_BYTES - CRYPTO_SEAL_OVERHEAD;
	return OK;
}
