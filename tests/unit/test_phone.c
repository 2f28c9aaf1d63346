/* Phone numbers as typed: normal form or code and suggestion, by home region; countries; masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codes.h"
#include "mem.h"
#include "phone.h"

/* code NULL: taken, and text is the E.164 form; else text is the suggestion. */
static const struct row {
	const char *home, *typed, *code, *text;
} rows[] = {
	/* with its country code, however it is written */
	{ NULL, "79051111111", NULL, "+79051111111" },
	{ NULL, "+7 (905) 111-11-11", NULL, "+79051111111" },
	{ NULL, "0079051111111", NULL, "+79051111111" },
	{ NULL, " +7\u00a0905 111\u201111\u201111\u202c", NULL, "+79051111111" },
	{ NULL, "+44 (0)7900 900123", NULL, "+447900900123" },
	{ NULL, "44 (0) 7900 900123", NULL, "+447900900123" },
	{ NULL, "0+44 7900 900123", NULL, "+447900900123" },
	{ NULL, "(0)+447900900123", NULL, "+447900900123" },
	{ NULL, "+1 212 555 1234", NULL, "+12125551234" },
	{ NULL, "+52 1 55 1234 5678", NULL, "+525512345678" },
	{ NULL, "+870301234567", NULL, "+870301234567" },
	{ NULL, "+229 01 95 12 34 56", NULL, "+2290195123456" },
	{ "DE", "4915112345678", NULL, "+4915112345678" },
	{ "US", "12125551234", NULL, "+12125551234" },
	{ "RU", "79051111111", NULL, "+79051111111" },
	/* doubtful: the right length, and a plus */
	{ NULL, "+70100000000", NULL, "+70100000000" },
	/* without it */
	{ NULL, "9051111111", "phone_missing_country_code", "+7 905 111-11-11" },
	{ "RU", "(905) 111-11-11", "phone_missing_country_code", "+7 905 111-11-11" },
	{ "GB", "7900900123", "phone_missing_country_code", "+44 7900 900123" },
	{ "US", "212 555-1234", "phone_missing_country_code", "+1 212-555-1234" },
	{ NULL, "7900900123", "phone_too_short", "" },
	{ NULL, "5551234567", "phone_missing_country_code", "" },
	/* long enough to have its code, and of a range that nobody has heard of: the plus is
	   missing */
	{ NULL, "70100000000", "phone_missing_country_code", "+7 0100000000" },
	{ NULL, "1 664 555 1234", "phone_missing_country_code", "+1 664-555-1234" },
	/* a valid number of Myanmar and one of Russia that lacks its code: nobody guesses */
	{ NULL, "9592123456", "phone_missing_country_code", "+7 959 212-34-56" },
	{ NULL, "+9592123456", NULL, "+9592123456" },
	/* a mobile number of Viet Nam, or one of Moscow as dialled at home */
	{ "RU", "84951234567", "phone_trunk_prefix", "+7 495 123-45-67" },
	{ "VN", "84951234567", NULL, "+84951234567" },
	/* a prefix in its place, or beside it */
	{ NULL, "89051111111", "phone_trunk_prefix", "+7 905 111-11-11" },
	{ NULL, "+89051111111", "phone_trunk_prefix", "+7 905 111-11-11" },
	{ NULL, "+7 8 905 111-11-11", "phone_trunk_prefix", "+7 905 111-11-11" },
	{ "GB", "07900 900123", "phone_trunk_prefix", "+44 7900 900123" },
	{ NULL, "07900 900123", "phone_trunk_prefix", "" },
	{ NULL, "+4407900900123", "phone_trunk_prefix", "+44 7900 900123" },
	{ NULL, "4407900900123", "phone_trunk_prefix", "+44 7900 900123" },
	{ NULL, "+27 0 011918170", "phone_trunk_prefix", "" }, /* two of them */
	{ "US", "011 7 905 111-11-11", "phone_trunk_prefix", "+7 905 111-11-11" },
	/* length */
	{ NULL, "+7905111111", "phone_too_short", "" },
	{ NULL, "+790511111112", "phone_too_long", "" },
	{ NULL, "+9051111111", "phone_too_short", "" },
	{ NULL, "+1212555", "phone_too_short", "" },
	{ NULL, "+1234567890123456", "phone_too_long", "" },
	{ NULL, "123456789012345678901234567890123456789012345", "phone_too_long", "" },
	{ NULL, "", "phone_too_short", "" },
	{ NULL, "+", "phone_too_short", "" },
	{ NULL, "00112", "phone_too_short", "" },
	{ NULL, "12", "phone_too_short", "" },
	/* characters */
	{ NULL, "1-800-FLOWERS", "phone_bad_char", "" },
	{ NULL, "7905111111l", "phone_bad_char", "" },
	{ NULL, "+7905111111\xff", "phone_bad_char", "" },
	{ NULL, "+7905+1111111", "phone_bad_char", "" },
	{ NULL, "7+9051111111", "phone_bad_char", "" },
	{ NULL, "++79051111111", "phone_bad_char", "" },
	{ NULL, "tel:+79051111111", "phone_bad_char", "" },
	{ NULL, "+79051111111;ext=1", "phone_bad_char", "" },
	{ NULL, "\u0660\u0661\u0662", "phone_bad_char", "" },
	{ NULL, "+7905111111'; DROP TABLE invites", "phone_bad_char", "" },
	{ NULL, "\u2192+79051111111", "phone_bad_char", "" },
	/* countries */
	{ NULL, "+0123456789", "phone_unknown_country", "" },
	{ NULL, "+9991234567", "phone_unknown_country", "" },
	{ NULL, "80100000000", "phone_unknown_country", "" },
	/* kinds */
	{ NULL, "+74951234567", "phone_not_mobile", "" },
	{ NULL, "+16644911234", "phone_not_mobile", "" },
	{ NULL, "+78001234567", "phone_not_mobile", "" },
	{ NULL, "+79051111111", NULL, "+79051111111" },
	{ NULL, "+447090012345", "phone_premium", "" },
	{ NULL, "+19002345678", "phone_premium", "" },
	{ NULL, "+491801234567", "phone_premium", "" }, /* of shared cost */
	{ NULL, "112", "phone_emergency", "" },
	{ NULL, "999", "phone_emergency", "" },
	{ "RU", "8-800", "phone_emergency", "" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct phone p = { .e164 = "untouched" };
		struct phone_fault fault = { 0 };
		struct err e = { "" };
		int r = phone_normalise(row->typed, &(struct phone_rules){ row->home, false }, &p,
					&fault, &e);

		print_message("%s\n", row->typed);
		if (!row->code) {
			assert_int_equal(r, OK);
			assert_string_equal(p.e164, row->text);
			continue;
		}
		assert_int_equal(r, ERR_INVALID);
		assert_string_equal(fault.code, row->code);
		assert_non_null(codes_find(fault.code));
		assert_string_equal(fault.suggestion, row->text);
		assert_string_equal(p.e164, "untouched");
		assert_true(e.text[0] && !strpbrk(e.text, "0123456789"));
	}
}

static struct phone number(const char *typed, bool landlines)
{
	struct phone_fault fault;
	struct phone p;

	assert_int_equal(
		phone_normalise(typed, &(struct phone_rules){ NULL, landlines }, &p, &fault, NULL),
		OK);
	return p;
}

static void test_kinds(void **state)
{
	static const struct {
		const char *typed, *region, *word;
		int country_code;
		bool landlines, doubtful;
	} kinds[] = {
		{ "+79051111111", "RU", "mobile", 7, false, false },
		{ "+77011234567", "KZ", "mobile", 7, false, false },
		{ "+12125551234", "US", "fixed-or-mobile", 1, false, false },
		{ "+16641234567", "US", "unknown", 1, false, true },
		{ "+74951234567", "RU", "fixed", 7, true, false },
		{ "+2290195123456", "BJ", "mobile", 229, false, false },
		{ "+870301234567", "001", "mobile", 870, false, false },
		{ "+70100000000", "RU", "unknown", 7, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct phone p = number(kinds[i].typed, kinds[i].landlines);

		print_message("%s\n", kinds[i].typed);
		assert_int_equal(p.doubtful, kinds[i].doubtful);
		assert_string_equal(phone_type_word(p.type), kinds[i].word);
		assert_string_equal(p.region, kinds[i].region);
		assert_int_equal(p.country_code, kinds[i].country_code);
	}
}

/* A normal form is its own normal form, wherever home is. */
static void test_stable(void **state)
{
	static const char *const homes[] = { NULL, "RU", "US", "DE", "KZ" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; !rows[i].code && k < ARRAY_LEN(homes); k++) {
			struct phone_fault fault;
			struct phone p;

			assert_int_equal(phone_normalise(rows[i].text,
							 &(struct phone_rules){ homes[k], false },
							 &p, &fault, NULL),
					 OK);
			assert_string_equal(p.e164, rows[i].text);
		}
	}
}

static void test_masks(void **state)
{
	static const char *const masks[][2] = {
		{ "+79051111111", "+7 905 ***-**-11" },
		{ "+12125551234", "+1 212-***-**34" },
		{ "+447900900123", "+44 790* ****23" },
		{ "+37254123456", "+372 5*** **56" }, /* eight digits */
		{ "+29051234", "+290 ***34" },	      /* five */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		struct phone p = number(masks[i][0], true);
		char out[PHONE_SHOWN_SIZE];

		assert_string_equal(phone_mask(&p, out), masks[i][1]);
	}
}

static void test_countries(void **state)
{
	struct phone ru = number("+79051111111", false), kz = number("+77011234567", false);
	json_t *list = json_pack("[s]", "RU"), *empty = json_array();

	(void)state;
	assert_true(phone_country_allowed(&ru, NULL, NULL));
	assert_true(phone_country_allowed(&ru, empty, empty));
	assert_true(phone_country_allowed(&ru, list, NULL));
	assert_false(phone_country_allowed(&kz, list, NULL));
	assert_false(phone_country_allowed(&ru, NULL, list));
	assert_true(phone_country_allowed(&kz, NULL, list));
	assert_false(phone_country_allowed(&ru, list, list));
	json_decref(list);
	json_decref(empty);
}

/* An example is a number that SMS go to, of that region. */
static void test_examples(void **state)
{
	static const char *const regions[] = { "RU", "KZ", "US", "CA", "GB", "DE", "BR" };
	char text[PHONE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		assert_string_equal(number(phone_example(regions[i], text), false).region,
				    regions[i]);
	assert_string_equal(phone_example("AQ", text), "");
	assert_string_equal(phone_example("", text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	  cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_stable),	  cmocka_unit_test(test_masks),
		cmocka_unit_test(test_countries), cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}
