#include "token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define KID_CHARS "abcdefghijklmnopqrstuvwxyz0123456789"
#define KID_NEW_LEN 4 /* of a generated kid */
#define BASE64_MAX 96 /* characters of the longest key, with room for padding */

struct key {
	char kid[KEYRING_KID_MAX + 1];
	unsigned char bytes[KEYRING_KEY_MAX];
	size_t len;
	int64_t created_ms;
};

struct keyring {
	size_t count, newest;
	struct key keys[KEYRING_KEYS_MAX];
};

static const struct key *key_find(const struct keyring *ring, const char *kid, size_t n)
{
	for (size_t i = 0; i < ring->count; i++)
		if (strlen(ring->keys[i].kid) == n && memcmp(ring->keys[i].kid, kid, n) == 0)
			return &ring->keys[i];
	return NULL;
}

/* Reads "<kid>:<base64> <created>" in line[0..n). Returns NULL, or what is wrong with it. */
static const char *key_read(const char *line, size_t n, struct key *key)
{
	const char *colon = memchr(line, ':', n);
	const char *space = memchr(line, ' ', n);
	size_t kid_len = colon ? (size_t)(colon - line) : 0;
	char created[64];

	if (!colon || !space || space < colon)
		return "is not <kid>:<base64 key> <created>";
	if (kid_len == 0 || kid_len > KEYRING_KID_MAX || strspn(line, KID_CHARS) != kid_len)
		return "has a kid that is not 1 to 8 of a-z and 0-9";
	if (!crypto_unbase64(colon + 1, (size_t)(space - colon - 1), key->bytes, sizeof(key->bytes),
			     &key->len) ||
	    key->len < KEYRING_KEY_MIN)
		return "has a key that is not 32 to 64 bytes in base64";
	memcpy(key->kid, line, kid_len);
	key->kid[kid_len] = '\0';
	snprintf(created, sizeof(created), "%.*s", (int)(n - (size_t)(space + 1 - line)),
		 space + 1);
	if (!now_parse(created, &key->created_ms))
		return "has a time that is not RFC 3339";
	return NULL;
}

static const char *key_add(struct keyring *ring, const char *line, size_t n)
{
	struct key *key = &ring->keys[ring->count];
	const char *wrong;

	if (ring->count == KEYRING_KEYS_MAX)
		return "is one key too many";
	if ((wrong = key_read(line, n, key)) != NULL)
		return wrong;
	if (key_find(ring, key->kid, strlen(key->kid)))
		return "repeats a kid";
	if (key->created_ms >= ring->keys[ring->newest].created_ms)
		ring->newest = ring->count;
	ring->count++;
	return NULL;
}

/* The length of a line without spaces, tabs and CR at its end. */
static size_t trimmed(const char *line, size_t n)
{
	while (n && strchr(" \t\r", line[n - 1]))
		n--;
	return n;
}

static int ring_fill(struct keyring *ring, const char *text, size_t n, struct err *e)
{
	int number = 1;

	for (const char *end = text + n, *next; text < end; text = next, number++) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t len = trimmed(text, (size_t)((eol ? eol : end) - text));
		const char *wrong = NULL;

		next = eol ? eol + 1 : end;
		if (len && *text != '#')
			wrong = key_add(ring, text, len);
		if (wrong)
			return err_set(e, ERR_INVALID, "key ring: line %d %s", number, wrong);
	}
	return ring->count ? OK : err_set(e, ERR_INVALID, "key ring: no key in it");
}

int keyring_parse(struct keyring **out, const char *text, size_t n, struct err *e)
{
	struct keyring *ring;
	int r;

	if (n > KEYRING_FILE_MAX || memchr(text, '\0', n))
		return err_set(e, ERR_INVALID, "key ring: too long, or not text");
	ring = crypto_secret_new(sizeof(*ring));
	if ((r = ring_fill(ring, text, n, e)) < 0)
		keyring_free(ring);
	else
		*out = ring;
	return r;
}

int keyring_load(struct keyring **out, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;
	int r;

	if (!f)
		return err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0); /* no copy of the keys in a buffer that nobody wipes */
	text = crypto_secret_new(KEYRING_FILE_MAX + 1);
	n = fread(text, 1, KEYRING_FILE_MAX + 1, f);
	if (ferror(f))
		r = err_set(e, ERR_FATAL, "%s: cannot be read", path);
	else if ((r = keyring_parse(out, text, n, e)) < 0)
		err_prefix(e, r, "%s", path);
	fclose(f);
	crypto_secret_free(text);
	return r;
}

void keyring_free(struct keyring *ring)
{
	crypto_secret_free(ring);
}

const char *keyring_newest(const struct keyring *ring)
{
	return ring->keys[ring->newest].kid;
}

const char *keyring_kid(const struct keyring *ring, size_t n)
{
	return n < ring->count ? ring->keys[n].kid : NULL;
}

bool keyring_has(const struct keyring *ring, const char *kid)
{
	return key_find(ring, kid, strlen(kid)) != NULL;
}

void keyring_generate(int64_t now_ms, struct buf *out)
{
	unsigned char drawn[KID_NEW_LEN], key[KEYRING_KEY_MIN];
	char base64[BASE64_MAX + 1], when[NOW_TEXT_SIZE];

	crypto_random(drawn, sizeof(drawn));
	crypto_random(key, sizeof(key));
	for (size_t i = 0; i < sizeof(drawn); i++)
		buf_byte(out, KID_CHARS[drawn[i] % (sizeof(KID_CHARS) - 1)]);
	crypto_base64url(key, sizeof(key), base64);
	buf_byte(out, ':');
	buf_str(out, base64);
	buf_byte(out, ' ');
	buf_str(out, now_text(now_ms, when));
	buf_byte(out, '\n');
	crypto_wipe(key, sizeof(key));
	crypto_wipe(base64, sizeof(base64));
}

static void token_write(const struct key *key, struct token_for whose, char out[TOKEN_SIZE])
{
	unsigned char mac[CRYPTO_HASH_BYTES];
	struct crypto_mac m;
	size_t n = strlen(key->kid);

	_Static_assert(CRYPTO_BASE32_LEN(TOKEN_MAC_BYTES) + KEYRING_KID_MAX + 2 == TOKEN_SIZE,
		       "fits");
	crypto_mac_init(&m, key->bytes, key->len);
	crypto_mac_str(&m, "invite");
	crypto_mac_str(&m, whose.tenant);
	crypto_mac_str(&m, whose.invite);
	crypto_mac_u64(&m, whose.generation);
	crypto_mac_final(&m, mac);
	memcpy(out, key->kid, n);
	out[n] = '.';
	crypto_base32(mac, TOKEN_MAC_BYTES, out + n + 1);
	crypto_wipe(mac, sizeof(mac));
}

int token_make(const struct keyring *ring, const char *kid, struct token_for whose,
	       char out[TOKEN_SIZE], struct err *e)
{
	const struct key *key = kid ? key_find(ring, kid, strlen(kid)) : &ring->keys[ring->newest];

	if (!key)
		return err_set(e, ERR_INVALID, "the key ring has no key of this kid");
	token_write(key, whose, out);
	return OK;
}

bool token_verify(const struct keyring *ring, const char *token, struct token_for whose)
{
	size_t n = strnlen(token, TOKEN_SIZE);
	const struct key *key = key_find(ring, token, strcspn(token, "."));
	char right[TOKEN_SIZE];
	bool same;

	if (n == TOKEN_SIZE || !key)
		return false;
	token_write(key, whose, right);
	same = strlen(right) == n && crypto_equal(right, token, n);
	crypto_wipe(right, sizeof(right));
	return same;
}

void token_sha256(const char *token, char out[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1])
{
	crypto_sha256_hex(token, strlen(token), out);
}
