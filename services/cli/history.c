#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "mem.h"

void history_init(struct history *h)
{
	*h = (struct history){ .seen = json_object() };
}

void history_clear(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		told_clear(&h->list[i]);
	free(h->list);
	json_decref(h->seen);
	*h = (struct history){ 0 };
}

void history_take(struct history *h, struct told *t)
{
	if (json_object_get(h->seen, t->event.id)) {
		told_clear(t);
		return;
	}
	json_object_set_new(h->seen, t->event.id, json_true());
	if (h->count == HISTORY_MAX) {
		told_clear(&h->list[0]);
		memmove(h->list, h->list + 1, (h->count - 1) * sizeof(*h->list));
		h->count--;
		h->dropped++;
	}
	h->list = xgrow(h->list, h->count, sizeof(*h->list));
	h->list[h->count++] = *t;
}

void history_sequence(const struct told *t, int64_t out[3])
{
	const json_t *sequence = json_object_get(t->event.data, "sequence");

	for (size_t i = 0; i < 3; i++)
		out[i] = json_integer_value(json_array_get(sequence, i));
}

/* A reminder is history only. */
static bool is_reminder(const struct told *t)
{
	struct delivery d;

	return t->delivery && ids_delivery_parse(t->delivery, &d, NULL) == OK && d.n > 0;
}

static bool follows(const struct told *t, const struct told *before)
{
	int64_t a[3], b[3];

	history_sequence(t, a);
	history_sequence(before, b);
	for (size_t i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] > b[i];
	return true;
}

const struct told *history_state(const struct history *h)
{
	const struct told *state = NULL;

	for (size_t i = 0; i < h->count; i++) {
		const struct told *t = &h->list[i];

		if (outcome_words[t->word].changes_state && !is_reminder(t) &&
		    (!state || follows(t, state)))
			state = t;
	}
	return state;
}
