/*
 * seal - secrets on their way to one reader: anybody may close, only the holder of the key opens.
 *
 * A sealed text is base64 (RFC 4648 4, with padding) of
 *
 *	1 byte   format, 1
 *	5 bytes  kid: the first five of SHA-256(public key)
 *	n bytes  libsodium's sealed box (X25519, XSalsa20-Poly1305) for that key
 *
 * so that a reader with several keys, while they are being rotated, knows which one it was closed
 * for. A key as text is "<kid>:<base64url>", kid in base32: a key that was mistyped, or a secret
 * one where a public one is wanted, does not fit its kid. Passwords travel to the fleet's key, what
 * is told of persons to the application's. No text of an error holds a key or what was sealed.
 */
#ifndef BECKON_SEAL_H
#define BECKON_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "crypto_seal.h"
#include "err.h"

#define SEAL_KID_BYTES 5
#define SEAL_KID_SIZE 9			       /* as text, with its NUL */
#define SEAL_KEY_SIZE (SEAL_KID_SIZE + 43 + 1) /* a key as text, with its NUL */
#define SEAL_PLAIN_MAX ((size_t)1024)	       /* bytes that are sealed at the most */
#define SEAL_PASSWORD_MAX ((size_t)256)	       /* bytes of a password */
#define SEAL_TEXT_SIZE ((size_t)1440 + 1)      /* the sealed text of SEAL_PLAIN_MAX bytes */
#define SEAL_KEYS_MAX 16		       /* in one file */
#define SEAL_FILE_MAX ((size_t)16 << 10)       /* bytes of a key file */

struct seal_public {
	unsigned char kid[SEAL_KID_BYTES];
	unsigned char key[CRYPTO_SEAL_KEY_BYTES];
};

/* A public key from its text; a file may hold comments (#) beside the one key. ERR_INVALID: it is
   none. seal_public_load: ERR_FATAL with the path. */
int seal_public_parse(const char *text, size_t n, struct seal_public *out, struct err *e);
int seal_public_load(const char *path, struct seal_public *out, struct err *e);
void seal_public_text(const struct seal_public *key, char out[SEAL_KEY_SIZE]);

/* Closes n bytes, at most SEAL_PLAIN_MAX, for whoever holds the secret half. */
void seal_close(const struct seal_public *to, const void *plain, size_t n,
		char out[SEAL_TEXT_SIZE]);

/* One line of text, 1 to SEAL_PASSWORD_MAX bytes of UTF-8: what is sealed as a password. */
bool seal_password_ok(const char *s, size_t n);

/* Secret keys, in locked memory; read-only once loaded. */
struct seal_keys;

/* Lines "<kid>:<secret key>"; empty ones and comments are left out; text is cut up. ERR_INVALID
   with the line's number. seal_keys_load: ERR_FATAL with the path. crypto_init comes first. */
int seal_keys_parse(struct seal_keys **out, char *text, struct err *e);
int seal_keys_load(struct seal_keys **out, const char *path, struct err *e);
void seal_keys_free(struct seal_keys *keys); /* wipes; takes NULL */

/* Draws a pair: appends the secret half's line to line (to be wiped by the caller). */
void seal_keys_generate(struct seal_public *out, struct buf *line);

/* Opens a sealed text into at most cap bytes. ERR_INVALID: no sealed text of this format, changed
   on its way, or too long. ERR_AGAIN: for a key that is not here; it may come with the next reload.
 */
struct seal_opened {
	void *plain;
	size_t cap, len;
};
int seal_open(const struct seal_keys *keys, const char *text, struct seal_opened *out,
	      struct err *e);

#endif
