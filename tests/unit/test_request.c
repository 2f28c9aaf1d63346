/* The data of what is asked: what is filled, and how a refusal names field and rule. The bulk of
   cases are schemas/examples, which tests/e2e/test_events.py runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "request.h"

static int ask(const char *type, const char *data, struct cloudevent *c, struct request *out,
	       struct err *e)
{
	*c = (struct cloudevent){ .data = json_loads(data, JSON_DECODE_ANY | JSON_ALLOW_NUL,
						     NULL) };
	assert_non_null(c->data);
	snprintf(c->type, sizeof(c->type), "%s", type);
	return request_read(c, out, e);
}

static void test_filled(void **state)
{
	static const char data[] =
		"{\"tenant\":\"acme\",\"invite\":\"i-1\",\"kind\":\"password\",\"recipient\":{"
		"\"email\":\" Ann@Пример.РФ \","
		"\"phone\":\"79051111111\",\"name\":\"Ann\",\"user\":\"u1\",\"locale\":\"ru-RU\","
		"\"timezone\":\"Europe/"
		"Moscow\",\"state\":\"active\"},\"channel\":\"ladder\",\"trigger\":\"import\","
		"\"send\":\"hold\",\"template\":{\"name\":\"t\",\"version\":2.0,\"note\":"
		"\"a\\n\\tb\",\"subject\":\"s\","
		"\"variables\":{\"x\":1,\"y\":\"z\",\"b\":false}},\"role\":\"r\",\"department\":"
		"\"d\",\"teams\":[\"t1\"],"
		"\"inviter\":{\"id\":\"u2\",\"name\":\"Bob\",\"email\":\"bob@corp.internal\"},"
		"\"organisation\":{\"name\":\"Org\"},\"scope\":\"sc\",\"link\":{\"base\":\"https://"
		"a.b:8080/c?d=e#f\","
		"\"ttl_s\":300},\"schedule\":{\"not_before\":\"2025-01-01T00:00:00Z\","
		"\"not_after\":\"2025-01-02T00:00:00+03:00\"},\"batch\":{\"id\":\"b\",\"row\":7},"
		"\"credentials\":{\"username\":\"ann\",\"mint\":true},\"confirm\":true,"
		"\"override\":true,"
		"\"metadata\":{\"k\":\"v\"}}";
	struct cloudevent c;
	struct request r;
	struct err e = { "" };

	(void)state;
	assert_int_equal(ask("invite.requested", data, &c, &r, &e), OK);
	assert_int_equal(r.type, REQUEST_INVITE);
	assert_string_equal(r.tenant, "acme");
	assert_string_equal(r.invite, "i-1");
	assert_int_equal(r.kind, KIND_PASSWORD);
	assert_string_equal(r.recipient.email, " Ann@Пример.РФ ");
	assert_string_equal(r.recipient.address.normalised, "ann@xn--e1afmkfd.xn--p1ai");
	assert_string_equal(r.recipient.phone, "79051111111");
	assert_string_equal(r.recipient.locale, "ru-RU");
	assert_string_equal(r.recipient.timezone, "Europe/Moscow");
	assert_int_equal(r.recipient.state, STATE_ACTIVE);
	assert_int_equal(r.channel, CHANNEL_LADDER);
	assert_int_equal(r.trigger, TRIGGER_IMPORT);
	assert_int_equal(r.send, SEND_HOLD);
	assert_int_equal(r.template.version, 2);
	assert_string_equal(r.template.note, "a\n\tb");
	assert_int_equal(json_object_size(r.template.variables), 3);
	assert_int_equal(json_array_size(r.teams), 1);
	assert_string_equal(r.inviter.email, "bob@corp.internal");
	assert_string_equal(r.organisation, "Org");
	assert_string_equal(r.link.base, "https://a.b:8080/c?d=e#f");
	assert_int_equal(r.link.ttl_s, 300);
	assert_int_equal(r.schedule.not_before_ms, 1735689600000);
	assert_int_equal(r.schedule.not_after_ms, 1735765200000);
	assert_int_equal(r.batch.row, 7);
	assert_string_equal(r.credentials.username, "ann");
	assert_true(r.credentials.mint && r.confirm && r.override);
	assert_int_equal(json_object_size(r.metadata), 1);
	assert_null(r.code);
	cloudevent_clear(&c);
}

static void test_defaults(void **state)
{
	struct cloudevent c;
	struct request r;
	struct err e;

	(void)state;
	assert_int_equal(ask("invite.requested",
			     "{\"tenant\":\"a\",\"invite\":\"b\",\"recipient\":{\"phone\":\"1\"}}",
			     &c, &r, &e),
			 OK);
	assert_string_equal(request_kinds[r.kind], "invite");
	assert_string_equal(request_states[r.recipient.state], "new");
	assert_string_equal(request_channels[r.channel], "auto");
	assert_string_equal(request_triggers[r.trigger], "api");
	assert_string_equal(request_sends[r.send], "auto");
	assert_string_equal(r.recipient.address.normalised, "");
	assert_null(r.template.name);
	cloudevent_clear(&c);
}

#define HEAD "{\"tenant\":\"a\",\"invite\":\"b\","

/* Texts say field and rule; tenant and invite are told wherever they are usable. */
static void test_refused(void **state)
{
	static const struct {
		const char *type, *data, *code, *where, *text, *tenant, *invite;
	} cases[] = {
		{ "", HEAD "\"x\":1}", "schema_invalid", "type", "type: none that is read here",
		  "a", "b" },
		{ "invite.accepted", "[]", "schema_invalid", "data", "data: must be a JSON object",
		  NULL, NULL },
		{ "invite.accepted", "{\"tenant\":\"a b\",\"invite\":\"b\"}", "schema_invalid",
		  "/tenant",
		  "/tenant: must be a string of 1 to 64 characters: letters, digits, _ and -", NULL,
		  "b" },
		{ "invite.accepted", "{\"tenant\":\"a\\u0000\",\"invite\":\"b\"}", "schema_invalid",
		  "/tenant",
		  "/tenant: must be a string of 1 to 64 characters: letters, digits, _ and -", NULL,
		  "b" },
		{ "invite.accepted", "{\"tenant\":\"a\"}", "schema_invalid", "/invite",
		  "/invite: required", "a", NULL },
		{ "invite.accepted", HEAD "\"rols\":1}", "schema_invalid", "/rols",
		  "/rols: no such field", "a", "b" },
		{ "invite.accepted", HEAD "\"ann@corp.internal\":1}", "schema_invalid", "",
		  "a field that is not known here", "a", "b" },
		{ "invite.requested", HEAD "\"role\":\"x\"}", "recipient_missing", "/recipient",
		  "/recipient: required", "a", "b" },
		{ "invite.requested", HEAD "\"recipient\":{}}", "recipient_missing", "/recipient",
		  "/recipient: email or phone is required", "a", "b" },
		{ "invite.requested", HEAD "\"recipient\":{\"email\":\"secret\"}}", "email_syntax",
		  "/recipient/email",
		  "/recipient/email: an e-mail address has one @ and no two dots together", "a",
		  "b" },
		{ "invite.requested", HEAD "\"channel\":\"fax\",\"recipient\":{\"phone\":\"1\"}}",
		  "schema_invalid", "/channel", "/channel: must be one of auto, email, sms, ladder",
		  "a", "b" },
		{ "invite.requested",
		  HEAD "\"teams\":[\"x\",\"\"],\"recipient\":{\"phone\":\"1\"}}", "schema_invalid",
		  "/teams/1",
		  "/teams/1: must be a string of 1 to 100 characters: no control characters", "a",
		  "b" },
		{ "invite.requested",
		  HEAD "\"metadata\":{\"k\":[]},\"recipient\":{\"phone\":\"1\"}}", "schema_invalid",
		  "/metadata/k", "/metadata/k: must be a string, a number, true or false", "a",
		  "b" },
		{ "invite.requested",
		  HEAD "\"metadata\":{\"79051111111\":[]},\"recipient\":{\"phone\":\"1\"}}",
		  "schema_invalid", "/metadata",
		  "/metadata: must be a string, a number, true or false", "a", "b" },
		{ "invite.requested", HEAD "\"kind\":\"password\",\"recipient\":{\"phone\":\"1\"}}",
		  "schema_invalid", "/credentials", "/credentials: required for kind password", "a",
		  "b" },
	};
	struct cloudevent c;
	struct request r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { "" };

		assert_int_equal(ask(cases[i].type, cases[i].data, &c, &r, &e), ERR_INVALID);
		assert_string_equal(r.code, cases[i].code);
		assert_string_equal(r.where, cases[i].where);
		assert_string_equal(e.text, cases[i].text);
		assert_string_equal(r.tenant ? r.tenant : "",
				    cases[i].tenant ? cases[i].tenant : "");
		assert_string_equal(r.invite ? r.invite : "",
				    cases[i].invite ? cases[i].invite : "");
		cloudevent_clear(&c);
	}
}

static void test_newer_schema(void **state)
{
	struct cloudevent c = { .type = "invite.accepted", .schema_major = 2 };
	struct request r;
	struct err e;

	(void)state;
	assert_int_equal(request_read(&c, &r, &e), ERR_INVALID);
	assert_string_equal(r.where, "dataschema");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filled),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_newer_schema),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
