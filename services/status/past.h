/*
 * past - how much was told by outcome, and how far each service was behind, during the last hour.
 *
 * A ring of looks at what processes tell of themselves (processes.h), one every PAST_STEP_MS. A
 * rate is what a process counted between two moments that it told itself, by the time between
 * those, so it does not matter when it is looked at. Pure: the time is an argument.
 */
#ifndef BECKON_PAST_H
#define BECKON_PAST_H

#include <jansson.h>
#include <stdint.h>

#define PAST_STEP_MS 10000
#define PAST_STEPS 360

struct past;

struct past *past_new(void);
void past_free(struct past *p); /* takes NULL */

/* A look: the array of processes_read; NULL = nobody could be asked, and this step stays open. */
void past_take(struct past *p, const json_t *processes, int64_t now_ms);

/* A new object, as schemas/openapi.yaml has it (ProcessesPast). */
json_t *past_json(const struct past *p);

#endif
