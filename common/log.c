#include "log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "now.h"
#include "utf8.h"

#define LINE_MAX_BYTES 4096
#define HEAD_MAX_BYTES                                                                             \
	128 /* time, level and service, whose name has at most SERVICE_MAX characters */
#define SERVICE_MAX 32
#define FORMAT_MAX_BYTES 512

/* Written once before any thread exists, read only after. */
static struct {
	const char *service;
	enum log_level level;
	bool json;
} setup = { .service = "beckon", .level = LOG_LEVEL_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_setup(const char *service, enum log_level level, bool json)
{
	assert(strlen(service) <= SERVICE_MAX);
	setup.service = service;
	setup.level = level;
	setup.json = json;
}

/* One pair of the logfmt text at *s as a JSON member; moves *s behind it. */
static void json_pair(struct buf *out, const char **s)
{
	const char *p = *s;
	size_t key = strcspn(p, "= ");

	buf_byte(out, ',');
	buf_json_n(out, p, key);
	buf_byte(out, ':');
	p += key;
	if (*p == '=')
		p++;
	if (*p == '"') {
		size_t n = strcspn(++p, "\"");

		buf_json_n(out, p, n);
		p += n + (p[n] == '"');
	} else {
		size_t n = strcspn(p, " ");

		buf_json_n(out, p, n);
		p += n;
	}
	*s = p + strspn(p, " ");
}

/* ---- what comes from outside and stands in a line ---- */

/* A quote of the call's own format, until the line is made: texts put into it cannot end a value.
 */
#define OWN_QUOTE '\x01'

/* Copies the format, its quotes marked; returns how many there are. */
static size_t mark_quotes(char *to, size_t size, const char *fmt)
{
	size_t n = 0;

	assert(strlen(fmt) < size);
	for (; *fmt; fmt++, to++) {
		*to = *fmt == '"' ? OWN_QUOTE : *fmt;
		n += *fmt == '"';
	}
	*to = '\0';
	return n;
}

static size_t count(const char *text, char c)
{
	size_t n = 0;

	while ((text = strchr(text, c))) {
		text++;
		n++;
	}
	return n;
}

/* What a terminal or a reader of lines would act upon: control characters (C0, DEL, C1), the
   separators of lines, and what is no UTF-8. */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

static size_t clean_one(char *p, size_t left)
{
	uint32_t c = 0;
	size_t n = utf8_next(p, left, &c);

	if (n && !is_harmful(c)) {
		if (c == '"')
			*p = '\'';
		return n;
	}
	memset(p, ' ', n ? n : 1);
	return n ? n : 1;
}

/* Gives the quotes of the format back. Where there are not as many as it had, the line was cut, or
   a text brought marks of its own: then all that follows the first one is one value. There is
   room for one byte more. */
static void clean(char *text, size_t quotes)
{
	bool whole = count(text, OWN_QUOTE) == quotes, open = false;
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		if (text[i] == OWN_QUOTE && (whole || !open)) {
			text[i++] = '"';
			open = true;
		} else {
			i += clean_one(text + i, len - i);
		}
	}
	if (open && !whole)
		memcpy(text + len, "\"", 2);
}

/* The text as one JSON object; the caller clears it. */
static struct buf as_json(const char *time, enum log_level level, const char *text)
{
	struct buf out = BUF_INIT(3 * LINE_MAX_BYTES);

	buf_fmt(&out, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\"", time,
		level_names[level], setup.service);
	for (const char *p = text; *p;)
		json_pair(&out, &p);
	buf_str(&out, "}\n");
	return out;
}

static void write_all(const char *bytes, size_t n)
{
	if (write(STDERR_FILENO, bytes, n) < 0)
		return; /* nobody reads our log: there is nothing better to do with the line */
}

static char *put(char *to, const char *name, const char *value)
{
	to = stpcpy(stpcpy(to, name), value);
	*to++ = ' ';
	return to;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[HEAD_MAX_BYTES + LINE_MAX_BYTES + 2], time[NOW_TEXT_SIZE], *text = line;
	char marked[FORMAT_MAX_BYTES];
	size_t quotes;
	va_list ap;

	if (level > setup.level)
		return;
	text = put(text, "time=", now_text(now_ms(), time));
	text = put(text, "level=", level_names[level]);
	text = put(text, "service=", setup.service);
	quotes = mark_quotes(marked, sizeof(marked), fmt);
	va_start(ap, fmt);
	vsnprintf(text, LINE_MAX_BYTES, marked, ap);
	va_end(ap);
	clean(text, quotes);
	if (setup.json) {
		autobuf out = as_json(time, level, text);

		write_all(out.data, out.len);
		return;
	}
	text += strlen(text);
	*text++ = '\n';
	write_all(line, (size_t)(text - line));
}
