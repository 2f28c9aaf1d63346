/* An e-mail, then an SMS: what becomes of each, in which order ever they are heard of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decide.h"
#include "ids.h"
#include "mem.h"

#define NOW INT64_C(1800000000000)
#define HOUR ((int64_t)3600 * 1000)
#define EMAIL "acme/i-1.1.email.0"
#define SMS "acme/i-1.1.sms.0"
#define EMAIL_TURN 2
#define SMS_TURN 4

static const struct tenant tenant = { .name = "*", .ladder_after_s = 6 * 3600 };
static const struct kept_terms terms = { "key", &tenant };

/* Something that happens to an invite whose e-mail was sent some hours ago; its link has a day. */
struct told {
	struct request req;
	struct kept kept;
	struct question q;
};

struct row {
	const char *what;
	const char *state;
	enum ladder ladder;
	int64_t turn, hours;
	const char *delivery, *status; /* of a receipt; NULL: the timer */
	int64_t claimed;
	/* what comes of it */
	enum outcome_word word;
	const char *then; /* the state's new word; NULL = it stays */
	enum ladder now;
	bool beside;
	enum timer_what timer;
	bool frees;
};

static void make(struct told *t, const struct row *r)
{
	const char *code;
	struct err e;

	*t = (struct told){ .kept = { .request = { .type = REQUEST_INVITE,
						   .tenant = "acme",
						   .invite = "i-1",
						   .channel = CHANNEL_LADDER } } };
	assert_int_equal(address_normalise("ann@corp.internal", &t->kept.request.recipient.address,
					   &code, &e),
			 OK);
	t->kept.request.recipient.phone = "+7 905 111-11-11";
	kept_name_people(&t->kept, &terms);
	t->req = (struct request){ .type = r->delivery ? REQUEST_RECEIPT : REQUEST_LADDER_DUE,
				   .tenant = "acme",
				   .invite = "i-1",
				   .generation = 1,
				   .receipt = { .delivery = r->delivery, .status = r->status } };
	t->q = (struct question){ .req = &t->req,
				  .kept = &t->kept,
				  .invite = { .known = true,
					      .state = r->state,
					      .generation = 1,
					      .turn = r->turn,
					      .claimed_turn = r->claimed,
					      .sent_ms = NOW,
					      .expires_ms = NOW + 24 * HOUR,
					      .channel = IDS_EMAIL,
					      .ladder = r->ladder },
				  .policy = { .ladder_after_ms = 6 * HOUR },
				  .now_ms = NOW + r->hours * HOUR };
}

#define NONE LADDER_NONE
#define BESIDE LADDER_BESIDE
#define ALONE LADDER_ALONE
#define FAILED LADDER_FAILED
#define INSTEAD LADDER_INSTEAD
#define E EMAIL_TURN
#define S SMS_TURN

static const struct row rows[] = {
	/* clang-format off */
	/* the timer */
	{ "too early",                "sent",        NONE,   E, 5,  NULL, NULL, E, PLAN_SILENT, NULL, NONE, false, TIMER_LADDER, false },
	{ "nobody has answered",      "sent",        NONE,   E, 6,  NULL, NULL, E, WORD_QUEUED, NULL, BESIDE, true, TIMER_EXPIRY, false },
	{ "nor opened",               "delivered",   NONE,   E, 7,  NULL, NULL, E, WORD_QUEUED, NULL, BESIDE, true, TIMER_EXPIRY, false },
	{ "in doubt",                 "unknown",     NONE,   E, 6,  NULL, NULL, E, WORD_QUEUED, NULL, BESIDE, true, TIMER_EXPIRY, false },
	{ "it has come back",         "undelivered", NONE,   E, 1,  NULL, NULL, E, WORD_QUEUED, NULL, ALONE, true, TIMER_EXPIRY, false },
	{ "once only",                "sent",        BESIDE, S, 9,  NULL, NULL, E, PLAN_SILENT, NULL, NONE, false, TIMER_EXPIRY, false },
	{ "nor where it failed",      "undelivered", FAILED, E, 9,  NULL, NULL, E, PLAN_SILENT, NULL, NONE, false, TIMER_NONE, false },
	{ "the link has ended",       "sent",        NONE,   E, 24, NULL, NULL, E, WORD_EXPIRED, "expired", NONE, false, TIMER_NONE, true },
	{ "that of the SMS as well",  "undelivered", ALONE,  E, 24, NULL, NULL, E, WORD_EXPIRED, "expired", NONE, false, TIMER_NONE, true },
	{ "the e-mail was refused",   "error",       INSTEAD, E, 0, NULL, NULL, E, WORD_QUEUED, "queued", NONE, false, TIMER_NONE, false },
	{ "nothing was to follow",    "error",       NONE,   E, 0,  NULL, NULL, E, PLAN_SILENT, NULL, NONE, false, TIMER_NONE, false },
	/* the e-mail's receipts */
	{ "a bounce: at once",        "sent",        NONE,   E, 1,  EMAIL, "undelivered", E, WORD_UNDELIVERED, "undelivered", NONE, false, TIMER_LADDER, false },
	{ "before it is settled",     "queued",      NONE,   0, 1,  EMAIL, "undelivered", E, WORD_UNDELIVERED, "undelivered", NONE, false, TIMER_LADDER, false },
	{ "the SMS waits",            "sent",        BESIDE, E, 8,  EMAIL, "undelivered", E, WORD_UNDELIVERED, "undelivered", ALONE, false, TIMER_NONE, false },
	{ "the SMS is sent",          "sent",        BESIDE, S, 8,  EMAIL, "undelivered", E, WORD_UNDELIVERED, NULL, ALONE, false, TIMER_NONE, false },
	{ "the SMS has failed",       "sent",        FAILED, E, 8,  EMAIL, "undelivered", E, WORD_UNDELIVERED, "undelivered", NONE, false, TIMER_NONE, true },
	{ "good news, overtaken",     "sent",        BESIDE, S, 8,  EMAIL, "delivered",   E, WORD_DELIVERED, NULL, NONE, false, TIMER_NONE, false },
	{ "good news",                "sent",        NONE,   E, 1,  EMAIL, "delivered",   E, WORD_DELIVERED, "delivered", NONE, false, TIMER_NONE, false },
	{ "the first one stands",     "delivered",   NONE,   E, 1,  EMAIL, "undelivered", E, PLAN_SILENT, NULL, NONE, false, TIMER_NONE, false },
	/* those of the SMS */
	{ "it arrives",               "sent",        BESIDE, S, 7,  SMS, "delivered",   S, WORD_DELIVERED, "delivered", NONE, false, TIMER_NONE, false },
	{ "faster than our settle",   "delivered",   BESIDE, E, 7,  SMS, "delivered",   S, WORD_DELIVERED, "delivered", NONE, false, TIMER_NONE, false },
	{ "it is lost, the mail not", "sent",        BESIDE, S, 7,  SMS, "undelivered", S, WORD_UNDELIVERED, NULL, FAILED, true, TIMER_EXPIRY, false },
	{ "it is lost too",           "sent",        ALONE,  S, 7,  SMS, "undelivered", S, WORD_UNDELIVERED, "undelivered", FAILED, false, TIMER_NONE, true },
	{ "the first one stands",     "delivered",   BESIDE, S, 7,  SMS, "undelivered", S, PLAN_SILENT, NULL, NONE, false, TIMER_NONE, false },
	{ "after it failed",          "sent",        FAILED, S, 7,  SMS, "delivered",   S, PLAN_SILENT, NULL, NONE, false, TIMER_NONE, false },
	{ "after the acceptance",     "accepted",    BESIDE, S, 7,  SMS, "delivered",   S, WORD_DELIVERED, NULL, NONE, false, TIMER_NONE, false },
	/* clang-format on */
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		const struct plan_changes *c;
		struct told t;
		struct plan p;

		make(&t, r);
		p = decide(&t.q);
		c = &p.changes;
		if (p.word != r->word || (c->state != NULL) != (r->then != NULL) ||
		    (c->state && strcmp(c->state, r->then) != 0) || c->ladder != r->now ||
		    p.beside != r->beside || c->timer.what != r->timer ||
		    c->give_up_address != r->frees)
			fail_msg("%s: word %d, state %s, ladder %d, beside %d, timer %d, frees %d",
				 r->what, p.word, c->state ? c->state : "stays", c->ladder,
				 p.beside, c->timer.what, c->give_up_address);
	}
}

/* Its turns go on where those of the e-mail end, so of the two what is told of it later stands. */
static void test_turns(void **state)
{
	struct row due = { .state = "sent", .turn = EMAIL_TURN, .hours = 6 };
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	p = decide(&t.q);
	assert_true(plan_has_job(&p) && p.ladder && p.n == 0);
	assert_string_equal(p.channel, "sms");
	assert_int_equal(p.turn, EMAIL_TURN + 1);
	assert_int_equal(p.generation, 1);
}

/* Who gets an SMS is not reminded of what passed before it. */
static void test_reminders_that_have_passed(void **state)
{
	struct row due = { .state = "sent", .turn = EMAIL_TURN, .hours = 13 };
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	t.q.policy.reminders = (struct tenant_reminder){ 2, 1, 2 };
	p = decide(&t.q);
	assert_true(p.ladder);
	assert_int_equal(p.changes.reminders, 1);
	assert_int_equal(p.changes.timer.what, TIMER_REMINDER); /* the second is still to come */
}

/* No SMS where there is no number for it any more, or nobody may be written to. */
static void test_nobody_to_write_to(void **state)
{
	struct row due = { .state = "sent", .turn = EMAIL_TURN, .hours = 6 };
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	t.kept.second.code = "country_not_allowed";
	p = decide(&t.q);
	assert_int_equal(p.word, PLAN_SILENT);
	assert_int_equal(p.changes.timer.what, TIMER_EXPIRY);
	t.q.kept = NULL; /* forgotten */
	assert_int_equal(decide(&t.q).word, PLAN_SILENT);
}

/* The SMS that takes the place of a refused e-mail holds the number, and is a job of its own. */
static void test_instead(void **state)
{
	struct row due = { .state = "error", .ladder = INSTEAD, .turn = EMAIL_TURN };
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	t.q.invite.sent_ms = t.q.invite.expires_ms = 0;
	p = decide(&t.q);
	assert_true(plan_has_job(&p) && p.ladder && p.instead && p.changes.take_address);
	assert_string_equal(p.channel, "sms");
	assert_int_equal(p.turn, EMAIL_TURN + 1);
	t.q.policy.second_suppressed = true;
	p = decide(&t.q);
	assert_int_equal(p.word, WORD_ERROR); /* the end that was left open */
	assert_string_equal(p.code, "suppressed");
	t.q.invite.channel = IDS_SMS; /* it has been asked for */
	assert_int_equal(decide(&t.q).word, PLAN_SILENT);
}

/* What is told later of an SMS that took the e-mail's place is told of the ladder. */
static void test_after_instead(void **state)
{
	struct row row = { .state = "sent", .ladder = INSTEAD, .turn = SMS_TURN };
	struct told t;
	struct plan p;

	(void)state;
	row.delivery = SMS;
	row.status = "undelivered";
	make(&t, &row);
	t.q.invite.channel = IDS_SMS;
	p = decide(&t.q);
	assert_true(p.ladder && !p.beside && !plan_has_job(&p) && p.changes.give_up_address);
	row.delivery = EMAIL; /* a relay that has refused it and brings it back as well */
	row.claimed = EMAIL_TURN;
	make(&t, &row);
	t.q.invite.channel = IDS_SMS;
	p = decide(&t.q);
	assert_true(p.word == WORD_UNDELIVERED && !p.changes.state && !p.ladder);
}

/* An e-mail that nobody need try: a ladder begins with its SMS, where that can be sent. */
static void test_begins_with_sms(void **state)
{
	static const struct {
		bool suppressed, dead, second;
		const char *channel; /* NULL: it is an error */
	} cases[] = {
		{ false, false, false, "email" }, { true, false, false, "sms" },
		{ false, true, false, "sms" },	  { true, false, true, NULL },
		{ false, true, true, NULL },	  { false, false, true, "email" },
	};
	struct row row = { .state = "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct told t;
		struct plan p;

		make(&t, &row);
		t.req = t.kept.request;
		t.req.send = SEND_NOW;
		t.q.invite = (struct invite_view){ .state = "" };
		t.q.policy.allow_reserved = true;
		t.q.policy.suppressed = cases[i].suppressed;
		t.q.policy.domain_dead = cases[i].dead;
		t.q.policy.second_suppressed = cases[i].second;
		p = decide(&t.q);
		assert_int_equal(p.word, cases[i].channel ? WORD_QUEUED : WORD_ERROR);
		if (cases[i].channel)
			assert_string_equal(p.channel, cases[i].channel);
	}
}

/* Reminders go where somebody may read them. */
static void test_reminders(void **state)
{
	static const struct {
		enum ladder ladder;
		const char *channel;
	} ways[] = { { NONE, "email" }, { BESIDE, "email" }, { ALONE, "sms" } };
	struct row due = { .state = "sent", .turn = SMS_TURN, .hours = 12 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct told t;
		struct plan p;

		due.ladder = ways[i].ladder;
		make(&t, &due);
		if (due.ladder == NONE)
			t.kept.second.channel = NULL;
		t.q.policy.reminders = (struct tenant_reminder){ 1, 1, 2 };
		p = decide(&t.q);
		assert_int_equal(p.n, 1);
		assert_string_equal(p.channel, ways[i].channel);
		assert_false(p.ladder);
	}
}

/* Who has nothing that works has nothing to be reminded of, until the SMS is there. */
static void test_no_reminder_of_what_came_back(void **state)
{
	struct row due = {
		.state = "undelivered", .ladder = ALONE, .turn = EMAIL_TURN, .hours = 12
	};
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	t.q.policy.reminders = (struct tenant_reminder){ 1, 1, 2 };
	p = decide(&t.q);
	assert_int_equal(p.word, PLAN_SILENT);
	assert_int_equal(p.changes.timer.what, TIMER_EXPIRY);
}

/* An e-mail may come back before its link is written down: the SMS, which has the same one, waits
   for that. */
static void test_back_before_the_link(void **state)
{
	struct row due = { .state = "undelivered", .turn = EMAIL_TURN, .claimed = EMAIL_TURN };
	struct told t;
	struct plan p;

	(void)state;
	make(&t, &due);
	t.q.invite.sent_ms = t.q.invite.expires_ms = 0;
	p = decide(&t.q);
	assert_int_equal(p.word, PLAN_SILENT);
	assert_int_equal(p.changes.timer.what, TIMER_LADDER);
	assert_true(p.changes.timer.due_ms > t.q.now_ms);
}

/* ---- silence ---- */

static const struct {
	const char *what, *state;
	enum ladder ladder;
	int64_t hours;
	enum outcome_word word;
	const char *then;
} silences[] = {
	{ "two hours early", "sent", NONE, 70, PLAN_SILENT, NULL },
	{ "three days", "sent", NONE, 72, WORD_UNDELIVERED, "undelivered" },
	{ "it was heard of", "delivered", NONE, 72, PLAN_SILENT, NULL },
	{ "of a ladder, the e-mail stands", "sent", BESIDE, 72, WORD_UNDELIVERED, NULL },
	{ "of a ladder, the e-mail came back", "sent", ALONE, 72, WORD_UNDELIVERED, "undelivered" },
};

static void test_silence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silences); i++) {
		struct row due = { .state = silences[i].state,
				   .ladder = silences[i].ladder,
				   .turn = SMS_TURN,
				   .hours = silences[i].hours };
		struct told t;
		struct plan p;

		make(&t, &due);
		t.q.invite.expires_ms = NOW + 1000 * HOUR;
		t.q.invite.receipt_ms = NOW + TIMER_SILENCE_MS;
		if (due.ladder == NONE) { /* an invitation by SMS */
			t.kept.request.channel = CHANNEL_SMS;
			kept_name_people(&t.kept, &terms);
			t.q.invite.channel = IDS_SMS;
		}
		p = decide(&t.q);
		if (p.word != silences[i].word ||
		    (p.changes.state != NULL) != (silences[i].then != NULL))
			fail_msg("%s: %d, %s", silences[i].what, p.word,
				 p.changes.state ? p.changes.state : "stays");
		if (p.word == WORD_UNDELIVERED)
			assert_string_equal(p.code, "receipt_missing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_reminders_that_have_passed),
		cmocka_unit_test(test_nobody_to_write_to),
		cmocka_unit_test(test_instead),
		cmocka_unit_test(test_after_instead),
		cmocka_unit_test(test_begins_with_sms),
		cmocka_unit_test(test_reminders),
		cmocka_unit_test(test_no_reminder_of_what_came_back),
		cmocka_unit_test(test_back_before_the_link),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
