/* Every type of event in every state of an invite: what is told, and what changes with it. */
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
#define DAY ((int64_t)86400 * 1000)
#define GENERATION 4

static const char *const states[] = {
	NULL,	 "held",    "queued",	"sent",	    "delivered", "undelivered",	      "unknown",
	"error", "expired", "accepted", "declined", "cancelled", "of a later version"
};

/* What an event comes to:
   .  nothing, and nothing is told     i  refused, illegal_transition   a  already_invited
   A  already_accepted                 c  refused, cancelled
   q  queued, this generation          Q  queued, the next one          S  and the old one
   superseded X  cancelled  Y  accepted  Z  declined  E  expired  s  sent  d  delivered  F  erased,
   not told r  a reminder queued  N  asked_again, which changes nothing */
static const struct {
	const char *what;
	enum request_type type;
	const char *in; /* one letter a state */
} rows[] = {
	/* clang-format off */
	/*                                         -hqsdu?eEADCo  */
	{ "invite.requested",  REQUEST_INVITE,       "QaaaaaaaaAaQa" },
	{ "resend",            REQUEST_RESEND,       "iqiSSSiQQAici" },
	{ "release",           REQUEST_RELEASE,      "iqaaaaaiiAici" },
	{ "cancel",            REQUEST_CANCEL,       "XXXXXXXXXAici" },
	{ "accepted",          REQUEST_ACCEPTED,     "iYYYYYYYYAYci" },
	{ "declined",          REQUEST_DECLINED,     "iiZZZZZiZAici" },
	{ "activated",         REQUEST_ACTIVATED,    "iYYYYYYYYAYci" },
	{ "renewal",           REQUEST_RENEWAL,      "ii.NNNNNNAici" },
	{ "send-now",          REQUEST_SEND_NOW,     "iiqaaaaiiAici" },
	{ "resolve sent",      REQUEST_RESOLVE,      "iiiiiisiiAici" },
	{ "forget",            REQUEST_FORGET,       "iXXXXFXFFFFFF" },
	{ "expiry-due",        REQUEST_EXPIRY_DUE,   "...EE.E......" },
	{ "reminder-due",      REQUEST_REMINDER_DUE, "...EE.E......" },
	{ "ladder-due",        REQUEST_LADDER_DUE,   "...EE.E......" },
	{ "receipt",           REQUEST_RECEIPT,      "..dd..d.dddd." },
	/* clang-format on */
};

static const struct tenant tenant = { .name = "*" };
static const struct kept_terms terms = { "key", &tenant };

struct pair {
	struct request req;
	struct kept kept;
	struct question q;
};

static struct kept kept_of(const char *email)
{
	struct kept k = { .request = {
				  .type = REQUEST_INVITE, .tenant = "acme", .invite = "i-1" } };
	const char *code;
	struct err e;

	assert_int_equal(address_normalise(email, &k.request.recipient.address, &code, &e), OK);
	k.request.recipient.email = email;
	kept_name_people(&k, &terms);
	return k;
}

/* An event as it comes to an invite in this state, its link's time just over. */
static void pair_make(struct pair *p, enum request_type type, const char *state)
{
	*p = (struct pair){ .kept = kept_of("ann@corp.internal") };
	p->req = type == REQUEST_INVITE ? p->kept.request : (struct request){ .type = type };
	p->req.tenant = "acme";
	p->req.invite = "i-1";
	p->req.generation = GENERATION;
	p->req.receipt.delivery = "acme/i-1.4.email.0";
	p->req.receipt.status = "delivered";
	p->q = (struct question){
		.req = &p->req,
		.kept = &p->kept,
		.invite = { .known = state != NULL,
			    .state = state ? state : "",
			    .generation = state ? GENERATION : 0,
			    .turn = 1,
			    .channel = IDS_EMAIL,
			    .sent_ms = state ? NOW - DAY : 0,
			    .expires_ms = state ? NOW : 0,
			    .parked_turn = 3,
			    .claimed_turn = 1 },
		.policy = { .auto_send = true, .reminders = { 1, 1, 2 }, .cooldown_ms = 60000 },
		.now_ms = NOW,
	};
}

static bool changes_nothing(const struct plan *p)
{
	static const struct plan_changes none;

	return !memcmp(&p->changes, &none, sizeof(none));
}

/* The letter of a plan, '!' where it is none of those above. */
static char letter(const struct plan *p, bool known)
{
	static const struct {
		char letter;
		enum outcome_word word;
		const char *code;
	} refusals[] = { { 'i', WORD_REFUSED, "illegal_transition" },
			 { 'a', WORD_REFUSED, "already_invited" },
			 { 'A', WORD_REFUSED, "already_accepted" },
			 { 'c', WORD_REFUSED, "cancelled" } };
	static const struct {
		char letter;
		enum outcome_word word;
	} words[] = { { 'X', WORD_CANCELLED },	{ 'Y', WORD_ACCEPTED }, { 'Z', WORD_DECLINED },
		      { 'E', WORD_EXPIRED },	{ 's', WORD_SENT },	{ 'd', WORD_DELIVERED },
		      { 'N', WORD_ASKED_AGAIN } };

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (p->word == refusals[i].word && !strcmp(p->code, refusals[i].code))
			return changes_nothing(p) ? refusals[i].letter : '!';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (p->word == words[i].word && p->generation == (known ? GENERATION : 1))
			return words[i].letter != 'N' || changes_nothing(p) ? words[i].letter : '!';
	if (p->word == PLAN_SILENT)
		return changes_nothing(p)					    ? '.'
		       : p->changes.data == DATA_ERASE && p->changes.remove_waiting ? 'F'
										    : '!';
	if (p->word != WORD_QUEUED)
		return '!';
	if (p->n)
		return 'r';
	if (p->generation == (known ? GENERATION : 0))
		return 'q';
	return p->superseded ? 'S' : 'Q';
}

static void test_every_pair(void **state)
{
	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(rows); r++)
		for (size_t s = 0; s < ARRAY_LEN(states); s++) {
			struct pair p;
			struct plan plan;

			pair_make(&p, rows[r].type, states[s]);
			plan = decide(&p.q);
			if (letter(&plan, states[s]) != rows[r].in[s])
				fail_msg("%s in %s: %c, not %c", rows[r].what,
					 states[s] ? states[s] : "nothing",
					 letter(&plan, states[s]), rows[r].in[s]);
		}
}

/* An invitation that is over leaves nothing behind: no address, nothing that waits, no timer. */
static void test_ends_leave_nothing(void **state)
{
	static const enum request_type ends[] = { REQUEST_CANCEL, REQUEST_ACCEPTED,
						  REQUEST_DECLINED, REQUEST_ACTIVATED,
						  REQUEST_EXPIRY_DUE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct pair p;
		struct plan plan;

		pair_make(&p, ends[i], "sent");
		plan = decide(&p.q);
		assert_true(plan.changes.give_up_address && plan.changes.remove_waiting &&
			    plan.changes.remove_timer);
		assert_string_equal(plan.changes.state, outcome_words[plan.word].name);
		assert_string_equal(plan.prev, "sent");
		assert_int_equal(plan.turn, 0); /* of the invitation, not of a delivery */
	}
}

static void test_resend_begins_anew(void **state)
{
	struct pair p;
	struct plan plan;

	(void)state;
	pair_make(&p, REQUEST_RESEND, "sent");
	plan = decide(&p.q);
	assert_true(plan_has_job(&plan));
	assert_int_equal(plan.superseded, GENERATION);
	assert_true(plan.changes.new_generation && plan.changes.take_address &&
		    plan.changes.remove_waiting && plan.changes.remove_timer);
	assert_int_equal(plan.changes.data, DATA_KEEP);

	pair_make(&p, REQUEST_RELEASE, "held");
	plan = decide(&p.q);
	assert_true(plan_has_job(&plan));
	assert_false(plan.changes.new_generation);
}

static void is_refused(struct plan p, const char *code)
{
	assert_int_equal(p.word, WORD_REFUSED);
	assert_string_equal(p.code, code);
	assert_true(changes_nothing(&p));
}

/* Who is suppressed since the invitation left is not reminded; its link has an end all the same. */
static void test_suppressed_is_not_reminded(void **state)
{
	struct pair p;
	struct plan plan;

	(void)state;
	pair_make(&p, REQUEST_REMINDER_DUE, "sent");
	p.q.invite.sent_ms = NOW - DAY / 2;
	p.q.invite.expires_ms = NOW + DAY / 2;
	plan = decide(&p.q);
	assert_int_equal(plan.word, WORD_QUEUED);
	assert_int_equal(plan.n, 1);
	p.q.policy.suppressed = true;
	plan = decide(&p.q);
	assert_int_equal(plan.word, PLAN_SILENT);
	assert_int_equal(plan.changes.timer.what, TIMER_EXPIRY);
	assert_int_equal(plan.changes.timer.due_ms, NOW + DAY / 2);
}

static void test_cooldown(void **state)
{
	struct pair p;

	(void)state;
	pair_make(&p, REQUEST_RESEND, "sent");
	p.q.invite.sent_ms = NOW - 59999;
	is_refused(decide(&p.q), "cooldown");
	p.q.invite.sent_ms = NOW - 60000;
	assert_int_equal(decide(&p.q).word, WORD_QUEUED);
	p.q.invite.sent_ms = NOW - 1;
	p.q.invite.recipient_hash = "of somebody else";
	is_refused(decide(&p.q), "cooldown"); /* nobody has corrected that */
	p.req.recipient.email = "ann@corp.internal";
	assert_int_equal(decide(&p.q).word, WORD_QUEUED);
	p.q.invite.recipient_hash = p.kept.person.recipient_hash; /* it is the same */
	is_refused(decide(&p.q), "cooldown");
	pair_make(&p, REQUEST_RESOLVE, "unknown"); /* who resolves knows what happened */
	p.req.resolve = RESOLVE_RESEND;
	p.q.invite.sent_ms = NOW - 1;
	assert_int_equal(decide(&p.q).generation, GENERATION + 1);
}

/* What is kept must still make a message. */
static void test_what_is_kept(void **state)
{
	struct pair p;

	(void)state;
	pair_make(&p, REQUEST_RESEND, "expired");
	p.q.kept = NULL;
	is_refused(decide(&p.q), "illegal_transition");
	assert_non_null(strstr(decide(&p.q).where, "erased"));
	pair_make(&p, REQUEST_RELEASE, "held");
	p.kept.request.code = "email_syntax";
	is_refused(decide(&p.q), "email_syntax");
	pair_make(&p, REQUEST_RESEND, "error");
	p.kept = kept_of("ann@corp.example"); /* the correction is no better */
	is_refused(decide(&p.q), "email_domain_invalid");
}

/* Re-sendable at any time, with new credentials and a new confirmation; there is no link to
 * supersede. */
static void test_password(void **state)
{
	static const struct {
		const char *state, *username;
		bool confirm;
		const char *code;
	} resends[] = { { "sent", "ann", true, NULL },
			{ "unknown", "ann", true, NULL },
			{ "error", "ann", true, NULL },
			{ "held", "ann", true, NULL },
			{ "accepted", "ann", true, NULL },
			{ "declined", "ann", true, NULL },
			{ "cancelled", "ann", true, NULL },
			{ "accepted", "ann", false, "confirm_missing" },
			{ "sent", NULL, true, "schema_invalid" },
			{ "sent", "ann", false, "confirm_missing" },
			{ "queued", "ann", true, NULL } };
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(resends); i++) {
		pair_make(&p, REQUEST_RESEND, resends[i].state);
		p.q.invite.kind = p.kept.request.kind = KIND_PASSWORD;
		p.req.credentials.username = p.kept.request.credentials.username =
			resends[i].username;
		p.kept.request.credentials.sealed_password = "AAAA";
		p.req.confirm = resends[i].confirm;
		if (resends[i].code)
			is_refused(decide(&p.q), resends[i].code);
		else
			assert_int_equal(decide(&p.q).word, WORD_QUEUED);
		assert_int_equal(decide(&p.q).superseded, 0);
	}
	pair_make(&p, REQUEST_RESOLVE, "unknown");
	p.q.invite.kind = KIND_PASSWORD;
	p.req.resolve = RESOLVE_RESEND;
	is_refused(decide(&p.q), "confirm_missing");
}

static void test_cancel_before_the_request(void **state)
{
	struct pair p;
	struct plan plan;

	(void)state;
	pair_make(&p, REQUEST_CANCEL, NULL);
	plan = decide(&p.q);
	assert_true(plan.changes.early);
	pair_make(&p, REQUEST_INVITE, "cancelled");
	p.q.invite.early = true;
	plan = decide(&p.q);
	assert_int_equal(plan.word, WORD_REFUSED);
	assert_string_equal(plan.code, "cancelled");
	assert_true(plan.changes.late && !plan.changes.state);
	p.q.invite.early = false; /* who asks once more means it */
	assert_int_equal(decide(&p.q).generation, GENERATION + 1);
}

static void test_nothing_waits(void **state)
{
	struct pair p;
	struct plan plan;

	(void)state;
	pair_make(&p, REQUEST_SEND_NOW, "queued");
	plan = decide(&p.q);
	assert_true(plan.changes.bring_forward && !plan_has_job(&plan));
	assert_int_equal(plan.turn, 3);
	p.q.invite.parked_turn = 0;
	is_refused(decide(&p.q), "illegal_transition");
}

/* ---- time ---- */

static const struct {
	const char *what;
	enum request_type type;
	int64_t generation, ms; /* after the link was sent, of a day */
	int64_t told;
	bool forgotten;
	char letter;
	enum timer_what armed;
	int64_t armed_ms;
} timers[] = {
	/* clang-format off */
	{ "a reminder at its time",          REQUEST_REMINDER_DUE, 4, DAY / 2,     0, false, 'r', TIMER_EXPIRY,   DAY },
	{ "early",                           REQUEST_REMINDER_DUE, 4, DAY / 2 - 1, 0, false, '!', TIMER_REMINDER, DAY / 2 },
	{ "late",                            REQUEST_REMINDER_DUE, 4, DAY - 1,     0, false, 'r', TIMER_EXPIRY,   DAY },
	{ "so late that the link has ended", REQUEST_REMINDER_DUE, 4, DAY,         0, false, 'E', TIMER_NONE,     0 },
	{ "twice",                           REQUEST_REMINDER_DUE, 4, DAY / 2 + 1, 1, false, '!', TIMER_EXPIRY,   DAY },
	{ "of a former generation",          REQUEST_REMINDER_DUE, 3, DAY / 2,     0, false, '.', TIMER_NONE,     0 },
	{ "nobody to write to",              REQUEST_REMINDER_DUE, 4, DAY / 2,     0, true,  '!', TIMER_EXPIRY,   DAY },
	{ "the end, a millisecond early",    REQUEST_EXPIRY_DUE,   4, DAY - 1,     1, false, '!', TIMER_EXPIRY,   DAY },
	{ "the end",                         REQUEST_EXPIRY_DUE,   4, DAY,         1, false, 'E', TIMER_NONE,     0 },
	{ "the end, months late",            REQUEST_EXPIRY_DUE,   4, 90 * DAY,    1, false, 'E', TIMER_NONE,     0 },
	{ "the end of a former generation",  REQUEST_EXPIRY_DUE,   3, DAY,         1, false, '.', TIMER_NONE,     0 },
	/* clang-format on */
};

static void test_timers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		int64_t sent = NOW - timers[i].ms;
		struct pair p;
		struct plan plan;

		pair_make(&p, timers[i].type, "sent");
		p.req.generation = timers[i].generation;
		p.q.invite.sent_ms = sent;
		p.q.invite.expires_ms = sent + DAY;
		p.q.invite.reminders = timers[i].told;
		if (timers[i].forgotten)
			p.q.kept = NULL;
		plan = decide(&p.q);
		if (letter(&plan, true) != timers[i].letter ||
		    plan.changes.timer.what != timers[i].armed ||
		    (timers[i].armed && plan.changes.timer.due_ms != sent + timers[i].armed_ms))
			fail_msg("%s: %c, timer %d", timers[i].what, letter(&plan, true),
				 plan.changes.timer.what);
		if (timers[i].letter == 'r')
			assert_null(plan.changes.state); /* a reminder is history */
	}
}

/* ---- receipts ---- */

static const struct {
	const char *what, *state, *delivery, *status;
	enum outcome_word word;
	int64_t generation;
	const char *then; /* NULL = the state stays */
} receipts[] = {
	/* clang-format off */
	{ "faster than our settle", "queued",    "acme/i-1.4.email.0", "delivered",   WORD_DELIVERED,   4, "delivered" },
	{ "a bounce",               "sent",      "acme/i-1.4.email.0", "undelivered", WORD_UNDELIVERED, 4, "undelivered" },
	{ "settles a doubt",        "unknown",   "acme/i-1.4.email.0", "delivered",   WORD_DELIVERED,   4, "delivered" },
	{ "never back",             "delivered", "acme/i-1.4.email.0", "undelivered", PLAN_SILENT,      0, NULL },
	{ "nor forth",              "undelivered", "acme/i-1.4.email.0", "delivered", PLAN_SILENT,      0, NULL },
	{ "of a reminder",          "sent",      "acme/i-1.4.email.1", "undelivered", WORD_UNDELIVERED, 4, NULL },
	{ "of a former generation", "sent",      "acme/i-1.3.email.0", "undelivered", WORD_UNDELIVERED, 3, NULL },
	{ "of one to come",         "sent",      "acme/i-1.5.email.0", "delivered",   PLAN_SILENT,      0, NULL },
	{ "after the acceptance",   "accepted",  "acme/i-1.4.email.0", "delivered",   WORD_DELIVERED,   4, NULL },
	{ "of no kind we know",     "sent",      "acme/i-1.4.email.0", "opened",      WORD_REFUSED,     0, NULL },
	/* clang-format on */
};

static void test_receipts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(receipts); i++) {
		struct pair p;
		struct plan plan;

		pair_make(&p, REQUEST_RECEIPT, receipts[i].state);
		p.req.receipt.delivery = receipts[i].delivery;
		p.req.receipt.status = receipts[i].status;
		plan = decide(&p.q);
		if (plan.word != receipts[i].word || plan.generation != receipts[i].generation ||
		    (plan.changes.state != NULL) != (receipts[i].then != NULL) ||
		    (receipts[i].then && strcmp(plan.changes.state, receipts[i].then) != 0))
			fail_msg("%s", receipts[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_ends_leave_nothing),
		cmocka_unit_test(test_resend_begins_anew),
		cmocka_unit_test(test_suppressed_is_not_reminded),
		cmocka_unit_test(test_cooldown),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_cancel_before_the_request),
		cmocka_unit_test(test_nothing_waits),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_receipts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
