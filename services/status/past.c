#include "past.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "outcome.h"
#include "processes.h"

#define MINUTE_MS 60000.0
#define REMEMBERED_MS ((int64_t)PAST_STEP_MS * PAST_STEPS) /* a process that tells nothing more */
#define NAME_SIZE 224

/* How far each service is behind: the records of its topic that it has not read. */
static const struct {
	const char *service, *metric;
} lags[] = {
	{ "dispatcher", "beckon_lag" },
	{ "email", "beckon_lag" },
	{ "sms", "beckon_lag" },
	{ "status", "beckon_view_lag" },
};

/* A process, and what it had counted when it told last. */
struct teller {
	char name[NAME_SIZE];
	int64_t told_ms;
	double counts[WORD_COUNT], per_minute[WORD_COUNT];
};

/* A series holds NAN where nothing is known. */
struct past {
	size_t steps; /* ever taken; the next one's place is the remainder */
	int64_t at_ms;
	float told[WORD_COUNT][PAST_STEPS], behind[ARRAY_LEN(lags)][PAST_STEPS];
	struct teller *tellers;
	size_t count;
};

struct past *past_new(void)
{
	return xcalloc(1, sizeof(struct past));
}

void past_free(struct past *p)
{
	if (!p)
		return;
	free(p->tellers);
	free(p);
}

/* ---- what a process tells ---- */

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

static void count_words(const json_t *process, double counts[WORD_COUNT])
{
	const json_t *sample;
	size_t i;

	json_array_foreach (json_object_get(process, "metrics"), i, sample) {
		enum outcome_word w;

		if (strcmp(text(sample, "name"), "beckon_outcomes_total") != 0)
			continue;
		w = outcome_word_find(text(json_object_get(sample, "labels"), "word"));
		if (w < WORD_COUNT)
			counts[w] += json_number_value(json_object_get(sample, "value"));
	}
}

static struct teller *find(struct past *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->tellers[i].name, name))
			return &p->tellers[i];
	return NULL;
}

/* One that is seen for the first time began to count since the last look; at the first look of all
   nobody knows when that was. */
static struct teller *add(struct past *p, const char *name, int64_t told_ms, const double *counts)
{
	struct teller *t;

	if (p->count == PROCESSES_MAX)
		return NULL;
	p->tellers = xgrow(p->tellers, p->count, sizeof(*p->tellers));
	t = &p->tellers[p->count++];
	*t = (struct teller){ .told_ms = told_ms };
	text_put(t->name, sizeof(t->name), name);
	memcpy(t->counts, counts, sizeof(t->counts));
	for (int w = 0; p->steps && w < WORD_COUNT; w++)
		t->per_minute[w] = counts[w] * MINUTE_MS / PAST_STEP_MS;
	return t;
}

/* A count that has become smaller is that of a process which began anew. */
static void go_on(struct teller *t, int64_t told_ms, const double *counts)
{
	for (int w = 0; w < WORD_COUNT && told_ms > t->told_ms; w++) {
		double more = counts[w] >= t->counts[w] ? counts[w] - t->counts[w] : counts[w];

		t->per_minute[w] = more * MINUTE_MS / (double)(told_ms - t->told_ms);
	}
	t->told_ms = told_ms;
	memcpy(t->counts, counts, sizeof(t->counts));
}

static const struct teller *hear(struct past *p, const json_t *process, int64_t now_ms)
{
	autofree char *name = xasprintf("%s/%s", text(process, "service"), text(process, "name"));
	double counts[WORD_COUNT] = { 0 };
	struct teller *t = find(p, name);
	int64_t told_ms = now_ms;

	now_parse(text(process, "told_at"), &told_ms);
	count_words(process, counts);
	if (!t)
		return add(p, name, told_ms, counts);
	go_on(t, told_ms, counts);
	return t;
}

static void forget_old(struct past *p, int64_t now_ms)
{
	for (size_t i = p->count; i-- > 0;)
		if (now_ms - p->tellers[i].told_ms > REMEMBERED_MS)
			p->tellers[i] = p->tellers[--p->count];
}

/* ---- a look ---- */

static void add_lag(const json_t *process, float behind[ARRAY_LEN(lags)])
{
	const json_t *sample;
	size_t i, s = 0;

	while (s < ARRAY_LEN(lags) && strcmp(lags[s].service, text(process, "service")) != 0)
		s++;
	json_array_foreach (json_object_get(process, "metrics"), i, sample) {
		double n = json_number_value(json_object_get(sample, "value"));

		if (s == ARRAY_LEN(lags) || strcmp(lags[s].metric, text(sample, "name")) != 0 ||
		    n < 0)
			continue;
		behind[s] = (isnan(behind[s]) ? 0 : behind[s]) + (float)n;
	}
}

void past_take(struct past *p, const json_t *processes, int64_t now_ms)
{
	float told[WORD_COUNT], behind[ARRAY_LEN(lags)];
	const json_t *process;
	size_t i;

	for (int w = 0; w < WORD_COUNT; w++)
		told[w] = processes && p->steps ? 0 : NAN;
	for (size_t s = 0; s < ARRAY_LEN(lags); s++)
		behind[s] = NAN;
	json_array_foreach (processes, i, process) {
		const struct teller *t = hear(p, process, now_ms);

		for (int w = 0; t && w < WORD_COUNT; w++)
			told[w] += (float)t->per_minute[w];
		add_lag(process, behind);
	}
	forget_old(p, now_ms);
	for (int w = 0; w < WORD_COUNT; w++)
		p->told[w][p->steps % PAST_STEPS] = told[w];
	for (size_t s = 0; s < ARRAY_LEN(lags); s++)
		p->behind[s][p->steps % PAST_STEPS] = behind[s];
	p->steps++;
	p->at_ms = now_ms;
}

/* ---- what is shown ---- */

/* The oldest first, in whole numbers; NULL: nothing but zeros, and those are not wanted. */
static json_t *series(const struct past *p, const float *ring, bool zeros)
{
	size_t n = p->steps < PAST_STEPS ? p->steps : PAST_STEPS;
	json_t *out = json_array();
	bool any = zeros;

	for (size_t i = p->steps - n; i < p->steps; i++) {
		float v = ring[i % PAST_STEPS];

		any = any || v > 0;
		json_array_append_new(out, isnan(v) ? json_null() : json_integer(lroundf(v)));
	}
	if (any)
		return out;
	json_decref(out);
	return NULL;
}

json_t *past_json(const struct past *p)
{
	json_t *told = json_object(), *behind = json_object();
	char at[NOW_TEXT_SIZE];

	for (int w = 0; w < WORD_COUNT; w++) {
		json_t *values = series(p, p->told[w], false);

		if (values)
			json_object_set_new(told, outcome_words[w].name, values);
	}
	for (size_t s = 0; s < ARRAY_LEN(lags); s++)
		json_object_set_new(behind, lags[s].service, series(p, p->behind[s], true));
	return json_pack("{ss*,si,so,so}", "at", p->steps ? now_text(p->at_ms, at) : NULL, "step_s",
			 PAST_STEP_MS / 1000, "told", told, "behind", behind);
}
