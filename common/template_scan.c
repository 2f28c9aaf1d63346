/* The scanner: from source bytes to tags, with positions and the standalone rule. */
#include <string.h>

#include "template_priv.h"

#define SPAN(literal) ((struct span){ literal, sizeof(literal) - 1 })

/* What may follow an opening delimiter: the kind of tag, and what stands before the closing one. */
static const struct sigil {
	enum tag_kind kind;
	char before_close;
} sigils[256] = {
	['{'] = { TAG_RAW, '}' },    ['&'] = { TAG_RAW, 0 },	      ['#'] = { TAG_SECTION, 0 },
	['^'] = { TAG_INVERTED, 0 }, ['/'] = { TAG_CLOSE, 0 },	      ['>'] = { TAG_PARTIAL, 0 },
	['!'] = { TAG_COMMENT, 0 },  ['='] = { TAG_DELIMITERS, '=' },
};

void scan_init(struct scan *s, struct span source)
{
	*s = (struct scan){ .start = source.at,
			    .at = source.at,
			    .end = source.at + source.len,
			    .counted = source.at,
			    .open = SPAN("{{"),
			    .close = SPAN("}}"),
			    .line = 1,
			    .column = 1 };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(const char *from, const char *to)
{
	while (from < to && is_space(*from))
		from++;
	while (to > from && is_space(to[-1]))
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

static const char *find(const char *from, const char *end, struct span what)
{
	return memmem(from, (size_t)(end - from), what.at, what.len);
}

/* Moves line and column on to p. A character's column is counted at its first byte. */
static void count_to(struct scan *s, const char *p)
{
	for (; s->counted < p; s->counted++) {
		if (*s->counted == '\n') {
			s->line++;
			s->column = 1;
		} else if ((*s->counted & 0xc0) != 0x80) {
			s->column++;
		}
	}
}

/* The closing delimiter, behind its own '}' or '=' where the tag began with one. */
static const char *find_close(const struct scan *s, const char *body, char before)
{
	const char *close = find(body, s->end, s->close);

	while (close && before && (close == body || close[-1] != before))
		close = find(close + 1, s->end, s->close);
	return close;
}

/* Takes one word of a set-delimiters tag off the front of rest. */
static struct span take_word(struct span *rest)
{
	struct span word = { rest->at, 0 };

	while (word.len < rest->len && !is_space(word.at[word.len]))
		word.len++;
	*rest = trimmed(rest->at + word.len, rest->at + rest->len);
	return word;
}

static int set_delimiters(struct scan *s, struct span words, struct err *e)
{
	struct span open = take_word(&words), close = take_word(&words);

	if (!open.len || !close.len || words.len || memchr(open.at, '=', open.len) ||
	    memchr(close.at, '=', close.len))
		return err_set(e, ERR_INVALID, "new delimiters are written as {{=<%% %%>=}}");
	s->open = open;
	s->close = close;
	return OK;
}

static int check_name(struct span name, struct err *e)
{
	if (!name.len)
		return err_set(e, ERR_INVALID, "the tag has no name");
	for (size_t i = 0; i < name.len; i++)
		if (is_space(name.at[i]))
			return err_set(e, ERR_INVALID, "white space in the name '%.*s'",
				       (int)(name.len < 64 ? name.len : 64), name.at);
	return OK;
}

/* Only blanks around [from, to) on its line? Then the tag gives its whole line away. s->at bounds
   the look back: it is the end of the tag before, or the beginning of a line. */
static void detach_line(struct scan *s, const char *from, const char *to, struct tag *tag)
{
	const char *left = from, *right = to;

	while (left > s->at && is_blank(left[-1]))
		left--;
	while (right < s->end && is_blank(*right))
		right++;
	if (right + 1 < s->end && right[0] == '\r' && right[1] == '\n')
		right++;
	tag->standalone =
		(left == s->start || left[-1] == '\n') && (right == s->end || *right == '\n');
	if (!tag->standalone)
		return;
	tag->text.len = (size_t)(left - s->at);
	tag->indent = (struct span){ left, (size_t)(from - left) };
	s->at = right == s->end ? right : right + 1;
}

static bool may_stand_alone(enum tag_kind kind)
{
	return kind != TAG_VALUE && kind != TAG_RAW;
}

static bool has_name(enum tag_kind kind)
{
	return kind != TAG_COMMENT && kind != TAG_DELIMITERS;
}

int scan_next(struct scan *s, struct tag *tag, struct err *e)
{
	const char *from = find(s->at, s->end, s->open), *body, *close;
	struct sigil sigil = { TAG_VALUE, 0 };

	*tag = (struct tag){ .kind = TAG_NONE, .text = { s->at, (size_t)(s->end - s->at) } };
	if (!from)
		return OK;
	count_to(s, from);
	tag->line = s->line;
	tag->column = s->column;
	body = from + s->open.len;
	if (body < s->end && sigils[(unsigned char)*body].kind != TAG_NONE)
		sigil = sigils[(unsigned char)*body++];
	close = find_close(s, body, sigil.before_close);
	if (!close)
		return err_set(e, ERR_INVALID, "the tag is not closed");
	tag->kind = sigil.kind;
	tag->text.len = (size_t)(from - s->at);
	tag->name = trimmed(body, sigil.before_close ? close - 1 : close);
	if (has_name(sigil.kind) && check_name(tag->name, e) < 0)
		return ERR_INVALID;
	close += s->close.len;
	if (sigil.kind == TAG_DELIMITERS && set_delimiters(s, tag->name, e) < 0)
		return ERR_INVALID;
	if (may_stand_alone(sigil.kind))
		detach_line(s, from, close, tag);
	if (!tag->standalone)
		s->at = close;
	return OK;
}
