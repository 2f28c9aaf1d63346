/*
 * words - dates, times and durations as people read them, in the locale's language and zone.
 *
 *   words_date      14 March 2025              14 марта 2025
 *   words_moment    14 March 2025, 18:00 MSK   14 марта 2025, 18:00 МСК
 *   words_duration  2 days · 5 hours 1 minute  2 дня · 5 часов 1 минута
 *
 * Languages: Russian (ru, ru-RU, …) and English for every other locale. A zone is told by its
 * abbreviation where readers of the language know it, else as UTC+5 or UTC-3:30.
 */
#ifndef BECKON_WORDS_H
#define BECKON_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "buf.h"

struct words_place {
	const char *locale;	  /* BCP 47; NULL = English */
	const char *zone;	  /* IANA name; NULL or unknown = default_zone */
	const char *default_zone; /* NULL or unknown = UTC */
};

/* Each appends to out; ms counts from 1970 UTC. */
void words_date(const struct words_place *p, int64_t ms, struct buf *out);
void words_moment(const struct words_place *p, int64_t ms, struct buf *out);

/* Whole days from one day on, below that hours and minutes, below a minute "less than a minute";
   rounded to the nearest minute first. Nominative case. */
void words_duration(const char *locale, int64_t duration_ms, struct buf *out);

/* Sets the built-in variables of templates that tell time, expires_on, expires_in and today, except
   those that vars (an object) has already. */
void words_set(json_t *vars, const struct words_place *p, int64_t now_ms, int64_t expires_ms);

#endif
