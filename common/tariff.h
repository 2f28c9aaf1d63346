/*
 * tariff - what an SMS costs, by whoever takes it and where it goes: pure.
 *
 * {currency: EUR, prefixes: {"7": 0.0455, "7701": 0.06, "*": 0.1}}: the price of one segment to
 * numbers that begin so, without the plus; the longest prefix counts, "*" is every other number.
 * What comes of it is an estimate: the provider's invoice is the truth. Amounts are whole
 * millionths of the currency's unit, so that sums are exact.
 */
#ifndef BECKON_TARIFF_H
#define BECKON_TARIFF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define COST_CURRENCY_SIZE 4	 /* ISO 4217: "EUR" */
#define COST_TEXT_SIZE 24	 /* "0.0455" */
#define TARIFF_PREFIXES_MAX 1000 /* more are refused */

struct cost {
	int64_t millionths;
	char currency[COST_CURRENCY_SIZE]; /* "" = nobody has said what it costs */
};

struct tariff;

/* ERR_INVALID: which part is wrong, and the rule. *out is the caller's. */
int tariff_parse(struct tariff **out, const json_t *v, struct err *e);
void tariff_free(struct tariff *t); /* takes NULL */

/* So many segments to an E.164 number, with or without plus. Currency "" where t is NULL or says
   nothing of such numbers. */
struct cost tariff_cost(const struct tariff *t, const char *number, unsigned segments);

/* "0.0455", without the currency: at least two digits behind the point, at most six. Returns out.
 */
const char *cost_text(const struct cost *c, char out[COST_TEXT_SIZE]);

#endif
