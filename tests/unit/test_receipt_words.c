/* What statuses and codes of receipts mean, as descriptions of providers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codes.h"
#include "mem.h"
#include "receipt_words.h"
#include "yamldoc.h"

static int parse(struct receipt_words **out, const char *text, struct err *e)
{
	struct yamldoc y;
	int r;

	assert_int_equal(yamldoc_parse(&y, "x.yaml", text, strlen(text), e), OK);
	r = receipt_words_parse(out, y.value, e);
	yamldoc_clear(&y);
	return r;
}

#define STATUSES                                                                                   \
	"receipt:\n  statuses: {up: delivered, down: undelivered, gone: handset_unknown, on: "     \
	"passing}\n"

static const char *code_of(const struct receipt_words *w, const char *status)
{
	struct receipt_status_word word;

	if (!receipt_words_status(w, status, &word))
		return "?";
	return word.code ? word.code : receipt_statuses[word.status];
}

static void test_statuses(void **state)
{
	static const char *const rows[][2] = {
		{ "up", "delivered" },
		{ "down", "undelivered" },
		{ "gone", "handset_unknown" },
		{ "on", "passing" },
		{ "Up", "?" },
		{ "", "?" },
		{ "delivered", "?" },
		{ "handset_unknown", "?" },
	};
	struct receipt_words *w;
	struct err e;

	(void)state;
	assert_int_equal(parse(&w, STATUSES, &e), OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(code_of(w, rows[i][0]), rows[i][1]);
	assert_null(receipt_words_code(w, "5")); /* there are none at all */
	assert_int_equal(receipt_words_suppress(w, "5"), SUPPRESS_NOT);
	receipt_words_free(w);
	receipt_words_free(NULL);
}

/* Codes of answers are those of receipts, too, unless those have their own; suppress likewise. */
static void test_codes(void **state)
{
	static const char answers[] =
		"codes: {\"0\": ok, \"5\": number_barred, \"6\": outcome_unknown}\n"
		"suppress: {\"5\": failed}\n";
	static const struct {
		const char *more, *code;
		enum suppress_why why;
	} rows[] = {
		{ "", "number_barred", SUPPRESS_FAILED },
		{ "  codes: {\"5\": content_rejected}\n", "content_rejected", SUPPRESS_FAILED },
		{ "  codes: {\"7\": content_rejected}\n", NULL, SUPPRESS_FAILED },
		{ "  suppress: {\"5\": opted_out}\n", "number_barred", SUPPRESS_OPTED_OUT },
		{ "  suppress: {}\n", "number_barred", SUPPRESS_NOT },
	};
	struct receipt_words *w;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("%s" STATUSES "%s", answers, rows[i].more);
		const char *code;

		assert_int_equal(parse(&w, text, &e), OK);
		code = receipt_words_code(w, "5");
		assert_true(rows[i].code ? code == codes_find(rows[i].code)->name : !code);
		assert_int_equal(receipt_words_suppress(w, "5"), rows[i].why);
		/* an acceptance and a doubt are no end of a message */
		assert_null(receipt_words_code(w, "0"));
		assert_null(receipt_words_code(w, "6"));
		receipt_words_free(w);
	}
}

static void test_slips(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "url: x\n", "receipt.statuses: missing" },
		{ "receipt: true\n", "receipt.statuses: missing" },
		{ "receipt:\n  codes: {\"1\": throttled}\n", "receipt.statuses: missing" },
		{ "receipt:\n  statuses: [up]\n", "receipt.statuses: each status" },
		{ "receipt:\n  statuses: {up: yes-it-is}\n", "receipt.statuses.up: each status" },
		{ "receipt:\n  statuses: {up: ok}\n", "receipt.statuses.up: each status" },
		{ "receipt:\n  statuses: {up: outcome_unknown}\n", "receipt.statuses.up: " },
		{ "receipt:\n  statuses: {up: 1}\n", "receipt.statuses.up: " },
		{ STATUSES "  codes: {\"1\": ok}\n", "receipt.codes.1: each code" },
		{ STATUSES "  codes: {\"1\": no_such}\n", "receipt.codes.1: each code" },
		{ STATUSES "  suppress: {\"1\": by_hand_or_so}\n",
		  "receipt.suppress.1: some codes" },
		{ STATUSES "  status: {}\n", "receipt.status: not known here" },
		{ STATUSES "codes: {\"1\": no_such}\n", "codes.1: each code" },
		{ STATUSES "suppress: yes\n", "suppress: some codes" },
	};
	struct receipt_words *w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { "" };

		assert_int_equal(parse(&w, rows[i].text, &e), ERR_INVALID);
		if (strncmp(e.text, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void test_files(void **state)
{
	static const char *const names[] = { "twilio", "vonage", "messagebird", "sns",
					     "smsc",   "smsru",	 "kannel",	"webhook" };
	struct receipt_words *w;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *path = xasprintf("../deploy/providers/%s.yaml", names[i]);

		assert_int_equal(receipt_words_read(&w, path, &e), OK);
		receipt_words_free(w);
	}
	assert_int_equal(receipt_words_read(&w, "../deploy/providers/nobody.yaml", &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "nobody.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_slips),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
