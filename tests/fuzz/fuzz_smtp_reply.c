/* What a relay says, byte for byte in any pieces: framed, kept, read and told within bounds. */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "smtp_listen.h"
#include "smtp_reply.h"
#include "smtp_text.h"
#include "smtp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(const struct reply *r)
{
	struct smtp_reading reading = smtp_reply_read(r);
	char reason[SMTP_REASON_SIZE];

	assert((reading.code == NULL) == (r->code >= 200 && r->code <= 299));
	assert(!reading.suppress || reading.class == 'P');
	assert(reading.retry_after_ms >= 0 && reading.retry_after_ms <= SMTP_RETRY_AFTER_MAX_MS);
	smtp_text_reason(r, reason);
	assert(!strchr(reason, '@'));
	for (const char *p = reason; *p; p++)
		assert(isprint((unsigned char)*p));
}

static void check_text(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data + 2, size - 2);
	struct reply r;

	smtp_text_reply(&r, (data[0] << 8 | data[1]) % 1000, NULL, text);
	check_reply(&r);
	wire_address_ok(text, true);
	wire_xtext_ok(text);
	wire_message_ok(text, strlen(text));
}

/* The same bytes in pieces of two sizes say the same. */
static struct smtp_listen hear(const uint8_t *data, size_t size, size_t piece, char **after)
{
	struct smtp_listen l = { 0 };

	*after = xmemdup(data, size);
	smtp_listen_said(&l, "EHLO me\r\n", 9);
	for (size_t i = 0; i < size; i += piece)
		smtp_listen_heard(&l, *after + i, size - i < piece ? size - i : piece);
	return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *a = NULL, *b = NULL;
	struct smtp_listen one, other;
	struct reply r, s;

	if (size < 3)
		return 0;
	check_text(data, size);
	one = hear(data + 1, size - 1, 1, &a);
	other = hear(data + 1, size - 1, data[0] + 1u, &b);
	smtp_listen_reply(&one, &r);
	smtp_listen_reply(&other, &s);
	assert(one.tampered == other.tampered && memcmp(&r, &s, sizeof(r)) == 0);
	assert(one.tampered || memcmp(a, b, size - 1) == 0);
	check_reply(&r);
	return 0;
}
