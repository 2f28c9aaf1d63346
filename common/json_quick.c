#include "json_quick.h"

#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "utf8.h"

#define DIGITS_MAX 18 /* what an int64_t holds for certain */

struct reader {
	const char *at, *end;
	int depth_left;
	struct buf unescaped; /* of the latest string with escapes */
};

static json_t *read_value(struct reader *r);

static void skip_space(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

/* The next character that is no space; '\0' = the end. */
static char next(struct reader *r)
{
	skip_space(r);
	return r->at < r->end ? *r->at : '\0';
}

static bool take(struct reader *r, char c)
{
	if (next(r) != c)
		return false;
	r->at++;
	return true;
}

/* ---- strings ---- */

/* What ends a run of plain characters (RFC 8259 7); bytes of other scripts are looked at apart. */
enum { PLAIN, STOP, HIGH };

static const unsigned char kinds[256] = {
	[0 ... 0x1f] = STOP, ['"'] = STOP, ['\\'] = STOP, [0x80 ... 0xff] = HIGH
};

/* Moves behind a run of plain characters. False where it is not UTF-8. */
static bool skip_plain(struct reader *r)
{
	const char *start = r->at, *p = start;
	unsigned char kind, high = 0;

	for (; p < r->end && (kind = kinds[(unsigned char)*p]) != STOP; p++)
		high |= kind;
	r->at = p;
	return !high || utf8_valid(start, (size_t)(p - start));
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return found ? (int)(found - digits) : -1;
}

static void utf8_put(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_byte(b, (char)c);
	} else if (c < 0x800) {
		buf_byte(b, (char)(0xc0 | c >> 6));
		buf_byte(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_byte(b, (char)(0xe0 | c >> 12));
		buf_byte(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_byte(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind "\u": four hex digits. NUL and surrogates are rare enough for jansson. */
static bool take_unicode(struct reader *r)
{
	unsigned c = 0;

	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(*r->at++);

		if (digit < 0)
			return false;
		c = c << 4 | (unsigned)digit;
	}
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
		return false;
	utf8_put(&r->unescaped, c);
	return true;
}

static bool take_escape(struct reader *r)
{
	static const char meant[128] = { ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
					 ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t' };
	unsigned char c;

	if (r->end - r->at < 2)
		return false;
	c = (unsigned char)r->at[1];
	r->at += 2;
	if (c == 'u')
		return take_unicode(r);
	if (c >= sizeof(meant) || !meant[c])
		return false;
	buf_byte(&r->unescaped, meant[c]);
	return true;
}

struct text {
	const char *s;
	size_t len;
};

/* Behind the opening quote, from the first escape on; `start` is where the string began. */
static bool take_escaped(struct reader *r, const char *start, struct text *out)
{
	buf_reset(&r->unescaped);
	buf_add(&r->unescaped, start, (size_t)(r->at - start));
	while (r->at < r->end && *r->at == '\\') {
		const char *plain;

		if (!take_escape(r))
			return false;
		plain = r->at;
		if (!skip_plain(r))
			return false;
		buf_add(&r->unescaped, plain, (size_t)(r->at - plain));
	}
	if (r->at == r->end || *r->at != '"' || r->unescaped.full)
		return false;
	r->at++;
	*out = (struct text){ r->unescaped.data, r->unescaped.len };
	return true;
}

/* The string at `at`; its characters live until the next one is read. */
static bool take_string(struct reader *r, struct text *out)
{
	const char *start;

	if (!take(r, '"'))
		return false;
	start = r->at;
	if (!skip_plain(r) || r->at == r->end)
		return false;
	if (*r->at == '\\')
		return take_escaped(r, start, out);
	if (*r->at != '"')
		return false;
	*out = (struct text){ start, (size_t)(r->at - start) };
	r->at++;
	return true;
}

static json_t *read_string(struct reader *r)
{
	struct text text;

	return take_string(r, &text) ? json_stringn_nocheck(text.s, text.len) : NULL;
}

/* ---- numbers and words ---- */

static bool is_digit(const struct reader *r)
{
	return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static json_t *read_integer(struct reader *r)
{
	bool negative = take(r, '-');
	const char *first = r->at;
	json_int_t v = 0;

	for (; is_digit(r) && r->at - first < DIGITS_MAX; r->at++)
		v = v * 10 + (*r->at - '0');
	if (r->at == first || is_digit(r) || (*first == '0' && (r->at - first > 1 || negative)))
		return NULL;
	if (r->at < r->end && strchr(".eE", *r->at))
		return NULL;
	return json_integer(negative ? -v : v);
}

static json_t *read_word(struct reader *r)
{
	static const struct {
		const char *word;
		size_t len;
		json_t *(*make)(void);
	} words[] = { { "true", 4, json_true },
		      { "false", 5, json_false },
		      { "null", 4, json_null } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((size_t)(r->end - r->at) < words[i].len ||
		    memcmp(r->at, words[i].word, words[i].len) != 0)
			continue;
		r->at += words[i].len;
		return words[i].make();
	}
	return NULL;
}

/* ---- arrays and objects ---- */

static bool read_element(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);

	return value && json_array_append_new(array, value) == 0;
}

/* The name is read before the value, whose strings may overwrite it. */
static bool read_member(struct reader *r, json_t *object)
{
	char copy[64];
	size_t before = json_object_size(object);
	struct text name;
	json_t *value;

	if (!take_string(r, &name) || !take(r, ':'))
		return false;
	if (name.s == r->unescaped.data) {
		if (name.len > sizeof(copy))
			return false;
		memcpy(copy, name.s, name.len);
		name.s = copy;
	}
	value = read_value(r);
	return value && json_object_setn_new_nocheck(object, name.s, name.len, value) == 0 &&
	       json_object_size(object) == before + 1; /* else the name was there already */
}

static json_t *read_list(struct reader *r, json_t *list, char close,
			 bool (*read_one)(struct reader *r, json_t *list))
{
	bool good = true;

	r->at++;
	if (take(r, close))
		return list;
	do
		good = read_one(r, list);
	while (good && take(r, ','));
	if (good && take(r, close))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *read_value(struct reader *r)
{
	json_t *value = NULL;
	char c = next(r);

	if (c == '"')
		return read_string(r);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_integer(r);
	if (c != '{' && c != '[')
		return read_word(r);
	if (r->depth_left-- > 0)
		value = c == '{' ? read_list(r, json_object(), '}', read_member)
				 : read_list(r, json_array(), ']', read_element);
	r->depth_left++;
	return value;
}

json_t *json_quick(const char *bytes, size_t len, int depth_max)
{
	struct reader r = { .at = bytes, .end = bytes + len, .depth_left = depth_max };
	char c = next(&r);
	json_t *value = c == '{' || c == '[' ? read_value(&r) : NULL;

	buf_clear(&r.unescaped);
	skip_space(&r);
	if (value && r.at != r.end) {
		json_decref(value);
		return NULL;
	}
	return value;
}
