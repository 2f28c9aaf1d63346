#include "follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "ids.h"
#include "mem.h"

void follow_init(struct follow *f)
{
	*f = (struct follow){ .places = json_object() };
}

void follow_clear(struct follow *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->list[i].code);
	free(f->list);
	json_decref(f->places);
	*f = (struct follow){ 0 };
}

void follow_add(struct follow *f, const char *tenant, const char *invite)
{
	char key[IDS_KEY_SIZE];

	f->list = xgrow(f->list, f->count, sizeof(*f->list));
	f->list[f->count] = (struct followed){ 0 };
	json_object_set_new(f->places, ids_key(tenant, invite, key),
			    json_integer((json_int_t)f->count));
	f->count++;
	f->open++;
}

static struct followed *find(struct follow *f, const struct told *t)
{
	char key[IDS_KEY_SIZE];
	const json_t *place;

	snprintf(key, sizeof(key), "%s/%s", t->tenant, t->invite);
	place = json_object_get(f->places, key);
	return place ? &f->list[json_integer_value(place)] : NULL;
}

bool follow_take(struct follow *f, const struct told *t)
{
	struct followed *one = find(f, t);

	if (!one || one->final)
		return false;
	if (one->told)
		f->tally[one->word]--;
	f->tally[t->word]++;
	one->told = true;
	one->word = t->word;
	one->doubts += t->word == WORD_UNKNOWN;
	told_words(t, LANG_EN, one->words);
	free(one->code);
	one->code = t->code ? xstrdup(t->code) : NULL;
	one->final = told_is_final(t->word, one->doubts);
	f->open -= one->final;
	return true;
}
