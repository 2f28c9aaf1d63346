/*
 * letter_names - the variables that templates may use, and what of them is always there.
 *
 * The one list of deploy/templates/README.md, for whoever judges a template or helps to write one.
 */
#ifndef BECKON_LETTER_NAMES_H
#define BECKON_LETTER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum letter_kind { LETTER_INVITE, LETTER_PASSWORD, LETTER_KINDS };

enum letter_presence {
	NAME_NEVER,    /* the kind has no such variable */
	NAME_OPTIONAL, /* absent where there is nothing to say */
	NAME_ALWAYS,
};

struct letter_name {
	const char *name;
	enum letter_presence presence[LETTER_KINDS];
	const char *with;    /* where this one is there, so is it; NULL = none */
	const char *en, *ru; /* what it is, for people */
};

const struct letter_name *letter_names(size_t *count);
const struct letter_name *letter_name_find(const char *name); /* NULL = there is none */

/* What a template of this name is for: "password…" is a password mail, all else invites. */
enum letter_kind letter_kind_of(const char *template_name);

#endif
