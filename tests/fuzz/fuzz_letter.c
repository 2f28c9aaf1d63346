/*
 * A letter from hostile fields. The input is the fields, each ended by a NUL; run in the project's
 * directory or with BECKON_TEMPLATES set. Whatever is built has the promised ten header fields,
 * CRLF line ends only and no line over 998 octets.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "letter.h"
#include "link.h"

#define HEADERS 10

static const struct {
	const char *object, *name;
} fields[] = {
	{ "recipient", "name" },   { "organisation", "name" }, { "inviter", "name" },
	{ NULL, "role" },	   { NULL, "department" },     { "template", "note" },
	{ "template", "subject" },
};

static const struct catalog *catalog(void)
{
	static struct catalog *c;
	const char *dir = getenv("BECKON_TEMPLATES");
	struct err e;

	if (!c &&
	    (crypto_init(&e) < 0 || catalog_open(&c, dir ? dir : "deploy/templates", &e) < 0)) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	return c;
}

static void field_set(json_t *data, size_t i, const char *s, size_t n)
{
	json_t *value = json_stringn(s, n), *object = data;

	if (!value)
		return; /* not UTF-8: no such string leaves the JSON parser */
	if (fields[i].object) {
		object = json_object_get(data, fields[i].object);
		if (!object) {
			object = json_object();
			json_object_set_new(data, fields[i].object, object);
		}
	}
	json_object_set_new(object, fields[i].name, value);
}

/* Fills data with the fields that there are, and returns what is left of the input. */
static json_t *data_of(const char **s, size_t *n)
{
	json_t *data = json_object();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && *n; i++) {
		const char *end = memchr(*s, '\0', *n);
		size_t len = end ? (size_t)(end - *s) : *n;

		field_set(data, i, *s, len);
		len += end != NULL;
		*s += len;
		*n -= len;
	}
	return data;
}

static void check(const struct buf *b)
{
	const char *end = b->data + b->len;
	bool head = true;
	int headers = 0;

	for (const char *s = b->data, *lf; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (!lf || lf == s || lf[-1] != '\r' || memchr(s, '\r', (size_t)(lf - s - 1)) ||
		    lf - s - 1 > 998)
			abort();
		head = head && lf - s > 1;
		headers += head && *s != ' ';
	}
	if (headers != HEADERS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct letter_sender sender = { .from_name = "beckon",
					      .from_address = "a@b.example",
					      .reply_to = "c@d.example",
					      .id_domain = "b.example" };
	struct letter_facts facts = { .delivery = "t/i.1.email.0",
				      .to = "e@f.example",
				      .locale = "en" };
	const char *s = (const char *)bytes, *code;
	json_t *data = data_of(&s, &n);
	autobuf link = BUF_INIT(LINK_MAX);
	autobuf out = BUF_INIT(LETTER_MAX_BYTES);
	struct letter_used used;
	struct err e;

	/* The rest of the input is a link's base. */
	char *base = strndup(s, n);

	if (!base || link_build(base, "k1.token", &link, &e) < 0)
		buf_str(&link, "https://a.example/");
	free(base);
	facts.link = link.data;
	facts.data = data;
	if (letter_build(catalog(), &sender, &facts, &out, &used, &code, &e) == OK)
		check(&out);
	else if (out.len)
		abort();
	json_decref(data);
	return 0;
}
