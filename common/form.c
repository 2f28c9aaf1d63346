#include "form.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define ZONEINFO "/usr/share/zoneinfo"

/* Classes of ASCII characters, one bit each: a byte's classes are found by one look-up. */
enum {
	UPPER = 1,
	LOWER = 2,
	DIGIT = 4,
	HEX = 8,    /* a-f and A-F */
	WORD = 16,  /* - and _ */
	URI = 32,   /* RFC 3986: reserved and unreserved characters that are no letters or digits */
	BASE64 = 64 /* + and / */
};
#define ALPHA (UPPER | LOWER)
#define ALNUM (ALPHA | DIGIT)

static const uint8_t classes[256] = {
	['A' ... 'F'] = UPPER | HEX,
	['G' ... 'Z'] = UPPER,
	['a' ... 'f'] = LOWER | HEX,
	['g' ... 'z'] = LOWER,
	['0' ... '9'] = DIGIT,
	['-'] = WORD | URI,
	['_'] = WORD | URI,
	['+'] = BASE64 | URI,
	['/'] = BASE64 | URI,
	['.'] = URI,
	['~'] = URI,
	[':'] = URI,
	['?'] = URI,
	['#'] = URI,
	['['] = URI,
	[']'] = URI,
	['@'] = URI,
	['!'] = URI,
	['$'] = URI,
	['&'] = URI,
	['\''] = URI,
	['('] = URI,
	[')'] = URI,
	['*'] = URI,
	[','] = URI,
	[';'] = URI,
	['='] = URI,
};

static bool is(char c, unsigned mask)
{
	return classes[(unsigned char)c] & mask;
}

/* How many leading characters of s are of mask. */
static size_t span(const char *s, size_t len, unsigned mask)
{
	size_t n = 0;

	while (n < len && is(s[n], mask))
		n++;
	return n;
}

/* C1 is C2 80 to C2 9F in UTF-8, U+2028 and U+2029 are E2 80 A8 and E2 80 A9. */
static bool is_control(const unsigned char *s, size_t left)
{
	if (s[0] < 0x20 || s[0] == 0x7f)
		return true;
	if (s[0] == 0xc2)
		return left > 1 && s[1] < 0xa0;
	return s[0] == 0xe2 && left > 2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9);
}

bool form_line(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_control((const unsigned char *)s + i, len - i))
			return false;
	return true;
}

bool form_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] != '\n' && s[i] != '\t' &&
		    is_control((const unsigned char *)s + i, len - i))
			return false;
	return true;
}

bool form_name(const char *s, size_t len)
{
	return len >= 1 && len <= 64 && span(s, len, ALNUM | WORD) == len &&
	       (is(s[0], ALPHA) || s[0] == '_');
}

bool form_word(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (is(s[n], LOWER | DIGIT) || s[n] == '_'))
		n++;
	return len >= 1 && len <= 64 && n == len;
}

/* Subtags of a language tag, RFC 5646 2.1; every character is known to be a letter, digit or '-'.
 */
static bool tag_language(const char *s, size_t n)
{
	return n >= 2 && n <= 8 && span(s, n, ALPHA) == n;
}

static bool tag_extlang(const char *s, size_t n)
{
	return n == 3 && span(s, n, ALPHA) == 3;
}

static bool tag_script(const char *s, size_t n)
{
	return n == 4 && span(s, n, ALPHA) == 4;
}

static bool tag_region(const char *s, size_t n)
{
	return (n == 2 && span(s, n, ALPHA) == 2) || (n == 3 && span(s, n, DIGIT) == 3);
}

static bool tag_variant(const char *s, size_t n)
{
	return (n >= 5 && n <= 8) || (n == 4 && is(s[0], DIGIT));
}

static bool tag_singleton(const char *s, size_t n)
{
	return n == 1 && s[0] != 'x' && s[0] != 'X';
}

static bool tag_extension(const char *s, size_t n)
{
	(void)s;
	return n >= 2 && n <= 8;
}

static bool tag_x(const char *s, size_t n)
{
	return n == 1 && (s[0] == 'x' || s[0] == 'X');
}

static bool tag_private(const char *s, size_t n)
{
	(void)s;
	return n >= 1 && n <= 8;
}

/* Takes up to max subtags that ok accepts from the front of *s; returns how many. */
static int tags(const char **s, size_t *len, int max, bool (*ok)(const char *, size_t))
{
	int taken = 0;

	while (taken<max && * len> 0) {
		const char *dash = memchr(*s, '-', *len);
		size_t n = dash ? (size_t)(dash - *s) : *len;

		if (!ok(*s, n))
			break;
		*s += n + (dash != NULL);
		*len -= n + (dash != NULL);
		taken++;
	}
	return taken;
}

bool form_locale(const char *s, size_t len)
{
	if (len < 2 || len > FORM_LOCALE_MAX || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is(s[i], ALNUM) && s[i] != '-')
			return false;
	if (!tags(&s, &len, 1, tag_language))
		return false;
	tags(&s, &len, 3, tag_extlang);
	tags(&s, &len, 1, tag_script);
	tags(&s, &len, 1, tag_region);
	tags(&s, &len, FORM_LOCALE_MAX, tag_variant);
	while (tags(&s, &len, 1, tag_singleton))
		if (!tags(&s, &len, FORM_LOCALE_MAX, tag_extension))
			return false;
	if (tags(&s, &len, 1, tag_x) && !tags(&s, &len, FORM_LOCALE_MAX, tag_private))
		return false;
	return len == 0;
}

/* Names of the data base begin with a capital; its lower-case entries (posix, right, leapseconds)
   are no zones. Without dots there is no way out of the directory. */
static bool zone_form(const char *s, size_t len)
{
	if (len == 0 || len > FORM_ZONE_MAX || !is(s[0], UPPER) || s[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is(s[i], ALNUM | WORD) && s[i] != '+' && (s[i] != '/' || s[i - 1] == '/'))
			return false;
	return true;
}

bool form_zone(const char *s, size_t len)
{
	char path[sizeof(ZONEINFO "/") + FORM_ZONE_MAX];
	struct stat st;

	if (!zone_form(s, len))
		return false;
	snprintf(path, sizeof(path), ZONEINFO "/%.*s", (int)len, s);
	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode);
	return stat(ZONEINFO "/UTC", &st) != 0;
}

bool form_uri_reference(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && len - i > 2 && span(s + i + 1, 2, DIGIT | HEX) == 2)
			continue;
		if (!is(s[i], ALNUM | URI))
			return false;
	}
	return len >= 1;
}

/* A registered name or an IPv4 address, then perhaps a port. */
static bool authority(const char *s, size_t len)
{
	size_t host = 0;

	while (host < len && (is(s[host], ALNUM) || s[host] == '-' || s[host] == '.'))
		host++;
	if (host == len)
		return len > 0;
	return host > 0 && s[host] == ':' && len - host >= 2 && len - host <= 6 &&
	       span(s + host + 1, len - host - 1, DIGIT) == len - host - 1;
}

bool form_host(const char *s, size_t len)
{
	size_t from = len > 2 && s[0] == '*' && s[1] == '.' ? 2 : 0;

	for (size_t i = from; i < len; i++)
		if (!is(s[i], ALNUM) && s[i] != '-' && s[i] != '.')
			return false;
	return len > from && len - from <= FORM_HOST_MAX && s[from] != '.' && s[len - 1] != '.';
}

bool form_url(const char *s, size_t len)
{
	size_t scheme = len > 7 && strncasecmp(s, "http://", 7) == 0	? 7
			: len > 8 && strncasecmp(s, "https://", 8) == 0 ? 8
									: 0;
	size_t end = scheme;

	if (scheme == 0 || len > FORM_URL_MAX || !form_uri_reference(s, len) ||
	    memchr(s, '[', len) || memchr(s, ']', len))
		return false;
	while (end < len && !memchr("/?#", s[end], 3))
		end++;
	return authority(s + scheme, end - scheme);
}

bool form_base64(const char *s, size_t len)
{
	size_t n = span(s, len, ALNUM | BASE64);

	while (n < len && s[n] == '=' && len - n <= 2)
		n++;
	return len >= 4 && len % 4 == 0 && n == len;
}
