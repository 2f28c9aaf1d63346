#include "verdict.h"

#include <string.h>

#include "codes.h"
#include "mem.h"

/* Codes that more tries will hardly cure: how often is tried again at the most. */
static const struct few {
	const char *code;
	size_t retries;
} fews[] = {
	{ "carrier_unknown", 1 },
	{ "handset_unreachable", 3 },
};

int64_t verdict_jitter(int64_t step_ms, uint32_t random)
{
	return step_ms + (int64_t)((uint64_t)step_ms / 2 * random / UINT32_MAX);
}

static struct verdict ended(enum outcome_word word, const char *code)
{
	return (struct verdict){ .word = word, .final = true, .code = code };
}

/* How often is tried again after this code. */
static int64_t retries(const struct code *code, const struct verdict_rules *rules)
{
	for (size_t i = 0; code && i < ARRAY_LEN(fews); i++)
		if (!strcmp(fews[i].code, code->name) && fews[i].retries < rules->nsteps)
			return (int64_t)fews[i].retries;
	return (int64_t)rules->nsteps;
}

/* The back-off after this attempt; the last one serves for all that follow. */
static int64_t step_ms(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	size_t i = f->attempt > 0 ? (size_t)f->attempt - 1 : 0;

	return verdict_jitter(rules->steps_ms[i < rules->nsteps ? i : rules->nsteps - 1],
			      f->random);
}

static struct verdict doubt(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	int64_t due_ms = tenant_next_ms(&f->hours, f->now_ms + step_ms(f, rules));

	if (f->doubts > 0 || rules->doubts_are_final || due_ms > f->not_after_ms)
		return ended(WORD_UNKNOWN, "outcome_unknown");
	return (struct verdict){
		.word = WORD_UNKNOWN,
		.code = "outcome_unknown",
		.due_ms = due_ms,
		.attempt = f->attempt,
	};
}

/* Something of the configuration is wrong, not this message: it waits, and no attempt is burnt. */
static bool burns_attempt(const struct code *c)
{
	return !c || c->class != 'C';
}

static struct verdict later(const struct verdict_facts *f, const struct verdict_rules *rules,
			    const struct code *code)
{
	bool burns = burns_attempt(code);
	int64_t ms = step_ms(f, rules);
	struct verdict v = {
		.word = WORD_DEFERRED,
		.code = burns ? "retry" : "provider_down",
		.due_ms = tenant_next_ms(
			&f->hours, f->now_ms + (ms > f->retry_after_ms ? ms : f->retry_after_ms)),
		.attempt = f->attempt + burns,
	};

	if (burns && f->attempt > retries(code, rules))
		return ended(WORD_ERROR, "retries_exhausted");
	return v.due_ms > f->not_after_ms ? ended(WORD_ERROR, "not_sent_in_time") : v;
}

/* What a class says of a try that came to nothing. */
static bool ends_delivery(const struct code *c)
{
	return c && !c->retried;
}

struct verdict verdict_of(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	const struct code *code;

	if (f->result.reach == REACH_TAKEN)
		return ended(WORD_SENT, NULL);
	if (f->result.reach == REACH_IN_DOUBT)
		return doubt(f, rules);
	code = f->result.code ? codes_find(f->result.code) : NULL;
	if (ends_delivery(code))
		return ended(WORD_ERROR, code->name);
	return later(f, rules, code);
}
