/*
 * address - e-mail addresses: syntax, one normal form, a mask for telling.
 *
 * Stricter than RFC 5321 where real providers are: no quoted local parts, no address literals,
 * a domain of at least two labels. The normal form is the identity of a mailbox and what goes
 * into the envelope: surrounding spaces (also zero-width ones) removed, lower case, the domain as
 * A-labels (IDNA 2008, UTS 46 non-transitional), so it is ASCII throughout.
 * Whether the domain exists is not asked. Error texts never hold the address.
 */
#ifndef BECKON_ADDRESS_H
#define BECKON_ADDRESS_H

#include <stddef.h>

#include "err.h"

#define ADDRESS_MAX 254	       /* bytes of the normal form, RFC 5321 4.5.3.1.3 */
#define ADDRESS_LOCAL_MAX 64   /* RFC 5321 4.5.3.1.1 */
#define ADDRESS_TYPED_MAX 1024 /* bytes as typed: 254 characters with spaces around them */

struct address {
	char normalised[ADDRESS_MAX + 1]; /* "" = none */
	size_t local_len;		  /* the '@' stands at normalised[local_len] */
};

/* Reads what a person typed (UTF-8, NUL-terminated). ERR_INVALID with *code email_syntax,
   email_domain_invalid or email_smtputf8_unsupported; out and *code are else untouched. */
int address_normalise(const char *typed, struct address *out, const char **code, struct err *e);

/* The part after the '@', within a. */
const char *address_domain(const struct address *a);

/* An address that nobody can have or nobody meant: configuration decides what follows. */
enum address_doubt {
	ADDRESS_PLAIN,
	ADDRESS_RESERVED, /* RFC 2606 names; well-known placeholders such as test@gmail.com */
	ADDRESS_TYPO,	  /* a well-known misspelling of a large provider: gamil.com */
};

enum address_doubt address_reserved(const struct address *a);

#define ADDRESS_MASK_SIZE (sizeof("a***@e***.") + 63)

/* Writes "a***@e***.com": first letter of both parts and the top-level domain. ASCII. Returns out.
 */
const char *address_mask(const struct address *a, char out[ADDRESS_MASK_SIZE]);

#endif
