#include "letter_sms.h"

#include <string.h>

#include "ids.h"
#include "letter_vars.h"

/* A tab is a space, a line ends in LF, and no other control character is for telephones. */
static int tidy(struct buf *text, struct err *e)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];

		if (c == '\r')
			continue;
		if (c == 0x7f || (c < ' ' && c != '\n' && c != '\t'))
			return err_set(e, ERR_INVALID, "there is a control character in the text");
		text->data[to++] = c == '\t' ? ' ' : (char)c;
	}
	text->len = to;
	return OK;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n';
}

static void add_trimmed(const struct buf *text, bool plain, struct buf *out)
{
	size_t first = 0, end = text->len;

	while (end && is_blank(text->data[end - 1]))
		end--;
	while (first < end && is_blank(text->data[first]))
		first++;
	if (end == first)
		return;
	if (plain)
		sms_text_plain(text->data + first, end - first, out);
	else
		buf_add(out, text->data + first, end - first);
}

/* Takes back what was written and says why. */
static int fail(struct buf *out, size_t start, struct letter_sms *told, const char *code)
{
	out->len = start;
	if (out->data)
		out->data[start] = '\0';
	out->full = false;
	told->code = code;
	return ERR_INVALID;
}

static int render(const struct letter_content *content, const struct letter_sms_rules *rules,
		  struct buf *out, struct err *e)
{
	autobuf text = { .max = LETTER_SMS_MAX_BYTES, .secret = out->secret };
	int r;

	if ((r = template_render(content->entry->parts[PART_SMS], content->vars, false, &text, e)) <
		    0 ||
	    (r = tidy(&text, e)) < 0)
		return r;
	add_trimmed(&text, rules->plain, out);
	return out->full ? err_set(e, ERR_INVALID, "the text is too long for its buffer") : OK;
}

int letter_sms_compose(const struct letter_content *content, const struct letter_sms_rules *rules,
		       struct buf *out, struct letter_sms *told, struct err *e)
{
	size_t start = out->len;

	if (!content->entry->parts[PART_SMS]) {
		err_set(e, ERR_INVALID, "template '%s' has no text for SMS", content->entry->name);
		return fail(out, start, told, "template_missing");
	}
	if (render(content, rules, out, e) < 0 ||
	    sms_text_count(out->data ? out->data + start : "", out->len - start, &told->count, e) <
		    0)
		return fail(out, start, told, "render_failed");
	if (told->count.segments == 0) {
		err_set(e, ERR_INVALID, "template '%s' makes an empty text", content->entry->name);
		return fail(out, start, told, "render_failed");
	}
	if ((int64_t)told->count.segments > rules->segment_cap) {
		err_set(e, ERR_INVALID, "the text has %zu segments, at most %lld are allowed",
			told->count.segments, (long long)rules->segment_cap);
		return fail(out, start, told, "too_many_segments");
	}
	return OK;
}

int letter_sms_build(const struct catalog *c, const struct letter_sender *s,
		     const struct letter_facts *f, const struct letter_sms_rules *rules,
		     struct buf *out, struct letter_sms *told, struct err *e)
{
	const struct catalog_entry *t = letter_template(c, f, PART_SMS);
	json_t *vars;
	int r;

	*told = (struct letter_sms){ 0 };
	if (!t) {
		told->code = "template_missing";
		return err_set(e, ERR_INVALID, "there is no template of the name asked for");
	}
	vars = letter_vars(s, f, t->locale);
	r = letter_sms_compose(&(struct letter_content){ t, vars }, rules, out, told, e);
	letter_vars_free(vars);
	told->used = (struct letter_used){ t->name, t->locale, t->sha256, t->version };
	return r;
}
