#include "json_text.h"

#include <stdbool.h>
#include <string.h>

#include "json_quick.h"

/* The index just behind the string that begins at i, or len. */
static size_t skip_string(const char *s, size_t len, size_t i)
{
	for (i++; i < len && s[i] != '"'; i++)
		if (s[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

/* Depth can be counted without a parser: brackets outside strings are structure. */
static bool too_deep(const char *s, size_t len)
{
	int depth = 0;

	for (size_t i = 0; i < len;) {
		char c = s[i];

		if (c == '"') {
			i = skip_string(s, len, i);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		if (depth > JSON_TEXT_DEPTH_MAX)
			return true;
		i++;
	}
	return false;
}

int json_text_parse(const char *bytes, size_t len, json_t **out, struct err *e)
{
	json_error_t why;
	json_t *value = json_quick(bytes, len);

	if (value) {
		*out = value;
		return OK;
	}
	if (memchr(bytes, '\0', len))
		return err_set(e, ERR_INVALID, "not JSON: it holds a NUL byte");
	if (too_deep(bytes, len))
		return err_set(e, ERR_INVALID, "more than %d levels of JSON", JSON_TEXT_DEPTH_MAX);
	value = json_loadb(bytes, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			   &why);
	if (!value && json_error_code(&why) == json_error_duplicate_key)
		return err_set(e, ERR_INVALID, "two members of one name before line %d, column %d",
			       why.line, why.column);
	if (!value) /* the library's own text quotes the input */
		return err_set(e, ERR_INVALID, "not JSON: line %d, column %d", why.line,
			       why.column);
	*out = value;
	return OK;
}
