/*
 * redis_time - what time it is with Redis, told from its answers.
 *
 * An answer is old by the time it has travelled and waited, which nobody knows: the quickest of the
 * last ten seconds counts. So the time told is never ahead of Redis' own (but for as long after
 * that has been set back), and behind it by the quickest answer's way. Pure.
 */
#ifndef BECKON_REDIS_TIME_H
#define BECKON_REDIS_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_TIME_SPAN_MS 5000 /* of answers that count together: these, and those before */

/* Zero: nothing has been heard yet. */
struct redis_time {
	bool known, former_known;
	int64_t since_ms;	     /* monotonic: of the first answer of this span */
	int64_t ahead_ms, former_ms; /* Redis' time less ours, at least */
};

/* It was redis_ms there some time before it is mono_ms (monotonic) here. */
void redis_time_note(struct redis_time *t, int64_t redis_ms, int64_t mono_ms);

/* INT64_MIN: nothing is known. */
int64_t redis_time_at(const struct redis_time *t, int64_t mono_ms);

#endif
