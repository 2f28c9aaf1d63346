/* Names and values, as forms and flat objects have them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "receipt_priv.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: what is decoded is never longer. False: a NUL, or half of an escape. */
static bool decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		int high, low;

		if (*s == '+') {
			*to++ = ' ';
			continue;
		}
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		high = hex_value(s[1]);
		low = high < 0 ? -1 : hex_value(s[2]);
		if (low < 0 || (!high && !low))
			return false;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return true;
}

static void add(struct pairs *p, const char *name, const char *value)
{
	p->list = xgrow(p->list, p->count, sizeof(*p->list));
	p->list[p->count++] = (struct pair){ name, value };
}

static int bad(struct pairs *p, const char *why, struct err *e)
{
	pairs_clear(p);
	return err_set(e, ERR_INVALID, "%s", why);
}

int pairs_read_form(const char *text, size_t len, struct pairs *out, struct err *e)
{
	struct pairs p = { .text = xstrndup(text, len) };
	char *rest = p.text, *word;

	if (strlen(p.text) != len)
		return bad(&p, "form: a NUL", e);
	while ((word = strsep(&rest, "&"))) {
		char *value = strchr(word, '=');

		if (!*word)
			continue;
		if (p.count == RECEIPT_PAIRS_MAX)
			return bad(&p, "form: too many fields", e);
		if (value)
			*value++ = '\0';
		if (!decode(word) || (value && !decode(value)))
			return bad(&p, "form: an escape that is none", e);
		add(&p, word, value ? value : "");
	}
	*out = p;
	return OK;
}

/* Numbers and booleans as they are written. */
static char *scalar(const json_t *v)
{
	if (json_is_string(v))
		return xstrdup(json_string_value(v));
	return json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
}

int pairs_read_object(const json_t *object, struct pairs *out, struct err *e)
{
	autobuf text = BUF_INIT(2 * RECEIPT_BODY_MAX_BYTES);
	struct pairs p = { 0 };
	const char *name;
	json_t *value;
	char *at;

	json_object_foreach ((json_t *)object, name, value) {
		autofree char *s =
			json_is_object(value) || json_is_array(value) ? NULL : scalar(value);
		if (!s)
			continue;
		if (p.count++ == RECEIPT_PAIRS_MAX)
			return err_set(e, ERR_INVALID, "more than %d members", RECEIPT_PAIRS_MAX);
		buf_add(&text, name, strlen(name) + 1);
		buf_add(&text, s, strlen(s) + 1);
	}
	if (text.full)
		return err_set(e, ERR_INVALID, "members too large");
	p.text = buf_take(&text);
	at = p.text;
	p.list = xcalloc(p.count + 1, sizeof(*p.list));
	for (size_t i = 0; i < p.count; i++) {
		p.list[i].name = at;
		p.list[i].value = at + strlen(at) + 1;
		at = (char *)p.list[i].value + strlen(p.list[i].value) + 1;
	}
	*out = p;
	return OK;
}

const char *pairs_find(const struct pairs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].name, name))
			return p->list[i].value;
	return NULL;
}

void pairs_clear(struct pairs *p)
{
	free(p->list);
	free(p->text);
	*p = (struct pairs){ 0 };
}
