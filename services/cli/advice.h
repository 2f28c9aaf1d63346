/*
 * advice - what an error code means and what to do about it, from schemas/errors.json.
 *
 * The catalogue is part of the program.
 */
#ifndef BECKON_ADVICE_H
#define BECKON_ADVICE_H

#include <jansson.h>

#include "lang.h"

struct advice {
	json_t *catalogue;
	enum lang lang;
};

void advice_open(struct advice *a, enum lang lang);
void advice_close(struct advice *a);

/* "" for a code that nobody knows. Live as long as a. */
const char *advice_text(const struct advice *a, const char *code);
const char *advice_remedy(const struct advice *a, const char *code);

#endif
