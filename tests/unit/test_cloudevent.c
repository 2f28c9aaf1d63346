/* CloudEvents from Kafka records: both modes, every bound, and what is written back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloudevent.h"
#include "mem.h"

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct header header(const char *name, const char *value)
{
	return (struct header){ name, value, strlen(value) };
}

/* A good binary record whose headers a case may replace; a NULL value takes one out. */
static int read_binary(const char *name, const char *value, const char *data, struct cloudevent *c,
		       struct err *e)
{
	static const char *const good[][2] = {
		{ "ce_specversion", "1.0" },
		{ "ce_id", "e-1" },
		{ "ce_source", "/people" },
		{ "ce_type", "dev.beckon.invite.requested" },
		{ "ce_subject", "i-1" },
		{ "ce_time", "2025-03-14T18:00:00Z" },
		{ "ce_dataschema", "urn:beckon:schema:v1" },
		{ "Content-Type", "Application/JSON; charset=utf-8" },
		{ "ce_traceparent", TRACE },
	};
	struct header headers[ARRAY_LEN(good) + 1];
	struct record r = { .headers = headers,
			    .value = data,
			    .value_len = data ? strlen(data) : 0 };
	bool replaced = false;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		bool same = name && strcmp(name, good[i][0]) == 0;

		replaced = replaced || same;
		if (!same)
			headers[r.header_count++] = header(good[i][0], good[i][1]);
		else if (value)
			headers[r.header_count++] = header(name, value);
	}
	if (name && !replaced)
		headers[r.header_count++] = header(name, value);
	return cloudevent_read(&r, CLOUDEVENT_PREFIX, c, e);
}

static void test_binary(void **state)
{
	static const char data[] = "{\"a\":1}";
	struct cloudevent c = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(read_binary(NULL, NULL, data, &c, &e), OK);
	assert_string_equal(c.id, "e-1");
	assert_string_equal(c.source, "/people");
	assert_string_equal(c.type, "invite.requested");
	assert_string_equal(c.subject, "i-1");
	assert_string_equal(c.traceparent, TRACE);
	assert_int_equal(c.time_ms, 1741975200000);
	assert_int_equal(c.schema_major, 1);
	assert_ptr_equal(c.data_raw, data);
	assert_int_equal(c.data_len, strlen(data));
	assert_int_equal(json_integer_value(json_object_get(c.data, "a")), 1);
	cloudevent_clear(&c);
}

static void test_structured(void **state)
{
	static const char event[] =
		"{\"specversion\":\"1.0\",\"id\":\"\\u044f\",\"source\":\"s\",\"subject\":null,"
		"\"type\":\"org.other.invite.requested\",\"extension\":[1],\"data\":{\"a\":1}}";
	const struct header headers[] = { header("CONTENT-TYPE",
						 "Application/CloudEvents+JSON;charset=UTF-8"),
					  header("traceparent", TRACE) };
	struct record r = {
		.headers = headers, .header_count = 2, .value = event, .value_len = strlen(event)
	};
	struct cloudevent c = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(cloudevent_read(&r, CLOUDEVENT_PREFIX, &c, &e), OK);
	assert_string_equal(c.id, "я");
	assert_string_equal(c.type, ""); /* another prefix: never one of ours */
	assert_string_equal(c.subject, "");
	assert_string_equal(c.traceparent, TRACE);
	assert_int_equal(c.time_ms, 0);
	assert_null(c.data_raw);
	assert_int_equal(json_integer_value(json_object_get(c.data, "a")), 1);
	cloudevent_clear(&c);
}

/* Unreadable binary records: the attribute is named, the value never. */
static void test_unreadable(void **state)
{
	char id_129[130], source_257[258];
	const struct {
		const char *name, *value, *data, *text;
	} cases[] = {
		{ "ce_specversion", NULL, "{}", "specversion: missing" },
		{ "ce_specversion", "0.3", "{}", "specversion: must be 1.0" },
		{ "ce_id", NULL, "{}", "id: missing" },
		{ "ce_id", "", "{}", "id: 1 to 128 characters, none a control" },
		{ "ce_id", "a\nb", "{}", "id: 1 to 128 characters, none a control" },
		{ "ce_id", "\xff", "{}", "id: 1 to 128 characters, none a control" },
		{ "ce_id", id_129, "{}", "id: 1 to 128 characters, none a control" },
		{ "ce_source", "a b", "{}",
		  "source: must be a URI reference of 1 to 256 characters" },
		{ "ce_source", "%zz", "{}",
		  "source: must be a URI reference of 1 to 256 characters" },
		{ "ce_source", source_257, "{}",
		  "source: must be a URI reference of 1 to 256 characters" },
		{ "ce_type", NULL, "{}", "type: missing" },
		{ "ce_time", "14.03.2025", "{}", "time: must be an RFC 3339 date and time" },
		{ "ce_time", "яяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяя", "{}",
		  "time: must be an RFC 3339 date and time" },
		{ "ce_datacontenttype", "application/json", "{}", "datacontenttype: given twice" },
		{ "Content-Type", "application/avro", "{}", "datacontenttype: must name JSON" },
		{ "Content-Type", "application/cloudevents-batch+json", "[]",
		  "content-type: of structured events only application/cloudevents+json is read" },
		{ "Content-Type", "application/cloudevents+json", "{",
		  "event: not JSON: line 1, column 1" },
		{ "Content-Type", "application/cloudevents+json", "[]",
		  "event: must be a JSON object" },
		{ "Content-Type", "application/cloudevents+json", "{\"specversion\":1.0}",
		  "specversion: must be a string" },
		{ "Content-Type", "application/cloudevents+json", "{\"data_base64\":\"e30=\"}",
		  "data_base64: only JSON data is read" },
		{ NULL, NULL, "{\"a\":1,\"a\":2}",
		  "data: two members of one name before line 1, column 10" },
		{ NULL, NULL, "secret", "data: not JSON: line 1, column 6" },
		{ NULL, NULL,
		  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\"]]]]]]]]]]"
		  "]]]]]]]]]]]]]]]]]]]]]]]",
		  "data: more than 32 levels of JSON" },
	};

	(void)state;
	memset(id_129, 'i', sizeof(id_129) - 1);
	id_129[sizeof(id_129) - 1] = '\0';
	memset(source_257, 's', sizeof(source_257) - 1);
	source_257[sizeof(source_257) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cloudevent c = { .data_len = 42 };
		struct err e = { "" };

		assert_int_equal(read_binary(cases[i].name, cases[i].value, cases[i].data, &c, &e),
				 ERR_INVALID);
		assert_string_equal(e.text, cases[i].text);
		assert_int_equal(c.data_len, 42); /* untouched */
	}
}

static void test_bounds_met(void **state)
{
	char id[CLOUDEVENT_ID_MAX * 2 + 1];
	struct cloudevent c = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < CLOUDEVENT_ID_MAX; i++)
		memcpy(id + 2 * i, "я", 2); /* 128 characters, 256 bytes */
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(read_binary("ce_id", id, "{}", &c, &e), OK);
	assert_string_equal(c.id, id);
	cloudevent_clear(&c);
	assert_int_equal(read_binary("ce_traceparent", "00-zz", "{}", &c, &e), OK);
	assert_string_equal(c.traceparent, ""); /* a tracer's mistake refuses nobody */
	cloudevent_clear(&c);
	assert_int_equal(read_binary("ce_traceparent",
				     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71\r\nX: 331-01",
				     "{}", &c, &e),
			 OK);
	assert_string_equal(c.traceparent, ""); /* it goes on as a header and into logs */
	cloudevent_clear(&c);
	assert_int_equal(read_binary("ce_dataschema", "https://x/v2/invite.json", NULL, &c, &e),
			 OK);
	assert_int_equal(c.schema_major, 2);
	assert_null(c.data);
	cloudevent_clear(&c);
}

static void test_too_large(void **state)
{
	autofree char *big = xmalloc(RECORD_MAX_BYTES + 1);
	const struct header h = header("content-type", "application/json");
	struct record r = {
		.headers = &h, .header_count = 1, .value = big, .value_len = RECORD_MAX_BYTES + 1
	};
	struct cloudevent c;
	struct err e;

	(void)state;
	memset(big, ' ', r.value_len);
	assert_int_equal(cloudevent_read(&r, CLOUDEVENT_PREFIX, &c, &e), ERR_INVALID);
	assert_string_equal(e.text, "event: more than 65536 bytes");
	r.value_len--;
	assert_int_equal(cloudevent_read(&r, CLOUDEVENT_PREFIX, &c, &e), ERR_INVALID);
	assert_string_equal(e.text, "specversion: missing");
}

static void test_write(void **state)
{
	const struct cloudevent_head head = { .id = "o-1",
					      .source = "beckon/email",
					      .type = "dev.beckon.outcome.sent",
					      .subject = "i-1",
					      .traceparent = "" };
	struct header out[CLOUDEVENT_HEADERS_MAX];
	struct record r = { .headers = out, .value = "{}", .value_len = 2 };
	struct cloudevent c;
	struct err e;

	(void)state;
	r.header_count = cloudevent_write_headers(&head, out);
	assert_int_equal(r.header_count, 6);
	assert_string_equal(out[5].name, "content-type");
	assert_int_equal(out[5].len, strlen("application/json"));
	assert_int_equal(cloudevent_read(&r, CLOUDEVENT_PREFIX, &c, &e), OK);
	assert_string_equal(c.id, "o-1");
	assert_string_equal(c.type, "outcome.sent");
	cloudevent_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binary),	   cmocka_unit_test(test_structured),
		cmocka_unit_test(test_unreadable), cmocka_unit_test(test_bounds_met),
		cmocka_unit_test(test_too_large),  cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests_name("cloudevent", tests, NULL, NULL);
}
