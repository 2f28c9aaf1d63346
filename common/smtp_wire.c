#include "smtp_wire.h"

#include <string.h>

bool wire_address_ok(const char *address, bool null_ok)
{
	size_t n = 0, ats = 0;

	if (!*address)
		return null_ok;
	for (const char *p = address; *p; p++, n++) {
		if (*p <= ' ' || *p >= 0x7f || strchr("<>\"\\(),;:", *p))
			return false;
		ats += *p == '@';
	}
	return n <= WIRE_ADDRESS_MAX && ats == 1 && address[0] != '@' && address[n - 1] != '@';
}

static bool line_ok(const char *line, size_t len)
{
	return len <= WIRE_LINE_MAX && !memchr(line, '\r', len);
}

bool wire_message_ok(const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		if (!lf || lf == p || lf[-1] != '\r' || !line_ok(p, (size_t)(lf - 1 - p)))
			return false;
		p = lf + 1;
	}
	return len > 0 && len <= WIRE_MESSAGE_MAX && !memchr(bytes, '\0', len);
}

bool wire_xtext_ok(const char *s)
{
	size_t n = 0;

	for (; *s && n <= WIRE_XTEXT_MAX; s++) {
		if (*s <= ' ' || *s >= 0x7f)
			return false;
		n += strchr("+=", *s) ? 3 : 1;
	}
	return n > 0 && n <= WIRE_XTEXT_MAX;
}
