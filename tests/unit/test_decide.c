/* What becomes of a request for an invitation in every state of its invite. */
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
#define GENERATION 4 /* of an invite that is known */

static const struct policy usual = { .allow_reserved = false, .auto_send = true };

/* NULL = the invite is not known. */
static const char *const states[] = {
	NULL,	     "held",
	"queued",    "deferred",
	"unknown",   "sent",
	"delivered", "undelivered",
	"error",     "expired",
	"accepted",  "declined",
	"cancelled", "of a later version",
};

/* decide() as it is asked about an invite.requested. */
static struct plan of(const struct request *q, const struct invite_view *invite,
		      const struct policy *policy)
{
	static const struct tenant tenant = { .name = "*" };
	const struct kept_terms terms = { "key", &tenant };
	struct kept kept = { .request = *q };
	struct question question = {
		.req = q, .kept = &kept, .invite = *invite, .policy = *policy, .now_ms = NOW
	};

	if (!q->code)
		kept_name_people(&kept, &terms);
	return decide(&question);
}

static struct invite_view invite_in(const char *state)
{
	return (struct invite_view){ .known = state != NULL,
				     .state = state ? state : "",
				     .channel = IDS_EMAIL,
				     .generation = state ? GENERATION : 0 };
}

/* A first request that is fine, to be spoilt. */
static struct request fine(void)
{
	struct request q = { .type = REQUEST_INVITE, .tenant = "acme", .invite = "i-1" };
	const char *code;
	struct err e;

	assert_int_equal(address_normalise("ann@corp.internal", &q.recipient.address, &code, &e),
			 OK);
	q.recipient.email = "ann@corp.internal";
	return q;
}

static void is_plan(struct plan p, enum outcome_word word, int64_t generation, const char *code,
		    const char *where)
{
	assert_string_equal(outcome_words[p.word].name, outcome_words[word].name);
	assert_int_equal(p.generation, generation);
	if (code)
		assert_string_equal(p.code, code);
	else
		assert_null(p.code);
	if (where)
		assert_string_equal(p.where, where);
	else
		assert_null(p.where);
	assert_null(p.other);
}

static bool is(const char *state, const char *name)
{
	return state && !strcmp(state, name);
}

/* After cancelled, and after declined where the request insists, there is a new generation; else
   the invite that is there stands. */
static void test_invite_in_every_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		for (int override = 0; override < 2; override++) {
			struct request q = fine();
			struct invite_view invite = invite_in(states[i]);
			struct plan p;

			q.override = override;
			p = of(&q, &invite, &usual);
			if (!states[i])
				is_plan(p, WORD_QUEUED, 1, NULL, NULL);
			else if (is(states[i], "cancelled") ||
				 (is(states[i], "declined") && override))
				is_plan(p, WORD_QUEUED, GENERATION + 1, NULL, NULL);
			else if (is(states[i], "accepted"))
				is_plan(p, WORD_REFUSED, 0, "already_accepted", NULL);
			else
				is_plan(p, WORD_REFUSED, 0, "already_invited", NULL);
		}
}

static const struct {
	enum request_send send;
	bool auto_send;
	enum outcome_word word;
} sends[] = {
	{ SEND_AUTO, true, WORD_QUEUED }, { SEND_AUTO, false, WORD_HELD },
	{ SEND_NOW, true, WORD_QUEUED },  { SEND_NOW, false, WORD_QUEUED },
	{ SEND_HOLD, true, WORD_HELD },	  { SEND_HOLD, false, WORD_HELD },
};

static void test_send_or_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sends); i++) {
		struct policy policy = { .auto_send = sends[i].auto_send };
		struct invite_view nobody = invite_in(NULL), cancelled = invite_in("cancelled");
		struct request q = fine();

		q.send = sends[i].send;
		is_plan(of(&q, &nobody, &policy), sends[i].word, 1, NULL, NULL);
		is_plan(of(&q, &cancelled, &policy), sends[i].word, GENERATION + 1, NULL, NULL);
	}
}

/* ---- what is wrong with a request that is well formed ---- */

static void active(struct request *q)
{
	q->recipient.state = STATE_ACTIVE;
}

static void inactive(struct request *q)
{
	q->recipient.state = STATE_INACTIVE;
}

static void invited(struct request *q)
{
	q->recipient.state = STATE_INVITED;
}

static void password(struct request *q)
{
	q->kind = KIND_PASSWORD;
	q->recipient.state = STATE_ACTIVE; /* who is there already may be told one */
	q->credentials = (struct request_credentials){ "ann", "AAAA", false };
	q->confirm = true;
}

static void minted(struct request *q)
{
	password(q);
	q->credentials = (struct request_credentials){ "ann", NULL, true };
}

static void by_sms(struct request *q)
{
	q->channel = CHANNEL_SMS;
}

static void trunk_prefix(struct request *q)
{
	q->channel = CHANNEL_SMS;
	q->recipient.phone = "89051111111";
}

static void ladder_without_number(struct request *q)
{
	q->channel = CHANNEL_LADDER;
	q->recipient.phone = "+7905";
}

static void no_address(struct request *q)
{
	q->recipient.email = NULL;
	q->recipient.address = (struct address){ 0 };
}

static void reserved(struct request *q)
{
	const char *code;
	struct err e;

	assert_int_equal(address_normalise("ann@corp.example", &q->recipient.address, &code, &e),
			 OK);
}

static void misspelt(struct request *q)
{
	const char *code;
	struct err e;

	assert_int_equal(address_normalise("ann.lee@gamil.com", &q->recipient.address, &code, &e),
			 OK);
}

static const struct {
	void (*spoil)(struct request *q);
	const char *code, *where; /* NULL = it is not wrong */
	bool is_error;		  /* ends a first request as error, else refused */
} spoilt[] = {
	{ active, "account_exists", "/recipient/state", false },
	{ inactive, "account_exists", "/recipient/state", false },
	{ invited, NULL, NULL, false },
	{ password, NULL, NULL, false },
	{ minted, "illegal_transition", "/credentials/mint", false },
	{ by_sms, "recipient_missing", "/recipient/phone", true },
	{ trunk_prefix, "phone_trunk_prefix", "/recipient/phone", true },
	{ ladder_without_number, "phone_too_short", "/recipient/phone", true },
	{ no_address, "recipient_missing", "/recipient/email", true },
	{ reserved, "email_domain_invalid", "/recipient/email", true },
	{ misspelt, "email_domain_invalid", "/recipient/email", true },
};

static void test_spoilt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
		struct invite_view nobody = invite_in(NULL), cancelled = invite_in("cancelled");
		struct request q = fine();

		spoilt[i].spoil(&q);
		if (!spoilt[i].code) {
			is_plan(of(&q, &nobody, &usual), WORD_QUEUED, 1, NULL, NULL);
			continue;
		}
		is_plan(of(&q, &nobody, &usual), spoilt[i].is_error ? WORD_ERROR : WORD_REFUSED,
			spoilt[i].is_error, spoilt[i].code, spoilt[i].where);
		/* An invite that is known keeps its state, whatever is wrong with a later request.
		 */
		is_plan(of(&q, &cancelled, &usual), WORD_REFUSED, 0, spoilt[i].code,
			spoilt[i].where);
	}
}

/* Somebody who has an account is told so even where the invite's state would refuse as well. */
static void test_account_comes_first(void **state)
{
	struct invite_view sent = invite_in("sent");
	struct request q = fine();

	(void)state;
	active(&q);
	is_plan(of(&q, &sent, &usual), WORD_REFUSED, 0, "account_exists", "/recipient/state");
}

static void test_reserved_where_allowed(void **state)
{
	static const struct policy lenient = { .allow_reserved = true, .auto_send = true };
	struct invite_view nobody = invite_in(NULL);
	struct request q = fine();

	(void)state;
	reserved(&q);
	is_plan(of(&q, &nobody, &lenient), WORD_QUEUED, 1, NULL, NULL);
}

static void test_a_domain_without_mail(void **state)
{
	static const struct policy dead = { .auto_send = true, .domain_dead = true };
	struct invite_view nobody = invite_in(NULL);
	struct request q = fine();

	(void)state;
	is_plan(of(&q, &nobody, &dead), WORD_ERROR, 1, "email_domain_invalid", "/recipient/email");
}

static void test_suppressed(void **state)
{
	static const struct policy listed = { .auto_send = true, .suppressed = true };
	struct invite_view nobody = invite_in(NULL), cancelled = invite_in("cancelled");
	struct request q = fine();

	(void)state;
	is_plan(of(&q, &nobody, &listed), WORD_ERROR, 1, "suppressed", "/recipient");
	is_plan(of(&q, &cancelled, &listed), WORD_REFUSED, 0, "suppressed", "/recipient");
}

static void test_a_link_elsewhere(void **state)
{
	static const struct policy outside = { .auto_send = true, .link_outside = true };
	struct invite_view nobody = invite_in(NULL), cancelled = invite_in("cancelled");
	struct request q = fine();

	(void)state;
	is_plan(of(&q, &nobody, &outside), WORD_ERROR, 1, "schema_invalid", "/link/base");
	is_plan(of(&q, &cancelled, &outside), WORD_REFUSED, 0, "schema_invalid", "/link/base");
}

/* ---- requests that are not valid ---- */

static const struct {
	const char *code;
	bool is_error;
} invalid[] = {
	{ "schema_invalid", true },	 { "email_syntax", true },     { "phone_too_short", true },
	{ "recipient_missing", true },	 { "too_large", true },	       { "suppressed", true },
	{ "country_not_allowed", true }, { "not_sent_in_time", true }, { "confirm_missing", false },
	{ "illegal_transition", false }, { "cooldown", false },	       { "account_exists", false },
	{ "of_a_later_version", false },
};

static void test_invalid_in_every_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(invalid); i++)
		for (size_t s = 0; s < ARRAY_LEN(states); s++) {
			struct invite_view invite = invite_in(states[s]);
			struct request q = { .type = REQUEST_INVITE,
					     .code = invalid[i].code,
					     .where = "/recipient/email" };
			bool error = invalid[i].is_error && !states[s];

			is_plan(of(&q, &invite, &usual), error ? WORD_ERROR : WORD_REFUSED, error,
				invalid[i].code, "/recipient/email");
			q.type = REQUEST_RESEND; /* only a first request makes an invite */
			is_plan(of(&q, &invite, &usual), WORD_REFUSED, 0, invalid[i].code,
				"/recipient/email");
		}
}

static void test_taken(void **state)
{
	struct plan wanted = { .word = WORD_QUEUED, .turn = 2, .instead = true };
	struct plan p = decide_taken(&(struct plan){ .word = WORD_QUEUED }, "acme/i-9");

	(void)state;
	assert_int_equal(p.word, WORD_REFUSED);
	assert_string_equal(p.code, "already_invited");
	assert_string_equal(p.where, "/recipient");
	assert_string_equal(p.other, "acme/i-9");
	assert_int_equal(p.generation, 0);
	p = decide_taken(&wanted, "acme/i-9"); /* more was promised: it ends */
	assert_int_equal(p.word, WORD_ERROR);
	assert_int_equal(p.turn, 2);
	assert_string_equal(p.other, "acme/i-9");
	assert_string_equal(p.changes.state, "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invite_in_every_state),
		cmocka_unit_test(test_send_or_hold),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_account_comes_first),
		cmocka_unit_test(test_reserved_where_allowed),
		cmocka_unit_test(test_a_domain_without_mail),
		cmocka_unit_test(test_suppressed),
		cmocka_unit_test(test_a_link_elsewhere),
		cmocka_unit_test(test_invalid_in_every_state),
		cmocka_unit_test(test_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
