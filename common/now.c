#include "now.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_skew_ms(void)
{
#ifdef BECKON_TEST_BUILD
	const char *skew = getenv("BECKON_SKEW_MS");

	return skew ? strtoll(skew, NULL, 10) : 0;
#else
	return 0;
#endif
}

int64_t now_ms(void)
{
	return clock_ms(CLOCK_REALTIME) + now_skew_ms();
}

int64_t now_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t now_boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

/* A year is counted from March, so that the leap day is its last: then the days before a month
   follow from one line, and 400 years are 146097 days whatever year they begin with. */
#define ERA_DAYS 146097
#define DAY_MS INT64_C(86400000)
#define DAYS_TO_1970 719468

/* Days from 1 March of the year 0. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int from_march = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1;
}

/* days from 1 March of the year 0 */
static void date_of(int64_t days, struct tm *out)
{
	int64_t era = days / ERA_DAYS;
	int of_era = (int)(days % ERA_DAYS);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int from_march = (5 * of_year + 2) / 153;

	out->tm_mday = of_year - (153 * from_march + 2) / 5 + 1;
	out->tm_mon = (from_march + 2) % 12;
	out->tm_year = (int)(era * 400) + year + (out->tm_mon < 2) - 1900;
	out->tm_wday = (int)((days + 3) % 7); /* the first was a Wednesday */
}

void now_utc(int64_t ms, struct tm *out)
{
	int64_t from_year_0_ms =
		ms + DAYS_TO_1970 * DAY_MS; /* so that times before 1970 are not negative */
	int s = (int)(from_year_0_ms % DAY_MS / 1000);

	*out = (struct tm){ .tm_hour = s / 3600, .tm_min = s / 60 % 60, .tm_sec = s % 60 };
	date_of(from_year_0_ms / DAY_MS, out);
}

/* Writes v, n digits wide, and what follows it. */
static char *digits_put(char *to, int n, int v, char after)
{
	for (int i = n; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
	to[n] = after;
	return to + n + 1;
}

const char *now_text(int64_t ms, char out[NOW_TEXT_SIZE])
{
	struct tm tm;
	char *to = out;

	now_utc(ms, &tm);
	to = digits_put(to, 4, tm.tm_year + 1900, '-');
	to = digits_put(to, 2, tm.tm_mon + 1, '-');
	to = digits_put(to, 2, tm.tm_mday, 'T');
	to = digits_put(to, 2, tm.tm_hour, ':');
	to = digits_put(to, 2, tm.tm_min, ':');
	to = digits_put(to, 2, tm.tm_sec, '.');
	to = digits_put(to, 3, (int)(ms % 1000), 'Z');
	*to = '\0';
	return out;
}

/* Reads exactly n digits. */
static bool digits(const char **s, int n, int lo, int hi, int *out)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*out = v;
	return v >= lo && v <= hi;
}

static bool literal(const char **s, const char *any)
{
	if (!**s || !strchr(any, **s))
		return false;
	(*s)++;
	return true;
}

static bool fraction(const char **s, int *ms)
{
	int n = 0;

	*ms = 0;
	if (**s != '.')
		return true;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++, n++)
		if (n < 3)
			*ms = *ms * 10 + (**s - '0');
	for (int i = n; i < 3; i++)
		*ms *= 10;
	return n >= 1 && n <= 9;
}

static bool offset(const char **s, int *minutes)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*minutes = 0;
	if (literal(s, "Zz"))
		return true;
	if (!literal(s, "+-") || !digits(s, 2, 0, 23, &h) || !literal(s, ":") ||
	    !digits(s, 2, 0, 59, &m))
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

bool now_parse(const char *s, int64_t *ms)
{
	struct tm tm;
	int year, month, day, hour, minute, second, frac, shift;
	int64_t days;

	if (!digits(&s, 4, 1970, 9999, &year) || !literal(&s, "-") ||
	    !digits(&s, 2, 1, 12, &month) || !literal(&s, "-") || !digits(&s, 2, 1, 31, &day) ||
	    !literal(&s, "Tt ") || !digits(&s, 2, 0, 23, &hour) || !literal(&s, ":") ||
	    !digits(&s, 2, 0, 59, &minute) || !literal(&s, ":") || !digits(&s, 2, 0, 60, &second) ||
	    !fraction(&s, &frac) || !offset(&s, &shift) || *s)
		return false;
	days = days_of(year, month, day);
	date_of(days, &tm);
	if (tm.tm_mday != day) /* the 31st of February is a day in March */
		return false;
	if (second == 60)
		second = 59;
	*ms = (days - DAYS_TO_1970) * DAY_MS + (hour * 60 + minute - shift) * INT64_C(60000) +
	      second * 1000 + frac;
	return true;
}
