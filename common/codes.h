/*
 * codes - the catalogue of errors: what can be wrong with a delivery or a request.
 *
 * The table is the contract's; schemas/errors.json adds text and remedy per language, and a test
 * keeps the two equal. Codes are compared as strings everywhere and never change their meaning.
 */
#ifndef BECKON_CODES_H
#define BECKON_CODES_H

#include <stdbool.h>
#include <stddef.h>

/* P permanent for this address, M permanent for this message, T transient, U ambiguous,
   C configuration (the route is closed and probed), Y policy. */
struct code {
	const char *name;
	char class;
	bool retried; /* the fleet tries again by itself */
};

/* NULL = there is no such code. */
const struct code *codes_find(const char *name);

/* The whole table. */
const struct code *codes_all(size_t *count);

#endif
