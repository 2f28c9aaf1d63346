/* What is told: words and ranks, members and their order, ids that are computed, the way through
 * Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ids.h"
#include "mem.h"
#include "outcome.h"

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* contract.md section 3: the words and what they rank. */
static const struct {
	const char *name;
	int rank;
	bool of_invitation, changes_state;
} words[] = {
	{ "held", 0, false, true },	   { "queued", 1, false, true },
	{ "deferred", 2, false, true },	   { "unknown", 3, false, true },
	{ "sent", 4, false, true },	   { "delivered", 5, false, true },
	{ "undelivered", 5, false, true }, { "error", 5, false, true },
	{ "expired", 1, true, true },	   { "declined", 2, true, true },
	{ "cancelled", 3, true, true },	   { "accepted", 4, true, true },
	{ "superseded", 0, false, false }, { "duplicate", 0, false, false },
	{ "refused", 0, false, false },	   { "asked_again", 0, false, false },
};

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(words), WORD_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct outcome_word_facts *w =
			&outcome_words[outcome_word_find(words[i].name)];

		assert_string_equal(w->name, words[i].name);
		assert_int_equal(w->rank, words[i].rank);
		assert_int_equal(w->of_invitation, words[i].of_invitation);
		assert_int_equal(w->changes_state, words[i].changes_state);
	}
	assert_int_equal(outcome_word_find("sending"), WORD_COUNT);
	assert_int_equal(outcome_word_find(""), WORD_COUNT);
}

/* An outcome in packed bytes and as a record. */
struct told {
	struct buf bytes;
	struct outcome_record record;
	char id[64];
};

static const char *header(const struct outcome_record *r, const char *name, char out[256])
{
	out[0] = '\0';
	for (size_t i = 0; i < r->message.header_count; i++)
		if (!strcmp(r->headers[i].name, name))
			snprintf(out, 256, "%.*s", (int)r->headers[i].len,
				 (const char *)r->headers[i].value);
	return out;
}

static void tell(struct told *t, const struct outcome *o)
{
	struct err e = { "" };
	char id[256];

	t->bytes = (struct buf)BUF_INIT(OUTCOME_MAX_BYTES);
	outcome_pack(o, "beckon/email", &t->bytes);
	assert_false(t->bytes.full);
	if (outcome_unpack(t->bytes.data, t->bytes.len, "invite-status", &t->record, &e) < 0)
		fail_msg("%s", e.text);
	snprintf(t->id, sizeof(t->id), "%s", header(&t->record, "ce_id", id));
}

static json_t *value_of(const struct told *t)
{
	json_error_t error;
	json_t *v = json_loadb(t->record.message.value, t->record.message.value_len,
			       JSON_REJECT_DUPLICATES, &error);

	if (!v)
		fail_msg("%s: %.*s", error.text, (int)t->record.message.value_len,
			 (const char *)t->record.message.value);
	return v;
}

/* The names of an object's members, joined by spaces. */
static void names_of(const json_t *object, char *out, size_t size)
{
	const char *name;
	json_t *v;
	size_t n = 0;

	out[0] = '\0';
	json_object_foreach ((json_t *)object, name, v)
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", name);
}

/* Holds as text: compact, in the order it was written. */
static void member_is(const json_t *object, const char *name, const char *wanted)
{
	autofree char *text =
		json_dumps(json_object_get(object, name), JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text || strcmp(text, wanted))
		fail_msg("%s is %s, not %s", name, text ? text : "absent", wanted);
}

static const struct outcome_timings timings = { 1, 2, 3, 4 };
static const struct coords origin = { "invite-email", 5, 77 };

static struct outcome everything(const json_t *data)
{
	return (struct outcome){
		.word = WORD_SENT,
		.tenant = "acme",
		.invite = "i-1",
		.kind = "invite",
		.generation = 2,
		.delivery = "acme/i-1.2.email.0",
		.channel = "email",
		.turn = 3,
		.attempt = 1,
		.attempts_max = 7,
		.prev = "queued",
		.request_source = "urn:hr",
		.request_id = "e-1",
		.code = "throttled",
		.reason = "451 4.3.0 \"later\"",
		.provider = "mx",
		.provider_message_id = "4XyZ",
		.template_name = "invite",
		.template_locale = "ru",
		.template_sha256 = "aa",
		.template_version = 4,
		.recipient_masked = "a***@m***.internal",
		.recipient_hash = "hash",
		.not_before_ms = 1741971600000,
		.expires_ms = 1741971600001,
		.token_sha256 = "bb",
		.timings = &timings,
		.origin = &origin,
		.first = "acme/i-0.1.email.0",
		.holder = "acme/i-9",
		.data = data,
		.traceparent = TRACE,
	};
}

static void test_all_members_in_order(void **state)
{
	json_t *data = json_pack("{s:s, s:s, s:[s,s], s:{s:s,s:i}, s:{s:i}, s:s, s:{s:s}}", "role",
				 "R", "department", "D", "teams", "x", "y", "batch", "id", "b",
				 "row", 7, "metadata", "k", 1, "note", "not echoed", "recipient",
				 "email", "ann@mail.internal");
	struct outcome o = everything(data);
	struct told t;
	char names[512];
	json_t *v;

	(void)state;
	tell(&t, &o);
	v = value_of(&t);
	names_of(v, names, sizeof(names));
	assert_string_equal(
		names,
		"tenant invite kind generation delivery attempt channel word prev sequence request "
		"first holder code class reason provider provider_message_id template "
		"recipient_masked recipient_hash not_before expires_at token_sha256 timings origin "
		"role department teams batch metadata");
	member_is(v, "attempt", "{\"n\":1,\"max\":7}");
	member_is(v, "sequence", "[2,3,4]");
	member_is(v, "request", "{\"source\":\"urn:hr\",\"id\":\"e-1\"}");
	member_is(v, "class", "\"T\"");
	member_is(v, "reason", "\"451 4.3.0 \\\"later\\\"\"");
	member_is(v, "template",
		  "{\"name\":\"invite\",\"version\":4,\"locale\":\"ru\",\"sha256\":\"aa\"}");
	member_is(v, "not_before", "\"2025-03-14T17:00:00.000Z\"");
	member_is(v, "expires_at", "\"2025-03-14T17:00:00.001Z\"");
	member_is(v, "timings", "{\"queue_ms\":1,\"guard_ms\":2,\"send_ms\":3,\"total_ms\":4}");
	member_is(v, "origin", "{\"topic\":\"invite-email\",\"partition\":5,\"offset\":77}");
	member_is(v, "teams", "[\"x\",\"y\"]");
	member_is(v, "batch", "{\"id\":\"b\",\"row\":7}");
	member_is(v, "metadata", "{\"k\":1}");
	assert_null(strstr(t.record.message.value, "ann@mail.internal"));
	json_decref(v);
	json_decref(data);
	buf_clear(&t.bytes);
}

/* Nothing is told of what is not known: no null, no empty text. */
static void test_absent_members(void **state)
{
	struct outcome least = { .word = WORD_REFUSED,
				 .request_source = "urn:hr",
				 .request_id = "e-1" };
	struct outcome empty = { .word = WORD_HELD,
				 .tenant = "acme",
				 .invite = "i",
				 .kind = "invite",
				 .generation = 1,
				 .turn = 1,
				 .code = "",
				 .reason = "",
				 .provider_message_id = "",
				 .prev = "" };
	struct told t;
	char names[256];
	json_t *v;

	(void)state;
	tell(&t, &least);
	v = value_of(&t);
	names_of(v, names, sizeof(names));
	assert_string_equal(names, "generation word sequence request");
	json_decref(v);
	buf_clear(&t.bytes);
	tell(&t, &empty);
	v = value_of(&t);
	names_of(v, names, sizeof(names));
	assert_string_equal(names, "tenant invite kind generation word sequence");
	json_decref(v);
	buf_clear(&t.bytes);
}

/* A class is told for codes of the catalogue alone: reasons of deferrals are none. */
static void test_class(void **state)
{
	static const struct {
		const char *code, *class;
	} rows[] = { { "mailbox_unknown", "P" },   { "too_large", "M" },
		     { "retries_exhausted", "T" }, { "outcome_unknown", "U" },
		     { "auth_failed", "C" },	   { "account_exists", "Y" },
		     { "rate_limited", NULL },	   { "retry", NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outcome o = {
			.word = WORD_ERROR, .tenant = "a", .invite = "b", .code = rows[i].code
		};
		struct told t;
		json_t *v;

		tell(&t, &o);
		v = value_of(&t);
		assert_string_equal(json_string_value(json_object_get(v, "code")), rows[i].code);
		if (rows[i].class)
			assert_string_equal(json_string_value(json_object_get(v, "class")),
					    rows[i].class);
		else
			assert_null(json_object_get(v, "class"));
		json_decref(v);
		buf_clear(&t.bytes);
	}
}

static void test_sequence_of_the_invitation(void **state)
{
	static const enum outcome_word of_it[] = { WORD_EXPIRED, WORD_DECLINED, WORD_CANCELLED,
						   WORD_ACCEPTED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of_it); i++) {
		struct outcome o = {
			.word = of_it[i], .tenant = "a", .invite = "b", .generation = 3, .turn = 9
		};
		struct told t;
		json_t *v;
		char wanted[48];

		tell(&t, &o);
		v = value_of(&t);
		snprintf(wanted, sizeof(wanted), "[3,2147483647,%d]", outcome_words[of_it[i]].rank);
		member_is(v, "sequence", wanted);
		json_decref(v);
		buf_clear(&t.bytes);
	}
}

/* The record: keyed by the invite, headers that any CloudEvents reader knows. */
static void test_record(void **state)
{
	struct outcome o = everything(NULL);
	struct told t;
	char text[256];

	(void)state;
	tell(&t, &o);
	assert_string_equal(t.record.message.topic, "invite-status");
	assert_int_equal(t.record.message.partition, -1);
	assert_int_equal(t.record.message.key_len, strlen("acme/i-1"));
	assert_memory_equal(t.record.message.key, "acme/i-1", strlen("acme/i-1"));
	assert_string_equal(header(&t.record, "ce_type", text), "dev.beckon.outcome.sent");
	assert_string_equal(header(&t.record, "ce_source", text), "beckon/email");
	assert_string_equal(header(&t.record, "ce_subject", text), "i-1");
	assert_string_equal(header(&t.record, "ce_specversion", text), "1.0");
	assert_string_equal(header(&t.record, "traceparent", text), TRACE);
	assert_string_equal(header(&t.record, "content-type", text), "application/json");
	buf_clear(&t.bytes);
}

static void id_of(const struct outcome *o, char out[64])
{
	struct told t;

	tell(&t, o);
	snprintf(out, 64, "%s", t.id);
	buf_clear(&t.bytes);
}

/* The same fact has the same id, whatever else is told of it; another fact has another. */
static void test_ids(void **state)
{
	struct outcome base = { .word = WORD_SENT,
				.tenant = "acme",
				.invite = "i-1",
				.delivery = "acme/i-1.1.email.0",
				.turn = 1,
				.request_source = "s",
				.request_id = "e" };
	struct outcome same = base, others[6] = { base, base, base, base, base, base };
	char id[64], other[64];

	(void)state;
	id_of(&base, id);
	assert_int_equal(strlen(id), IDS_OUTCOME_SIZE - 1);
	same.code = "throttled";
	same.timings = &timings;
	same.request_id = "e-2";
	id_of(&same, other);
	assert_string_equal(id, other);
	others[0].word = WORD_UNKNOWN;
	others[1].turn = 2;
	others[2].delivery = "acme/i-1.2.email.0";
	others[3].tenant = "beta";
	others[4].delivery = NULL; /* the answer to an event */
	others[5].delivery = NULL;
	others[5].request_id = "e-2";
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		id_of(&others[i], other);
		assert_string_not_equal(id, other);
		for (size_t k = 0; k < i; k++) {
			char former[64];

			id_of(&others[k], former);
			assert_string_not_equal(former, other);
		}
	}
}

/* Ids outlive versions: readers keep those they have seen. */
static void test_ids_never_change(void **state)
{
	struct outcome of_delivery = { .word = WORD_SENT,
				       .tenant = "acme",
				       .invite = "i-1",
				       .delivery = "acme/i-1.1.email.0",
				       .turn = 1 };
	struct outcome of_event = { .word = WORD_REFUSED,
				    .tenant = "acme",
				    .invite = "i-1",
				    .request_source = "urn:hr",
				    .request_id = "e-1" };
	char id[64];

	(void)state;
	id_of(&of_delivery, id);
	assert_string_equal(id, "7kg323fiosledyhf5lnky6t65m");
	id_of(&of_event, id);
	assert_string_equal(id, "25c3wdhgo4afs7cye7mxjzdrce");
}

/* Kept bytes come back from Redis; what is none of ours is refused, whatever it is. */
static void test_unpack_refuses(void **state)
{
	static const char *const bad[] = { "", "\n", "id\nsent\nsource\nkey\n",
					   "id\nsent\nsource\nkey\ntrace", "no line feed at all" };
	struct outcome o = everything(NULL);
	autobuf whole = BUF_INIT(OUTCOME_MAX_BYTES);
	struct outcome_record r;
	struct err e = { "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autofree char *bytes = xstrdup(bad[i]);

		assert_int_equal(outcome_unpack(bytes, strlen(bad[i]), "t", &r, &e), ERR_INVALID);
	}
	outcome_pack(&o, "beckon/email", &whole);
	for (size_t n = 0; n < whole.len; n++) {
		autofree char *part = xmemdup(whole.data, n);

		if (outcome_unpack(part, n, "t", &r, &e) == OK)
			assert_true(r.message.value_len < whole.len);
	}
}

/* Longer than any of ours: cut, never written over. */
static void test_unpack_is_bounded(void **state)
{
	autobuf b = BUF_INIT(1u << 20);
	struct outcome_record r;
	struct err e = { "" };

	(void)state;
	for (int line = 0; line < 5; line++) {
		for (int i = 0; i < 1000; i++)
			buf_byte(&b, 'x');
		buf_byte(&b, '\n');
	}
	assert_int_equal(outcome_unpack(b.data, b.len, "t", &r, &e), OK);
	assert_int_equal(r.message.key_len, sizeof(r.key) - 1);
	assert_int_equal(strlen(r.type), sizeof(r.type) - 1);
	assert_int_equal(r.message.value_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_all_members_in_order),
		cmocka_unit_test(test_absent_members),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_sequence_of_the_invitation),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ids_never_change),
		cmocka_unit_test(test_unpack_refuses),
		cmocka_unit_test(test_unpack_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
