/* What is waited for once a delivery has ended: an SMS in an e-mail's place, the receipt of an SMS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "courier_priv.h"
#include "mem.h"

#define NOW INT64_C(1800000000000)

/* A ladder goes on where its e-mail is refused; not where the time to send anything is over. */
static void test_climbs(void **state)
{
	static const struct {
		enum outcome_word word;
		const char *code;
		bool final;
		uint32_t n;
		int64_t ladder_after_ms;
		bool climbs;
	} rows[] = {
		{ WORD_ERROR, "mailbox_unknown", true, 0, 1000, true },
		{ WORD_ERROR, "not_sent_in_time", true, 0, 1000, false },
		{ WORD_ERROR, "mailbox_unknown", false, 0, 1000, false },
		{ WORD_ERROR, "mailbox_unknown", true, 1, 1000, false }, /* a reminder */
		{ WORD_ERROR, "mailbox_unknown", true, 0, 0, false },
		{ WORD_SENT, NULL, true, 0, 1000, false },
		{ WORD_UNKNOWN, "outcome_unknown", true, 0, 1000, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct parcel p = {
			.verdict = { .word = rows[i].word,
				     .code = rows[i].code,
				     .final = rows[i].final },
			.job = { .delivery = { .n = rows[i].n },
				 .ladder_after_ms = rows[i].ladder_after_ms },
		};

		if (courier_climbs(&p) != rows[i].climbs)
			fail_msg("row %zu", i);
	}
}

/* A receipt is missed only where one was promised for what was sent now. */
static void test_receipt_due(void **state)
{
	static const struct {
		bool promised, elsewhere;
		enum outcome_word word;
		uint32_t n;
		bool waited_for;
	} rows[] = {
		{ true, false, WORD_SENT, 0, true },   { false, false, WORD_SENT, 0, false },
		{ true, true, WORD_SENT, 0, false },   { true, false, WORD_UNKNOWN, 0, false },
		{ true, false, WORD_ERROR, 0, false }, { true, false, WORD_SENT, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct channel_route terms = { .receipts = rows[i].promised };
		struct pool pool = { .terms = &terms };
		struct lane lane = { .pool = &pool };
		struct parcel p = { .lane = &lane,
				    .elsewhere = rows[i].elsewhere,
				    .claim = { .now_ms = NOW },
				    .verdict = { .word = rows[i].word, .final = true },
				    .job = { .delivery = { .n = rows[i].n } } };

		assert_int_equal(courier_receipt_due_ms(&p),
				 rows[i].waited_for ? NOW + TIMER_SILENCE_MS : 0);
	}
	assert_int_equal(
		courier_receipt_due_ms(&(struct parcel){ .verdict = { .word = WORD_SENT } }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_climbs),
		cmocka_unit_test(test_receipt_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
