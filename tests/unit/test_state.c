/* state: whatever the order, however often, read back in between or not: facts give the same state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "state.h"

#define FACTS_MAX 6
#define AT(second) (1795000000000 + (second)*1000)

/* An outcome's members beside tenant and invite, when the broker took it, and what comes of all. */
static const struct row {
	const char *name;
	struct {
		const char *members;
		int64_t at_ms;
	} told[FACTS_MAX];
	const char *state; /* members that the state has; a member that is null must be absent */
} rows[] = {
	{ "sent",
	  { { "'word':'queued','sequence':[1,1,1],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'a','role':'r',"
	      "'kind':'invite'",
	      AT(1) },
	    { "'word':'sent','sequence':[1,1,4],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'a','role':'r',"
	      "'kind':'invite','channel':'email','provider':'relay','expires_at':'2026-11-30T00:00:"
	      "00.000Z',"
	      "'attempt':{'n':2,'max':7}",
	      AT(2) } },
	  "'word':'sent','status':'invited','sequence':[1,1,4],'role':'r','kind':'invite','channel'"
	  ":'email',"
	  "'provider':'relay','expires_at':'2026-11-30T00:00:00.000Z','attempts':2,"
	  "'requested_at':'2026-11-18T11:06:41.000Z','sent_at':'2026-11-18T11:06:42.000Z',"
	  "'invited_at':'2026-11-18T11:06:42.000Z','updated_at':'2026-11-18T11:06:42.000Z'" },
	{ "a reason is that of the word that decides",
	  { { "'word':'deferred','sequence':[1,1,2],'delivery':'t/i.1.email.0','code':'retry',"
	      "'not_before':'2026-11-30T00:00:00.000Z'",
	      AT(1) },
	    { "'word':'sent','sequence':[1,2,4],'delivery':'t/i.1.email.0'", AT(2) } },
	  "'word':'sent','code':null,'not_before':null" },
	{ "resent: a new generation begins with nothing of its own, invited_at stays",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'old',"
	      "'expires_at':'2026-11-30T00:00:00.000Z'",
	      AT(1) },
	    { "'word':'superseded','sequence':[1,1,0],'delivery':'t/i.1.email.0'", AT(2) },
	    { "'word':'queued','sequence':[2,1,1],'delivery':'t/"
	      "i.2.email.0','recipient_masked':'new'",
	      AT(2) },
	    { "'word':'delivered','sequence':[1,1,5],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'old'",
	      AT(3) } },
	  "'generation':2,'word':'queued','status':'waiting','recipient_masked':'new','expires_at':"
	  "null,"
	  "'sent_at':null,'delivered_at':null,'invited_at':'2026-11-18T11:06:41.000Z'" },
	{ "accepted tells nothing of the request: role and channel stay",
	  { { "'word':'queued','sequence':[1,1,1],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'a','role':'r'",
	      AT(1) },
	    { "'word':'sent','sequence':[1,1,4],'delivery':'t/"
	      "i.1.email.0','recipient_masked':'a','role':'r',"
	      "'channel':'email'",
	      AT(2) },
	    { "'word':'accepted','sequence':[1,2147483647,4]", AT(3) } },
	  "'word':'accepted','status':'accepted','role':'r','channel':'email'" },
	{ "a request that was refused names nobody, but its batch",
	  { { "'word':'error','sequence':[1,0,5],'code':'email_syntax','batch':{'id':'b','row':7}",
	      AT(1) } },
	  "'status':'error','batch':{'id':'b','row':7},'recipient_masked':null" },
	{ "who asks for another invitation stays where they are, until it is sent",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", AT(1) },
	    { "'word':'expired','sequence':[1,2147483647,1]", AT(2) },
	    { "'word':'asked_again','sequence':[1,0,0]", AT(3) },
	    { "'word':'asked_again','sequence':[1,0,0]", AT(4) } },
	  "'word':'expired','status':'expired','asked_again_at':'2026-11-18T11:06:44.000Z',"
	  "'updated_at':'2026-11-18T11:06:42.000Z'" },
	{ "nobody wishes for what has been sent",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", AT(1) },
	    { "'word':'asked_again','sequence':[1,0,0]", AT(2) },
	    { "'word':'queued','sequence':[2,1,1],'delivery':'t/i.2.email.0'", AT(3) } },
	  "'word':'queued','generation':2,'asked_again_at':null" },
	{ "reminders are history",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", AT(1) },
	    { "'word':'queued','sequence':[1,1,1],'delivery':'t/i.1.email.1'", AT(2) },
	    { "'word':'error','sequence':[1,1,5],'delivery':'t/"
	      "i.1.email.1','code':'mailbox_unknown'",
	      AT(3) } },
	  "'word':'sent','code':null,'reminders':1,'updated_at':'2026-11-18T11:06:41.000Z'" },
	{ "what a ladder's SMS comes to beside an e-mail that was sent",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0','channel':'email'",
	      AT(1) },
	    { "'word':'queued','sequence':[1,0,1],'ladder':2,'delivery':'t/"
	      "i.1.sms.0','channel':'sms'",
	      AT(2) },
	    { "'word':'error','sequence':[1,0,5],'ladder':2,'delivery':'t/"
	      "i.1.sms.0','channel':'sms',"
	      "'code':'handset_unknown'",
	      AT(3) } },
	  "'word':'sent','channel':'email','code':null" },
	{ "a ladder's SMS that was sent",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0','channel':'email'",
	      AT(1) },
	    { "'word':'sent','sequence':[1,2,4],'ladder':2,'delivery':'t/"
	      "i.1.sms.0','channel':'sms'",
	      AT(2) } },
	  "'word':'sent','channel':'sms','sent_at':'2026-11-18T11:06:41.000Z'" },
	{ "answers to events change nothing",
	  { { "'word':'held','sequence':[1,1,0],'recipient_masked':'a'", AT(1) },
	    { "'word':'refused','sequence':[1,0,0],'code':'already_invited','recipient_masked':'b'",
	      AT(2) },
	    { "'word':'duplicate','sequence':[1,0,0]", AT(3) } },
	  "'word':'held','status':'not_invited','recipient_masked':'a','code':null" },
	{ "refused only: there is no word",
	  { { "'word':'refused','sequence':[0,0,0],'code':'account_exists'", AT(1) } },
	  "'word':null,'status':null,'requested_at':'2026-11-18T11:06:41.000Z'" },
	{ "told twice: the first time counts",
	  { { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", AT(5) },
	    { "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", AT(1) } },
	  "'sent_at':'2026-11-18T11:06:41.000Z','updated_at':'2026-11-18T11:06:41.000Z'" },
	{ "two words of one place: the order of the words decides",
	  { { "'word':'undelivered','sequence':[1,1,5],'delivery':'t/i.1.email.0'", AT(1) },
	    { "'word':'delivered','sequence':[1,1,5],'delivery':'t/i.1.email.0'", AT(2) } },
	  "'word':'undelivered','status':'error'" },
	{ "asked again after cancelled",
	  { { "'word':'cancelled','sequence':[1,2147483647,3],'recipient_masked':'a','role':'old'",
	      AT(1) },
	    { "'word':'queued','sequence':[2,1,1],'delivery':'t/"
	      "i.2.email.0','recipient_masked':'a','role':'new'",
	      AT(2) },
	    { "'word':'error','sequence':[2,1,5],'delivery':'t/"
	      "i.2.email.0','recipient_masked':'a','role':'new',"
	      "'code':'too_large','class':'M','reason':'552 5.3.4'",
	      AT(3) } },
	  "'word':'error','status':'error','role':'new','code':'too_large','class':'M','reason':'"
	  "552 5.3.4'" },
};

/* JSON with ' for ". */
static json_t *json_of(const char *members)
{
	autofree char *text = xasprintf("{'tenant':'t','invite':'i',%s}", members);
	json_t *root;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	return root;
}

static void fold_told(struct state *s, const struct row *row, size_t i)
{
	json_t *root = json_of(row->told[i].members);
	autofree char *text = json_dumps(root, JSON_COMPACT);
	struct record r = { .value = text,
			    .value_len = strlen(text),
			    .timestamp_ms = row->told[i].at_ms };
	struct fact f;
	struct err e;

	assert_int_equal(fact_read_whole(&r, &f, &e), OK);
	state_fold(s, &f);
	fact_clear(&f);
	json_decref(root);
}

/* As it is kept between two batches. */
static void write_and_read(struct state *s)
{
	autobuf out = BUF_INIT(STATE_MAX_BYTES);
	struct err e;

	state_write(s, "t", "i", &out);
	state_clear(s);
	assert_int_equal(state_read(out.data, out.len, s, &e), OK);
}

static void check(const struct row *row, struct state *s)
{
	autobuf out = BUF_INIT(STATE_MAX_BYTES);
	json_t *expected = json_of(row->state), *root, *value;
	const char *name;

	state_write(s, "t", "i", &out);
	root = json_loads(state_json(out.data), 0, NULL);
	assert_non_null(root);
	json_object_foreach (expected, name, value) {
		const json_t *is = json_object_get(root, name);

		if (json_is_null(value) ? is != NULL : !json_equal(value, is))
			fail_msg("%s: %s\n%s", row->name, name, out.data);
	}
	json_decref(expected);
	json_decref(root);
}

/* Every order, the first fact once more at the end; kept: written and read after each. */
static void every_order(const struct row *row, size_t *order, size_t n, size_t at, bool kept)
{
	if (at < n) {
		for (size_t i = at; i < n; i++) {
			size_t swap = order[at];

			order[at] = order[i];
			order[i] = swap;
			every_order(row, order, n, at + 1, kept);
			order[i] = order[at];
			order[at] = swap;
		}
		return;
	}
	struct state s = { 0 };

	for (size_t i = 0; i <= n; i++) {
		fold_told(&s, row, order[i % n]);
		if (kept)
			write_and_read(&s);
	}
	check(row, &s);
	state_clear(&s);
}

static void test_orders(void **state)
{
	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		size_t order[FACTS_MAX], n = 0;

		while (n < FACTS_MAX && rows[r].told[n].members) {
			order[n] = n;
			n++;
		}
		every_order(&rows[r], order, n, 0, false);
		every_order(&rows[r], order, n, 0, true);
	}
}

/* Which facts are told on: the one that decides, also when it comes once more. */
static void test_decides(void **state)
{
	static const struct {
		const char *members;
		bool decides;
	} told[] = {
		{ "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", true },
		{ "'word':'queued','sequence':[1,1,1],'delivery':'t/i.1.email.0'", false },
		{ "'word':'sent','sequence':[1,1,4],'delivery':'t/i.1.email.0'", true },
		{ "'word':'refused','sequence':[1,0,0]", false },
	};
	struct state s = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		json_t *root = json_of(told[i].members);
		autofree char *text = json_dumps(root, 0);
		struct record r = { .value = text, .value_len = strlen(text) };
		struct fact f;
		struct err e;

		assert_int_equal(fact_read_whole(&r, &f, &e), OK);
		assert_int_equal(state_fold(&s, &f), told[i].decides);
		fact_clear(&f);
		json_decref(root);
	}
	state_clear(&s);
}

/* Erased is who was there; whoever is asked for under the same name later is not. */
static void test_forget(void **state)
{
	static const struct row again = {
		.told = { { "'word':'sent','sequence':[1,1,4],'recipient_masked':'a'", AT(1) },
			  { "'word':'queued','sequence':[2,1,1],'recipient_masked':'b'", AT(2) } },
	};
	struct state s = { 0 };

	(void)state;
	fold_told(&s, &again, 0);
	assert_false(state_is_forgotten(&s));
	state_forget(&s);
	write_and_read(&s);
	assert_true(state_is_forgotten(&s));
	fold_told(&s, &again, 1);
	assert_false(state_is_forgotten(&s));
	state_clear(&s);
}

/* The view counts an invite in the batch that was read; one that is not read back would be counted
   again with each change. */
static void test_a_batch_may_have_any_name(void **state)
{
	static const char *const names[] = { "b1", "-", " ", "a b", "2026/11", "- -" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *members = xasprintf("'word':'held','sequence':[1,1,0],"
						   "'batch':{'id':'%s','row':1}",
						   names[i]);
		const struct row row = { .told = { { members, AT(1) } } };
		struct state s = { 0 };

		fold_told(&s, &row, 0);
		assert_string_equal(state_batch(&s), names[i]);
		write_and_read(&s);
		assert_non_null(state_batch(&s));
		assert_string_equal(state_batch(&s), names[i]);
		assert_null(state_code(&s));
		state_clear(&s);
	}
}

static void test_unreadable(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"1 1 1\n{}",
		"0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 sent - \n{}",
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 eaten - \n{}",
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 sent - \n",
		"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 sent - ",
	};
	struct state s = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(state_read(bad[i], strlen(bad[i]), &s, &e), ERR_INVALID);
}

static void test_statuses(void **state)
{
	unsigned mask;

	(void)state;
	assert_true(view_statuses_read("error,expired", &mask));
	assert_int_equal(mask, VIEW_BIT(VIEW_ERROR) | VIEW_BIT(VIEW_EXPIRED));
	assert_true(view_statuses_read("pending", &mask));
	assert_int_equal(mask, VIEW_PENDING);
	assert_true(view_statuses_read("", &mask));
	assert_int_equal(mask, VIEW_ALL);
	assert_false(view_statuses_read("error,,expired", &mask));
	assert_false(view_statuses_read("err", &mask));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),	 cmocka_unit_test(test_decides),
		cmocka_unit_test(test_forget),	 cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_statuses), cmocka_unit_test(test_a_batch_may_have_any_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
