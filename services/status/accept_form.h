/*
 * accept_form - what a person has filled in on the accept page, and whether it will do. Pure.
 *
 * The body of the POST is decoded in place (application/x-www-form-urlencoded), so that a password
 * stands in it alone; whoever owns the body wipes it. Names and password are sealed to the
 * application's key before they go anywhere.
 */
#ifndef BECKON_ACCEPT_FORM_H
#define BECKON_ACCEPT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seal.h"

#define ACCEPT_BODY_MAX ((size_t)8 << 10) /* bytes of the POST */
#define ACCEPT_NAME_MAX 100		  /* characters */
#define ACCEPT_PASSWORD_MIN 8		  /* characters; at most SEAL_PASSWORD_MAX bytes */
#define ACCEPT_NONCE_SIZE 27		  /* 128 bits in base32 */
#define ACCEPT_NONCE_HOURS 12		  /* a page may stay open so long */

enum accept_fault {
	FAULT_FIRST_NAME = 1,
	FAULT_LAST_NAME = 2,
	FAULT_SHORT = 4,
	FAULT_LONG = 8,
	FAULT_CONFIRM = 16,
};

/* Fields point into the body; "" where one is absent, repeated or no text. */
struct accept_form {
	char *first_name, *last_name, *password, *confirm, *nonce, *answer;
};

/* body[n] must be writable: it becomes a NUL. */
void accept_form_read(char *body, size_t n, struct accept_form *out);

/* The enum accept_fault bits of what will not do; 0 = nothing. */
unsigned accept_form_check(const struct accept_form *f);

/* {first_name, last_name, password_argon2id} for the application. Takes 20 ms and 19 MiB. */
void accept_form_seal(const struct accept_form *f, const struct seal_public *to,
		      char out[SEAL_TEXT_SIZE]);

/* Shows that a POST comes from a page of ours that was fetched for this link within the last hours.
   key is the installation's; hour counts from 1970. */
void accept_nonce(const char *key, const char *token_sha256, int64_t hour,
		  char out[ACCEPT_NONCE_SIZE]);
bool accept_nonce_ok(const char *key, const char *token_sha256, int64_t hour, const char *nonce);

#endif
