/*
 * Any bytes as the text of an SMS: segments agree with a plain count of the units, the plain form
 * is GSM where it says so and the same text where not, and every character can be named.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "sms_text.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_count(const struct sms_count *n, const char *text, size_t len)
{
	size_t single = n->encoding == SMS_GSM ? 160 : 70,
	       joined = n->encoding == SMS_GSM ? 153 : 67;
	size_t least = (n->units + joined - 1) / joined, most = n->units / (joined - 1) + 1;
	char name[SMS_NAME_SIZE];

	assert(n->units >= utf8_count(text, len) && n->units <= 2 * len);
	assert((n->encoding == SMS_UCS2) == (n->culprit != 0));
	if (n->units <= single)
		assert(n->segments == (len > 0) && n->room == single - n->units);
	else
		assert(n->segments >= least && n->segments <= most && n->room < joined);
	if (n->culprit) {
		assert(n->culprit_at >= 1 && n->culprit_at <= utf8_count(text, len));
		assert(utf8_valid(sms_text_name(n->culprit, name), strlen(name)));
	}
}

static void check_plain(const char *text, size_t len)
{
	autobuf plain = BUF_INIT(8 << 20);
	bool whole = sms_text_plain(text, len, &plain);
	struct sms_count n;

	if (whole) {
		assert(sms_text_count(plain.data ? plain.data : "", plain.len, &n, NULL) == OK);
		assert(n.encoding == SMS_GSM);
	} else {
		assert(plain.len == len && !memcmp(plain.data, text, len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sms_count n;
	struct err e = { "" };

	if (sms_text_count(text, size, &n, &e) < 0) {
		assert(e.text[0] && (!utf8_valid(text, size) || memchr(text, '\0', size)));
		return 0;
	}
	check_count(&n, text, size);
	check_plain(text, size);
	return 0;
}
