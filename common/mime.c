#include "mime.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

#include "crypto.h"
#include "now.h"

#define LINE_MAX_CHARS 76 /* of a header line: RFC 2047 asks 76, RFC 5322 advises 78 */
#define BODY_LINE_MAX 998 /* RFC 5322 2.1.1, without CRLF */
#define WORD_HEAD "=?UTF-8?B?"
#define WORD_TAIL "?="

enum value { VALUE_BAD, VALUE_PLAIN, VALUE_ENCODE };

static bool has_c1_control(const char *s, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (s[i] == '\xc2' && (unsigned char)s[i + 1] < 0xa0)
			return true;
	return false;
}

/* May this be a header's value, and may it stand there as it is? */
static enum value value_judge(const char *s, size_t n)
{
	bool eight_bit = false;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return VALUE_BAD;
		eight_bit |= (unsigned char)s[i] >= 0x80;
	}
	if (n > MIME_VALUE_MAX ||
	    (eight_bit && (!g_utf8_validate_len(s, n, NULL) || has_c1_control(s, n))))
		return VALUE_BAD;
	if (eight_bit || (n && (s[0] == ' ' || s[n - 1] == ' ')) || strstr(s, "=?"))
		return VALUE_ENCODE;
	return VALUE_PLAIN;
}

/* Characters on the line that is being written. */
static size_t column(const struct buf *out)
{
	const char *lf = out->len ? memrchr(out->data, '\n', out->len) : NULL;

	return lf ? (size_t)(out->data + out->len - lf) - 1 : out->len;
}

/* Base64 words, each cut at the end of a character and short enough for its line. */
static void encoded_add(struct buf *out, const char *s, size_t n)
{
	while (n) {
		size_t used = column(out) + strlen(WORD_HEAD WORD_TAIL);
		size_t take = used < LINE_MAX_CHARS ? (LINE_MAX_CHARS - used) / 4 * 3 : 0;
		char word[LINE_MAX_CHARS + 1];
		gint state = 0, save = 0;
		gsize len;

		if (take >= n)
			take = n;
		else
			while (take && ((unsigned char)s[take] & 0xc0) == 0x80)
				take--;
		if (take) {
			len = g_base64_encode_step((const guchar *)s, take, FALSE, word, &state,
						   &save);
			len += g_base64_encode_close(FALSE, word + len, &state, &save);
			buf_str(out, WORD_HEAD);
			buf_add(out, word, len);
			buf_str(out, WORD_TAIL);
		}
		s += take;
		n -= take;
		if (n)
			buf_str(out, "\r\n ");
	}
}

/* Plain words, folded before spaces. False, nothing added, where a word is longer than a line. */
static bool folded_add(struct buf *out, const char *s, size_t n)
{
	size_t start = out->len, at = column(out);

	for (size_t end; n; s += end, n -= end) {
		end = strspn(s, " ");
		end += strcspn(s + end, " ");
		if (at + end > LINE_MAX_CHARS && *s == ' ') {
			buf_str(out, "\r\n");
			at = 0;
		}
		if (at + end > LINE_MAX_CHARS) {
			out->len = start;
			return false;
		}
		buf_add(out, s, end);
		at += end;
	}
	return true;
}

static int refuse(const char *field, struct err *e)
{
	return err_set(e, ERR_INVALID,
		       "header %s: too long, not UTF-8, or a control character in it", field);
}

static void field_begin(struct buf *out, const char *field)
{
	buf_str(out, field);
	buf_add(out, ": ", 2);
}

int mime_text(struct buf *out, const char *field, const char *value, struct err *e)
{
	size_t n = strlen(value);
	enum value kind = value_judge(value, n);

	if (kind == VALUE_BAD)
		return refuse(field, e);
	field_begin(out, field);
	if (kind == VALUE_ENCODE || !folded_add(out, value, n))
		encoded_add(out, value, n);
	buf_add(out, "\r\n", 2);
	return OK;
}

/* A quoted-string (RFC 5322 3.2.4) on the line that is being written; false where it does not fit.
 */
static bool quoted_add(struct buf *out, const char *s, size_t n)
{
	size_t start = out->len, at = column(out);

	buf_byte(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_byte(out, '\\');
		buf_byte(out, s[i]);
	}
	buf_byte(out, '"');
	if (at + (out->len - start) <= LINE_MAX_CHARS)
		return true;
	out->len = start;
	return false;
}

/* RFC 5322 atext and ".", and what a host name is made of. */
enum { LOCAL = 1, HOST = 2 };

/* clang-format off */
static const unsigned char address_chars[256] = {
	['a' ... 'z'] = LOCAL | HOST, ['A' ... 'Z'] = LOCAL | HOST, ['0' ... '9'] = LOCAL | HOST,
	['-'] = LOCAL | HOST, ['.'] = LOCAL | HOST,
	['!'] = LOCAL, ['#' ... '\''] = LOCAL, ['*'] = LOCAL, ['+'] = LOCAL, ['/'] = LOCAL,
	['='] = LOCAL, ['?'] = LOCAL, ['^' ... '`'] = LOCAL, ['{' ... '~'] = LOCAL,
};
/* clang-format on */

static size_t span(const char *s, unsigned char kind)
{
	size_t n = 0;

	while (address_chars[(unsigned char)s[n]] & kind)
		n++;
	return n;
}

static bool address_ok(const char *s)
{
	size_t local = span(s, LOCAL), domain;

	if (local == 0 || s[local] != '@' || s[0] == '.' || s[local - 1] == '.' || strstr(s, ".."))
		return false;
	domain = span(s + local + 1, HOST);
	return domain && s[local + 1] != '.' && s[local + 1 + domain] == '\0' &&
	       local + 1 + domain <= MIME_ADDRESS_MAX;
}

int mime_mailbox(struct buf *out, const char *field, const char *display, const char *address,
		 struct err *e)
{
	size_t n = display ? strlen(display) : 0;
	enum value kind = value_judge(n ? display : "", n);

	if (kind == VALUE_BAD)
		return refuse(field, e);
	if (!address_ok(address))
		return err_set(e, ERR_INVALID, "header %s: the address is not local@domain", field);
	field_begin(out, field);
	if (n && (kind == VALUE_ENCODE || !quoted_add(out, display, n)))
		encoded_add(out, display, n);
	if (n)
		buf_str(out, column(out) + strlen(address) + 3 > LINE_MAX_CHARS ? "\r\n <" : " <");
	buf_str(out, address);
	buf_str(out, n ? ">\r\n" : "\r\n");
	return OK;
}

void mime_date(struct buf *out, int64_t ms)
{
	/* Not strftime: the names of days and months are English whatever the locale. Nor gmtime_r:
	   all threads would meet at its lock. */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;

	now_utc(ms, &tm);
	buf_fmt(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n", days + tm.tm_wday * 3,
		tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		tm.tm_sec);
}

/* "=_" can stand neither in quoted-printable nor in base64, so only 7bit text needs a look. */
void mime_boundary(const char *name, char out[MIME_BOUNDARY_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	_Static_assert(MIME_BOUNDARY_SIZE == 2 + CRYPTO_BASE32_LEN(16) + 1, "fits");
	crypto_hash_init(&h);
	crypto_hash_str(&h, "boundary");
	crypto_hash_str(&h, name);
	crypto_hash_final(&h, hash);
	memcpy(out, "=_", 2);
	crypto_base32(hash, 16, out + 2);
}

/* CRLF and CR become LF, and the last line gets its end. */
static void lines_normalise(struct buf *text)
{
	char *cr = text->len ? memchr(text->data, '\r', text->len) : NULL;

	if (cr) {
		const char *end = text->data + text->len;
		char *to = cr;

		for (const char *from = cr; from < end; from++)
			if (*from != '\r')
				*to++ = *from;
			else if (from + 1 == end || from[1] != '\n')
				*to++ = '\n';
		text->len = (size_t)(to - text->data);
	}
	if (text->len == 0 || text->data[text->len - 1] != '\n')
		buf_byte(text, '\n');
}

struct shape {
	size_t lines, longest;
	size_t high; /* bytes over 127 */
};

static size_t high_bytes(const char *s, size_t n)
{
	size_t i = 0, count = 0;
	uint64_t word;

	for (; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		word = word >> 7 & 0x0101010101010101u;
		count += word * 0x0101010101010101u >> 56; /* the sum of its bytes */
	}
	for (; i < n; i++)
		count += (unsigned char)s[i] >= 0x80;
	return count;
}

/* s ends with LF. */
static struct shape shape_of(const char *s, size_t n)
{
	struct shape shape = { .high = high_bytes(s, n) };

	for (const char *end = s + n, *lf; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if ((size_t)(lf - s) > shape.longest)
			shape.longest = (size_t)(lf - s);
		shape.lines++;
	}
	return shape;
}

/* Adds s, whose lines all end with LF, with CRLF. */
static void crlf_add(struct buf *out, const char *s, size_t n, size_t lines)
{
	char *to = buf_reserve(out, n + lines);

	if (!to)
		return;
	for (const char *end = s + n, *lf; s < end; s = lf + 1) {
		size_t len;

		lf = memchr(s, '\n', (size_t)(end - s));
		len = (size_t)(lf - s);
		memcpy(to, s, len);
		memcpy(to + len, "\r\n", 2);
		to += len + 2;
	}
	buf_commit(out, n + lines);
}

static void encoded_body_add(struct buf *out, const struct buf *text, GMimeContentEncoding how)
{
	GMimeEncoding encoder;
	size_t room;

	g_mime_encoding_init_encode(&encoder, how);
	room = g_mime_encoding_outlen(&encoder, text->len);

	autobuf encoded = { .max = room + 1, .secret = out->secret };

	buf_commit(&encoded, g_mime_encoding_flush(&encoder, text->data, text->len,
						   buf_reserve(&encoded, room)));
	lines_normalise(&encoded);
	crlf_add(out, encoded.data, encoded.len, shape_of(encoded.data, encoded.len).lines);
}

/* RFC 2045 6.8: what base64 encodes is the text with CRLF. */
static void base64_add(struct buf *out, const struct buf *text, size_t lines)
{
	autobuf canonical = { .max = text->len + lines, .secret = out->secret };

	crlf_add(&canonical, text->data, text->len, lines);
	encoded_body_add(out, &canonical, GMIME_CONTENT_ENCODING_BASE64);
}

/* A byte that is escaped costs two more in quoted-printable; base64 costs a third of everything. */
static bool base64_is_shorter(const struct buf *text, size_t high)
{
	size_t escaped = high;

	for (size_t i = 0; i < text->len; i++)
		escaped += text->data[i] == '=';
	return escaped * 6 > text->len;
}

static GMimeContentEncoding encoding_for(const struct buf *text, const struct shape *shape,
					 const char *boundary)
{
	if (shape->high == 0 && shape->longest <= BODY_LINE_MAX &&
	    !memchr(text->data, '\0', text->len) &&
	    !memmem(text->data, text->len, boundary, strlen(boundary)))
		return GMIME_CONTENT_ENCODING_7BIT;
	return base64_is_shorter(text, shape->high) ? GMIME_CONTENT_ENCODING_BASE64
						    : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

void mime_part(struct buf *out, const char *subtype, struct buf *text, const char *boundary)
{
	struct shape shape;
	GMimeContentEncoding how;

	lines_normalise(text);
	if (text->full) {
		out->full = true;
		return;
	}
	shape = shape_of(text->data, text->len);
	how = encoding_for(text, &shape, boundary);
	buf_str(out, "Content-Type: text/");
	buf_str(out, subtype);
	buf_str(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
	buf_str(out, g_mime_content_encoding_to_string(how));
	buf_str(out, "\r\n\r\n");
	if (how == GMIME_CONTENT_ENCODING_7BIT)
		crlf_add(out, text->data, text->len, shape.lines);
	else if (how == GMIME_CONTENT_ENCODING_BASE64)
		base64_add(out, text, shape.lines);
	else
		encoded_body_add(out, text, how);
}
