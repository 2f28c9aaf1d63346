/* How receipts find their delivery: by what settle has left, by their own word, or later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "guard_receipt.h"

#define DELIVERY "acme/i1.1.email.0"
#define HASH "AAAAAAAAAAAAAAAAAAAAAA"
#define NAMES "email/abc mx/4XyZ"

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

static void skew_to(struct fixture *f, int64_t ms)
{
	skew(f, ms - f->skew_ms);
}

static struct receipt_found look(struct fixture *f, const char *names, const char *delivery,
				 const char *keep, bool *kept)
{
	struct receipt_find find = { .names = names, .delivery = delivery, .keep = keep };

	guard_add_receipt_find(f->guards[A], &find);
	run_or_fail(f->guards[A]);
	if (kept)
		*kept = find.kept;
	return find.found;
}

/* Claimed and settled as sent. */
static void send_it(struct fixture *f)
{
	struct claim c = { .delivery = DELIVERY,
			   .invite = "acme/i1",
			   .generation = 1,
			   .turn = 1,
			   .coords = { "t", 0, 1 },
			   .lease_ms = 60000 };
	struct guard_field state[] = { { "gen", "1", 1 }, { "rh", HASH, 22 } };
	struct event_claim ev = { .event_hash = "h", .invite = "acme/i1", .coords = { "r", 0, 1 } };
	struct decide d = { .event_hash = "h",
			    .invite = "acme/i1",
			    .coords = { "r", 0, 1 },
			    .set = state,
			    .nset = 2,
			    .plan = "p",
			    .first = "x" };
	struct settle s = { .delivery = DELIVERY,
			    .invite = "acme/i1",
			    .generation = 1,
			    .turn = 1,
			    .verdict = "sent",
			    .outcome = "o",
			    .outcome_len = 1,
			    .receipts = NAMES,
			    .recipient_hash = HASH };

	guard_add_event_claim(f->guards[A], &ev);
	guard_add_decide(f->guards[A], &d);
	guard_add_claim(f->guards[A], &c);
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	assert_int_equal(c.answer, CLAIM_GO);
	assert_int_equal(s.answer, SETTLE_DONE);
	event_claim_clear(&ev);
	decide_clear(&d);
	claim_clear(&c);
}

static void is_found(struct receipt_found found)
{
	assert_string_equal(found.delivery, DELIVERY);
	assert_string_equal(found.recipient_hash, HASH);
}

static void test_found(void **state)
{
	struct fixture *f = *state;
	bool kept;

	assert_string_equal(look(f, "email/abc", "", NULL, NULL).delivery, "");
	assert_string_equal(look(f, "", DELIVERY, NULL, NULL).delivery, "");
	send_it(f);
	is_found(look(f, "email/abc", "", "x", &kept));
	assert_false(kept);
	is_found(look(f, "mx/none mx/4XyZ", "", NULL, NULL));
	is_found(look(f, "", DELIVERY, NULL, NULL));
	assert_string_equal(look(f, "mx/abc", "", NULL, NULL).delivery, "");
	assert_string_equal(look(f, "", "acme/i1.2.email.0", NULL, NULL).delivery, "");
}

static struct receipt_take take(struct fixture *f)
{
	struct receipt_take t = { .max = 10 };

	guard_add_receipt_take(f->guards[B], &t);
	run_or_fail(f->guards[B]);
	return t;
}

/* Too early: looked at until it is found, handed to one at a time, gone once it is dropped. */
static void test_kept(void **state)
{
	struct fixture *f = *state;
	struct receipt_take t;
	bool kept;

	look(f, NAMES, "", "one two", &kept);
	assert_true(kept);
	t = take(f);
	assert_int_equal(t.looked, 0); /* not at once */
	skew_to(f, 1500);
	t = take(f);
	assert_int_equal(t.looked, 1);
	assert_int_equal(t.count, 0);
	send_it(f);
	skew_to(f, 5000);
	t = take(f);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.list[0].bytes, "one two");
	is_found(t.list[0].found);
	receipt_take_clear(&t);
	t = take(f);
	assert_int_equal(t.looked, 0); /* leased */
	skew_to(f, 5000 + GUARD_RECEIPT_LEASE_MS + 1);
	t = take(f);
	assert_int_equal(t.count, 1);
	guard_add_receipt_drop(f->guards[B], t.list[0].whole);
	run_or_fail(f->guards[B]);
	receipt_take_clear(&t);
	skew_to(f, 5000 + 3 * GUARD_RECEIPT_LEASE_MS);
	t = take(f);
	assert_int_equal(t.looked, 0);
}

static void test_lost(void **state)
{
	struct fixture *f = *state;
	struct receipt_take t;
	int looks = 0;

	look(f, "mx/other", "", "x", NULL);
	for (int64_t ms = 0; ms < GUARD_RECEIPT_KEEP_MS; ms += 1000) {
		skew_to(f, ms);
		t = take(f);
		looks += (int)t.looked;
		assert_int_equal(t.lost, 0);
	}
	assert_in_range(looks, 5, 50); /* more and more rarely */
	skew_to(f, 2 * GUARD_RECEIPT_KEEP_MS);
	t = take(f);
	assert_int_equal(t.lost, 1);
	t = take(f);
	assert_int_equal(t.looked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_found),
		FRESH(test_kept),
		FRESH(test_lost),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_receipts", tests, NULL, NULL);
}
