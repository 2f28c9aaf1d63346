#include "rates.h"

#include <string.h>

#include "mem.h"

#define REST "…"

void rates_turn(struct rates *r, int64_t now_ms)
{
	int64_t now = now_ms / 1000, from = r->second + 1;

	if (from < now - RATES_SECONDS + 1)
		from = now - RATES_SECONDS + 1;
	for (int64_t s = from; s <= now; s++)
		for (size_t i = 0; i < r->count; i++)
			r->list[i].ring[s % RATES_SECONDS] = 0;
	if (now > r->second)
		r->second = now;
}

const struct rate *rates_find(const struct rates *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->list[i].name, name))
			return &r->list[i];
	return NULL;
}

static struct rate *find_or_add(struct rates *r, const char *name)
{
	const struct rate *one = rates_find(r, name);

	if (one)
		return (struct rate *)one;
	if (r->count >= RATES_MAX - 1 && strcmp(name, REST))
		return find_or_add(r, REST);
	text_put(r->list[r->count].name, RATES_NAME_SIZE, name);
	return &r->list[r->count++];
}

void rates_add(struct rates *r, const char *name, int64_t now_ms)
{
	struct rate *one = find_or_add(r, name);

	rates_turn(r, now_ms);
	one->ring[r->second % RATES_SECONDS]++;
	one->total++;
}

unsigned rate_minute(const struct rate *one)
{
	unsigned n = 0;

	for (size_t i = 0; i < RATES_SECONDS; i++)
		n += one->ring[i];
	return n;
}

double rate_per_s(const struct rates *r, const struct rate *one, int n)
{
	unsigned sum = 0;

	for (int64_t s = r->second - n; s < r->second; s++)
		sum += s < 0 ? 0 : one->ring[s % RATES_SECONDS];
	return (double)sum / n;
}
