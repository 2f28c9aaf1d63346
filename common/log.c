#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "now.h"

#define LINE_MAX_BYTES 4096

/* Written once before any thread exists, read only after. */
static struct {
	const char *service;
	enum log_level level;
	bool json;
} setup = { .service = "beckon", .level = LOG_LEVEL_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_setup(const char *service, enum log_level level, bool json)
{
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

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], time[NOW_TEXT_SIZE];
	autobuf out = BUF_INIT(3 * LINE_MAX_BYTES);
	va_list ap;

	if (level > setup.level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clean(text);
	now_text(now_ms(), time);
	if (setup.json) {
		buf_fmt(&out, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\"", time, level_names[level],
			setup.service);
		for (const char *p = text; *p;)
			json_pair(&out, &p);
		buf_str(&out, "}\n");
	} else {
		buf_fmt(&out, "time=%s level=%s service=%s %s\n", time, level_names[level], setup.service, text);
	}
	if (write(STDERR_FILENO, out.data, out.len) < 0)
		return; /* nobody reads our log: there is nothing better to do with the line */
}
