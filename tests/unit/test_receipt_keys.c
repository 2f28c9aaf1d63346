/* Which certificates of SNS may be fetched: nothing that anybody but SNS could have named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem.h"
#include "receipt_keys.h"

#define EU "arn:aws:sns:eu-west-1:123456789012:t"
#define CN "arn:aws-cn:sns:cn-north-1:123456789012:t"
#define GOV "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t"
#define NAME "SimpleNotificationService-0123456789abcdef.pem"

static const struct {
	const char *topic, *url;
	bool good;
} rows[] = {
	{ EU, "https://sns.eu-west-1.amazonaws.com/" NAME, true },
	{ CN, "https://sns.cn-north-1.amazonaws.com.cn/" NAME, true },
	{ GOV, "https://sns.us-gov-west-1.amazonaws.com/" NAME, true },
	{ CN, "https://sns.cn-north-1.amazonaws.com/" NAME, false },
	{ EU, "https://sns.eu-west-1.amazonaws.com.cn/" NAME, false },
	{ EU, "https://sns.eu-west-2.amazonaws.com/" NAME, false },
	{ EU, "HTTPS://sns.eu-west-1.amazonaws.com/" NAME, false },
	{ EU, "https://sns.eu-west-1.amazonaws.com/" NAME "\n", false },
	{ EU, "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-../x.pem", false },
	{ EU, "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-", false },
	{ EU, "", false },
	{ "arn:aws:sqs:eu-west-1:1:t", "https://sns.eu-west-1.amazonaws.com/" NAME, false },
	{ "arn:aws:sns:@evil.org/:1:t", "https://sns.@evil.org/.amazonaws.com/" NAME, false },
	{ "arn:aws:sns::1:t", "https://sns..amazonaws.com/" NAME, false },
	{ "arn:aws:sns:a", "https://sns.a.amazonaws.com/" NAME, false },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (receipt_keys_url_ok(rows[i].topic, rows[i].url) != rows[i].good)
			fail_msg("%s %s", rows[i].topic, rows[i].url);
}

static void test_topics(void **state)
{
	(void)state;
	assert_true(receipt_keys_topic_ok(EU) && receipt_keys_topic_ok(CN));
	assert_false(receipt_keys_topic_ok("t") ||
		     receipt_keys_topic_ok("arn:aws:sns:eu.evil:1:t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_topics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
