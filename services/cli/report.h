/*
 * report - what people see of a list: the rows that are wrong, and what became of the others.
 *
 * A table, or with json one object a line, on standard output.
 */
#ifndef BECKON_REPORT_H
#define BECKON_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "advice.h"
#include "follow.h"
#include "invite_event.h"
#include "people.h"

struct report {
	const struct people *people;
	const struct invite_common *common;
	const struct advice *advice;
	bool json;
	bool only_bad; /* of the outcomes: rows that are good are not listed */
};

/* The rows that have trouble: row, column, code, text, remedy. */
void report_troubles(const struct report *r);

/* Every row: those with trouble, and of those followed (in their order) the last word. Returns how
   many rows are bad. */
size_t report_outcomes(const struct report *r, const struct follow *f);

#endif
