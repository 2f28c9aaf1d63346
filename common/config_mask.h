/*
 * config_mask - settings as they may be shown: one line, without passwords.
 *
 * Hidden: a value whose name ends in a word like password or secret, also inside structures, and
 * the password inside a URL.
 */
#ifndef BECKON_CONFIG_MASK_H
#define BECKON_CONFIG_MASK_H

#include <jansson.h>
#include <stdbool.h>

#include "buf.h"

/* Appends the value v of the setting name. Control characters become spaces. */
void config_mask(const char *name, const json_t *v, struct buf *out);
void config_mask_text(const char *name, const char *text, struct buf *out);

/* Whether the name of a setting that nobody knows may be a misspelt word for a secret: then its
   value is not for showing. */
bool config_mask_suspects(const char *name);

#endif
