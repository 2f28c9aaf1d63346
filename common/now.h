/*
 * now - the one module that asks what time it is.
 *
 * Decisions take time as an argument; whoever calls them asks here. BECKON_SKEW_MS shifts the
 * wall clock of a test build's process, and is handed to every script, so that a story of thirty
 * days runs in seconds. It is zero outside tests.
 */
#ifndef BECKON_NOW_H
#define BECKON_NOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

int64_t now_ms(void);	   /* wall clock, ms since 1970 UTC, skew included */
int64_t now_skew_ms(void); /* the skew alone: what a script adds to Redis TIME */
int64_t now_mono_ms(void); /* monotonic, stops during suspend: durations */
int64_t now_boot_ms(void); /* monotonic, counts suspend: leases (a sleeper must notice) */

/* UTC as year, month, day...: what gmtime_r does, without the lock of all threads that it takes.
   tm_yday is left zero. From the year 0 on. */
void now_utc(int64_t ms, struct tm *out);

#define NOW_TEXT_SIZE sizeof("2025-03-14T18:00:00.000Z")

/* RFC 3339 in UTC with milliseconds; returns out. */
const char *now_text(int64_t ms, char out[NOW_TEXT_SIZE]);

/* RFC 3339 date-time with offset, at most nanoseconds; false if s is not one or its year is
   outside 1970 to 9999. Leap seconds read as :59. */
bool now_parse(const char *s, int64_t *ms);

#endif
