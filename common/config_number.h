/*
 * config_number - numbers with units: durations in milliseconds, sizes in bytes, plain numbers.
 */
#ifndef BECKON_CONFIG_NUMBER_H
#define BECKON_CONFIG_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "config.h"
#include "err.h"

/* "250ms", "5s", "1m", "2h", "7d", "0". False: not a duration, and *ms is undefined. */
bool config_duration_parse(const char *s, int64_t *ms);

/* The value of text s for a key of type INT, DURATION, BYTES or DURATION_LIST (one item), in the
   key's range. ERR_INVALID with text that says what it should be; *out is untouched then. */
int config_number(const struct config_key *k, const char *s, int64_t *out, struct err *e);

/* Appends the key's range, "1s to 1m". */
void config_number_range(const struct config_key *k, struct buf *out);

#endif
