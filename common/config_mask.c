#include "config_mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config_value.h"
#include "mem.h"
#include "nearest.h"

#define HIDDEN "***"
#define MISSPELT 2 /* letters */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

static bool is_sensitive(const char *name)
{
	static const char *const words[] = { "password", "passwd", "passphrase",
					     "secret",	 "token",  "key.pem",
					     "api_key",	 "apikey", "credentials" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (ends_with(name, words[i]))
			return true;
	return false;
}

bool config_mask_suspects(const char *name)
{
	static const char *const words[] = { "password", "passwd",     "pass",	"pwd",
					     "secret",	 "passphrase", "token", "credentials" };
	const char *last = name;

	for (const char *c = name; *c; c++)
		if (strchr("._-", *c))
			last = c + 1;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (nearest_distance(last, words[i]) <= MISSPELT)
			return true;
	return false;
}

/* Appends the part of a URL after "://" up to the end of its authority; returns where it ends. */
static const char *mask_authority(const char *s, struct buf *out)
{
	size_t n = strcspn(s, "/?#, \"'"), user = strcspn(s, ":");
	const char *at = memrchr(s, '@', n);

	if (at && s + user < at) {
		buf_add(out, s, user);
		buf_str(out, ":" HIDDEN);
		n -= (size_t)(at - s);
		s = at;
	}
	buf_add(out, s, n);
	return s + n;
}

void config_mask_text(const char *name, const char *text, struct buf *out)
{
	if (is_sensitive(name)) {
		buf_str(out, HIDDEN);
		return;
	}
	while (*text) {
		if (strncmp(text, "://", 3) == 0) {
			buf_str(out, "://");
			text = mask_authority(text + 3, out);
		} else {
			buf_byte(out, iscntrl((unsigned char)*text) ? ' ' : *text);
			text++;
		}
	}
}

/* A copy of v with every string as it may be shown. */
static json_t *masked(const char *name, const json_t *v)
{
	json_t *copy, *item;
	const char *key;
	size_t i;

	if (json_is_object(v)) {
		copy = json_object();
		json_object_foreach ((json_t *)v, key, item)
			json_object_set_new(copy, key, masked(key, item));
		return copy;
	}
	if (json_is_array(v)) {
		copy = json_array();
		json_array_foreach (v, i, item)
			json_array_append_new(copy, masked(name, item));
		return copy;
	}
	if (!json_is_string(v))
		return is_sensitive(name) ? json_string(HIDDEN) : json_incref((json_t *)v);

	autobuf text = BUF_INIT(0);

	config_mask_text(name, json_string_value(v), &text);
	return json_string(text.data ? text.data : "");
}

void config_mask(const char *name, const json_t *v, struct buf *out)
{
	char tmp[32];
	const char *s = config_scalar(v, tmp);

	if (s) {
		config_mask_text(name, s, out);
		return;
	}
	json_t *safe = masked(name, v);
	autofree char *text =
		json_dumps(safe, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);

	if (text)
		buf_str(out, text);
	json_decref(safe);
}
