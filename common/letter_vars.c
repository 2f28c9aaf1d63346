#include "letter_vars.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "link.h"
#include "record.h"
#include "request.h"
#include "utf8.h"
#include "words.h"

/* WCAG 2.1: white text needs a contrast of 4.5:1, (1 + 0.05) / (L + 0.05) >= 4.5. */
#define LUMINANCE_MAX 0.1833
#define TEXT_MAX RECORD_MAX_BYTES /* what is put together here came in one record */

json_t *letter_text(const json_t *data, const char *object, const char *name)
{
	json_t *value = json_object_get(object ? json_object_get(data, object) : data, name);

	return json_string_length(value) ? value : NULL;
}

static void set_text(json_t *vars, const char *name, const char *text)
{
	json_object_set_new_nocheck(vars, name, json_string(text));
}

static void set_buf(json_t *vars, const char *name, const struct buf *text)
{
	json_object_set_new_nocheck(vars, name, json_stringn(text->data, text->len));
}

/* The bytes of so many characters, or of all. */
static size_t bytes_of(const char *s, size_t len, size_t characters)
{
	size_t at = 0;
	uint32_t c;

	while (at < len && characters-- > 0) {
		size_t n = utf8_next(s + at, len - at, &c);

		at += n ? n : 1;
	}
	return at;
}

/* Cut between words where the last one is not most of it. */
void letter_short(const char *name, struct buf *out)
{
	size_t len = strlen(name);

	if (utf8_count(name, len) <= LETTER_SHORT_MAX) {
		buf_add(out, name, len);
		return;
	}
	len = bytes_of(name, len, LETTER_SHORT_MAX - 1);
	const char *space = memrchr(name, ' ', len + 1);

	if (space && space - name > (ptrdiff_t)len / 2)
		len = (size_t)(space - name);
	while (len > 0 && strchr(" ,;:-(", name[len - 1]))
		len--;
	buf_add(out, name, len);
	buf_str(out, "…");
}

static void set_short(json_t *vars)
{
	const char *name = json_string_value(json_object_get(vars, "organisation"));
	autobuf text = BUF_INIT(TEXT_MAX);

	if (!name)
		return;
	letter_short(name, &text);
	set_buf(vars, "organisation_short", &text);
}

/* A key's name says nothing to who is invited. */
static void take_unnamed(json_t *vars, const json_t *data)
{
	const char *id = json_string_value(letter_text(data, "inviter", "id"));

	if (id && !strncmp(id, REQUEST_UNNAMED, strlen(REQUEST_UNNAMED)))
		json_object_del(vars, "inviter");
}

/* What the request says is used as it stands. */
static void share_request(json_t *vars, const json_t *data)
{
	static const struct {
		const char *variable, *object, *name;
	} table[] = {
		{ "organisation", "organisation", "name" },
		{ "recipient_name", "recipient", "name" },
		{ "inviter", "inviter", "name" },
		{ "role", NULL, "role" },
		{ "department", NULL, "department" },
		{ "subject", "template", "subject" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *value = letter_text(data, table[i].object, table[i].name);

		if (value)
			json_object_set_nocheck(vars, table[i].variable, value);
	}
	take_unnamed(vars, data);
}

static void set_teams(json_t *vars, const json_t *teams)
{
	autobuf text = BUF_INIT(TEXT_MAX);
	size_t i;
	json_t *team;

	json_array_foreach (teams, i, team) {
		if (!json_string_length(team))
			continue;
		if (text.len)
			buf_str(&text, ", ");
		buf_add(&text, json_string_value(team), json_string_length(team));
	}
	if (text.len)
		set_buf(vars, "teams", &text);
}

static void set_note_lines(json_t *vars, const struct buf *note)
{
	json_t *lines = json_array();

	for (const char *s = note->data, *lf; s; s = lf ? lf + 1 : NULL) {
		lf = strchr(s, '\n');
		json_array_append_new(lines, json_stringn(s, lf ? (size_t)(lf - s) : strlen(s)));
	}
	json_object_set_new_nocheck(vars, "note_lines", lines);
}

static void set_note(json_t *vars, const json_t *data)
{
	const char *s = json_string_value(letter_text(data, "template", "note"));
	autobuf note = BUF_INIT(TEXT_MAX);

	if (!s)
		return;
	for (; *s; s++)
		if (*s != '\r')
			buf_byte(&note, *s);
		else if (s[1] != '\n')
			buf_byte(&note, '\n');
	set_buf(vars, "note", &note);
	set_note_lines(vars, &note);
}

static void set_contact(json_t *vars, const char *contact)
{
	autobuf href = BUF_INIT(0);

	if (!contact || !*contact)
		return;
	set_text(vars, "contact", contact);
	if (link_build(contact, NULL, &href, NULL) < 0 && strchr(contact, '@'))
		link_mailto(contact, &href);
	if (href.len)
		set_buf(vars, "contact_href", &href);
}

static double linear(unsigned channel)
{
	double c = channel / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static bool colour_ok(const char *s)
{
	unsigned rgb;

	if (!s || strlen(s) != 7 || s[0] != '#' || strspn(s + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	rgb = (unsigned)strtoul(s + 1, NULL, 16);
	return 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8 & 255) +
		       0.0722 * linear(rgb & 255) <=
	       LUMINANCE_MAX;
}

static void set_vars(json_t *vars, const json_t *data)
{
	json_t *given = json_object_get(json_object_get(data, "template"), "variables");

	json_object_set_new_nocheck(vars, "vars", given ? json_incref(given) : json_object());
}

/* The copy that jansson makes is locked until letter_vars_free wipes it. */
static void set_credentials(json_t *vars, const struct letter_facts *f)
{
	json_t *password = f->password ? json_string(f->password) : NULL;

	if (f->username)
		set_text(vars, "username", f->username);
	if (!password)
		return;
	crypto_lock((char *)json_string_value(password), json_string_length(password));
	json_object_set_new_nocheck(vars, "password", password);
}

void letter_vars_free(json_t *vars)
{
	json_t *password = json_object_get(vars, "password");

	if (password)
		crypto_unlock((char *)json_string_value(password), json_string_length(password));
	json_decref(vars);
}

static void set_times(json_t *vars, const struct words_place *place, const struct letter_facts *f)
{
	autobuf today = BUF_INIT(0);

	if (f->expires_ms) {
		words_set(vars, place, f->now_ms, f->expires_ms);
		return;
	}
	words_date(place, f->now_ms, &today);
	set_buf(vars, "today", &today);
}

json_t *letter_vars(const struct letter_sender *s, const struct letter_facts *f, const char *locale)
{
	struct words_place place = { locale, f->timezone, f->default_timezone };
	json_t *vars = json_object();

	set_text(vars, "organisation", s->from_name); /* unless the request names one */
	share_request(vars, f->data);
	set_short(vars);
	set_teams(vars, json_object_get(f->data, "teams"));
	set_note(vars, f->data);
	set_vars(vars, f->data);
	if (f->link)
		set_text(vars, "link", f->link);
	set_contact(vars, s->contact);
	set_text(vars, "brand_colour",
		 colour_ok(s->brand_colour) ? s->brand_colour : LETTER_COLOUR);
	set_credentials(vars, f);
	set_times(vars, &place, f);
	return vars;
}
