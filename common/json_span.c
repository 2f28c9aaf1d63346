#include "json_span.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static bool is_gap(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',' || c == ':';
}

static const char *skip_gap(const char *at, const char *end)
{
	while (at < end && is_gap(*at))
		at++;
	return at;
}

/* Behind the string that begins at `at`. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : end;
}

/* Behind the object or array that begins at `at`. */
static const char *container_end(const char *at, const char *end)
{
	int depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = string_end(at, end);
			continue;
		}
		depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
		at++;
		if (depth <= 0)
			break;
	}
	return at;
}

static const char *value_end(const char *at, const char *end)
{
	if (*at == '"')
		return string_end(at, end);
	if (*at == '{' || *at == '[')
		return container_end(at, end);
	while (at < end && !is_gap(*at) && *at != '}' && *at != ']')
		at++;
	return at;
}

bool json_span_is_object(const char *text, size_t len)
{
	const char *end = text + len;

	return len && *text == '{' && end[-1] == '}' && container_end(text, end) == end;
}

struct json_walk json_walk_open(struct json_span c)
{
	const char *end = c.at + c.len, *at = c.len ? skip_gap(c.at, end) : end;

	if (at == end || (*at != '{' && *at != '['))
		return (struct json_walk){ end, end, false };
	return (struct json_walk){ at + 1, end, *at == '{' };
}

bool json_walk_next(struct json_walk *w, struct json_span *name, struct json_span *value)
{
	const char *at = skip_gap(w->at, w->end), *behind;

	*name = (struct json_span){ 0 };
	if (w->object && at < w->end && *at == '"') {
		behind = string_end(at, w->end);
		if (behind - at >= 2)
			*name = (struct json_span){ at + 1, (size_t)(behind - at) - 2 };
		at = skip_gap(behind, w->end);
	}
	if (at == w->end || *at == '}' || *at == ']')
		return false;
	behind = value_end(at, w->end);
	*value = (struct json_span){ at, (size_t)(behind - at) };
	w->at = behind;
	return behind > at;
}

static bool is_named(struct json_span is, const char *name)
{
	return is.len && *name == *is.at && !strncmp(name, is.at, is.len) && !name[is.len];
}

void json_span_members(struct json_span object, const char *const *names, size_t n,
		       struct json_span *values)
{
	struct json_walk w = json_walk_open(object);
	struct json_span name, value;

	memset(values, 0, n * sizeof(*values));
	while (json_walk_next(&w, &name, &value))
		for (size_t i = 0; i < n; i++)
			if (is_named(name, names[i]))
				values[i] = value;
}

/* ---- strings ---- */

static uint32_t hex4(const char *at)
{
	char digits[5] = { at[0], at[1], at[2], at[3], '\0' };

	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Behind \u: four digits, or a pair of surrogates. NUL is left out: nobody could tell it from an
   end. */
static const char *unicode(const char *at, const char *end, struct buf *out)
{
	char bytes[4];
	uint32_t c;

	if (end - at < 4)
		return end;
	c = hex4(at);
	at += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
		c = 0x10000 + ((c - 0xd800) << 10) + ((hex4(at + 2) - 0xdc00) & 0x3ff);
		at += 6;
	}
	if (c)
		buf_add(out, bytes, utf8_encode(c, bytes));
	return at;
}

static const char *escape(const char *at, const char *end, struct buf *out)
{
	static const char letters[] = "bfnrt", stands_for[] = "\b\f\n\r\t";
	const char *letter;

	if (at == end)
		return end;
	if (*at == 'u')
		return unicode(at + 1, end, out);
	letter = strchr(letters, *at);
	buf_byte(out, letter && *letter ? stands_for[letter - letters] : *at);
	return at + 1;
}

void json_span_text(struct json_span s, struct buf *out)
{
	const char *at, *end;

	if (s.len < 2 || *s.at != '"')
		return;
	at = s.at + 1;
	end = s.at + s.len - 1;
	while (at < end) {
		const char *stop = memchr(at, '\\', (size_t)(end - at));

		buf_add(out, at, (size_t)((stop ? stop : end) - at));
		at = stop ? escape(stop + 1, end, out) : end;
	}
}

int64_t json_span_int(struct json_span v)
{
	char text[24] = "", *end;
	int64_t n;

	if (!v.len || v.len >= sizeof(text))
		return 0;
	memcpy(text, v.at, v.len);
	n = strtoll(text, &end, 10);
	return *end ? 0 : n;
}
