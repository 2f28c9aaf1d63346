#include "zone.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LATEST_S INT64_C(253402300799) /* the last second of the year 9999 */

/* A zone that was asked for before. */
struct kept {
	GTimeZone *tz;
	struct kept *next;
	char name[ZONE_NAME_MAX + 1];
};

/* Grows at the front only and is never freed, so it is read without a lock. */
static _Atomic(struct kept *) kept_zones;
static atomic_uint kept_count;

/* Digits and plus signs only behind a slash: GLib would read "UTC+3" as a POSIX rule, three hours
   west of Greenwich. */
static bool is_spelled_like_a_zone(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > ZONE_NAME_MAX || !strchr(LETTERS, name[0]) || name[n - 1] == '/' ||
	    strstr(name, "//"))
		return false;
	return strspn(name, strchr(name, '/') ? LETTERS "0123456789_+-/" : LETTERS "_-") == n;
}

static GTimeZone *find_kept(const char *name)
{
	for (struct kept *k = atomic_load(&kept_zones); k; k = k->next)
		if (strcmp(k->name, name) == 0)
			return g_time_zone_ref(k->tz);
	return NULL;
}

/* Two threads may keep the same zone twice; that is harmless and rare. */
static void keep(const char *name, GTimeZone *tz)
{
	struct kept *k;

	if (atomic_fetch_add(&kept_count, 1) >= ZONES_KEPT_MAX) {
		atomic_fetch_sub(&kept_count, 1);
		return;
	}
	k = xcalloc(1, sizeof(*k));
	k->tz = g_time_zone_ref(tz);
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->next = atomic_load(&kept_zones);
	while (!atomic_compare_exchange_weak(&kept_zones, &k->next, k))
		;
}

/* The zone (the caller unrefs it), or NULL where it is unknown. */
static GTimeZone *zone_open(const char *name)
{
	GTimeZone *tz;

	if (!name || !is_spelled_like_a_zone(name))
		return NULL;
	tz = find_kept(name);
	if (tz)
		return tz;
	tz = g_time_zone_new_identifier(name);
	if (tz)
		keep(name, tz);
	return tz;
}

bool zone_known(const char *name)
{
	GTimeZone *tz = zone_open(name);

	if (tz)
		g_time_zone_unref(tz);
	return tz != NULL;
}

static int64_t clamp(int64_t s)
{
	return s < 0 ? 0 : s > LATEST_S ? LATEST_S : s;
}

int zone_offset_s(const char *name, int64_t s)
{
	GTimeZone *tz = zone_open(name);
	int offset = 0;

	if (!tz)
		return 0;
	offset = g_time_zone_get_offset(
		tz, g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, clamp(s)));
	g_time_zone_unref(tz);
	return offset;
}

/* Intervals are numbered in the order of time, so the first change is found by halving. */
int64_t zone_next_change_s(const char *name, int64_t s, int64_t until_s)
{
	GTimeZone *tz = zone_open(name);
	int64_t same = s, other = until_s + 1;
	int here;

	if (!tz)
		return other;
	here = g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, clamp(s));
	while (other - same > 1) {
		int64_t middle = same + (other - same) / 2;

		if (g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, clamp(middle)) == here)
			same = middle;
		else
			other = middle;
	}
	g_time_zone_unref(tz);
	return other;
}

void zone_local(const char *name, int64_t ms, struct zone_time *out)
{
	GTimeZone *tz = zone_open(name);
	int64_t s = clamp(ms / 1000);
	const char *abbreviation = "UTC";
	struct tm tm;

	*out = (struct zone_time){ 0 };
	if (tz) {
		int i = g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, s);

		out->offset_s = g_time_zone_get_offset(tz, i);
		abbreviation = g_time_zone_get_abbreviation(tz, i);
	}
	snprintf(out->abbreviation, sizeof(out->abbreviation), "%s", abbreviation);
	now_utc((s + out->offset_s) * 1000, &tm);
	out->year = tm.tm_year + 1900;
	out->month = tm.tm_mon + 1;
	out->day = tm.tm_mday;
	out->hour = tm.tm_hour;
	out->minute = tm.tm_min;
	if (tz)
		g_time_zone_unref(tz);
}
