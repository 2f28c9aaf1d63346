#include "verdict.h"

#include "codes.h"

int64_t verdict_jitter(int64_t step_ms, uint32_t random)
{
	return step_ms + (int64_t)((uint64_t)step_ms / 2 * random / UINT32_MAX);
}

static struct verdict ended(enum outcome_word word, const char *code)
{
	return (struct verdict){ .word = word, .final = true, .code = code };
}

static int64_t step(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	size_t i = f->attempt > 0 ? (size_t)f->attempt - 1 : 0;

	return rules->steps_ms[i < rules->nsteps ? i : rules->nsteps - 1];
}

static struct verdict doubt(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	struct verdict v = { .word = WORD_UNKNOWN, .code = "outcome_unknown", .attempt = f->attempt };

	v.final = f->doubts > 0 || rules->doubts_are_final;
	v.due_ms = v.final ? 0 : f->now_ms + verdict_jitter(step(f, rules), f->random);
	if (v.due_ms > f->not_after_ms)
		v.final = true;
	return v;
}

/* Something of the configuration is wrong, not this message: it waits, no attempt is burnt. */
static struct verdict wait(const struct verdict_facts *f, const struct verdict_rules *rules, bool burns)
{
	struct verdict v = { .word = WORD_DEFERRED, .code = burns ? "retry" : "provider_down" };
	int64_t ms = verdict_jitter(step(f, rules), f->random);

	if (burns && f->attempt > (int64_t)rules->nsteps)
		return ended(WORD_ERROR, "retries_exhausted");
	v.due_ms = f->now_ms + (ms > f->retry_after_ms ? ms : f->retry_after_ms);
	v.attempt = f->attempt + burns;
	return v.due_ms > f->not_after_ms ? ended(WORD_ERROR, "not_sent_in_time") : v;
}

struct verdict verdict_of(const struct verdict_facts *f, const struct verdict_rules *rules)
{
	const struct code *code;

	if (f->result.reach == REACH_TAKEN)
		return ended(WORD_SENT, NULL);
	if (f->result.reach == REACH_IN_DOUBT)
		return doubt(f, rules);
	code = f->result.code ? codes_find(f->result.code) : NULL;
	if (code && (code->class == 'P' || code->class == 'M' || code->class == 'Y'))
		return ended(WORD_ERROR, code->name);
	return wait(f, rules, !(code && code->class == 'C'));
}
