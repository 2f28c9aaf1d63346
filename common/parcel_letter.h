/*
 * parcel_letter - what a parcel's letter is made of, whichever channel writes it: sender, facts,
 * and what is secret in it.
 */
#ifndef BECKON_PARCEL_LETTER_H
#define BECKON_PARCEL_LETTER_H

#include "buf.h"
#include "courier.h"
#include "letter.h"
#include "passwords.h"

/* Both borrow from p. The facts lack what is secret. */
struct letter_sender parcel_sender(const struct parcel *p);
struct letter_facts parcel_facts(const struct parcel *p);

/* The link with its token, and the password of a password mail; NULL = there is none. */
struct parcel_secrets {
	struct buf link;
	char *password;
};

/* ERR_INVALID or ERR_AGAIN with *code, an error code of schemas/errors.json; NULL: it may be tried
   again, for the key may come. Wiped by parcel_secrets_wipe in any case. */
int parcel_secrets_make(struct parcel_secrets *s, struct passwords *passwords,
			const struct parcel *p, const char **code, struct err *e);
void parcel_secrets_wipe(struct parcel_secrets *s);

/* Which template the letter was made of, for the outcome. */
void parcel_note_template(struct parcel *p, const struct letter_used *used);

#endif
