/*
 * oidc - people sign in where their organisation has them sign in: OpenID Connect, authorization
 * code with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 7636).
 *
 * The ID token is taken from the token endpoint alone, over TLS whose certificate was verified, so
 * its signature is not checked again (Core 3.1.3.7, point 6). What is waited for while somebody is
 * away signing in lies in Redis for ten minutes, bound to that browser by a cookie.
 *
 * An issuer that hangs holds up two threads at most, and for a few seconds after it has not
 * answered nobody waits for it.
 */
#ifndef BECKON_OIDC_H
#define BECKON_OIDC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define OIDC_WORD_SIZE 44 /* state, nonce and verifier: 256 bits in base64url */

struct oidc_options {
	const char *issuer, *client, *secret; /* secret NULL = a public client */
	const char *redirect;		      /* our own address that the browser comes back to */
	bool private_ok; /* the issuer may be at a private address, and plain */
};

struct oidc;
struct oidc *oidc_open(const struct oidc_options *o); /* texts but the secret are borrowed until
						 oidc_close */
void oidc_close(struct oidc *o);		      /* takes NULL */

/* One sign-in, drawn when it begins. */
struct oidc_trip {
	char state[OIDC_WORD_SIZE], nonce[OIDC_WORD_SIZE], verifier[OIDC_WORD_SIZE];
};
void oidc_draw(struct oidc_trip *t);

/* Appends where the browser is sent. ERR_AGAIN: the issuer does not say where. */
int oidc_where(struct oidc *o, const struct oidc_trip *t, struct buf *out, struct err *e);

/* The claims of who came back with this code; the caller decrefs *claims. ERR_INVALID: the issuer
   refuses, or its answer is not for us; ERR_AGAIN: it does not answer. */
int oidc_claims(struct oidc *o, const struct oidc_trip *t, const char *code, json_t **claims,
		struct err *e);

/* The claims of an ID token that must be of this trip. Pure. */
struct oidc_expect {
	const char *issuer, *client, *nonce;
	int64_t now_ms;
};
int oidc_read(const char *token, const struct oidc_expect *x, json_t **claims, struct err *e);

#endif
