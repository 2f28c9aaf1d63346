#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, int kind, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return kind;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return kind;
}

int err_prefix(struct err *e, int kind, const char *fmt, ...)
{
	char rest[sizeof(e->text)];
	va_list ap;
	int n;

	if (!e)
		return kind;
	memcpy(rest, e->text, sizeof(rest));
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(e->text))
		snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s", rest);
	return kind;
}
