#include "routing.h"

#include <limits.h>

/* Those of `from` for which the flag at offset is not set; all of them where none is left. */
static unsigned without(const struct routing *routes, size_t n, unsigned from, size_t offset)
{
	unsigned left = 0;

	for (size_t i = 0; i < n; i++)
		if (from & 1u << i && !*(const bool *)((const char *)&routes[i] + offset))
			left |= 1u << i;
	return left ? left : from;
}

static unsigned lowest_order(const struct routing *routes, size_t n, unsigned from)
{
	int order = INT_MAX;
	unsigned lowest = 0;

	for (size_t i = 0; i < n; i++) {
		if (!(from & 1u << i) || routes[i].order > order)
			continue;
		lowest = routes[i].order < order ? 1u << i : lowest | 1u << i;
		order = routes[i].order;
	}
	return lowest;
}

unsigned routing_serving(const struct routing *routes, size_t n)
{
	unsigned serving = 0;

	for (size_t i = 0; i < n; i++)
		serving |= routes[i].open ? 1u << i : 0;
	serving = without(routes, n, serving, offsetof(struct routing, strained));
	serving = without(routes, n, serving, offsetof(struct routing, full));
	return lowest_order(routes, n, serving);
}

/* Each earns its weight, the richest goes and pays what all have earned. */
int routing_take(struct routing *routes, size_t n, unsigned able)
{
	int64_t earned = 0;
	int best = -1;

	for (size_t i = 0; i < n; i++) {
		if (!(able & 1u << i))
			continue;
		routes[i].credit += routes[i].weight;
		earned += routes[i].weight;
		if (best < 0 || routes[i].credit > routes[best].credit)
			best = (int)i;
	}
	if (best >= 0)
		routes[best].credit -= earned;
	return best;
}

void strain_note(struct strain *s, int64_t now)
{
	if (!s->errors || now - s->since_ms >= STRAIN_WINDOW_MS)
		*s = (struct strain){ .since_ms = now, .until_ms = s->until_ms };
	if (++s->errors >= STRAIN_ERRORS_MAX) {
		s->until_ms = now + STRAIN_WINDOW_MS;
		s->errors = 0;
	}
}

bool strain_holds(const struct strain *s, int64_t now)
{
	return now < s->until_ms;
}

void slowness_note(struct slowness *s, int64_t now, bool slow)
{
	int64_t minute = now / 60000;
	size_t i = (size_t)minute % (sizeof(s->minutes) / sizeof(s->minutes[0]));

	if (s->minutes[i].minute != minute) {
		s->minutes[i].minute = minute;
		s->minutes[i].answers = s->minutes[i].slow = 0;
	}
	s->minutes[i].answers++;
	s->minutes[i].slow += slow;
}

bool slowness_is(uint64_t answers, uint64_t slow)
{
	return answers >= SLOWNESS_ANSWERS_MIN && slow * 100 >= answers * SLOWNESS_PERCENT;
}

bool slowness_holds(const struct slowness *s, int64_t now)
{
	int64_t n = sizeof(s->minutes) / sizeof(s->minutes[0]), minute = now / 60000;
	uint64_t answers = 0, slow = 0;

	for (int64_t i = 0; i < n; i++) {
		if (minute - s->minutes[i].minute >= n)
			continue;
		answers += s->minutes[i].answers;
		slow += s->minutes[i].slow;
	}
	return slowness_is(answers, slow);
}

void quarrel_note(struct quarrel *q, int64_t now)
{
	int64_t pause = q->pause_ms * 2;

	if (quarrel_holds(q, now))
		return; /* what was under way when it closed says nothing new */
	if (pause < QUARREL_PAUSE_MIN_MS)
		pause = QUARREL_PAUSE_MIN_MS;
	q->pause_ms = pause < QUARREL_PAUSE_MAX_MS ? pause : QUARREL_PAUSE_MAX_MS;
	q->until_ms = now + q->pause_ms;
}

bool quarrel_holds(const struct quarrel *q, int64_t now)
{
	return now < q->until_ms;
}

#define TALLY_SLOT_MS 10000
#define TALLY_SLOTS ((int64_t)(sizeof(((struct tally *)0)->slots) / sizeof(unsigned)))

void tally_note(struct tally *t, int64_t now)
{
	int64_t ten_s = now / TALLY_SLOT_MS;

	if (ten_s - t->ten_s >= TALLY_SLOTS)
		*t = (struct tally){ .ten_s = ten_s };
	while (t->ten_s < ten_s)
		t->slots[++t->ten_s % TALLY_SLOTS] = 0;
	t->slots[ten_s % TALLY_SLOTS]++;
}

unsigned tally_minute(const struct tally *t, int64_t now)
{
	int64_t ten_s = now / TALLY_SLOT_MS;
	unsigned sum = 0;

	for (int64_t i = t->ten_s - TALLY_SLOTS + 1; i <= t->ten_s; i++)
		if (i >= 0 && ten_s - i < TALLY_SLOTS)
			sum += t->slots[i % TALLY_SLOTS];
	return sum;
}
