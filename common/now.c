#include "now.h"

#include <stdio.h>
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

const char *now_text(int64_t ms, char out[NOW_TEXT_SIZE])
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char date[sizeof("2025-03-14T18:00:00")];

	gmtime_r(&s, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, NOW_TEXT_SIZE, "%s.%03dZ", date, (int)(ms % 1000));
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
	if (!literal(s, "+-") || !digits(s, 2, 0, 23, &h) || !literal(s, ":") || !digits(s, 2, 0, 59, &m))
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

bool now_parse(const char *s, int64_t *ms)
{
	struct tm tm = { 0 };
	int year, month, frac, shift;

	if (!digits(&s, 4, 1970, 9999, &year) || !literal(&s, "-") || !digits(&s, 2, 1, 12, &month) ||
	    !literal(&s, "-") || !digits(&s, 2, 1, 31, &tm.tm_mday) || !literal(&s, "Tt ") ||
	    !digits(&s, 2, 0, 23, &tm.tm_hour) || !literal(&s, ":") || !digits(&s, 2, 0, 59, &tm.tm_min) ||
	    !literal(&s, ":") || !digits(&s, 2, 0, 60, &tm.tm_sec) || !fraction(&s, &frac) ||
	    !offset(&s, &shift) || *s)
		return false;
	if (tm.tm_sec == 60)
		tm.tm_sec = 59;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	int day = tm.tm_mday;
	time_t t = timegm(&tm);

	if (tm.tm_mday != day) /* timegm moved 31 February into March */
		return false;
	*ms = ((int64_t)t - shift * 60) * 1000 + frac;
	return true;
}
