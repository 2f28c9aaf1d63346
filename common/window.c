#include "window.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "zone.h"

#define DAY_S 86400
#define WEEK 7
/* Changes of offset met on the way to one opening; a zone has a handful in its busiest year. */
#define CHANGES_MAX 16

/* ---- the clock on the wall ---- */

/* Seconds of the local clock since 1970: counted as if it never changed. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool day_is_in(const struct window *w, int64_t day)
{
	int64_t weekday = (day + 3) % WEEK; /* 1970-01-01 was a Thursday */

	return w->days >> (weekday < 0 ? weekday + WEEK : weekday) & 1;
}

static bool over_midnight(const struct window *w)
{
	return w->to_min <= w->from_min;
}

static bool is_inside(const struct window *w, int64_t local_s)
{
	int64_t day = floor_div(local_s, DAY_S);
	int minute = (int)((local_s - day * DAY_S) / 60);

	if (!over_midnight(w))
		return day_is_in(w, day) && minute >= w->from_min && minute < w->to_min;
	return (day_is_in(w, day) && minute >= w->from_min) ||
	       (day_is_in(w, day - 1) && minute < w->to_min);
}

/* The next local time after this one at which the answer of is_inside may change. */
static int64_t next_edge(const struct window *w, int64_t local_s, bool inside)
{
	int64_t day = floor_div(local_s, DAY_S);
	int minute = inside ? w->to_min : w->from_min;

	for (;; day++) {
		int64_t edge = day * DAY_S + minute * 60;

		if (edge > local_s && (inside || day_is_in(w, day)))
			return edge;
	}
}

/* The first second after s at which the clock on the wall comes in or goes out. */
static int64_t find_edge(const char *zone, const struct window *w, int64_t s, bool inside)
{
	for (int i = 0; i < CHANGES_MAX; i++) {
		int offset = zone_offset_s(zone, s);
		int64_t edge = next_edge(w, s + offset, inside) - offset;
		int64_t change = zone_next_change_s(zone, s, edge);

		if (change >= edge && is_inside(w, edge + zone_offset_s(zone, edge)) != inside)
			return edge;
		s = change < edge ? change : edge;
		if (is_inside(w, s + zone_offset_s(zone, s)) != inside)
			return s;
	}
	return s;
}

int64_t window_next(const char *zone, const struct window *w, int64_t ms)
{
	int64_t s = floor_div(ms, 1000);

	if (!w->days || is_inside(w, s + zone_offset_s(zone, s)))
		return ms;
	return find_edge(zone, w, s, false) * 1000;
}

size_t window_spans(const char *zone, const struct window *w, int64_t ms, struct window_span *out,
		    size_t n)
{
	if (!w->days)
		return 0;
	for (size_t i = 0; i < n; i++) {
		out[i].open_ms = window_next(zone, w, ms);
		out[i].close_ms = find_edge(zone, w, floor_div(out[i].open_ms, 1000), true) * 1000;
		ms = out[i].close_ms;
	}
	return n;
}

/* ---- text ---- */

static const char *const weekdays[WEEK] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

int window_time_parse(const char *text, int *minutes, struct err *e)
{
	int hour, minute, used = 0;

	if (strlen(text) != 5 || strspn(text, "0123456789:") != 5 ||
	    sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || used != 5 || minute > 59 ||
	    hour * 60 + minute > 1440)
		return err_set(e, ERR_FATAL, "'%.20s' is no time of the day; write 08:00, or 24:00",
			       text);
	*minutes = hour * 60 + minute;
	return OK;
}

static int weekday_find(const char *s, size_t len)
{
	for (int i = 0; i < WEEK; i++)
		if (len == 3 && !strncmp(weekdays[i], s, len))
			return i;
	return -1;
}

/* One item of a list: a day, or from one to another. */
static bool add_days(const char *s, size_t len, unsigned *days)
{
	const char *dash = memchr(s, '-', len);
	int first = weekday_find(s, dash ? (size_t)(dash - s) : len);
	int last = dash ? weekday_find(dash + 1, len - (size_t)(dash + 1 - s)) : first;

	if (first < 0 || last < 0)
		return false;
	for (int i = first;; i = (i + 1) % WEEK) {
		*days |= 1u << i;
		if (i == last)
			return true;
	}
}

int window_days_parse(const char *text, unsigned *days, struct err *e)
{
	unsigned found = *days;

	for (const char *s = text;; s++) {
		s += strspn(s, " ");
		size_t len = strcspn(s, " ,");
		bool good = add_days(s, len, &found);

		s += len;
		s += strspn(s, " ");
		if (!good || (*s && *s != ','))
			return err_set(e, ERR_FATAL,
				       "'%.20s' are no days; write mon-fri, or mon, wed, sat-sun",
				       text);
		if (!*s)
			break;
	}
	*days = found;
	return OK;
}

/* Days as short as they can be said; up to "mon,wed,fri,sun". */
static void write_days(unsigned days, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0, last; i < WEEK; i = last + 1) {
		last = i;
		if (!(days >> i & 1))
			continue;
		while (last + 1 < WEEK && days >> (last + 1) & 1)
			last++;
		n += (size_t)snprintf(out + n, size - n, last > i ? "%s%s-%s" : "%s%s",
				      n ? "," : "", weekdays[i], weekdays[last]);
	}
}

const char *window_text(const struct window *w, char out[WINDOW_TEXT_SIZE])
{
	char days[32];

	write_days(w->days, days, sizeof(days));
	if (w->days)
		snprintf(out, WINDOW_TEXT_SIZE, "%s %02d:%02d-%02d:%02d", days, w->from_min / 60,
			 w->from_min % 60, w->to_min / 60, w->to_min % 60);
	else
		snprintf(out, WINDOW_TEXT_SIZE, "any time");
	return out;
}
