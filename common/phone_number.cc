#include "phone_number.h"

#include <stdio.h>

#include <phonenumbers/phonenumberutil.h>
#include <string>

#include "library.h"

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

static const PhoneNumberUtil &util()
{
	return *PhoneNumberUtil::GetInstance();
}

static enum phone_type type_of(const PhoneNumber &number)
{
	switch (util().GetNumberType(number)) {
	case PhoneNumberUtil::MOBILE:
		return PHONE_MOBILE;
	case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
		return PHONE_FIXED_OR_MOBILE;
	case PhoneNumberUtil::FIXED_LINE:
		return PHONE_FIXED;
	case PhoneNumberUtil::PREMIUM_RATE:
	case PhoneNumberUtil::SHARED_COST:
	case PhoneNumberUtil::PERSONAL_NUMBER: /* forwards to anywhere at the caller's expense */
		return PHONE_PREMIUM;
	case PhoneNumberUtil::UNKNOWN:
		return PHONE_UNKNOWN;
	default:
		return PHONE_OTHER;
	}
}

static enum phone_fit fit_of(PhoneNumberUtil::ValidationResult result)
{
	switch (result) {
	case PhoneNumberUtil::IS_POSSIBLE:
		return PHONE_FITS;
	case PhoneNumberUtil::TOO_LONG:
		return PHONE_LONG;
	case PhoneNumberUtil::INVALID_COUNTRY_CODE:
		return PHONE_NO_COUNTRY;
	default:
		return PHONE_SHORT;
	}
}

/* Some countries have no mobile numbers of their own in the metadata: then any length that a
   number there may have. */
static enum phone_fit length_of(const PhoneNumber &number)
{
	PhoneNumberUtil::ValidationResult r =
		util().IsPossibleNumberForTypeWithReason(number, PhoneNumberUtil::MOBILE);

	if (r == PhoneNumberUtil::INVALID_LENGTH)
		r = util().IsPossibleNumberWithReason(number);
	return fit_of(r);
}

/* Did typed have the national prefix that the parsed number has not? */
static bool trunk_of(const char *typed, const struct phone_number *n,
		     const std::string &significant)
{
	std::string digits(typed + (*typed == '+')), code = std::to_string(n->country_code), ndd;

	util().GetNddPrefixForRegion(n->region, true, &ndd);
	if (*typed == '+')
		digits.erase(0, code.size());
	return !ndd.empty() && digits != significant && digits.compare(0, ndd.size(), ndd) == 0;
}

static void fill(const char *text, const PhoneNumber &number, struct phone_number *out)
{
	std::string e164, region, significant;

	util().Format(number, PhoneNumberUtil::E164, &e164);
	out->type = type_of(number);
	if (out->type == PHONE_UNKNOWN)
		util().GetRegionCodeForCountryCode(number.country_code(), &region);
	else
		util().GetRegionCodeForNumber(number, &region);
	snprintf(out->e164, sizeof(out->e164), "%s", e164.c_str());
	snprintf(out->region, sizeof(out->region), "%s", region.c_str());
	out->country_code = number.country_code();
	out->fit = e164.size() < sizeof(out->e164) ? length_of(number) : PHONE_LONG;
	util().GetNationalSignificantNumber(number, &significant);
	out->trunk = trunk_of(text, out, significant);
}

static void read(const char *text, const char *region, struct phone_number *out)
{
	PhoneNumber number;

	*out = {};
	switch (util().Parse(text, region ? region : "ZZ", &number)) {
	case PhoneNumberUtil::NO_PARSING_ERROR:
		fill(text, number, out);
		break;
	case PhoneNumberUtil::TOO_LONG_NSN:
		out->fit = PHONE_LONG;
		break;
	case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
		out->fit = PHONE_NO_COUNTRY;
		break;
	default:
		out->fit = PHONE_SHORT;
		break;
	}
}

static int country_code(const char *region)
{
	return util().GetCountryCodeForRegion(region);
}

static void example(const char *region, char out[PHONE_SIZE])
{
	PhoneNumber number;
	std::string e164;

	if (util().GetExampleNumberForType(region, PhoneNumberUtil::MOBILE, &number) ||
	    util().GetExampleNumber(region, &number))
		util().Format(number, PhoneNumberUtil::E164, &e164);
	snprintf(out, PHONE_SIZE, "%s", e164.c_str());
}

static void show(const char *e164, char out[PHONE_SHOWN_SIZE])
{
	PhoneNumber number;
	std::string shown(e164);

	if (util().Parse(e164, "ZZ", &number) == PhoneNumberUtil::NO_PARSING_ERROR)
		util().Format(number, PhoneNumberUtil::INTERNATIONAL, &shown);
	snprintf(out, PHONE_SHOWN_SIZE, "%s", shown.c_str());
}

LIBRARY_IS_OF_THIS_VERSION
const struct phone_numbers beckon_phone_numbers = { read, country_code, example, show };
