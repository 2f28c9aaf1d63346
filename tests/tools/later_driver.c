/*
 * later_driver - parks many items at once, for stories and benches of the clock.
 *
 *   later_driver REDIS_URL PREFIX TOPIC COUNT BYTES FIRST_MS PER_S
 *
 * Item i is called park/<FIRST_MS>/<i>, holds BYTES bytes, and is due FIRST_MS + i / PER_S seconds
 * by the wall clock; header `due` says when that is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "guard.h"
#include "later.h"
#include "mem.h"

#define SLICE 500
#define ID_SIZE 48

struct wanted {
	const char *topic;
	char *value;
	long long count, bytes, first_ms, per_s;
};

/* What the items of a slice point at. */
struct slice {
	struct later_item items[SLICE];
	struct header headers[SLICE];
	char ids[SLICE][ID_SIZE], due[SLICE][ID_SIZE];
};

static void fill(struct slice *s, const struct wanted *w, long long i, size_t n)
{
	long long due_ms = w->first_ms + i * 1000 / w->per_s;

	snprintf(s->ids[n], ID_SIZE, "park/%lld/%lld", w->first_ms, i);
	snprintf(s->due[n], ID_SIZE, "%lld", due_ms);
	s->headers[n] = (struct header){ "due", s->due[n], strlen(s->due[n]) };
	s->items[n] = (struct later_item){ .id = s->ids[n],
					   .turn = 1,
					   .due_ms = due_ms,
					   .topic = w->topic,
					   .key = s->ids[n],
					   .value = w->value,
					   .value_len = (size_t)w->bytes,
					   .headers = &s->headers[n],
					   .header_count = 1,
					   .reason = "scheduled",
					   .tenant = "park" };
}

static int park_all(struct guard *g, const struct wanted *w, struct err *e)
{
	static struct slice s;
	int r = guard_ready(g, e);

	for (long long i = 0; i < w->count && r == OK;) {
		size_t n = 0;

		for (; n < SLICE && i < w->count; n++, i++)
			fill(&s, w, i, n);
		r = later_park(g, s.items, n, e);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct guard_options o = { .client_name = "later_driver",
				   .timeout_ms = 5000,
				   .event_memory_s = 1,
				   .delivery_memory_s = 1 };
	struct guard *g = NULL;
	struct err e = { "seven arguments are wanted" };
	struct wanted w;

	if (argc != 8 || crypto_init(&e)) {
		fprintf(stderr, "later_driver: %s\n", e.text);
		return 2;
	}
	o.redis_url = argv[1];
	o.prefix = argv[2];
	w = (struct wanted){ argv[3],
			     NULL,
			     strtoll(argv[4], NULL, 10),
			     strtoll(argv[5], NULL, 10),
			     strtoll(argv[6], NULL, 10),
			     strtoll(argv[7], NULL, 10) };
	w.value = xmalloc((size_t)w.bytes + 1);
	memset(w.value, 'v', (size_t)w.bytes);
	if (guard_new(&g, &o, &e) || park_all(g, &w, &e)) {
		fprintf(stderr, "later_driver: %s\n", e.text);
		return 1;
	}
	guard_free(g);
	free(w.value);
	return 0;
}
