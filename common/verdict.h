/*
 * verdict - what a try to send means for the delivery: pure.
 *
 * Told, or tried again, or given up. Retries follow a schedule (one step an attempt, lengthened at
 * random by up to half, never shortened); what a relay asks for is waited for; a delivery ends
 * where its steps or its time end. Doubt is told as `unknown` and sent again once.
 */
#ifndef BECKON_VERDICT_H
#define BECKON_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"
#include "tenant.h"
#include "transport.h"

struct verdict_rules {
	const int64_t *steps_ms; /* back-off before attempt 2, 3 ...; at least one */
	size_t nsteps;
	bool doubts_are_final; /* password mails: nothing in doubt is sent again */
};

struct verdict_facts {
	struct mail_result result;
	int64_t retry_after_ms; /* what the relay asks for; 0 = nothing */
	int64_t attempt;	/* 1-based */
	int64_t doubts;		/* how often it has been unknown before */
	int64_t now_ms, not_after_ms;
	uint32_t random;
	struct tenant_hours hours; /* a due time is computed first, then moved into them */
};

struct verdict {
	enum outcome_word word; /* sent, error, unknown or deferred */
	bool final;		/* not: parked until due_ms, a turn higher */
	const char *code;	/* error: why; deferred: "retry" or "provider_down"; unknown:
				   outcome_unknown */
	int64_t due_ms;
	int64_t attempt; /* of the next try */
};

struct verdict verdict_of(const struct verdict_facts *f, const struct verdict_rules *rules);

/* step lengthened by 0 to 50 %. */
int64_t verdict_jitter(int64_t step_ms, uint32_t random);

#endif
