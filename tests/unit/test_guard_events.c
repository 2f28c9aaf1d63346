/* The dispatcher's questions: events once each, decisions by compare-and-set, addresses, exact
 * slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"

static struct event_claim event(struct fixture *f, enum who who, const char *hash,
				const char *invite, int64_t offset)
{
	struct event_claim c = { .event_hash = hash,
				 .invite = invite,
				 .coords = { "invite-requested", 2, offset } };

	guard_add_event_claim(f->guards[who], &c);
	run_or_fail(f->guards[who]);
	return c;
}

static struct decide decide(struct fixture *f, enum who who, struct decide d)
{
	d.coords.topic = "invite-requested";
	d.coords.partition = 2;
	guard_add_decide(f->guards[who], &d);
	run_or_fail(f->guards[who]);
	return d;
}

/* ---- events ---- */

static void test_event_once(void **state)
{
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "queued", 6 }, { "gen", "3", 1 },
					   { "turn", "4", 1 },	     { "exp", "1795342001464", 13 },
					   { "rh", "hash\0x", 6 },   { "dec", "1", 1 } };
	struct event_claim c = event(f, A, "e1", "acme/e1", 10);

	assert_int_equal(c.answer, EVENT_NEW);
	assert_false(c.known);
	assert_int_equal(c.version, 0);
	assert_string_equal(c.state, "");
	assert_null(c.plan);
	assert_in_range(redis_int(command(f, "TTL beckon:e:e1")), EVENT_MEMORY_S - 5,
			EVENT_MEMORY_S);
	event_claim_clear(&c);

	c = event(f, B, "e1", "acme/e1", 11); /* elsewhere, while the first is being decided */
	assert_int_equal(c.answer, EVENT_DUPLICATE);
	assert_string_equal(c.first, "invite-requested/2/10");
	event_claim_clear(&c);

	struct decide d = decide(f, A,
				 (struct decide){ .event_hash = "e1",
						  .invite = "acme/e1",
						  .coords.offset = 10,
						  .set = set,
						  .nset = 6,
						  .plan = "plan\nof lines|",
						  .first = "acme/e1.3.email.0",
						  .not_before_ms = INT64_C(4000000000001) });

	assert_int_equal(d.answer, DECIDE_DONE);
	assert_int_equal(d.slot_ms, INT64_C(4000000000001));
	assert_in_range(redis_int(command(f, "TTL beckon:e:e1")), EVENT_MEMORY_S - 5,
			EVENT_MEMORY_S);

	c = event(f, B, "e1", "acme/e1", 10); /* the partition's next owner */
	assert_int_equal(c.answer, EVENT_DECIDED);
	assert_string_equal(c.plan, "plan\nof lines|");
	assert_int_equal(c.slot_ms, INT64_C(4000000000001));
	assert_true(c.known);
	assert_int_equal(c.version, 1);
	assert_string_equal(c.state, "queued");
	assert_int_equal(c.generation, 3);
	assert_int_equal(c.turn, 4);
	assert_int_equal(c.expires_ms, 1795342001464);
	assert_string_equal(c.recipient_hash, "hash");
	assert_string_equal(c.declined, "1");
	event_claim_clear(&c);

	c = event(f, A, "e1", "acme/e1", 12);
	assert_int_equal(c.answer, EVENT_DUPLICATE);
	assert_string_equal(c.first, "acme/e1.3.email.0");
	assert_null(c.plan);
	event_claim_clear(&c);
}

static void test_event_asked_again(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		struct event_claim c = event(f, A, "e2", "acme/e2", 10);

		assert_int_equal(c.answer, EVENT_NEW);
		event_claim_clear(&c);
	}
}

/* ---- decisions ---- */

static void test_decide_compares(void **state)
{
	static const struct {
		const char *what;
		int64_t offset, version;
		int answer;
	} rows[] = {
		{ "other coordinates", 11, 1, DECIDE_LOST },
		{ "an old version", 10, 0, DECIDE_LOST },
		{ "a version to come", 10, 2, DECIDE_LOST },
		{ "this one", 10, 1, DECIDE_DONE },
		{ "once more", 10, 2, DECIDE_LOST },
	};
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "queued", 6 } };
	struct event_claim c = event(f, A, "d1", "acme/d1", 10);

	event_claim_clear(&c);
	command(f, "HSET beckon:d:acme/d1 ver 1 state held");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decide d = decide(f, A,
					 (struct decide){ .event_hash = "d1",
							  .invite = "acme/d1",
							  .coords.offset = rows[i].offset,
							  .version = rows[i].version,
							  .set = set,
							  .nset = 1,
							  .plan = "p",
							  .first = "x" });

		if ((int)d.answer != rows[i].answer)
			fail_msg("%s: %d", rows[i].what, d.answer);
	}
	assert_int_equal(redis_int(command(f, "HGET beckon:d:acme/d1 ver")), 2);
	struct decide d = decide(f, A,
				 (struct decide){ .event_hash = "never-claimed",
						  .invite = "acme/d1",
						  .version = 2,
						  .plan = "p",
						  .first = "x" });

	assert_int_equal(d.answer, DECIDE_LOST);
}

/* Nothing was asked before: it is stored where nothing is known, and the event is remembered. */
static void test_decide_unclaimed(void **state)
{
	static const struct {
		const char *hash, *invite, *answer_to;
		int answer;
	} rows[] = {
		{ "u1", "acme/u1", "a new event of a new invite", DECIDE_DONE },
		{ "u1", "acme/u1", "once more", DECIDE_LOST },
		{ "u1", "acme/u2", "a known event", DECIDE_LOST },
		{ "u2", "acme/u1", "a known invite", DECIDE_LOST },
	};
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "queued", 6 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decide d = decide(f, A,
					 (struct decide){ .event_hash = rows[i].hash,
							  .invite = rows[i].invite,
							  .coords.offset = 10,
							  .unclaimed = true,
							  .set = set,
							  .nset = 1,
							  .plan = "p",
							  .first = "x" });

		if ((int)d.answer != rows[i].answer)
			fail_msg("%s: %d", rows[i].answer_to, d.answer);
	}
	assert_int_equal(redis_int(command(f, "HGET beckon:d:acme/u1 ver")), 1);
	assert_true(redis_int(command(f, "PTTL beckon:e:u1")) > 0);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:e:u2 beckon:d:acme/u2")), 0);

	struct event_claim c = event(f, A, "u1", "acme/u1", 10);

	assert_int_equal(c.answer, EVENT_DECIDED);
	assert_string_equal(c.plan, "p");
	event_claim_clear(&c);
}

/* Address and data are taken in one step where neither was there, and each by itself where one was.
 */
static void test_decide_unclaimed_with_an_address(void **state)
{
	static const struct {
		const char *hash, *invite, *address;
		int answer;
		int64_t interval_us;
	} rows[] = {
		{ "v1", "acme/v1", "x", DECIDE_DONE, 0 }, /* neither was there */
		{ "v2", "acme/v2", "x", DECIDE_TAKEN, 0 },
		{ "v3", "acme/v3", "y", DECIDE_DONE, 0 }, /* data was */
		{ "v4", "acme/v4", "z", DECIDE_DONE, 0 }, /* the address was, its own */
		{ "v5", "acme/v5", "x", DECIDE_TAKEN, 1000 },
		{ "v6", "acme/v6", "w", DECIDE_DONE, 1000 },
	};
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "queued", 6 } };

	command(f, "SET beckon:r:acme/v3 former");
	command(f, "SET beckon:a:z acme/v4");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decide d =
			decide(f, A,
			       (struct decide){ .event_hash = rows[i].hash,
						.invite = rows[i].invite,
						.coords.offset = 10,
						.unclaimed = true,
						.set = set,
						.nset = 1,
						.plan = "p",
						.first = "x",
						.address = rows[i].address,
						.data = "{}",
						.data_len = 2,
						.limit = { "tenant:v", rows[i].interval_us, 1 } });
		autofree char *kept = xasprintf("EXISTS beckon:e:%s beckon:d:%s beckon:r:%s",
						rows[i].hash, rows[i].invite, rows[i].invite);

		if ((int)d.answer != rows[i].answer ||
		    redis_int(command(f, kept)) != (d.answer == DECIDE_DONE ? 3 : 0))
			fail_msg("%s: %d", rows[i].invite, d.answer);
		decide_clear(&d);
	}
	assert_int_equal(redis_int(command(f, "STRLEN beckon:r:acme/v3")), 2);
	assert_int_equal(redis_int(command(f, "STRLEN beckon:a:y")), strlen("acme/v3"));
}

static void test_decide_leaves_the_state(void **state)
{
	struct fixture *f = *state;
	struct event_claim c = event(f, A, "d2", "acme/d2", 10);
	struct decide d = decide(f, A,
				 (struct decide){ .event_hash = "d2",
						  .invite = "acme/d2",
						  .coords.offset = 10,
						  .plan = "refused",
						  .first = "acme/d2" });

	event_claim_clear(&c);
	assert_int_equal(d.answer, DECIDE_DONE);
	assert_int_equal(d.slot_ms, d.now_ms);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:d:acme/d2 beckon:r:acme/d2")), 0);
}

static void test_decide_keeps_data(void **state)
{
	struct fixture *f = *state;
	struct event_claim c = event(f, A, "d3", "acme/d3", 10);

	event_claim_clear(&c);
	decide(f, A,
	       (struct decide){ .event_hash = "d3",
				.invite = "acme/d3",
				.coords.offset = 10,
				.plan = "p",
				.first = "x",
				.data = "{\"a\":1}",
				.data_len = 7 });
	assert_string_equal(text_of(command(f, "GET beckon:r:acme/d3")), "{\"a\":1}");
}

static void test_addresses(void **state)
{
	static const struct {
		const char *hash, *invite;
		int answer;
		const char *other;
	} rows[] = {
		{ "a1", "acme/first", DECIDE_DONE, NULL },
		{ "a2", "acme/second", DECIDE_TAKEN, "acme/first" },
		{ "a3", "acme/first", DECIDE_DONE, NULL }, /* its own */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct event_claim c = event(f, A, rows[i].hash, rows[i].invite, (int64_t)i);
		struct decide d = decide(f, A,
					 (struct decide){ .event_hash = rows[i].hash,
							  .invite = rows[i].invite,
							  .coords.offset = (int64_t)i,
							  .plan = "p",
							  .first = "x",
							  .address = "acme//invite/hash" });

		assert_int_equal(d.answer, rows[i].answer);
		assert_int_equal(d.other != NULL, rows[i].other != NULL);
		if (d.other)
			assert_string_equal(d.other, rows[i].other);
		event_claim_clear(&c);
		decide_clear(&d);
	}
	struct event_claim c =
		event(f, A, "a2", "acme/second", 1); /* the refused one may decide otherwise */

	assert_int_equal(c.answer, EVENT_NEW);
	event_claim_clear(&c);
}

/* ---- slots ---- */

#define AT_ONCE 1000

/* Decides n new events under a limit; slots are where they may go. */
static void reserve(struct fixture *f, const char *name, struct decide like, size_t n,
		    int64_t *slots)
{
	static int serial;
	autofree struct event_claim *c = xcalloc(n, sizeof(*c));
	autofree struct decide *d = xcalloc(n, sizeof(*d));
	autofree char(*hash)[32] = xcalloc(n, sizeof(*hash));

	like.limit.name = name;
	like.plan = like.first = "x";
	for (size_t i = 0; i < n; i++) {
		snprintf(hash[i], sizeof(hash[i]), "slot-%d", serial++);
		c[i] = (struct event_claim){ .event_hash = hash[i],
					     .invite = hash[i],
					     .coords = { "t", 0, 0 } };
		d[i] = like;
		d[i].event_hash = d[i].invite = hash[i];
		d[i].coords = c[i].coords;
		guard_add_event_claim(f->guards[A], &c[i]);
		if (i % AT_ONCE == AT_ONCE - 1)
			run_or_fail(f->guards[A]);
	}
	run_or_fail(f->guards[A]);
	for (size_t i = 0; i < n; i++) {
		guard_add_decide(f->guards[A], &d[i]);
		if (i % AT_ONCE == AT_ONCE - 1) /* each answer within the time-out */
			run_or_fail(f->guards[A]);
	}
	run_or_fail(f->guards[A]);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(d[i].answer, DECIDE_DONE);
		slots[i] = d[i].slot_ms;
		event_claim_clear(&c[i]);
	}
}

static struct decide limited(int64_t interval_us, int64_t burst, int64_t not_before_ms)
{
	return (struct decide){ .limit = { "", interval_us, burst },
				.not_before_ms = not_before_ms };
}

static void test_slots_are_exact(void **state)
{
	static const struct {
		int64_t interval_us, burst;
	} rows[] = { { 1000, 1 },    { 100000, 1 }, { 1234, 1 },
		     { 333333, 50 }, { 7, 1 },	    { 86400000000, 3 } };
	enum { N = 10000 };
	struct fixture *f = *state;
	autofree int64_t *slots = xcalloc(N, sizeof(*slots));

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		size_t n = r == 0 ? N : 200;
		char name[32];

		snprintf(name, sizeof(name), "tenant:exact%zu", r);
		/* begins in the future: what is given out does not depend on how long the test
		 * takes */
		int64_t start_ms = INT64_C(1900000000000);

		reserve(f, name, limited(rows[r].interval_us, rows[r].burst, start_ms), n, slots);
		for (size_t i = 0; i < n; i++) {
			int64_t behind = (int64_t)i - (rows[r].burst - 1);
			int64_t us = behind > 0 ? behind * rows[r].interval_us : 0;

			assert_int_equal(slots[i], start_ms + (us + 999) / 1000);
		}
	}
}

static void test_a_slot_far_ahead_delays_nobody(void **state)
{
	struct fixture *f = *state;
	int64_t now = redis_int(redis_at(command(f, "TIME"), 0)) * 1000, far = now + 86400000,
		slots[4];

	reserve(f, "tenant:far", limited(1000000, 1, far), 2, slots);
	assert_int_equal(slots[0], far);
	assert_int_equal(slots[1], far + 1000);
	reserve(f, "tenant:far", limited(1000000, 1, 0), 3, slots);
	assert_in_range(slots[0], now, now + 60000); /* at once, and then as the limit says */
	assert_int_equal(slots[1], slots[0] + 1000);
	assert_int_equal(slots[2], slots[0] + 2000);
	reserve(f, "tenant:far", limited(1000000, 1, far - 500), 1, slots);
	assert_int_equal(slots[0], far + 2000); /* half a second before `far` is no room */
	reserve(f, "tenant:far", limited(1000000, 1, far - 1500), 2, slots);
	assert_int_equal(slots[0], far - 1500);
	assert_int_equal(slots[1], far + 3000);
	reserve(f, "tenant:far", limited(1000000, 1, far - 3000), 2, slots);
	assert_int_equal(slots[0], far - 3000);
	assert_int_equal(slots[1], far + 4000);
	reserve(f, "tenant:far", limited(1000000, 1, far + 3600000), 1, slots);
	reserve(f, "tenant:far", limited(1000000, 1, far), 1, slots);
	assert_int_equal(slots[0], far + 5000); /* the stretch up to the hour later is free too */
}

static void test_a_burst_before_a_slot_far_ahead(void **state)
{
	struct fixture *f = *state;
	int64_t now = redis_int(redis_at(command(f, "TIME"), 0)) * 1000, slots[12];

	reserve(f, "tenant:burst", limited(1000000, 10, now + 86400000), 1, slots);
	reserve(f, "tenant:burst", limited(1000000, 10, now + 3600000), 12, slots);
	for (int i = 0; i < 10; i++)
		assert_int_equal(slots[i], now + 3600000);
	assert_int_equal(slots[10], now + 3600000 + 1000);
	assert_int_equal(slots[11], now + 3600000 + 2000);
}

static void give_back(struct fixture *f, const char *name, int64_t slot_ms)
{
	long long from = (long long)slot_ms * 1000, to = from + 1000000;

	command(f, "ZADD beckon:s:%s %lld %lld-%lld", name, to, from, to);
}

static void test_slots_given_back(void **state)
{
	struct fixture *f = *state;
	int64_t start = INT64_C(1900000000000), slots[6];

	reserve(f, "tenant:back", limited(1000000, 1, start), 5, slots);
	give_back(f, "tenant:back", slots[1]);
	give_back(f, "tenant:back", slots[3]);
	reserve(f, "tenant:back", limited(1000000, 1, start), 4, slots);
	assert_int_equal(slots[0], start + 1000);
	assert_int_equal(slots[1], start + 3000);
	assert_int_equal(slots[2], start + 5000);
	assert_int_equal(slots[3], start + 6000);

	reserve(f, "tenant:back-burst", limited(1000000, 3, start), 6, slots);
	give_back(f, "tenant:back-burst", slots[4]);
	reserve(f, "tenant:back-burst", limited(1000000, 3, start), 2, slots);
	assert_int_equal(slots[0], start + 2000); /* that one, and no burst on top of it */
	assert_int_equal(slots[1], start + 4000);
}

/* Two windows of three seconds, an hour apart: slots lie in the first, then in the second, then
   behind; and who may be written to between them takes what those have left free. */
static void test_slots_within_windows(void **state)
{
	struct fixture *f = *state;
	const int64_t start = INT64_C(1900000000000), hour = 3600000;
	const struct window_span spans[] = { { start, start + 3000 },
					     { start + hour, start + hour + 3000 } };
	struct decide within = limited(1000000, 1, start);
	int64_t slots[8];

	within.spans = spans;
	within.nspans = ARRAY_LEN(spans);
	reserve(f, "tenant:windows", within, 8, slots);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(slots[i], start + i * 1000);
		assert_int_equal(slots[3 + i], start + hour + i * 1000);
		if (i < 2)
			assert_int_equal(slots[6 + i], start + hour + (3 + i) * 1000);
	}
	reserve(f, "tenant:windows", limited(1000000, 1, start), 1, slots);
	assert_int_equal(slots[0], start + 3000);
	within.not_before_ms = start + 2500; /* no room before the first one closes */
	reserve(f, "tenant:windows-late", within, 2, slots);
	assert_int_equal(slots[0], start + 2500);
	assert_int_equal(slots[1], start + hour);

	within = limited(1000000, 4, start);
	within.spans = spans;
	within.nspans = ARRAY_LEN(spans);
	reserve(f, "tenant:windows-burst", within, 8, slots);
	assert_int_equal(slots[3], start);
	assert_int_equal(slots[5], start + 2000);
	assert_int_equal(slots[6], start + hour); /* four at once, two more in three seconds */
}

static void test_no_limit(void **state)
{
	struct fixture *f = *state;
	int64_t slots[3];

	reserve(f, "tenant:none", limited(0, 0, INT64_C(1900000000000)), 3, slots);
	for (int i = 0; i < 3; i++)
		assert_int_equal(slots[i], INT64_C(1900000000000));
	assert_int_equal(redis_int(command(f, "EXISTS beckon:g:tenant:none")), 0);
}

/* ---- limits that are asked ---- */

static struct claim ask(struct fixture *f, const char *delivery, const struct guard_limit *limits,
			size_t n)
{
	struct claim c = { .delivery = delivery,
			   .invite = "acme/l",
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = 1000,
			   .limits = limits,
			   .nlimits = n };

	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	return c;
}

static void test_limits_all_or_none(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limits[] = { { "relay:r1", 1000, 1000 },
					      { "recipient:h1", 60000000, 2 },
					      { "domain:x", 0, 0 },
					      { "global", 10000000, 2 } };
	const struct guard_limit relay_once[] = { { "relay:r1", 1000, 1000 } };
	struct claim c;

	assert_int_equal(ask(f, "l/1.1.email.0", limits, 4).answer, CLAIM_GO);
	assert_int_equal(ask(f, "l/1.1.email.0", limits, 4).answer,
			 CLAIM_GO); /* asked again: charged once */
	assert_int_equal(ask(f, "l/2.1.email.0", limits, 4).answer, CLAIM_GO);
	autofree char *relay = xstrdup(text_of(command(f, "GET beckon:g:relay:r1")));

	c = ask(f, "l/3.1.email.0", limits, 4);
	assert_int_equal(c.answer, CLAIM_LIMITED);
	assert_string_equal(c.limited_by, "recipient"); /* waits longer than global */
	assert_in_range(c.wait_ms, 55000, 60000);
	assert_string_equal(text_of(command(f, "GET beckon:g:relay:r1")), relay);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:c:l/3.1.email.0")), 0);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:g:domain:x")), 0);

	assert_int_equal(ask(f, "l/4.1.email.0", relay_once, 1).answer, CLAIM_GO);
	skew(f, c.wait_ms + 1);
	assert_int_equal(ask(f, "l/3.1.email.0", limits, 4).answer, CLAIM_GO);
	c = ask(f, "l/5.1.email.0", limits + 3, 1);
	assert_int_equal(c.answer, CLAIM_GO);
	c = ask(f, "l/6.1.email.0", limits + 3, 1);
	assert_int_equal(c.answer, CLAIM_LIMITED);
	assert_string_equal(c.limited_by, "global");
}

/* What is taken over was charged by whoever claimed it first. */
static void test_taken_over_without_charge(void **state)
{
	struct fixture *f = *state;
	const struct guard_limit limit = { "recipient:t", 60000000, 1 };
	struct claim c = { .delivery = "l/t.1.email.0",
			   .invite = "acme/l",
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = 1000,
			   .limits = &limit,
			   .nlimits = 1 };

	assert_int_equal(ask(f, "l/t.1.email.0", &limit, 1).answer, CLAIM_GO);
	skew(f, 2000);
	guard_add_claim(f->guards[B], &c);
	run_or_fail(f->guards[B]);
	assert_int_equal(c.answer, CLAIM_TAKEN_OVER);
}

/* ---- what a decide changes beside the state ---- */

static void park(struct fixture *f, const char *id, int64_t turn, int64_t due_ms)
{
	struct later_item item = { .id = id,
				   .turn = turn,
				   .due_ms = due_ms,
				   .topic = "t",
				   .key = "acme/m",
				   .value = "v",
				   .value_len = 1 };

	assert_int_equal(later_park(f->guards[A], &item, 1, NULL), OK);
}

/* A new event of the invite acme/m, with what it changes. */
static struct decide change(struct fixture *f, const char *hash, struct decide d)
{
	const struct guard_field set[] = { { "state", "cancelled", 9 } };
	struct event_claim c = event(f, A, hash, "acme/m", 10);

	d.event_hash = hash;
	d.invite = "acme/m";
	d.coords.offset = 10;
	d.version = c.version;
	d.plan = d.first = "x";
	d.set = set;
	d.nset = 1;
	if (!d.limit.name)
		d.limit.name = "tenant:m";
	event_claim_clear(&c);
	return decide(f, A, d);
}

static bool waits(struct fixture *f, const char *id)
{
	return redis_int(command(f, "EXISTS beckon:l:%s", id)) == 1;
}

/* Whoever waits for a slot gives it back with his place; the next one gets it. */
static void test_what_waits_is_removed(void **state)
{
	struct fixture *f = *state;
	struct guard_limit once_an_hour = { "tenant:m", INT64_C(3600000000), 1 };
	struct decide_more more = { .waiting = "acme/m.1.email.", .waiting_max = 1 };
	int64_t slots[2];

	reserve(f, "tenant:m", limited(once_an_hour.interval_us, 1, 0), 1, slots);
	struct decide d = change(f, "m1", (struct decide){ .limit = once_an_hour });

	assert_true(d.slot_ms > d.now_ms);
	park(f, "acme/m.1.email.0", 2, d.slot_ms);
	park(f, "acme/m.1.email.1", 5, d.slot_ms);
	park(f, "acme/m.2.email.0", 2, d.slot_ms);
	command(f,
		"SET beckon:c:acme/m.1.email.1 1|5|parked||||0|0|1||0|0|"); /* as settle left it */
	change(f, "m2", (struct decide){ .more = &more });
	assert_in_range(redis_int(command(f, "TTL beckon:c:acme/m.1.email.1")), 1,
			DELIVERY_MEMORY_S);
	assert_false(waits(f, "acme/m.1.email.0"));
	assert_false(waits(f, "acme/m.1.email.1"));
	assert_true(waits(f, "acme/m.2.email.0"));	   /* of another generation */
	change(f, "m3", (struct decide){ .more = &more }); /* nothing is given back twice */
	reserve(f, "tenant:m", limited(once_an_hour.interval_us, 1, 0), 2, slots);
	assert_int_equal(slots[0], d.slot_ms);
	assert_int_equal(slots[1], d.slot_ms + 3600000);
	assert_int_equal(later_cancel(f->guards[A], "acme/m.2.email.0", NULL), OK);
}

static void test_brought_forward(void **state)
{
	struct fixture *f = *state;
	struct decide_more more = { .waiting = "acme/m.3.email.",
				    .forward_turn = 4,
				    .forward_mark = { "beckon-at-once", "1", 1 } };
	struct later_leased leased[4];
	struct later_lease due = { .lease_ms = 1000, .max = 4, .items = leased };

	park(f, "acme/m.3.email.0", 5, INT64_C(4000000000000));
	assert_int_equal(change(f, "f1", (struct decide){ .more = &more }).answer, DECIDE_LOST);
	more.forward_turn = 5;
	assert_int_equal(change(f, "f2", (struct decide){ .more = &more }).answer, DECIDE_DONE);
	assert_int_equal(later_lease(f->guards[A], &due, NULL), OK);
	assert_int_equal(due.n, 1);
	assert_int_equal(leased[0].item.turn, 5);
	assert_int_equal(leased[0].item.header_count, 1);
	assert_string_equal(leased[0].item.headers[0].name, "beckon-at-once");
	later_leased_clear(&leased[0]);
	assert_int_equal(later_cancel(f->guards[A], "acme/m.3.email.0", NULL), OK);
	assert_int_equal(change(f, "f3", (struct decide){ .more = &more }).answer, DECIDE_LOST);
}

static void test_address_and_timer(void **state)
{
	struct fixture *f = *state;
	struct later_item timer = { .id = "acme/m.timer",
				    .turn = 2,
				    .due_ms = INT64_C(4000000000000),
				    .topic = "t",
				    .key = "acme/m",
				    .value = "v",
				    .value_len = 1 };
	struct decide_more arm = { .timer = timer.id, .arm = &timer },
			   end = { .timer = timer.id, .give_up_address = "acme//invite/m" };

	change(f, "t1", (struct decide){ .more = &arm, .address = "acme//invite/m" });
	assert_true(waits(f, "acme/m.timer"));
	assert_string_equal(text_of(command(f, "GET beckon:a:acme//invite/m")), "acme/m");
	change(f, "t2", (struct decide){ .more = &end });
	assert_false(waits(f, "acme/m.timer"));
	assert_int_equal(redis_int(command(f, "EXISTS beckon:a:acme//invite/m")), 0);
	command(f, "SET beckon:a:acme//invite/m acme/other");
	change(f, "t3", (struct decide){ .more = &end }); /* it is somebody else's by now */
	assert_string_equal(text_of(command(f, "GET beckon:a:acme//invite/m")), "acme/other");
}

/* A correction to an address that is taken leaves everything as it was. */
static void test_taken_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct decide_more more = { .waiting = "acme/m.4.email.",
				    .give_up_address = "acme//invite/m-old" };

	command(f, "SET beckon:a:acme//invite/m-old acme/m");
	command(f, "SET beckon:a:acme//invite/m-new acme/other");
	park(f, "acme/m.4.email.0", 2, INT64_C(4000000000000));
	struct decide d =
		change(f, "x1", (struct decide){ .more = &more, .address = "acme//invite/m-new" });

	assert_int_equal(d.answer, DECIDE_TAKEN);
	decide_clear(&d);
	assert_true(waits(f, "acme/m.4.email.0"));
	assert_string_equal(text_of(command(f, "GET beckon:a:acme//invite/m-old")), "acme/m");
	assert_int_equal(later_cancel(f->guards[A], "acme/m.4.email.0", NULL), OK);
}

static void test_kept_is_answered(void **state)
{
	struct fixture *f = *state;
	struct event_claim c = {
		.event_hash = "k1", .invite = "acme/k", .coords = { "t", 0, 1 }, .about = "*"
	};

	command(f, "HSET beckon:d:acme/k ver 3 state queued gen 2 rem 1 tmr 2001 kid k9 early 1");
	command(f, "SET beckon:r:acme/k {}");
	park(f, "acme/k.2.email.0", 7, INT64_C(4000000000000));
	guard_add_event_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	assert_string_equal(c.kept, "{}");
	assert_int_equal(c.parked_turn, 7);
	assert_int_equal(c.claimed_turn, 0);
	assert_int_equal(c.reminders, 1);
	assert_int_equal(c.timer_turn, 2001);
	assert_string_equal(c.kid, "k9");
	assert_true(c.early);
	event_claim_clear(&c);
	assert_int_equal(later_cancel(f->guards[A], "acme/k.2.email.0", NULL), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_once),
		cmocka_unit_test(test_event_asked_again),
		cmocka_unit_test(test_decide_compares),
		cmocka_unit_test(test_decide_unclaimed),
		cmocka_unit_test(test_decide_unclaimed_with_an_address),
		cmocka_unit_test(test_decide_leaves_the_state),
		cmocka_unit_test(test_decide_keeps_data),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_slots_are_exact),
		cmocka_unit_test(test_a_slot_far_ahead_delays_nobody),
		cmocka_unit_test(test_a_burst_before_a_slot_far_ahead),
		cmocka_unit_test(test_slots_given_back),
		cmocka_unit_test(test_slots_within_windows),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_what_waits_is_removed),
		cmocka_unit_test(test_brought_forward),
		cmocka_unit_test(test_address_and_timer),
		cmocka_unit_test(test_taken_changes_nothing),
		cmocka_unit_test(test_kept_is_answered),
		cmocka_unit_test(test_limits_all_or_none),
		cmocka_unit_test(test_taken_over_without_charge),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_events", tests, fixture_open, fixture_close);
}
