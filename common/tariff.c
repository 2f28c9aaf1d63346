#include "tariff.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ANY "*"
#define UNIT 1000000	    /* millionths */
#define FRACTION_DIGITS 6   /* of them */
#define PRICE_MAX_UNITS 1e6 /* of a segment: a slip of the keyboard, not a price */
#define PREFIX_DIGITS_MAX 15

struct tariff {
	char currency[COST_CURRENCY_SIZE];
	json_t *prices; /* prefix: millionths */
};

static int wrong(struct err *e, const char *where, const char *rule)
{
	return err_set(e, ERR_INVALID, "%.40s: %s", where, rule);
}

/* Digits, and perhaps a point and at most six more. */
static int read_price(const json_t *v, int64_t *out)
{
	char number[24];
	const char *s = json_string_value(v), *end;
	int64_t millionths = 0, digit = UNIT;

	if (json_is_integer(v)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		s = number;
	}
	if (!s || !isdigit((unsigned char)*s))
		return ERR_INVALID;
	for (end = s; isdigit((unsigned char)*end) && millionths < UNIT * PRICE_MAX_UNITS; end++)
		millionths = millionths * 10 + (*end - '0') * UNIT;
	if (*end == '.' && isdigit((unsigned char)end[1]))
		for (end++; isdigit((unsigned char)*end) && digit > 1; end++)
			millionths += (*end - '0') * (digit /= 10);
	*out = millionths;
	return *end || millionths >= UNIT * PRICE_MAX_UNITS ? ERR_INVALID : OK;
}

static bool is_prefix(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return !strcmp(text, ANY) || (n && n <= PREFIX_DIGITS_MAX && !text[n] && text[0] != '0');
}

static int read_prices(struct tariff *t, const json_t *prefixes, struct err *e)
{
	const char *prefix;
	json_t *price;

	if (!json_object_size(prefixes) || json_object_size(prefixes) > TARIFF_PREFIXES_MAX)
		return wrong(e, "prefixes", "1 to 1000 pairs of a number's beginning and a price");
	json_object_foreach ((json_t *)prefixes, prefix, price) {
		int64_t millionths;

		if (!is_prefix(prefix))
			return wrong(e, prefix, "digits of a number without plus, or *");
		if (read_price(price, &millionths) < 0)
			return wrong(e, prefix, "a price such as 0.0455, six decimals at most");
		json_object_set_new(t->prices, prefix, json_integer(millionths));
	}
	return OK;
}

static int read_all(struct tariff *t, const json_t *v, struct err *e)
{
	const char *currency = json_string_value(json_object_get(v, "currency")), *name;
	json_t *value;

	json_object_foreach ((json_t *)v, name, value)
		if (strcmp(name, "currency") != 0 && strcmp(name, "prefixes") != 0)
			return wrong(e, name, "currency and prefixes are known here");
	if (!currency || strlen(currency) != COST_CURRENCY_SIZE - 1 ||
	    strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != COST_CURRENCY_SIZE - 1)
		return wrong(e, "currency", "three capitals (ISO 4217)");
	text_put(t->currency, sizeof(t->currency), currency);
	return read_prices(t, json_object_get(v, "prefixes"), e);
}

int tariff_parse(struct tariff **out, const json_t *v, struct err *e)
{
	struct tariff *t = xcalloc(1, sizeof(*t));

	t->prices = json_object();
	if (read_all(t, v, e) < 0) {
		tariff_free(t);
		return ERR_INVALID;
	}
	*out = t;
	return OK;
}

void tariff_free(struct tariff *t)
{
	if (!t)
		return;
	json_decref(t->prices);
	free(t);
}

static const json_t *price_of(const struct tariff *t, const char *digits)
{
	char prefix[PREFIX_DIGITS_MAX + 1];
	size_t n = strnlen(digits, PREFIX_DIGITS_MAX);
	const json_t *found = NULL;

	for (; n && !found; n--) {
		snprintf(prefix, sizeof(prefix), "%.*s", (int)n, digits);
		found = json_object_get(t->prices, prefix);
	}
	return found ? found : json_object_get(t->prices, ANY);
}

struct cost tariff_cost(const struct tariff *t, const char *number, unsigned segments)
{
	const json_t *price = t ? price_of(t, number + (*number == '+')) : NULL;
	struct cost c = { 0 };

	if (!price)
		return c;
	text_put(c.currency, sizeof(c.currency), t->currency);
	c.millionths = json_integer_value(price) * segments;
	return c;
}

const char *cost_text(const struct cost *c, char out[COST_TEXT_SIZE])
{
	size_t n = (size_t)snprintf(out, COST_TEXT_SIZE, "%lld.%06lld",
				    (long long)(c->millionths / UNIT),
				    (long long)(c->millionths % UNIT));

	for (size_t kept = FRACTION_DIGITS; kept > 2 && out[n - 1] == '0'; kept--)
		out[--n] = '\0';
	return out;
}
