/* fold: of two facts about the same thing the one of the higher (generation, turn, rank) stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fold.h"
#include "mem.h"

#define FACTS_MAX 6
#define LAST OUTCOME_TURN_OF_INVITATION
#define OF_INVITE FACT_OF_NO_DELIVERY

/* word, generation, turn, n, by the dispatcher, not_before, expires */
struct told {
	enum outcome_word word;
	int64_t generation, turn, n;
	bool by_dispatcher;
	int64_t not_before_ms, expires_ms;
	const char *code, *kind, *prev;
};

#define HELD(g)                                                                                    \
	{                                                                                          \
		WORD_HELD, g, 1, 0, true, 0, 0, NULL, "invite", NULL                               \
	}
#define QUEUED(g, t)                                                                               \
	{                                                                                          \
		WORD_QUEUED, g, t, 0, true, 0, 0, NULL, "invite", "held"                           \
	}
#define SLOT(g, ms)                                                                                \
	{                                                                                          \
		WORD_DEFERRED, g, 1, 0, true, ms, 0, "rate_limited", "invite", NULL                \
	}
#define RETRY(g, t, ms)                                                                            \
	{                                                                                          \
		WORD_DEFERRED, g, t, 0, false, ms, 0, "retry", "invite", "queued"                  \
	}
#define DOUBT(g, t, ms)                                                                            \
	{                                                                                          \
		WORD_UNKNOWN, g, t, 0, false, ms, 0, "outcome_unknown", "invite", "queued"         \
	}
#define TAKEN_OVER(g, t)                                                                           \
	{                                                                                          \
		WORD_UNKNOWN, g, t, 0, false, 0, 0, "outcome_unknown", "invite", "queued"          \
	}
#define UNKNOWN(g, t, end)                                                                         \
	{                                                                                          \
		WORD_UNKNOWN, g, t, 0, false, 0, end, "outcome_unknown", "invite", "queued"        \
	}
#define SENT(g, t, end)                                                                            \
	{                                                                                          \
		WORD_SENT, g, t, 0, false, 0, end, NULL, "invite", "queued"                        \
	}
#define FAILED(g, t)                                                                               \
	{                                                                                          \
		WORD_ERROR, g, t, 0, false, 0, 0, "mailbox_unknown", "invite", "queued"            \
	}
#define RECEIPT(w, g, t)                                                                           \
	{                                                                                          \
		w, g, t, 0, true, 0, 0, NULL, "invite", "sent"                                     \
	}
#define ENDED(w, g)                                                                                \
	{                                                                                          \
		w, g, LAST, OF_INVITE, true, 0, 0, NULL, "invite", "sent"                          \
	}
#define REMINDER(w, g, t, n)                                                                       \
	{                                                                                          \
		w, g, t, n, w == WORD_QUEUED, 0, 9, NULL, "invite", "sent"                         \
	}
#define REFUSED(g)                                                                                 \
	{                                                                                          \
		WORD_REFUSED, g, 0, OF_INVITE, true, 0, 0, "cancelled", "invite", "cancelled"      \
	}

static const struct row {
	const char *name;
	struct told told[FACTS_MAX];
	size_t n;
	/* what is known in the end, whatever the order */
	const char *state;
	int64_t generation;
	const char *verdict; /* of the invitation's delivery; NULL = none */
	int64_t next_turn, doubts, expires_ms, reminders;
	bool live, link, ended;
} rows[] = {
	{ "held", { HELD(1) }, 1, "held", 1, NULL, 1, 0, 0, 0, true, false, false },
	{ "queued", { QUEUED(1, 1) }, 1, "queued", 1, NULL, 1, 0, 0, 0, true, false, false },
	{ "released",
	  { HELD(1), QUEUED(1, 1) },
	  2,
	  "queued",
	  1,
	  NULL,
	  1,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "parked until its slot",
	  { SLOT(1, 50) },
	  1,
	  "queued",
	  1,
	  "parked",
	  2,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "retried",
	  { QUEUED(1, 1), RETRY(1, 1, 50) },
	  2,
	  "queued",
	  1,
	  "parked",
	  2,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "retried twice",
	  { QUEUED(1, 1), RETRY(1, 1, 50), RETRY(1, 2, 90) },
	  3,
	  "queued",
	  1,
	  "parked",
	  3,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "brought forward",
	  { SLOT(1, 50), QUEUED(1, 2) },
	  2,
	  "queued",
	  1,
	  NULL,
	  2,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "sent",
	  { QUEUED(1, 1), SENT(1, 1, 99) },
	  2,
	  "sent",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "sent at the second try",
	  { QUEUED(1, 1), RETRY(1, 1, 50), SENT(1, 2, 99) },
	  3,
	  "sent",
	  1,
	  "sent",
	  2,
	  0,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "queued is never heard of",
	  { SENT(1, 1, 99) },
	  1,
	  "sent",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "in doubt",
	  { QUEUED(1, 1), DOUBT(1, 1, 50) },
	  2,
	  "queued",
	  1,
	  "parked",
	  2,
	  1,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "taken over",
	  { QUEUED(1, 1), TAKEN_OVER(1, 1) },
	  2,
	  "queued",
	  1,
	  "parked",
	  2,
	  1,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "in doubt twice",
	  { DOUBT(1, 1, 50), UNKNOWN(1, 2, 99) },
	  2,
	  "unknown",
	  1,
	  "unknown",
	  2,
	  2,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "resolved",
	  { UNKNOWN(1, 2, 99), RECEIPT(WORD_SENT, 1, 2) },
	  2,
	  "sent",
	  1,
	  "sent",
	  2,
	  1,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "failed",
	  { QUEUED(1, 1), FAILED(1, 1) },
	  2,
	  "error",
	  1,
	  "error",
	  1,
	  0,
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "delivered",
	  { SENT(1, 1, 99), RECEIPT(WORD_DELIVERED, 1, 1) },
	  2,
	  "delivered",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  true,
	  true,
	  false },
	{ "undelivered",
	  { SENT(1, 1, 99), RECEIPT(WORD_UNDELIVERED, 1, 1) },
	  2,
	  "undelivered",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  false,
	  false,
	  false },
	{ "cancelled",
	  { SENT(1, 1, 99), ENDED(WORD_CANCELLED, 1) },
	  2,
	  "cancelled",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  false,
	  false,
	  true },
	{ "accepted after it expired",
	  { SENT(1, 1, 99), ENDED(WORD_EXPIRED, 1), ENDED(WORD_ACCEPTED, 1) },
	  3,
	  "accepted",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  false,
	  false,
	  true },
	{ "sent after it was cancelled",
	  { QUEUED(1, 1), ENDED(WORD_CANCELLED, 1), SENT(1, 1, 99) },
	  3,
	  "cancelled",
	  1,
	  "sent",
	  1,
	  0,
	  99,
	  0,
	  false,
	  false,
	  true },
	{ "asked again",
	  { SENT(1, 1, 99), ENDED(WORD_CANCELLED, 1), QUEUED(2, 1) },
	  3,
	  "queued",
	  2,
	  NULL,
	  1,
	  0,
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "resent",
	  { DOUBT(1, 1, 50), SENT(1, 2, 99), QUEUED(2, 1), SENT(2, 1, 200) },
	  4,
	  "sent",
	  2,
	  "sent",
	  1,
	  0,
	  200,
	  0,
	  true,
	  true,
	  false },
	{ "reminded",
	  { SENT(1, 1, 9), REMINDER(WORD_QUEUED, 1, 1, 1), REMINDER(WORD_SENT, 1, 1, 1) },
	  3,
	  "sent",
	  1,
	  "sent",
	  1,
	  0,
	  9,
	  1,
	  true,
	  true,
	  false },
	{ "a reminder fails",
	  { SENT(1, 1, 9), REMINDER(WORD_ERROR, 1, 1, 2) },
	  2,
	  "sent",
	  1,
	  "sent",
	  1,
	  0,
	  9,
	  2,
	  true,
	  true,
	  false },
	{ "refused is no state",
	  { SENT(1, 1, 9), REFUSED(1) },
	  2,
	  "sent",
	  1,
	  "sent",
	  1,
	  0,
	  9,
	  0,
	  true,
	  true,
	  false },
	{ "refused of nobody", { REFUSED(1) }, 1, "", 0, NULL, 0, 0, 0, 0, false, false, false },
};

static struct fact fact_of(const struct told *t, int64_t told_ms)
{
	return (struct fact){ .word = t->word,
			      .by_dispatcher = t->by_dispatcher,
			      .kind = t->kind,
			      .generation = t->generation,
			      .turn = t->turn,
			      .rank = outcome_words[t->word].rank,
			      .n = t->n,
			      .not_before_ms = t->not_before_ms,
			      .expires_ms = t->expires_ms,
			      .told_ms = told_ms,
			      .code = t->code,
			      .prev = t->prev,
			      .request_source = "tests",
			      .request_id = "1" };
}

static void check(const struct row *r, const struct fold *f)
{
	const struct fold_delivery *d = &f->deliveries[0];
	const char *verdict = d->turn ? fold_verdict(d) : NULL;

	if (strcmp(fold_state(f), r->state) != 0)
		fail_msg("%s: %s instead of %s", r->name, fold_state(f), r->state);
	assert_int_equal(f->generation, r->generation);
	if ((verdict || r->verdict) &&
	    (!verdict || !r->verdict || strcmp(verdict, r->verdict) != 0))
		fail_msg("%s: verdict %s", r->name, verdict ? verdict : "none");
	assert_int_equal(fold_next_turn(d), r->next_turn);
	assert_int_equal(fold_doubts(d), r->doubts);
	assert_int_equal(f->expires_ms, r->expires_ms);
	assert_int_equal(f->reminders, r->reminders);
	if (fold_is_live(f) != r->live || fold_has_link(f) != r->link ||
	    fold_has_ended(f) != r->ended)
		fail_msg("%s: live %d, link %d, ended %d", r->name, fold_is_live(f),
			 fold_has_link(f), fold_has_ended(f));
}

/* Folds the facts in one of their orders, each `times` times. */
static void fold_in_order(const struct row *r, const size_t *order, int times)
{
	struct fold f = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		struct fact fact = fact_of(&r->told[order[i]], 1000 + (int64_t)order[i]);

		for (int k = 0; k < times; k++)
			fold_fact(&f, &fact);
	}
	check(r, &f);
	fold_clear(&f);
}

static bool next_order(size_t *a, size_t n)
{
	size_t i = n - 1, j = n - 1, swap;

	while (i > 0 && a[i - 1] >= a[i])
		i--;
	if (i == 0)
		return false;
	while (a[j] <= a[i - 1])
		j--;
	swap = a[i - 1], a[i - 1] = a[j], a[j] = swap;
	for (j = n - 1; i < j; i++, j--)
		swap = a[i], a[i] = a[j], a[j] = swap;
	return true;
}

static void test_every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t order[FACTS_MAX] = { 0, 1, 2, 3, 4, 5 };

		do {
			fold_in_order(&rows[i], order, 1);
			fold_in_order(&rows[i], order, 2);
		} while (next_order(order, rows[i].n));
	}
}

/* Who asked for a delivery is not whoever brought it forward. */
static void test_who_asked(void **state)
{
	static const struct told asked = SLOT(1, 50), forward = QUEUED(1, 2);
	struct fact first = fact_of(&asked, 1), second = fact_of(&forward, 2);
	struct fold f = { 0 };

	(void)state;
	second.request_id = "2";
	fold_fact(&f, &first);
	fold_fact(&f, &second);
	assert_string_equal(f.deliveries[0].id, "1");
	fold_clear(&f);
}

/* A password has no link whose end could tell that it stays unknown. */
static void test_password(void **state)
{
	struct told unknown = TAKEN_OVER(1, 1);
	struct fold f = { 0 };

	(void)state;
	unknown.kind = "password";
	struct fact fact = fact_of(&unknown, 1);

	fold_fact(&f, &fact);
	assert_string_equal(fold_state(&f), "unknown");
	assert_string_equal(fold_verdict(&f.deliveries[0]), "unknown");
	assert_false(fold_is_live(&f));
	fold_clear(&f);
}

static void test_early(void **state)
{
	struct told cancelled = ENDED(WORD_CANCELLED, 1);
	struct fold f = { 0 };

	(void)state;
	cancelled.prev = NULL;
	struct fact fact = fact_of(&cancelled, 1);

	fold_fact(&f, &fact);
	assert_true(f.early && fold_has_ended(&f));
	fold_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_who_asked),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
