#include "letter.h"

#include <stdbool.h>
#include <string.h>

#include "letter_vars.h"
#include "mem.h"
#include "mime.h"

#define PART_ROOM 8192	 /* bytes: one allocation for most parts */
#define LETTER_ROOM 8192 /* likewise for most letters */

/* RFC 3834: nobody's holiday notice answers; MIME-Version is RFC 2045's. */
static const char fixed_headers[] = "MIME-Version: 1.0\r\n"
				    "Auto-Submitted: auto-generated\r\n"
				    "X-Auto-Response-Suppress: All\r\n";

/* Line breaks and tabs become one space, and none is left at either end. */
static void subject_flatten(struct buf *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->len; i++) {
		bool fold = memchr("\r\n\t", s->data[i], 3) != NULL;
		char c = fold ? ' ' : s->data[i];

		if (c != ' ' || (to && !(fold && s->data[to - 1] == ' ')))
			s->data[to++] = c;
	}
	while (to && s->data[to - 1] == ' ')
		to--;
	s->len = to;
	if (s->data)
		s->data[to] = '\0';
}

/* A text variable for a header; NULL = absent. A NUL inside must not pass as a shorter name. */
static int header_text(const json_t *vars, const char *name, const char **out, struct err *e)
{
	const json_t *value = json_object_get(vars, name);

	*out = json_string_value(value);
	if (*out && strlen(*out) != json_string_length(value))
		return err_set(e, ERR_INVALID, "variable %s: holds a NUL", name);
	return OK;
}

static const char *reply_to(const struct letter_sender *s)
{
	bool mailable = s->contact && strchr(s->contact, '@') && !strstr(s->contact, "://");

	return s->reply_to ? s->reply_to : mailable ? s->contact : NULL;
}

static int people_add(const json_t *vars, const struct letter_sender *s,
		      const struct letter_facts *f, struct buf *out, struct err *e)
{
	const char *from, *to, *reply = reply_to(s);
	int r;

	if ((r = header_text(vars, "organisation", &from, e)) < 0 ||
	    (r = header_text(vars, "recipient_name", &to, e)) < 0 ||
	    (r = mime_mailbox(out, "From", from, s->from_address, e)) < 0 ||
	    (reply && (r = mime_mailbox(out, "Reply-To", NULL, reply, e)) < 0))
		return r;
	return mime_mailbox(out, "To", to, f->to, e);
}

static int subject_add(const struct letter_content *content, struct buf *out, struct err *e)
{
	autobuf subject = { .max = MIME_VALUE_MAX, .secret = out->secret };
	int r = template_render(content->entry->parts[PART_SUBJECT], content->vars, false, &subject,
				e);

	if (r < 0)
		return r;
	subject_flatten(&subject);
	if (subject.len == 0 || strlen(subject.data) != subject.len)
		return err_set(e, ERR_INVALID, "header Subject: empty, or a NUL in it");
	return mime_text(out, "Subject", subject.data, e);
}

static int headers_add(const struct letter_content *content, const struct letter_sender *s,
		       const struct letter_facts *f, struct buf *out, struct err *e)
{
	int r;

	if ((r = people_add(content->vars, s, f, out, e)) < 0 ||
	    (r = subject_add(content, out, e)) < 0)
		return r;
	mime_date(out, f->date_ms);
	buf_str(out, "Message-ID: <");
	letter_message_id(f->delivery, s->id_domain, out);
	buf_str(out, ">\r\n");
	buf_add(out, fixed_headers, sizeof(fixed_headers) - 1);
	return OK;
}

/* A body under way: text is a part before it is encoded, one after the other. */
struct body {
	const struct letter_content *content;
	char boundary[MIME_BOUNDARY_SIZE];
	struct buf text, *out;
};

static int part_add(struct body *b, enum part part, struct err *e)
{
	const struct template *t = b->content->entry->parts[part];
	int r;

	buf_reset(&b->text);
	r = template_render(t, b->content->vars, false, &b->text, e);
	b->out->full |= b->text.full;
	if (r == OK)
		mime_part(b->out, part == PART_HTML ? "html" : "plain", &b->text, b->boundary);
	return r;
}

static void boundary_add(const struct body *b, const char *before, const char *after)
{
	buf_str(b->out, before);
	buf_str(b->out, b->boundary);
	buf_str(b->out, after);
}

/* RFC 2046 5.1.4: the plainest first. */
static int parts_add(struct body *b, struct err *e)
{
	const struct template *const *parts = b->content->entry->parts;
	int r;

	if (!parts[PART_TEXT] || !parts[PART_HTML])
		return part_add(b, parts[PART_TEXT] ? PART_TEXT : PART_HTML, e);
	boundary_add(b, "Content-Type: multipart/alternative;\r\n boundary=\"", "\"\r\n");
	boundary_add(b, "\r\n--", "\r\n");
	if ((r = part_add(b, PART_TEXT, e)) < 0)
		return r;
	boundary_add(b, "\r\n--", "\r\n");
	if ((r = part_add(b, PART_HTML, e)) < 0)
		return r;
	boundary_add(b, "\r\n--", "--\r\n");
	return OK;
}

static int body_add(const struct letter_content *content, const struct letter_facts *f,
		    struct buf *out, struct err *e)
{
	struct body b = { .content = content, .text = BUF_INIT(LETTER_MAX_BYTES), .out = out };
	int r;

	b.text.secret = out->secret;
	buf_room(&b.text, PART_ROOM);
	mime_boundary(f->delivery, b.boundary);
	r = parts_add(&b, e);
	buf_clear(&b.text);
	return r;
}

/* Takes back what was written and says why. */
static int fail(struct buf *out, size_t start, const char **code, const char *why)
{
	out->len = start;
	if (out->data)
		out->data[start] = '\0';
	out->full = false;
	*code = why;
	return ERR_INVALID;
}

int letter_compose(const struct letter_content *content, const struct letter_sender *s,
		   const struct letter_facts *f, struct buf *out, const char **code, struct err *e)
{
	const struct template *const *parts = content->entry->parts;
	size_t start = out->len;
	bool written;

	buf_room(out, LETTER_ROOM);

	if (!parts[PART_SUBJECT] || (!parts[PART_TEXT] && !parts[PART_HTML])) {
		err_set(e, ERR_INVALID, "template '%s' has no %s", content->entry->name,
			parts[PART_SUBJECT] ? "text or HTML" : "subject");
		return fail(out, start, code, "template_missing");
	}
	written = headers_add(content, s, f, out, e) == OK && body_add(content, f, out, e) == OK;
	if (out->full || out->len - start > LETTER_MAX_BYTES) {
		err_set(e, ERR_INVALID, "the mail is over %zu bytes", LETTER_MAX_BYTES);
		return fail(out, start, code, "too_large");
	}
	return written ? OK : fail(out, start, code, "render_failed");
}

int letter_build(const struct catalog *c, const struct letter_sender *s,
		 const struct letter_facts *f, struct buf *out, struct letter_used *used,
		 const char **code, struct err *e)
{
	const struct catalog_entry *t = letter_template(c, f, PART_SUBJECT);
	json_t *vars;
	int r;

	if (!t) {
		*code = "template_missing";
		return err_set(e, ERR_INVALID, "there is no template of the name asked for");
	}
	vars = letter_vars(s, f, t->locale);
	r = letter_compose(&(struct letter_content){ t, vars }, s, f, out, code, e);
	letter_vars_free(vars);
	*used = (struct letter_used){ t->name, t->locale, t->sha256, t->version };
	return r;
}
