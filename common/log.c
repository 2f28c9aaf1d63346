#include "log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "now.h"

#define LINE_MAX_BYTES 4096
#define HEAD_MAX_BYTES                                                                             \
	128 /* time, level and service, whose name has at most SERVICE_MAX characters */
#define SERVICE_MAX 32

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

static void clean(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
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
	char line[HEAD_MAX_BYTES + LINE_MAX_BYTES + 1], time[NOW_TEXT_SIZE], *text = line;
	va_list ap;

	if (level > setup.level)
		return;
	text = put(text, "time=", now_text(now_ms(), time));
	text = put(text, "level=", level_names[level]);
	text = put(text, "service=", setup.service);
	va_start(ap, fmt);
	vsnprintf(text, LINE_MAX_BYTES, fmt, ap);
	va_end(ap);
	clean(text);
	if (setup.json) {
		autobuf out = as_json(time, level, text);

		write_all(out.data, out.len);
		return;
	}
	text += strlen(text);
	*text++ = '\n';
	write_all(line, (size_t)(text - line));
}
