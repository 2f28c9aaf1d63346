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

struct sending {
	const char *delivery, *invite, *event, *names, *about;
};

/* Claimed and settled as sent. */
static void send_one(struct fixture *f, const struct sending *x)
{
	struct claim c = { .delivery = x->delivery,
			   .invite = x->invite,
			   .generation = 1,
			   .turn = 1,
			   .coords = { "t", 0, 1 },
			   .lease_ms = 60000 };
	struct guard_field state[] = { { "gen", "1", 1 }, { "rh", HASH, 22 } };
	struct event_claim ev = { .event_hash = x->event,
				  .invite = x->invite,
				  .coords = { "r", 0, 1 } };
	struct decide d = { .event_hash = x->event,
			    .invite = x->invite,
			    .coords = { "r", 0, 1 },
			    .set = state,
			    .nset = 2,
			    .plan = "p",
			    .first = "x" };
	struct settle s = { .delivery = x->delivery,
			    .invite = x->invite,
			    .generation = 1,
			    .turn = 1,
			    .verdict = "sent",
			    .outcome = "o",
			    .outcome_len = 1,
			    .receipts = x->names,
			    .receipts_about = x->about };

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

static void send_it(struct fixture *f)
{
	send_one(f, &(struct sending){ DELIVERY, "acme/i1", "h", NAMES, HASH });
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

static struct receipt_speed speed_of(struct fixture *f, const char *route)
{
	struct receipt_speed s = { .route = route };

	guard_add_receipt_speed(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	return s;
}

static void is_speed(struct fixture *f, unsigned delivered, unsigned slow)
{
	struct receipt_speed s = speed_of(f, "mx/RU");

	assert_int_equal(s.delivered, delivered);
	assert_int_equal(s.slow, slow);
}

static int64_t now_of(struct fixture *f)
{
	const struct redis_reply *time = command(f, "TIME");

	return strtoll(redis_str(redis_at(time, 0), NULL), NULL, 10) * 1000 + f->skew_ms;
}

/* An SMS by mx/RU just now, known as mx/<n>. */
static void text_to(struct fixture *f, int n)
{
	char delivery[64], invite[32], event[16], name[16], about[96];

	snprintf(delivery, sizeof(delivery), "acme/t%d.1.sms.0", n);
	snprintf(invite, sizeof(invite), "acme/t%d", n);
	snprintf(event, sizeof(event), "t%d", n);
	snprintf(name, sizeof(name), "mx/%d", n);
	snprintf(about, sizeof(about), "%s %lld mx/RU", HASH, (long long)now_of(f));
	send_one(f, &(struct sending){ delivery, invite, event, name, about });
}

static void deliver(struct fixture *f, const char *names, bool early)
{
	guard_add_receipt_delivered(f->guards[B], names, early);
	run_or_fail(f->guards[B]);
}

/* How long it took is counted once, by route, and forgotten after a quarter of an hour. */
static void test_speed(void **state)
{
	struct fixture *f = *state;

	for (int n = 1; n <= 4; n++)
		text_to(f, n);
	is_speed(f, 0, 0);
	deliver(f, "mx/1", false);
	is_speed(f, 1, 0);
	skew_to(f, GUARD_RECEIPT_SLOW_MS + 2000);
	deliver(f, "mx/none mx/2", false);
	deliver(f, "mx/2", false);
	deliver(f, "mx/1", false);
	is_speed(f, 2, 1);
	deliver(f, "mx/3", true);
	is_speed(f, 3, 1);
	assert_int_equal(speed_of(f, "mx/DE").delivered, 0);
	assert_string_equal(look(f, "mx/2", "", NULL, NULL).recipient_hash, HASH);
	assert_string_equal(look(f, "mx/4", "", NULL, NULL).recipient_hash, HASH);
	skew_to(f, 13 * 60000);
	is_speed(f, 3, 1);
	skew_to(f, 16 * 60000); /* the first has left, the others have not */
	is_speed(f, 2, 1);
	skew_to(f, 40 * 60000);
	is_speed(f, 0, 0);
}

/* What was counted a quarter of an hour ago makes room. */
static void test_speed_goes_round(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 40; n++) {
		char name[16];

		skew_to(f, n * 60000);
		text_to(f, n);
		snprintf(name, sizeof(name), "mx/%d", n);
		deliver(f, name, false);
	}
	assert_in_range(speed_of(f, "mx/RU").delivered, 14, 15); /* a minute may have ended */
	assert_in_range(redis_int(command(f, "HLEN beckon:speed:mx/RU")), 14, 15);
}

/* A mail's names say nothing of time. */
static void test_not_timed(void **state)
{
	struct fixture *f = *state;

	send_it(f);
	deliver(f, NAMES, false);
	is_speed(f, 0, 0);
	is_found(look(f, "email/abc", "", NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_found),
		FRESH(test_kept),
		FRESH(test_lost),
		FRESH(test_speed),
		FRESH(test_speed_goes_round),
		FRESH(test_not_timed),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_receipts", tests, NULL, NULL);
}
