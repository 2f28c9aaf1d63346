/*
 * zone - local time in a zone of the IANA database, by the system's tz files (through GLib).
 *
 * Names come from outside: anything that is not spelled like a zone's name ("Europe/Moscow",
 * "Etc/GMT+5", "UTC") is unknown, and so is what the database lacks. A zone is read once and kept,
 * at most ZONES_KEPT_MAX of them; a changed database is seen after a restart. Thread-safe.
 */
#ifndef BECKON_ZONE_H
#define BECKON_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ZONES_KEPT_MAX 1024
#define ZONE_NAME_MAX 64 /* characters */

struct zone_time {
	int year, month, day; /* month 1 to 12 */
	int hour, minute;
	int offset_s;	       /* east of UTC is positive */
	char abbreviation[12]; /* as the database has it: "MSK", "CEST", "+05" */
};

bool zone_known(const char *name); /* NULL is unknown */

/* The local time at ms (since 1970 UTC; outside 1970 to 9999 the nearest of them). An unknown name
   is UTC. */
void zone_local(const char *name, int64_t ms, struct zone_time *out);

/* Seconds east of UTC at s (since 1970 UTC, clamped likewise). */
int zone_offset_s(const char *name, int64_t s);

/* The first second after s, up to and including until_s, at which another rule of the zone holds;
   until_s + 1 where there is none. The offset need not be another one. */
int64_t zone_next_change_s(const char *name, int64_t s, int64_t until_s);

#endif
