#include "redis_time.h"

#define ROUNDING_MS 1 /* both clocks tell whole milliseconds that have begun */

void redis_time_note(struct redis_time *t, int64_t redis_ms, int64_t mono_ms)
{
	int64_t ahead_ms = redis_ms - mono_ms - ROUNDING_MS;

	if (t->known && mono_ms - t->since_ms < REDIS_TIME_SPAN_MS) {
		t->ahead_ms = ahead_ms > t->ahead_ms ? ahead_ms : t->ahead_ms;
		return;
	}
	/* what is older than a span says nothing of now */
	t->former_known = t->known && mono_ms - t->since_ms < 2 * REDIS_TIME_SPAN_MS;
	t->former_ms = t->ahead_ms;
	t->known = true;
	t->since_ms = mono_ms;
	t->ahead_ms = ahead_ms;
}

int64_t redis_time_at(const struct redis_time *t, int64_t mono_ms)
{
	if (!t->known)
		return INT64_MIN;
	return mono_ms +
	       (t->former_known && t->former_ms > t->ahead_ms ? t->former_ms : t->ahead_ms);
}
