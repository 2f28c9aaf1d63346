/* fold of a ladder: the SMS goes on where the e-mail's turns end, and what fails of it moves no
 * state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fold.h"
#include "mem.h"

#define FACTS_MAX 5
#define END 99

/* An outcome of the e-mail (its turn is 2) or of the SMS (3). */
struct told {
	enum outcome_word word;
	bool sms, beside, goes_on;
};

#define MAIL(word)                                                                                 \
	{                                                                                          \
		WORD_##word, false, false, false                                                   \
	}
#define SMS(word)                                                                                  \
	{                                                                                          \
		WORD_##word, true, false, false                                                    \
	}
#define BESIDE(word)                                                                               \
	{                                                                                          \
		WORD_##word, true, true, false                                                     \
	}

#define REFUSED                                                                                    \
	{                                                                                          \
		WORD_ERROR, false, false, true                                                     \
	}

static const struct row {
	const char *name;
	struct told told[FACTS_MAX];
	size_t n;
	const char *state;
	enum ladder ladder;
	bool live, link;
	const char *verdict; /* of the SMS; NULL = none */
} rows[] = {
	/* clang-format off */
	{ "the e-mail alone", { MAIL(QUEUED), MAIL(SENT) }, 2, "sent", LADDER_NONE, true, true, NULL },
	{ "asked for", { MAIL(SENT), BESIDE(QUEUED) }, 2, "sent", LADDER_BESIDE, true, true, NULL },
	{ "it waits", { MAIL(SENT), BESIDE(DEFERRED) }, 2, "sent", LADDER_BESIDE, true, true, "parked" },
	{ "sent", { MAIL(SENT), BESIDE(QUEUED), SMS(SENT) }, 3, "sent", LADDER_BESIDE, true, true, "sent" },
	{ "after a receipt of the e-mail", { MAIL(SENT), MAIL(DELIVERED), SMS(SENT) }, 3, "sent", LADDER_BESIDE, true, true, "sent" },
	{ "delivered", { MAIL(SENT), SMS(SENT), SMS(DELIVERED) }, 3, "delivered", LADDER_BESIDE, true, true, "sent" },
	{ "it fails", { MAIL(SENT), BESIDE(QUEUED), BESIDE(ERROR) }, 3, "sent", LADDER_FAILED, true, true, "error" },
	{ "it is lost", { MAIL(SENT), SMS(SENT), BESIDE(UNDELIVERED) }, 3, "sent", LADDER_FAILED, true, true, "sent" },
	{ "the e-mail came back", { MAIL(SENT), MAIL(UNDELIVERED) }, 2, "undelivered", LADDER_NONE, false, false, NULL },
	{ "and the SMS is asked for", { MAIL(SENT), MAIL(UNDELIVERED), BESIDE(QUEUED) }, 3, "undelivered", LADDER_ALONE, true, false, NULL },
	{ "and sent", { MAIL(SENT), MAIL(UNDELIVERED), BESIDE(QUEUED), SMS(SENT) }, 4, "sent", LADDER_ALONE, true, true, "sent" },
	{ "and lost", { MAIL(SENT), MAIL(UNDELIVERED), BESIDE(QUEUED), SMS(SENT), SMS(UNDELIVERED) }, 5, "undelivered", LADDER_FAILED, false, false, "sent" },
	{ "and fails", { MAIL(SENT), MAIL(UNDELIVERED), BESIDE(QUEUED), BESIDE(ERROR) }, 4, "undelivered", LADDER_FAILED, false, false, "error" },
	{ "the e-mail is refused", { MAIL(QUEUED), REFUSED }, 2, "error", LADDER_INSTEAD, false, false, NULL },
	{ "its SMS is asked for", { REFUSED, SMS(QUEUED) }, 2, "queued", LADDER_INSTEAD, true, false, NULL },
	{ "and waits", { REFUSED, SMS(QUEUED), SMS(DEFERRED) }, 3, "queued", LADDER_INSTEAD, true, false, "parked" },
	{ "and is sent", { REFUSED, SMS(QUEUED), SMS(SENT) }, 3, "sent", LADDER_INSTEAD, true, true, "sent" },
	{ "and is lost", { REFUSED, SMS(QUEUED), SMS(SENT), SMS(UNDELIVERED) }, 4, "undelivered", LADDER_INSTEAD, false, false, "sent" },
	{ "and is refused too", { REFUSED, SMS(QUEUED), SMS(ERROR) }, 3, "error", LADDER_INSTEAD, false, false, "error" },
	/* clang-format on */
};

static struct fact fact_of(const struct told *t)
{
	return (struct fact){ .word = t->word,
			      .by_dispatcher = t->word == WORD_QUEUED ||
					       t->word == WORD_DELIVERED ||
					       t->word == WORD_UNDELIVERED,
			      .kind = "invite",
			      .generation = 1,
			      .turn = t->sms ? 3 : 2,
			      .rank = outcome_words[t->word].rank,
			      .sms = t->sms,
			      .ladder = t->sms,
			      .beside = t->beside,
			      .goes_on = t->goes_on,
			      .expires_ms = t->word == WORD_SENT ? END : 0,
			      .told_ms = 1000,
			      .recipient_hash = t->sms ? "phone" : "mail",
			      .request_source = "tests",
			      .request_id = "1" };
}

static void check(const struct row *r, const size_t *order)
{
	struct fold f = { 0 };
	const struct fold_delivery *sms = &f.deliveries[FOLD_LADDER];
	const char *verdict;

	for (size_t i = 0; i < r->n; i++) {
		struct fact fact = fact_of(&r->told[order[i]]);

		fold_fact(&f, &fact);
	}
	verdict = sms->turn ? fold_verdict(sms) : NULL;
	if (strcmp(fold_state(&f), r->state) != 0 || fold_ladder(&f) != r->ladder ||
	    fold_is_live(&f) != r->live || fold_has_link(&f) != r->link ||
	    strcmp(verdict ? verdict : "none", r->verdict ? r->verdict : "none") != 0)
		fail_msg("%s: %s, ladder %d, live %d, link %d, %s", r->name, fold_state(&f),
			 fold_ladder(&f), fold_is_live(&f), fold_has_link(&f),
			 verdict ? verdict : "none");
	assert_string_equal(f.recipient_hash, "mail"); /* who held the invitation first */
	assert_int_equal(fold_first(&f),
			 r->ladder == LADDER_INSTEAD && sms->turn ? FOLD_LADDER : 0);
	assert_false(f.deliveries[0].sms);
	fold_clear(&f);
}

/* Forwards, backwards, and beginning at each fact. */
static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t from = 0; from < rows[i].n; from++) {
			size_t forth[FACTS_MAX], back[FACTS_MAX], n = rows[i].n;

			for (size_t k = 0; k < n; k++) {
				forth[k] = (from + k) % n;
				back[n - 1 - k] = forth[k];
			}
			check(&rows[i], forth);
			check(&rows[i], back);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_orders) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
