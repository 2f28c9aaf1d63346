/*
 * letter_vars - the variables of a template from the facts of a delivery.
 *
 * The list is deploy/templates/README.md. Pure; strings of the request are shared, not copied.
 */
#ifndef BECKON_LETTER_VARS_H
#define BECKON_LETTER_VARS_H

#include <jansson.h>

#include "buf.h"
#include "letter.h"

/* A new object (the caller gives it to letter_vars_free) for a template in this locale. It shares
   values with f->data, so both stay with one thread. */
json_t *letter_vars(const struct letter_sender *s, const struct letter_facts *f,
		    const char *locale);

/* Appends a name as subjects take it: what is longer is cut and ends in an ellipsis. */
#define LETTER_SHORT_MAX 36 /* characters: "You are invited to join " and this are 60 */
void letter_short(const char *name, struct buf *out);

/* As json_decref, but of the password nothing stays in memory. */
void letter_vars_free(json_t *vars);

/* A string of f->data that says something, or NULL: object NULL = at the top. */
json_t *letter_text(const json_t *data, const char *object, const char *name);

#endif
