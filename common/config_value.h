/*
 * config_value - the text of a setting as a value of its type.
 *
 * Pure: knows neither files nor where a value came from.
 */
#ifndef BECKON_CONFIG_VALUE_H
#define BECKON_CONFIG_VALUE_H

#include <jansson.h>

#include "config.h"
#include "err.h"

/* Replaces the value at field by v (a scalar, a sequence, or for OBJECT anything). ERR_INVALID
   with text that says what the value should be; the field is untouched then. Not for MAP and
   SECRET, whose parts are set one by one. */
int config_value_set(const struct config_key *k, void *field, const json_t *v, struct err *e);
void config_value_clear(enum config_type type, void *field);

/* Sets one pair of a map, replacing one of the same name. */
int config_map_set(struct config_map *m, const char *name, const json_t *v, const char *origin,
		   struct err *e);

/* The word for a type in documentation: "duration". */
const char *config_type_word(enum config_type type);

#endif
