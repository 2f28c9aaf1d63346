#include "json_quick.h"

#include <stdbool.h>
#include <string.h>

#include "utf8.h"

#define DIGITS_MAX 18	 /* of an integer that certainly fits */
#define ESCAPED_MAX 2048 /* bytes of a string with escapes; a longer one is odd */

struct reader {
	const char *at, *end;
	int depth;
	char room[ESCAPED_MAX];
};

static json_t *value(struct reader *r);

static char next(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
	return r->at < r->end ? *r->at : '\0';
}

/* ---- strings ---- */

static char unescaped(char c)
{
	static const char of[] = "\"\\/bfnrt", as[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(of, c) : NULL;

	return at ? as[at - of] : '\0';
}

/* The characters between the quotes, borrowed; or in r->room, where there are escapes. */
struct characters {
	const char *at;
	size_t len;
};

/* From the first escape on. */
static bool take_escapes(struct reader *r, struct characters *out)
{
	size_t n = out->len;

	if (n > ESCAPED_MAX)
		return false;
	memcpy(r->room, out->at, n);
	for (; r->at < r->end && *r->at != '"' && n < ESCAPED_MAX; r->at++) {
		char c = *r->at;

		if ((unsigned char)c < ' ')
			return false;
		if (c == '\\' && (++r->at == r->end || !(c = unescaped(*r->at))))
			return false;
		r->room[n++] = c;
	}
	*out = (struct characters){ r->room, n };
	return r->at < r->end && *r->at == '"';
}

/* False = odd. */
static bool take_characters(struct reader *r, struct characters *out)
{
	unsigned char seen = 0;

	out->at = ++r->at;
	for (; r->at < r->end && *r->at != '"' && *r->at != '\\'; r->at++) {
		if ((unsigned char)*r->at < ' ')
			return false;
		seen |= (unsigned char)*r->at;
	}
	out->len = (size_t)(r->at - out->at);
	if (r->at == r->end || (*r->at == '\\' && !take_escapes(r, out)))
		return false;
	r->at++;
	return (seen < 0x80 && out->at != r->room) || utf8_valid(out->at, out->len);
}

static json_t *string(struct reader *r)
{
	struct characters c;

	return take_characters(r, &c) ? json_stringn_nocheck(c.at, c.len) : NULL;
}

/* ---- numbers and words ---- */

static json_t *number(struct reader *r)
{
	bool minus = *r->at == '-';
	const char *digits = r->at + minus;
	json_int_t v = 0;

	for (r->at = digits; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (r->at - digits == DIGITS_MAX)
			return NULL;
		v = v * 10 + (*r->at - '0');
	}
	if (r->at == digits || (*digits == '0' && (r->at - digits > 1 || minus)))
		return NULL;
	if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E'))
		return NULL;
	return json_integer(minus ? -v : v);
}

static json_t *word(struct reader *r)
{
	static const char *const words[] = { "true", "false", "null" };
	json_t *(*const make[])(void) = { json_true, json_false, json_null };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(r->end - r->at) < n || memcmp(r->at, words[i], n) != 0)
			continue;
		r->at += n;
		return make[i]();
	}
	return NULL;
}

/* ---- arrays and objects ---- */

static bool item(struct reader *r, json_t *list)
{
	return json_array_append_new(list, value(r)) == 0; /* which refuses NULL */
}

static bool member(struct reader *r, json_t *object)
{
	size_t before = json_object_size(object);
	struct characters name;
	json_t *v;

	if (next(r) != '"' || !take_characters(r, &name) || name.at == r->room || next(r) != ':')
		return false; /* the value may need the room */
	r->at++;
	if (!(v = value(r)) || json_object_setn_new_nocheck(object, name.at, name.len, v) != 0)
		return false;
	return json_object_size(object) > before; /* else it was there before */
}

/* From the bracket that begins it behind the one that ends it. Takes `into`. */
static json_t *all(struct reader *r, json_t *into, bool (*one)(struct reader *, json_t *),
		   char closing)
{
	bool good = ++r->depth <= JSON_QUICK_DEPTH_MAX, more;

	r->at++;
	more = good && next(r) != closing;
	while (more && (good = one(r, into)) && (more = next(r) == ','))
		r->at++;
	if (!good || next(r) != closing) {
		json_decref(into);
		return NULL;
	}
	r->at++;
	r->depth--;
	return into;
}

static json_t *value(struct reader *r)
{
	char c = next(r);

	if (c == '"')
		return string(r);
	if (c == '{')
		return all(r, json_object(), member, '}');
	if (c == '[')
		return all(r, json_array(), item, ']');
	return c == '-' || (c >= '0' && c <= '9') ? number(r) : word(r);
}

json_t *json_quick(const char *bytes, size_t len)
{
	struct reader r;
	json_t *v;

	r.at = bytes;
	r.end = bytes + len;
	r.depth = 0;
	v = value(&r);
	if (v && (next(&r) != '\0' || r.at != r.end)) {
		json_decref(v);
		v = NULL;
	}
	return v;
}
