#include "failures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "mem.h"
#include "replay.h"

void failures_init(struct failures *f, const char *code, const char *tenant)
{
	*f = (struct failures){ .code = code, .tenant = tenant, .places = json_object() };
}

void failures_clear(struct failures *f)
{
	free(f->list);
	json_decref(f->places);
	*f = (struct failures){ 0 };
}

static bool is_wanted(const struct failures *f, const struct told *t)
{
	return t->word == WORD_ERROR && t->code && !strcmp(t->code, f->code) &&
	       (!f->tenant || !strcmp(f->tenant, t->tenant));
}

static bool is_older(const int64_t a[3], const int64_t b[3])
{
	for (size_t i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static void fill(struct failure *one, const struct told *t)
{
	const json_t *request = json_object_get(t->event.data, "request");

	*one = (struct failure){ .at_ms = t->at_ms };
	snprintf(one->tenant, sizeof(one->tenant), "%s", t->tenant);
	snprintf(one->invite, sizeof(one->invite), "%s", t->invite);
	snprintf(one->outcome, sizeof(one->outcome), "%.26s", t->event.id);
	history_sequence(t, one->sequence);
	one->replays = replay_count(json_string_value(json_object_get(request, "source")),
				    json_string_value(json_object_get(request, "id")));
}

static struct failure *find(struct failures *f, const char *key)
{
	const json_t *place = json_object_get(f->places, key);

	return place ? &f->list[json_integer_value(place)] : NULL;
}

void failures_take(struct failures *f, const struct told *t)
{
	char key[IDS_KEY_SIZE];
	struct failure *one;
	int64_t sequence[3];

	if (!outcome_words[t->word].changes_state || !ids_name_ok(t->tenant, strlen(t->tenant)) ||
	    !ids_name_ok(t->invite, strlen(t->invite)))
		return;
	one = find(f, ids_key(t->tenant, t->invite, key));
	history_sequence(t, sequence);
	if (one && is_older(sequence, one->sequence))
		return;
	if (one && !is_wanted(f, t)) {
		one->moved_on = true;
		memcpy(one->sequence, sequence, sizeof(sequence));
		return;
	}
	if (!is_wanted(f, t) || (!one && f->count == FAILURES_MAX))
		return;
	if (!one) {
		json_object_set_new(f->places, key, json_integer((json_int_t)f->count));
		f->list = xgrow(f->list, f->count, sizeof(*f->list));
		one = &f->list[f->count++];
	}
	fill(one, t);
}
