/* Every rule of claim, settle and release, told as stories: who asks, at which turn, from which
 * record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"

#define LEASE_MS 75000
#define DOUBT 1

enum act { END, CLAIM, SETTLE, RELEASE, UNHEARD, DROP, WAIT, STATE };

struct step {
	enum act act;
	enum who who;
	int64_t turn,
		offset; /* asked; the record's place. WAIT: ms in turn. STATE: generation in turn */
	const char *verdict;  /* SETTLE. STATE: the state */
	int answer;	      /* enum claim_answer or settle_answer */
	int64_t held, doubts; /* CLAIM: claimed_turn, doubts. SETTLE: doubts = DOUBT */
	const char *outcome;  /* CLAIM: bytes that wait. SETTLE: bytes that are stored */
};

/* clang-format off: a story a block, a step a cell */
#define GO(who, turn, offset, ...)                                                                 \
	{                                                                                          \
		CLAIM, who, turn, offset, NULL, CLAIM_GO, __VA_ARGS__                              \
	}
#define ASK(who, turn, offset, answer, ...)                                                        \
	{                                                                                          \
		CLAIM, who, turn, offset, NULL, answer, __VA_ARGS__                                \
	}
#define DUP(who, turn, offset, ...)                                                                \
	{                                                                                          \
		CLAIM, who, turn, offset, NULL, CLAIM_DUPLICATE, __VA_ARGS__                       \
	}
#define DONE(who, turn, verdict, ...)                                                              \
	{                                                                                          \
		SETTLE, who, turn, 0, verdict, SETTLE_DONE, 0, __VA_ARGS__                         \
	}
#define LOST(who, turn, verdict)                                                                   \
	{                                                                                          \
		SETTLE, who, turn, 0, verdict, SETTLE_LOST, 0, 0, NULL                             \
	}
#define LEASE_ENDS                                                                                 \
	{                                                                                          \
		WAIT, A, LEASE_MS + 1, 0, NULL, 0, 0, 0, NULL                                      \
	}

static const struct story {
	const char *what;
	struct step steps[14];
} stories[] = {
	{ "sent, and asked again",
	  { GO(A, 0, 1, 0, 0, NULL),
	    DONE(A, 0, "sent", 0, "S0"),
	    DUP(A, 0, 1, 0, 0, "S0"),
	    DUP(B, 0, 1, 0, 0, "S0"),
	    DUP(A, 0, 2, 0, 0, "S0"),
	    DUP(A, 5, 9, 0, 0, "S0"), /* a final verdict answers every later turn */
	    { DROP, A, 0, 0, NULL, 0, 0, 0, NULL },
	    DUP(A, 0, 1, 0, 0, NULL),
	    DUP(A, 5, 9, 0, 0, NULL) } },
	{ "the same holder asks again after a time-out",
	  { GO(A, 0, 1, 0, 0, NULL), GO(A, 0, 1, 0, 0, NULL), DONE(A, 0, "sent", 0, "S0") } },
	{ "the same job twice in one hand",
	  { GO(A, 0, 1, 0, 0, NULL), DUP(A, 0, 2, 0, 0, NULL), DONE(A, 0, "error", 0, "E0"),
	    DUP(A, 0, 2, 0, 0, "E0") } },
	{ "another holder waits, then takes over; the first comes too late",
	  { GO(A, 0, 1, 0, 0, NULL), ASK(B, 0, 1, CLAIM_BUSY, 0, 0, NULL), LEASE_ENDS,
	    ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL), LOST(A, 0, "sent"),
	    ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1,
		NULL), /* asked again after a time-out: not doubted twice */
	    ASK(A, 0, 1, CLAIM_BUSY, 1, 1, NULL), DONE(B, 1, "sent", 0, "S1"),
	    DUP(B, 0, 1, 1, 1, "S1"), LOST(A, 1, "sent") } },
	{ "settled under an ended lease that nobody wanted",
	  { GO(A, 0, 1, 0, 0, NULL), LEASE_ENDS, DONE(A, 0, "sent", 0, "S0") } },
	{ "asking again renews the lease",
	  { GO(A, 0, 1, 0, 0, NULL),
	    { WAIT, A, LEASE_MS - 1000, 0, NULL, 0, 0, 0, NULL },
	    GO(A, 0, 1, 0, 0, NULL),
	    { WAIT, A, 2000, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 0, 1, CLAIM_BUSY, 0, 0, NULL) } },
	{ "taken over twice",
	  { GO(A, 0, 1, 0, 0, NULL), LEASE_ENDS, ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL),
	    LEASE_ENDS, ASK(A2, 0, 1, CLAIM_TAKEN_OVER, 2, 2, NULL),
	    DONE(A2, 2, "unknown", 0, "U2"), DUP(B, 0, 1, 2, 2, "U2") } },
	{ "taken over, then parked: the record is told what was told last",
	  { GO(A, 0, 1, 0, 0, NULL), LEASE_ENDS, ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL),
	    DONE(B, 1, "parked", 0, "D1"), DUP(B, 0, 1, 1, 1, "D1"), GO(B, 2, 50, 2, 1, NULL) } },
	{ "the same slot comes back",
	  { GO(A, 0, 1, 0, 0, NULL), ASK(A2, 0, 1, CLAIM_FORMER, 0, 0, NULL),
	    ASK(A2, 0, 1, CLAIM_FORMER, 0, 0,
		NULL), /* asked again: it still has to look into the journal */
	    ASK(A, 0, 1, CLAIM_BUSY, 0, 0, NULL), LOST(A, 0, "sent"),
	    DONE(A2, 0, "sent", 0, "S0") } },
	{ "the same slot comes back after a take-over",
	  { GO(B, 0, 1, 0, 0, NULL), LEASE_ENDS, ASK(A, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL),
	    ASK(A2, 0, 1, CLAIM_FORMER, 1, 1, NULL), DONE(A2, 1, "sent", 0, "S1") } },
	{ "parked, and back with the next turn",
	  { GO(A, 0, 1, 0, 0, NULL),
	    DONE(A, 0, "parked", 0, "D0"),
	    DUP(A, 0, 1, 0, 0, "D0"),
	    GO(B, 1, 50, 1, 0, NULL),
	    DUP(B, 1, 51, 1, 0, NULL),
	    DUP(A, 0, 1, 0, 0, "D0"),
	    DONE(A, 0, "parked", 0,
		 "D0"), /* the call that timed out had run, and its turn is long over */
	    { DROP, A, 0, 0, NULL, 0, 0, 0, NULL },
	    DUP(A, 0, 1, 1, 0, NULL),
	    DONE(B, 1, "sent", 0, "S1"),
	    DUP(A, 0, 1, 1, 0, "S1") } },
	{ "parked in doubt is counted",
	  { GO(A, 0, 1, 0, 0, NULL), DONE(A, 0, "parked", DOUBT, "U0"),
	    DONE(A, 0, "parked", DOUBT, "U0"), GO(A, 1, 50, 1, 1, NULL),
	    DONE(A, 1, "parked", DOUBT, "U1"), GO(A, 2, 60, 2, 2, NULL) } },
	{ "released unsent",
	  { GO(A, 0, 1, 0, 0, NULL),
	    { RELEASE, B, 0, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 0, 1, CLAIM_BUSY, 0, 0, NULL),
	    { RELEASE, A, 0, 0, NULL, 0, 0, 0, NULL },
	    GO(B, 0, 1, 0, 0, NULL),
	    LOST(A, 0, "sent"),
	    DONE(B, 0, "sent", 0, "S0"),
	    { RELEASE, B, 0, 0, NULL, 0, 0, 0, NULL },
	    DUP(B, 0, 1, 0, 0, "S0") } },
	{ "released by who never heard the answer",
	  { { UNHEARD, A, 0, 0, NULL, 0, 0, 0, NULL }, /* it had not run: nothing happens */
	    GO(A, 0, 1, 0, 0, NULL),
	    { UNHEARD, B, 0, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 0, 1, CLAIM_BUSY, 0, 0, NULL),
	    { UNHEARD, A, 0, 0, NULL, 0, 0, 0, NULL },
	    GO(B, 0, 1, 0, 0, NULL) } },
	{ "what a former life left in doubt is not released by who never heard of it",
	  { GO(A, 0, 1, 0, 0, NULL),
	    ASK(A2, 0, 1, CLAIM_FORMER, 0, 0, NULL),
	    { UNHEARD, A2, 0, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 0, 1, CLAIM_BUSY, 0, 0, NULL),
	    LEASE_ENDS,
	    ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL),
	    { UNHEARD, B, 1, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL) } },
	{ "taken over, then released: the raised turn stays with the record",
	  { GO(A, 0, 1, 0, 0, NULL),
	    LEASE_ENDS,
	    ASK(B, 0, 1, CLAIM_TAKEN_OVER, 1, 1, NULL),
	    { RELEASE, B, 1, 0, NULL, 0, 0, 0, NULL },
	    GO(A, 0, 1, 1, 1, NULL),
	    DONE(A, 1, "sent", 0, "S1") } },
	{ "a higher turn while a lower one is held waits for its lease",
	  { GO(A, 0, 1, 0, 0, NULL), ASK(A, 1, 5, CLAIM_BUSY, 0, 0, NULL), LEASE_ENDS,
	    ASK(A, 1, 5, CLAIM_TAKEN_OVER, 1, 1, NULL), DUP(A, 0, 1, 1, 1, NULL) } },
	{ "the parked turn goes to one record only",
	  { GO(A, 0, 1, 0, 0, NULL), DONE(A, 0, "parked", 0, "D0"), GO(A, 1, 50, 1, 0, NULL),
	    ASK(B, 1, 51, CLAIM_BUSY, 1, 0, NULL) } },
	{ "a release of an earlier turn gives nothing back",
	  { GO(A, 0, 1, 0, 0, NULL),
	    DONE(A, 0, "parked", 0, "D0"),
	    GO(A, 1, 50, 1, 0, NULL),
	    { RELEASE, A, 0, 0, NULL, 0, 0, 0, NULL },
	    ASK(B, 1, 51, CLAIM_BUSY, 1, 0, NULL) } },
	{ "a newer generation",
	  { { STATE, A, 2, 0, "queued", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "an older state",
	  { { STATE, A, 0, 0, "cancelled", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "cancelled",
	  { { STATE, A, 1, 0, "cancelled", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "declined", { { STATE, A, 1, 0, "declined", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "accepted", { { STATE, A, 1, 0, "accepted", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "expired", { { STATE, A, 1, 0, "expired", 0, 0, 0, NULL }, DUP(A, 0, 1, 0, 0, NULL) } },
	{ "sent before: a reminder goes",
	  { { STATE, A, 1, 0, "sent", 0, 0, 0, NULL }, GO(A, 0, 1, 0, 0, NULL) } },
	{ "cancelled while parked",
	  { GO(A, 0, 1, 0, 0, NULL),
	    DONE(A, 0, "parked", 0, "D0"),
	    { STATE, A, 1, 0, "cancelled", 0, 0, 0, NULL },
	    DUP(A, 1, 50, 1, 0, NULL),
	    DUP(A, 0, 1, 0, 0, "D0") } },
	{ "never claimed",
	  { LOST(A, 0, "sent"), GO(A, 0, 1, 0, 0, NULL), LOST(A, 1, "sent"), LOST(B, 0, "sent") } },
	{ "settled again",
	  { GO(A, 0, 1, 0, 0, NULL), DONE(A, 0, "sent", 0, "S0"), DONE(A, 0, "sent", 0, "S0"),
	    LOST(A, 0, "error"), LOST(B, 0, "sent"), LOST(A2, 0, "sent") } },
	{ "settled without a word to tell",
	  { GO(A, 0, 1, 0, 0, NULL), DONE(A, 0, "sent", 0, NULL), DUP(A, 0, 1, 0, 0, NULL) } },
};
/* clang-format on */

/* The names of one story's things. */
struct names {
	char invite[32], delivery[64];
};

static void step_claim(struct fixture *f, const struct names *n, const struct story *s,
		       const struct step *t)
{
	struct claim c = { .delivery = n->delivery,
			   .invite = n->invite,
			   .generation = 1,
			   .turn = t->turn,
			   .coords = { "invite-email", 3, t->offset },
			   .lease_ms = LEASE_MS };
	struct guard *g = f->guards[t->who];
	int at = (int)(t - s->steps);

	guard_add_claim(g, &c);
	run_or_fail(g);
	if ((int)c.answer != t->answer)
		fail_msg("%s, step %d: answer %d instead of %d", s->what, at, c.answer, t->answer);
	if (c.claimed_turn != t->held || c.doubts != t->doubts)
		fail_msg("%s, step %d: turn %d, doubts %d", s->what, at, (int)c.claimed_turn,
			 (int)c.doubts);
	if ((c.outcome == NULL) != (t->outcome == NULL) ||
	    (c.outcome && strcmp(c.outcome, t->outcome) != 0))
		fail_msg("%s, step %d: outcome %s", s->what, at, c.outcome ? c.outcome : "none");
	if (c.answer == CLAIM_BUSY)
		assert_in_range(c.wait_ms, 1, LEASE_MS);
	claim_clear(&c);
}

static void step_settle(struct fixture *f, const struct names *n, const struct story *s,
			const struct step *t)
{
	struct later_item item = { .id = n->delivery,
				   .due_ms = INT64_C(4000000000000),
				   .topic = "invite-email",
				   .key = "k",
				   .value = "v",
				   .value_len = 1,
				   .reason = "retry" };
	struct settle v = { .delivery = n->delivery,
			    .invite = n->invite,
			    .generation = 1,
			    .turn = t->turn,
			    .verdict = t->verdict,
			    .doubt = t->doubts == DOUBT,
			    .outcome = t->outcome,
			    .outcome_len = t->outcome ? strlen(t->outcome) : 0,
			    .park = strcmp(t->verdict, "parked") == 0 ? &item : NULL };
	struct guard *g = f->guards[t->who];

	guard_add_settle(g, &v);
	run_or_fail(g);
	if ((int)v.answer != t->answer)
		fail_msg("%s, step %d: answer %d instead of %d", s->what, (int)(t - s->steps),
			 v.answer, t->answer);
}

static void step_other(struct fixture *f, const struct names *n, const struct story *s,
		       const struct step *t)
{
	struct guard *g = f->guards[t->who];

	(void)s;
	if (t->act == RELEASE || t->act == UNHEARD)
		guard_add_release(g, n->delivery, t->turn, t->act == UNHEARD);
	else if (t->act == DROP)
		guard_add_drop(g, n->delivery, t->turn);
	else if (t->act == WAIT)
		skew(f, t->turn);
	else
		command(f, "HSET beckon:d:%s ver 1 gen %d state %s", n->invite, (int)t->turn,
			t->verdict);
	run_or_fail(g);
}

static void test_stories(void **state)
{
	static void (*const steps[])(struct fixture *, const struct names *, const struct story *,
				     const struct step *) = {
		[CLAIM] = step_claim,	[SETTLE] = step_settle, [RELEASE] = step_other,
		[DROP] = step_other,	[WAIT] = step_other,	[STATE] = step_other,
		[UNHEARD] = step_other,
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		struct names n;

		snprintf(n.invite, sizeof(n.invite), "acme/i%zu", i);
		snprintf(n.delivery, sizeof(n.delivery), "acme/i%zu.1.email.0", i);
		for (const struct step *t = stories[i].steps; t->act != END; t++)
			steps[t->act](f, &n, &stories[i], t);
	}
}

/* ---- what a claim pins ---- */

static void test_pins(void **state)
{
	struct fixture *f = *state;
	struct guard *g = f->guards[A];
	struct claim c = { .delivery = "acme/pin.1.email.0",
			   .invite = "acme/pin",
			   .generation = 1,
			   .coords = { "invite-email", 0, 7 },
			   .lease_ms = 1000,
			   .kid = "k1",
			   .token_sha256 = "sha1" };

	guard_add_claim(g, &c);
	run_or_fail(g);
	int64_t first = c.first_ms;

	assert_int_equal(first, c.now_ms);
	assert_string_equal(c.pinned_kid, "k1");
	assert_string_equal(text_of(command(f, "GET beckon:k:sha1")), "acme/pin.1.email.0");
	assert_in_range(redis_int(command(f, "TTL beckon:k:sha1")), DELIVERY_MEMORY_S - 5,
			DELIVERY_MEMORY_S);

	guard_add_release(g, "acme/pin.1.email.0", 0, false);
	skew(f, 5000);
	c.kid = "k2"; /* the ring has a newer key by now */
	c.token_sha256 = "sha2";
	guard_add_claim(g, &c);
	run_or_fail(g);
	assert_int_equal(c.answer, CLAIM_GO);
	assert_int_equal(c.first_ms, first);
	assert_true(c.now_ms >= first + 5000);
	assert_string_equal(c.pinned_kid, "k1");
	assert_int_equal(redis_type(command(f, "GET beckon:k:sha2")), REDIS_NIL);

	struct claim linked = { .delivery = "acme/pin2.1.email.0",
				.invite = "acme/pin2",
				.generation = 1,
				.coords = { "invite-email", 0, 8 },
				.lease_ms = 1000,
				.kid = "k2",
				.token_sha256 = "sha3",
				.token_memory_s = 90000 };

	guard_add_claim(g, &linked);
	run_or_fail(g);
	assert_in_range(redis_int(command(f, "TTL beckon:k:sha3")), 90000 - 5, 90000);
}

/* ---- what a settle does beside ---- */

static void claim_of(struct fixture *f, const char *invite, const char *delivery)
{
	struct claim c = { .delivery = delivery,
			   .invite = invite,
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = LEASE_MS };

	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	assert_int_equal(c.answer, CLAIM_GO);
}

static struct claim held_claim(struct fixture *f, const char *delivery, const char *by,
			       int64_t until)
{
	const struct guard_limit limit = { "recipient:held", 3600000000, 1 };
	struct claim c = { .delivery = delivery,
			   .invite = "acme/held",
			   .generation = 1,
			   .turn = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = LEASE_MS,
			   .kid = "k1",
			   .token_sha256 = "t",
			   .held_by = by,
			   .held_until_ms = until,
			   .limits = &limit,
			   .nlimits = 1 };

	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	return c;
}

/* What is held is answered as limited, charges nothing and holds nothing; a hold that is over, and
   what has been dealt with, are answered as ever. */
static void test_held(void **state)
{
	struct fixture *f = *state;
	struct claim c =
		held_claim(f, "acme/held.1.email.0", "quiet_hours", INT64_C(4000000000000));
	struct settle s = { .delivery = "acme/held.1.email.0",
			    .invite = "acme/held",
			    .generation = 1,
			    .turn = 1,
			    .verdict = "sent",
			    .outcome = "S",
			    .outcome_len = 1 };

	assert_int_equal(c.answer, CLAIM_LIMITED);
	assert_string_equal(c.limited_by, "quiet_hours");
	assert_int_equal(c.wait_ms, INT64_C(4000000000000) - c.now_ms);
	c = held_claim(f, "acme/held.1.email.0", "paused", c.now_ms);
	assert_int_equal(c.answer, CLAIM_GO); /* and the limit had one left */
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	c = held_claim(f, "acme/held.1.email.0", "paused", INT64_C(4000000000000));
	assert_int_equal(c.answer, CLAIM_DUPLICATE);
	claim_clear(&c);
}

static void test_settle_writes_the_state(void **state)
{
	static const struct {
		const char *what, *gen, *state, *then;
		int ver;
	} rows[] = {
		{ "this generation", "1", "queued", "sent", 8 },
		{ "a newer one", "2", "queued", "queued", 7 },
		{ "accepted meanwhile", "1", "accepted", "accepted", 7 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *invite = xasprintf("acme/w%zu", i),
			      *delivery = xasprintf("acme/w%zu.1.email.0", i);
		const struct guard_field set[] = { { "state", "sent", 4 },
						   { "exp", "1795342001464", 13 } };
		struct settle s = { .delivery = delivery,
				    .invite = invite,
				    .generation = 1,
				    .verdict = "sent",
				    .outcome = "S",
				    .outcome_len = 1,
				    .set = set,
				    .nset = 2 };

		claim_of(f, invite, delivery);
		command(f, "HSET beckon:d:%s ver 7 gen %s state %s", invite, rows[i].gen,
			rows[i].state);
		for (int twice = 0; twice < 2; twice++) {
			guard_add_settle(f->guards[A], &s);
			run_or_fail(f->guards[A]);
			assert_int_equal(s.answer, SETTLE_DONE);
			assert_string_equal(text_of(command(f, "HGET beckon:d:%s state", invite)),
					    rows[i].then);
			assert_int_equal(redis_int(command(f, "HGET beckon:d:%s ver", invite)),
					 rows[i].ver);
		}
		assert_in_range(redis_int(command(f, "TTL beckon:c:%s", delivery)),
				DELIVERY_MEMORY_S - 5, DELIVERY_MEMORY_S);
		assert_in_range(redis_int(command(f, "TTL beckon:o:%s/0", delivery)),
				DELIVERY_MEMORY_S - 5, DELIVERY_MEMORY_S);
	}
	assert_int_equal(redis_int(command(f, "EXISTS beckon:d:acme/none")), 0);
}

/* Settles acme/g.<generation>.email.<n> as an error that gives an address up. */
static void settle_error(struct fixture *f, int64_t generation, int n, const char *address)
{
	const struct guard_field set[] = { { "state", "error", 5 } };
	char delivery[64];
	struct settle s = { .delivery = delivery,
			    .invite = "acme/g",
			    .generation = generation,
			    .verdict = "error",
			    .set = set,
			    .nset = 1,
			    .give_up_address = address };

	snprintf(delivery, sizeof(delivery), "acme/g.%lld.email.%d", (long long)generation, n);
	claim_of(f, "acme/g", delivery);
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	assert_int_equal(s.answer, SETTLE_DONE);
}

static void test_settle_gives_the_address_up(void **state)
{
	struct fixture *f = *state;

	command(f, "HSET beckon:d:acme/g ver 1 gen 1 state queued");
	command(f, "SET beckon:a:acme//invite/h1 acme/g");
	settle_error(f, 1, 0, "acme//invite/h1");
	assert_int_equal(redis_int(command(f, "EXISTS beckon:a:acme//invite/h1")), 0);

	command(f, "SET beckon:a:acme//invite/h2 acme/other");
	settle_error(f, 1, 1, "acme//invite/h2");
	assert_string_equal(text_of(command(f, "GET beckon:a:acme//invite/h2")), "acme/other");
}

/* The address that a later generation has taken again stays its own. */
static void test_settle_of_a_former_generation(void **state)
{
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "error", 5 } };
	struct settle s = { .delivery = "acme/h.1.email.0",
			    .invite = "acme/h",
			    .generation = 1,
			    .verdict = "error",
			    .set = set,
			    .nset = 1,
			    .give_up_address = "acme//invite/h3" };

	command(f, "HSET beckon:d:acme/h ver 1 gen 1 state queued");
	claim_of(f, "acme/h", "acme/h.1.email.0");
	command(f, "HSET beckon:d:acme/h ver 2 gen 2 state queued");
	command(f, "SET beckon:a:acme//invite/h3 acme/h");
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	assert_int_equal(s.answer, SETTLE_DONE);
	assert_string_equal(text_of(command(f, "GET beckon:a:acme//invite/h3")), "acme/h");
	assert_string_equal(text_of(command(f, "HGET beckon:d:acme/h state")), "queued");
}

/* A receipt may be faster than our own settle: the state does not go back, the window is noted. */
static void test_settle_after_a_receipt(void **state)
{
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "sent", 4 }, { "exp", "77", 2 } };
	struct later_item timer = { .id = "acme/j.timer",
				    .turn = 1001,
				    .due_ms = 5,
				    .topic = "t",
				    .key = "acme/j",
				    .value = "{}",
				    .value_len = 2 };
	struct settle s = { .delivery = "acme/j.1.email.0",
			    .invite = "acme/j",
			    .generation = 1,
			    .verdict = "sent",
			    .set = set,
			    .nset = 2,
			    .timer = &timer };

	command(f, "HSET beckon:d:acme/j ver 1 gen 1 state queued");
	claim_of(f, "acme/j", "acme/j.1.email.0");
	command(f, "HSET beckon:d:acme/j ver 2 state delivered");
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	assert_string_equal(text_of(command(f, "HGET beckon:d:acme/j state")), "delivered");
	assert_int_equal(redis_int(command(f, "HGET beckon:d:acme/j exp")), 77);
	assert_int_equal(redis_int(command(f, "ZSCORE beckon:later acme/j.timer")), 5);
	assert_int_equal(later_cancel(f->guards[A], "acme/j.timer", NULL), OK);
}

/* It came back before we settled: there is no link that reminders or an end could be of. */
static void test_settle_after_it_came_back(void **state)
{
	struct fixture *f = *state;
	const struct guard_field set[] = { { "state", "sent", 4 } };
	struct later_item timer = { .id = "acme/u.timer",
				    .turn = 1001,
				    .due_ms = 5,
				    .topic = "t",
				    .key = "acme/u",
				    .value = "{}",
				    .value_len = 2 };
	struct settle s = { .delivery = "acme/u.1.email.0",
			    .invite = "acme/u",
			    .generation = 1,
			    .verdict = "sent",
			    .set = set,
			    .nset = 1,
			    .timer = &timer };

	claim_of(f, "acme/u", "acme/u.1.email.0");
	command(f, "HSET beckon:d:acme/u ver 2 gen 1 state undelivered");
	guard_add_settle(f->guards[A], &s);
	run_or_fail(f->guards[A]);
	assert_string_equal(text_of(command(f, "HGET beckon:d:acme/u state")), "undelivered");
	assert_int_equal(redis_int(command(f, "EXISTS beckon:l:acme/u.timer")), 0);
}

static void test_settle_parks(void **state)
{
	struct fixture *f = *state;
	struct later_leased leased[4];
	struct later_lease due = { .lease_ms = 1000, .max = 4, .items = leased };
	struct later_item item = { .id = "acme/p.1.email.0",
				   .turn = 77,
				   .due_ms = 1,
				   .topic = "invite-email",
				   .key = "acme/p",
				   .value = "bytes",
				   .value_len = 5,
				   .reason = "retry",
				   .tenant = "acme" };
	struct settle s = { .delivery = "acme/p.1.email.0",
			    .invite = "acme/p",
			    .generation = 1,
			    .verdict = "parked",
			    .outcome = "D",
			    .outcome_len = 1,
			    .park = &item };

	claim_of(f, "acme/p", "acme/p.1.email.0");
	for (int twice = 0; twice < 2; twice++) {
		guard_add_settle(f->guards[A], &s);
		run_or_fail(f->guards[A]);
	}
	assert_int_equal(later_lease(f->guards[A], &due, NULL), OK);
	assert_int_equal(due.n, 1);
	assert_int_equal(leased[0].item.turn, 1); /* the settled turn + 1, whatever the item says */
	assert_string_equal(leased[0].item.value, "bytes");
	later_leased_clear(&leased[0]);
}

/* A superseded delivery is settled by nobody: its memory ends by itself. */
static void test_superseded_memory_ends(void **state)
{
	struct fixture *f = *state;
	struct claim c = { .delivery = "acme/s.1.email.0",
			   .invite = "acme/s",
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = LEASE_MS };

	claim_of(f, "acme/s", "acme/s.1.email.0");
	assert_int_equal(redis_int(command(f, "TTL beckon:c:acme/s.1.email.0")), -1);
	command(f, "HSET beckon:d:acme/s gen 2 state queued ver 3");
	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	assert_int_equal(c.answer, CLAIM_DUPLICATE);
	assert_in_range(redis_int(command(f, "TTL beckon:c:acme/s.1.email.0")), 1,
			DELIVERY_MEMORY_S);
}

/* What a newer version wrote is not taken for nothing: better to stand still than to send twice. */
static void test_claim_of_another_version(void **state)
{
	struct fixture *f = *state;
	struct claim c = { .delivery = "acme/v.1.email.0",
			   .invite = "acme/v",
			   .generation = 1,
			   .coords = { "invite-email", 0, 1 },
			   .lease_ms = LEASE_MS };
	struct err e;

	command(f, "SET beckon:c:acme/v.1.email.0 2|whatever");
	guard_add_claim(f->guards[A], &c);
	assert_int_equal(guard_run(f->guards[A], &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "claim of another version"));
	ready_or_fail(f->guards[A]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_settle_writes_the_state),
		cmocka_unit_test(test_settle_gives_the_address_up),
		cmocka_unit_test(test_settle_of_a_former_generation),
		cmocka_unit_test(test_settle_after_a_receipt),
		cmocka_unit_test(test_settle_after_it_came_back),
		cmocka_unit_test(test_settle_parks),
		cmocka_unit_test(test_superseded_memory_ends),
		cmocka_unit_test(test_claim_of_another_version),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_claims", tests, fixture_open, fixture_close);
}
