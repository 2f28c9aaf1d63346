/* What the API reads and rules, and how it writes CSV: tables of cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api_data.h"
#include "api_people.h"
#include "api_query.h"
#include "api_rules.h"
#include "crypto.h"
#include "csv_write.h"
#include "mem.h"
#include "oidc.h"

#define NOW_MS 1700000000000

static const char *get(const void *ctx, const char *name)
{
	return json_string_value(json_object_get(ctx, name));
}

static int read_query(const char *json, struct view_query *out, struct err *e)
{
	json_t *asked = json_loads(json, 0, NULL);
	struct api_asked a = { get, asked, NOW_MS };
	int r = api_query_read(&a, out, e);

	json_decref(asked);
	return r;
}

static void test_queries(void **state)
{
	static const struct {
		const char *json, *names; /* what is at fault; NULL = nothing */
	} rows[] = {
		{ "{}", NULL },
		{ "{\"status\":\"pending,accepted\",\"sort\":\"sent\",\"order\":\"asc\"}", NULL },
		{ "{\"status\":\"king\"}", "status" },
		{ "{\"sort\":\"colour\"}", "sort" },
		{ "{\"order\":\"up\"}", "order" },
		{ "{\"limit\":\"0\"}", "limit" },
		{ "{\"limit\":\"1001\"}", "limit" },
		{ "{\"limit\":\"-1\"}", "limit" },
		{ "{\"limit\":\"99999999999999999999\"}", "limit" },
		{ "{\"kind\":\"letter\"}", "kind" },
		{ "{\"channel\":\"pigeon\"}", "channel" },
		{ "{\"sent_before\":\"yesterday\"}", "sent_before" },
		{ "{\"sent_more_than_s\":\"x\"}", "sent_more_than_s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct view_query q = { 0 };
		struct err e = { "" };

		assert_int_equal(read_query(rows[i].json, &q, &e),
				 rows[i].names ? ERR_INVALID : OK);
		if (rows[i].names && strncmp(e.text, rows[i].names, strlen(rows[i].names)))
			fail_msg("%s: %s", rows[i].json, e.text);
	}
}

static void test_what_a_query_becomes(void **state)
{
	struct view_query q = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(read_query("{\"status\":\"error\",\"sent_more_than_s\":\"43200\","
				    "\"limit\":\"7\",\"sort\":\"name\",\"order\":\"asc\","
				    "\"sent_after\":\"2023-01-01T00:00:00Z\"}",
				    &q, &e),
			 OK);
	assert_int_equal(q.filter.statuses, VIEW_BIT(VIEW_ERROR));
	assert_int_equal(q.filter.sent_before_ms, NOW_MS - 43200000);
	assert_int_equal(q.filter.sent_after_ms, 1672531200000);
	assert_int_equal(q.limit, 7);
	assert_int_equal(q.sort, VIEW_BY_NAME);
	assert_true(q.ascending);
}

static void test_rules(void **state)
{
	static const struct {
		const char *action, *row, *code;
		enum api_act act;
	} rows[] = {
		{ "invite", "{\"status\":\"not_invited\"}", NULL, ACT_RELEASE },
		{ "invite", "{\"status\":\"invited\"}", NULL, ACT_RESEND },
		{ "invite", "{\"status\":\"waiting\"}", "already_invited", 0 },
		{ "invite", "{\"status\":\"accepted\"}", "already_accepted", 0 },
		{ "invite", "{\"status\":\"declined\"}", NULL, ACT_REQUEST },
		{ "resend", "{\"status\":\"accepted\"}", "already_accepted", 0 },
		{ "resend", "{\"status\":\"accepted\",\"kind\":\"password\"}", NULL, ACT_RESEND },
		{ "resend", "{\"status\":\"cancelled\"}", "cancelled", 0 },
		{ "cancel", "{\"status\":\"waiting\"}", NULL, ACT_CANCEL },
		{ "cancel", "{\"status\":\"cancelled\"}", "cancelled", 0 },
		{ "send-now", "{\"status\":\"invited\"}", "illegal_transition", 0 },
		{ "resolve", "{\"status\":\"waiting\",\"word\":\"queued\"}", "illegal_transition",
		  0 },
		{ "resolve", "{\"status\":\"waiting\",\"word\":\"unknown\"}", NULL, ACT_RESOLVE },
		{ "password", "{\"status\":\"accepted\"}", NULL, ACT_PASSWORD },
		{ "forget", "{\"status\":\"accepted\"}", NULL, ACT_FORGET },
		{ "dance", "{\"status\":\"accepted\"}", "illegal_transition", 0 },
		{ "cancel", "{}", "illegal_transition", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *row = json_loads(rows[i].row, 0, NULL);
		struct api_rule rule = api_rule(rows[i].action, row);

		if (rows[i].code ? !rule.code || strcmp(rule.code, rows[i].code)
				 : rule.code || rule.act != rows[i].act)
			fail_msg("%s %s: %s %d", rows[i].action, rows[i].row, rule.code, rule.act);
		json_decref(row);
	}
}

/* Resend would be no use where the message has not left: then another remedy is told. */
static void test_whose_words(void **state)
{
	json_t *waits = json_loads("{\"status\":\"waiting\",\"word\":\"queued\"}", 0, NULL);
	json_t *doubt = json_loads("{\"status\":\"waiting\",\"word\":\"unknown\"}", 0, NULL);
	json_t *came = json_loads("{\"status\":\"accepted\"}", 0, NULL);

	(void)state;
	assert_string_equal(api_rule("invite", waits).said, "already_waiting");
	assert_string_equal(api_rule("invite", doubt).said, "outcome_unknown");
	assert_null(api_rule("invite", came).said);
	json_decref(waits);
	json_decref(doubt);
	json_decref(came);
}

/* What an option is not for is passed over; an invite that is resent needs no confirmation. Who is
   invited again is asked for as before; of a password the person alone is the same. */
static void test_data(void **state)
{
	json_t *row = json_loads(
		"{\"invite\":\"i\",\"status\":\"cancelled\","
		"\"person\":{\"name\":\"N\",\"email\":\"a@b.internal\"},"
		"\"request\":{\"invite\":\"i\",\"role\":\"R\",\"scope\":\"s\",\"channel\":\"sms\","
		"\"recipient\":{\"email\":\"a@b.internal\",\"locale\":\"ru\"},"
		"\"trigger\":\"import\",\"send\":\"hold\",\"schedule\":{},\"confirm\":true,"
		"\"credentials\":{\"username\":\"ann\"},\"link\":{\"ttl_s\":300},"
		"\"template\":{\"name\":\"own\",\"note\":\"first\"}}}",
		0, NULL);
	json_t *said = json_loads("{\"note\":\"hello\",\"ttl_s\":600,\"confirm\":true}", 0, NULL);
	static const struct {
		enum api_act act;
		const char *data;
	} rows[] = {
		{ ACT_RESEND, "{\"template\":{\"note\":\"hello\"},\"ttl_s\":600}" },
		{ ACT_CANCEL, "{}" },
		{ ACT_REQUEST,
		  "{\"trigger\":\"manual\",\"send\":\"now\",\"override\":true,\"invite\":\"i\","
		  "\"recipient\":{\"email\":\"a@b.internal\",\"locale\":\"ru\"},"
		  "\"role\":\"R\",\"scope\":\"s\",\"channel\":\"sms\",\"link\":{\"ttl_s\":300},"
		  "\"template\":{\"name\":\"own\",\"note\":\"hello\"}}" },
		{ ACT_PASSWORD,
		  "{\"trigger\":\"manual\",\"send\":\"now\",\"kind\":\"password\",\"confirm\":true,"
		  "\"recipient\":{\"email\":\"a@b.internal\",\"locale\":\"ru\"},"
		  "\"role\":\"R\",\"scope\":\"s\",\"template\":{\"note\":\"hello\"},"
		  "\"credentials\":{\"username\":\"ann\",\"mint\":true}}" },
	};
	struct err e;

	(void)state;
	assert_true(api_options_known(said, &e));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *data = api_data_of(rows[i].act, row, said);
		json_t *wanted = json_loads(rows[i].data, 0, NULL);
		autofree char *text = json_dumps(data, JSON_COMPACT);

		if (!json_equal(data, wanted))
			fail_msg("row %zu: %s", i, text);
		json_decref(data);
		json_decref(wanted);
	}
	json_object_set_new(json_object_get(row, "request"), "kind", json_string("password"));
	json_object_set_new(row, "kind", json_string("password"));
	json_t *again = api_data_of(ACT_REQUEST, row, said); /* a password stays one */

	assert_string_equal(json_string_value(json_object_get(again, "kind")), "password");
	assert_true(json_is_true(json_object_get(again, "confirm")));
	assert_true(json_is_true(json_object_get(json_object_get(again, "credentials"), "mint")));
	json_decref(again);
	json_object_set_new(said, "colour", json_null());
	assert_false(api_options_known(said, &e));
	json_decref(row);
	json_decref(said);
}

static void test_lines(void **state)
{
	static const char text[] = "{\"email\":\"a@b.internal\",\"teams\":[\"x\",\"y\"]}\r\n\n"
				   "{\"email\":1}\n[]\n{\"email\":\"c\"";
	struct people p;
	struct err e;

	(void)state;
	people_init(&p);
	assert_int_equal(api_people_read_lines(&p, (struct csv_text){ text, sizeof(text) - 1 }, &e),
			 OK);
	assert_int_equal(p.count, 4);
	assert_string_equal(p.list[0].cells[COLUMN_TEAMS], "\nx\ny");
	assert_null(p.list[0].trouble.code);
	for (size_t i = 1; i < 4; i++)
		assert_string_equal(p.list[i].trouble.code, "schema_invalid");
	assert_int_equal(p.list[3].row, 5);
	people_clear(&p);
	people_init(&p);
	assert_int_equal(api_people_read_lines(&p, (struct csv_text){ "\n\n", 2 }, &e),
			 ERR_INVALID);
	people_clear(&p);
}

static void test_csv_cells(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a,b", "\"a,b\"" },
		{ "say \"x\"", "\"say \"\"x\"\"\"" },
		{ "=1+1", "\"'=1+1\"" },
		{ "+7905", "+7905" }, /* a phone number, and no more than that */
		{ "+7905+1", "\"'+7905+1\"" },
		{ "-1", "\"'-1\"" },
		{ "@x", "\"'@x\"" },
		{ "two\nlines", "\"two\nlines\"" },
		{ "\t=1", "\"'\t=1\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autobuf out = BUF_INIT(256);

		csv_write_cell(&out, true, rows[i].text);
		assert_string_equal(out.len ? out.data : "", rows[i].cell);
	}
}

/* Tokens as an issuer may send them, and as nobody should. */
static void test_id_tokens(void **state)
{
	static const struct {
		const char *claims, *fault; /* NULL = good */
	} rows[] = {
		{ "{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"n\",\"exp\":1700000300,"
		  "\"sub\":\"s\"}",
		  NULL },
		{ "{\"iss\":\"https://i\",\"aud\":[\"x\",\"c\"],\"nonce\":\"n\",\"exp\":1700000300,"
		  "\"sub\":\"s\"}",
		  NULL },
		{ "{\"iss\":\"https://i\",\"aud\":\"cc\",\"nonce\":\"n\",\"exp\":1700000300,"
		  "\"sub\":\"s\"}",
		  "somebody else" },
		{ "{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"N\",\"exp\":1700000300,"
		  "\"sub\":\"s\"}",
		  "another sign-in" },
		{ "{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"n\",\"exp\":1699999000,"
		  "\"sub\":\"s\"}",
		  "expired" },
		{ "{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"n\",\"sub\":\"s\"}",
		  "expired" },
		{ "{\"iss\":\"https://j\",\"aud\":\"c\",\"nonce\":\"n\",\"exp\":1700000300,"
		  "\"sub\":\"s\"}",
		  "issuer" },
		{ "{\"iss\":\"https://i\",\"aud\":\"c\",\"nonce\":\"n\",\"exp\":1700000300}",
		  "nobody" },
		{ "[]", "issuer" },
		{ "nonsense", "none" },
	};
	struct oidc_expect x = { "https://i", "c", "n", NOW_MS };
	json_t *claims;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char body[512];

		crypto_base64url(rows[i].claims, strlen(rows[i].claims), body);
		autofree char *token = xasprintf("e30.%s.sig", body);
		int r = oidc_read(token, &x, &claims, &e);

		assert_int_equal(r, rows[i].fault ? ERR_INVALID : OK);
		if (r == OK)
			json_decref(claims);
		else if (!strstr(e.text, rows[i].fault))
			fail_msg("row %zu: %s", i, e.text);
	}
	assert_int_equal(oidc_read("", &x, &claims, &e), ERR_INVALID);
	assert_int_equal(oidc_read("a.b", &x, &claims, &e), ERR_INVALID);
	assert_int_equal(oidc_read("a.!.c", &x, &claims, &e), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries),	  cmocka_unit_test(test_what_a_query_becomes),
		cmocka_unit_test(test_rules),	  cmocka_unit_test(test_whose_words),
		cmocka_unit_test(test_data),	  cmocka_unit_test(test_lines),
		cmocka_unit_test(test_csv_cells), cmocka_unit_test(test_id_tokens),
	};
	struct err e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
