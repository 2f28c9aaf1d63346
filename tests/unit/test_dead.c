/* Dead letters: Spring's headers, byte for byte, behind the record's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dead.h"

static const struct header *find(const struct dead *d, const char *name)
{
	const struct header *found = NULL;

	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->headers[i].name, name) == 0)
			found = &d->headers[i];
	assert_non_null(found);
	return found;
}

static void assert_header(const struct dead *d, const char *name, const void *value, size_t len)
{
	const struct header *h = find(d, name);

	assert_int_equal(h->len, len);
	assert_memory_equal(h->value, value, len);
}

static void test_headers(void **state)
{
	const struct header own[] = { { "ce_id", "\xff", 1 }, { "empty", NULL, 0 } };
	const struct record r = { .topic = "invite-requested",
				  .partition = 258,
				  .offset = 0x0102030405060708,
				  .timestamp_ms = 1741975200000,
				  .value_len = 70000,
				  .headers = own,
				  .header_count = 2 };
	struct dead d;

	(void)state;
	dead_fill(&d, &r, "id: missing");
	assert_string_equal(d.headers[0].name, "ce_id");
	assert_null(d.headers[1].value);
	assert_int_equal(d.count, 9);
	assert_header(&d, "kafka_dlt-original-topic", "invite-requested", 16);
	assert_header(&d, "kafka_dlt-original-partition", "\0\0\1\2", 4);
	assert_header(&d, "kafka_dlt-original-offset", "\1\2\3\4\5\6\7\10", 8);
	assert_header(&d, "kafka_dlt-original-timestamp", "\0\0\1\x95\x95\xd0\x21\0", 8);
	assert_header(&d, "kafka_dlt-original-timestamp-type", "LogAppendTime", 13);
	assert_header(&d, "kafka_dlt-exception-fqcn", "dev.beckon.UnreadableEvent", 26);
	assert_header(&d, "kafka_dlt-exception-message", "id: missing", 11);
	dead_mark_truncated(&d, &r);
	assert_int_equal(d.count, 10);
	assert_header(&d, "beckon-truncated", "70000", 5);
}

static void test_full(void **state)
{
	struct header own[RECORD_HEADERS_MAX];
	struct record r = { .topic = "t", .headers = own, .header_count = RECORD_HEADERS_MAX };
	struct dead d;

	(void)state;
	for (size_t i = 0; i < RECORD_HEADERS_MAX; i++)
		own[i] = (struct header){ "x", "y", 1 };
	dead_fill(&d, &r, "why");
	dead_mark_truncated(&d, &r);
	assert_int_equal(d.count, DEAD_HEADERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("dead", tests, NULL, NULL);
}
