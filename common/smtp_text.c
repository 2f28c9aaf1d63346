#include "smtp_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "mem.h"

#define NUMBER_DIGITS 5 /* that many digits may be a phone number or a code */
#define TOKEN_CHARS 16	/* a word so long with letters and digits may be a token */
#define LONG_CHARS 32	/* and one so long need not even have digits */

/* The length of "x.y.z" at the head of s, or 0. */
static size_t triple_length(const char *s)
{
	int end = 0;
	unsigned int class, subject, detail;

	if (*s < '0' || *s > '9') /* most replies: not worth a scan */
		return 0;
	if (sscanf(s, "%1u.%3u.%3u%n", &class, &subject, &detail, &end) != 3)
		return 0;
	return s[end] == '\0' || s[end] == ' ' ? (size_t)end : 0;
}

/* One line, printable, words separated by one space, cut between words. */
static void text_clean(char *out, size_t size, const char *text)
{
	size_t n = 0;
	const char *p = text;

	for (; *p && n < size - 1; p++) {
		bool space = isspace((unsigned char)*p);

		if (space && (n == 0 || out[n - 1] == ' '))
			continue;
		out[n++] = space ? ' ' : *p > ' ' && *p < 0x7f ? *p : '?';
	}
	if (*p && !isspace((unsigned char)*p))
		while (n > 0 && out[n - 1] != ' ')
			n--;
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

void smtp_text_reply(struct reply *r, int code, const char *enhanced, const char *text)
{
	char head[2 * sizeof(r->text)];
	size_t n;

	*r = (struct reply){ .code = code };
	if (enhanced)
		text_put(r->enhanced, sizeof(r->enhanced), enhanced);
	if (!text)
		return;
	text_clean(head, sizeof(head), text);
	n = triple_length(head);
	if (n > 0 && n < sizeof(r->enhanced) && head[0] - '0' == code / 100) {
		memcpy(r->enhanced, head, n);
		r->enhanced[n] = '\0';
	}
	text_clean(r->text, sizeof(r->text), head + n);
}

static size_t word_length(const char *s)
{
	return strcspn(s, " <>\"'(),;[]");
}

static bool is_address(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] == '@' || strncasecmp(s + i, "%40", 3) == 0)
			return true;
	return false;
}

static bool is_token(const char *s, size_t n)
{
	size_t letters = 0, digits = 0, dots = 0;

	for (size_t i = 0; i < n; i++) {
		letters += isalpha((unsigned char)s[i]) != 0;
		digits += isdigit((unsigned char)s[i]) != 0;
		dots += strchr("./:", s[i]) != NULL;
	}
	return (n >= TOKEN_CHARS && letters > 0 && digits > 0) || (n >= LONG_CHARS && dots == 0);
}

/* The length of a number that begins here, separators inside it counted, or 0 if it is short. */
static size_t number_length(const char *s)
{
	size_t end = 0, digits = 0;

	for (size_t i = 0; isdigit((unsigned char)s[i]) || (s[i] && strchr("+-(). ", s[i])); i++)
		if (isdigit((unsigned char)s[i])) {
			digits++;
			end = i + 1;
		}
	return digits >= NUMBER_DIGITS ? end : 0;
}

/* What stands at s: how long it is, and what is said instead (NULL: it may be said). */
static size_t piece(const char *s, const char **instead)
{
	size_t n = word_length(s);

	*instead = NULL;
	if (*s == '<') {
		*instead = "<address>";
		return strcspn(s, ">") + (strchr(s, '>') != NULL);
	}
	if (is_address(s, n))
		*instead = "<address>";
	else if (is_token(s, n))
		*instead = "<token>";
	if (*instead)
		return n;
	if (isdigit((unsigned char)*s) || *s == '+')
		n = number_length(s);
	else
		n = 0;
	if (n > 0)
		*instead = "<number>";
	return n > 0 ? n : 1;
}

static void text_scrub(struct buf *out, const char *text)
{
	bool fresh = true; /* at the head of a word: addresses and tokens are looked for here */

	for (const char *p = text; *p;) {
		const char *instead = NULL;
		size_t n = 1;

		if (fresh || *p == '<' || isdigit((unsigned char)*p))
			n = piece(p, &instead);
		if (instead)
			buf_str(out, instead);
		else
			buf_byte(out, *p);
		fresh = instead || word_length(p) == 0;
		p += n;
	}
}

const char *smtp_text_reason(const struct reply *r, char out[SMTP_REASON_SIZE])
{
	autobuf b = BUF_INIT(4 * sizeof(r->text));

	buf_fmt(&b, "%d", r->code);
	if (r->enhanced[0])
		buf_fmt(&b, " %s", r->enhanced);
	if (r->text[0])
		buf_byte(&b, ' ');
	text_scrub(&b, r->text);
	snprintf(out, SMTP_REASON_SIZE, "%s", b.data);
	return out;
}

static const struct unit {
	const char *word;
	int64_t ms;
} units[] = {
	{ "sec", 1000 }, { "min", 60 * 1000 }, { "hour", 60 * 60 * 1000 }, { "hr", 60 * 60 * 1000 },
	{ "s", 1000 },	 { "m", 60 * 1000 },   { "h", 60 * 60 * 1000 },
};

static int64_t unit_ms(const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t n = strlen(units[i].word);

		if (strncasecmp(s, units[i].word, n) == 0 &&
		    (n > 1 || !isalpha((unsigned char)s[n])))
			return units[i].ms;
	}
	return 0;
}

/* "300 seconds", "5min", "00:05:00"; 0 = no span of time begins here. */
static int64_t span_ms(const char *s)
{
	unsigned int h, m, sec;
	char *end;
	unsigned long n;

	if (sscanf(s, "%2u:%2u:%2u", &h, &m, &sec) == 3)
		return ((int64_t)h * 3600 + m * 60 + sec) * 1000;
	n = strtoul(s, &end, 10);
	if (n > 1000 * 1000)
		return 0;
	end += strspn(end, " ");
	return (int64_t)n * unit_ms(end);
}

static const char *const asks_to_wait[] = { "try again", "try later", "retry",
					    "come back", "greylist",  "graylist",
					    "wait for",	 "again in",  "again after" };

int64_t smtp_text_retry_after_ms(const char *text)
{
	const char *p = NULL;

	for (size_t i = 0; i < ARRAY_LEN(asks_to_wait) && !p; i++)
		p = strcasestr(text, asks_to_wait[i]);
	for (; p && *p; p++) {
		int64_t ms = isdigit((unsigned char)*p) ? span_ms(p) : 0;

		if (ms > 0)
			return ms < SMTP_RETRY_AFTER_MAX_MS ? ms : SMTP_RETRY_AFTER_MAX_MS;
		if (isdigit((unsigned char)*p))
			p += strspn(p, "0123456789") - 1;
	}
	return 0;
}
