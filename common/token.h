/*
 * token - the secret in an invitation's link, rebuilt whenever it is needed and stored nowhere.
 *
 * token = <kid> "." base32(first 20 bytes of MAC(key[kid]; "invite", tenant, invite, generation)):
 * 160 bits, lower-case letters, digits and one dot, so that no mail program breaks it, changes its
 * meaning by changing case, or leaves its last character out of the link.
 * Only its SHA-256 leaves the message. A key ring is read-only once loaded: on SIGHUP the owner
 * loads a new one, swaps the pointer and frees the old one when nobody reads it any more.
 */
#ifndef BECKON_TOKEN_H
#define BECKON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "crypto.h"
#include "err.h"

#define KEYRING_KEYS_MAX 64
#define KEYRING_FILE_MAX ((size_t)64 << 10) /* bytes */
#define KEYRING_KID_MAX 8		    /* [a-z0-9] */
#define KEYRING_KEY_MIN 32		    /* bytes */
#define KEYRING_KEY_MAX 64

#define TOKEN_MAC_BYTES 20
#define TOKEN_SIZE (KEYRING_KID_MAX + 1 + 32 + 1)

struct keyring;

/* Lines "<kid>:<base64 key> <created, RFC 3339>"; empty lines and lines that begin with # are left
   out. ERR_INVALID with the line's number where a line is wrong, a kid occurs twice or there is
   no key; the text never holds a key. crypto_init comes first. */
int keyring_parse(struct keyring **out, const char *text, size_t n, struct err *e);
int keyring_load(struct keyring **out, const char *path, struct err *e); /* ERR_FATAL: unreadable */
void keyring_free(struct keyring *ring);				 /* wipes; takes NULL */

/* The kid that signs: the key created last (of equal ones the later line). */
const char *keyring_newest(const struct keyring *ring);
const char *keyring_kid(const struct keyring *ring, size_t n); /* the nth; NULL = no more */
bool keyring_has(const struct keyring *ring, const char *kid);

/* Appends one new line of a key file: a random kid and key, created at now_ms. */
void keyring_generate(int64_t now_ms, struct buf *out);

/* Whose token it is. */
struct token_for {
	const char *tenant, *invite;
	uint32_t generation;
};

/* kid NULL = the newest. ERR_INVALID where the ring has no such kid. out is the plain token: it
   belongs in the message and nowhere else; wipe it after use. */
int token_make(const struct keyring *ring, const char *kid, struct token_for whose,
	       char out[TOKEN_SIZE], struct err *e);

/* Constant time in everything that is secret. */
bool token_verify(const struct keyring *ring, const char *token, struct token_for whose);

/* What is stored and published in a token's place. */
void token_sha256(const char *token, char out[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1]);

#endif
