/*
 * tariffs - what an SMS would cost, before anybody sends it: for previews, dry runs and the tool.
 *
 * From the same settings that beckon-sms has: `providers` (or the descriptions they are like) say
 * what each asks, `routes` which of them comes first. The estimate is that of the one who would be
 * asked first; where it is in trouble another one takes the message, at its own price.
 */
#ifndef BECKON_TARIFFS_H
#define BECKON_TARIFFS_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "tariff.h"

struct tariffs;

/* providers NULL: nothing is known of any cost. dir: where descriptions lie, which are read now and
   not again. What is given is not kept. ERR_FATAL: which entry or file is wrong. */
int tariffs_open(struct tariffs **out, const json_t *providers, const json_t *routes,
		 const char *dir, struct err *e);
void tariffs_free(struct tariffs *t); /* takes NULL */

/* Does anybody say what they ask? Takes NULL: no. */
bool tariffs_known(const struct tariffs *t);

/* So many segments of a tenant's to an E.164 number of a region ("RU"; phone.h). Currency "" where
   it is not known. *provider: who would be asked; NULL = not of interest; it lives as long as t.
   From any thread. */
struct tariffs_to {
	const char *tenant, *number, *region;
};
struct cost tariffs_estimate(const struct tariffs *t, const struct tariffs_to *to,
			     unsigned segments, const char **provider);

#endif
