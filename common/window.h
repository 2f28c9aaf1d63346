/*
 * window - when of a week people may be written to: days and hours of their own clock. Pure.
 *
 * A moment is inside where the clock on the wall says so: the local day is one of the window's and
 * the local time is from `from` up to, not including, `to`. A window whose `to` is not later than
 * its `from` runs over midnight and belongs to the day on which it begins. What daylight saving
 * skips has no moment: a window that begins in the gap begins with the first minute after it, and
 * one that lies in the gap as a whole is not there that day. What is repeated is inside both times.
 */
#ifndef BECKON_WINDOW_H
#define BECKON_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define WINDOW_EVERY_DAY 0x7fu
#define WINDOW_TEXT_SIZE 48

struct window {
	unsigned days; /* bit 0 = Monday ... bit 6 = Sunday; 0 = no window: any time is fine */
	int from_min, to_min; /* minutes of the day; to_min up to 1440; never the same */
};

/* A stretch of time inside a window, in ms since 1970 UTC: open to, not including, close. */
struct window_span {
	int64_t open_ms, close_ms;
};

/* The first moment inside, not before ms. zone is an IANA name; an unknown one is UTC. */
int64_t window_next(const char *zone, const struct window *w, int64_t ms);

/* The next n stretches inside from ms on; the first one begins at ms where that is inside. Returns
   how many: n, or 0 where there is no window. */
size_t window_spans(const char *zone, const struct window *w, int64_t ms, struct window_span *out,
		    size_t n);

/* "09:00" to minutes; "24:00" is the day's end. ERR_FATAL with the rule. */
int window_time_parse(const char *text, int *minutes, struct err *e);

/* "mon", "mon-fri", "fri-mon", "mon, wed, sat-sun" to bits, which are added to *days. ERR_FATAL
   with the rule. */
int window_days_parse(const char *text, unsigned *days, struct err *e);

/* "mon-fri 09:00-18:00"; "any time". Returns out. */
const char *window_text(const struct window *w, char out[WINDOW_TEXT_SIZE]);

#endif
