#include "sms_text.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"

/* Units that one SMS holds, and each one of several (140 bytes, less the 6 that join them). */
static const struct sizes {
	size_t single, joined;
} sizes[] = {
	[SMS_GSM] = { 160, 153 },
	[SMS_UCS2] = { 70, 67 },
};

/* 3GPP TS 23.038, 6.2.1 and 6.2.1.1, without ASCII. */
static const char gsm_basic[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char gsm_extended[] = "€";

/* Text that is not GSM, and how it may be written; zero-width marks vanish. */
static const struct look_alike {
	const char *of, *as;
} look_alikes[] = {
	{ "‐‑‒–—―−", "-" },
	{ "‘’‚‛ʼ′`´", "'" },
	{ "“”„‟″«»", "\"" },
	{ "‹", "<" },
	{ "›", ">" },
	{ "…", "..." },
	{ "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
	  "\u3000",
	  " " },
	{ "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "" },
	{ "ÀÁÂÃĀĂĄΑ", "A" },
	{ "áâãāăą", "a" },
	{ "ĆĈĊČ", "C" },
	{ "çćĉċč", "c" },
	{ "ĎĐ", "D" },
	{ "ďđ", "d" },
	{ "ÈÊËĒĔĖĘĚΕ", "E" },
	{ "êëēĕėęě", "e" },
	{ "ĜĞĠĢ", "G" },
	{ "ĝğġģ", "g" },
	{ "ĤĦΗ", "H" },
	{ "ĥħ", "h" },
	{ "ÌÍÎÏĨĪĬĮİΙ", "I" },
	{ "íîïĩīĭįı", "i" },
	{ "Ĵ", "J" },
	{ "ĵ", "j" },
	{ "ĶΚ", "K" },
	{ "ķ", "k" },
	{ "ĹĻĽŁ", "L" },
	{ "ĺļľł", "l" },
	{ "Μ", "M" },
	{ "ŃŅŇΝ", "N" },
	{ "ńņň", "n" },
	{ "ÒÓÔÕŌŎŐΟ", "O" },
	{ "óôõōŏő", "o" },
	{ "Œ", "OE" },
	{ "œ", "oe" },
	{ "Ρ", "P" },
	{ "ŔŖŘ", "R" },
	{ "ŕŗř", "r" },
	{ "ŚŜŞŠȘ", "S" },
	{ "śŝşšș", "s" },
	{ "ŢŤŦȚΤ", "T" },
	{ "ţťŧț", "t" },
	{ "ÙÚÛŨŪŬŮŰŲ", "U" },
	{ "úûũūŭůűų", "u" },
	{ "Ŵ", "W" },
	{ "ŵ", "w" },
	{ "Χ", "X" },
	{ "ÝŶŸΥ", "Y" },
	{ "ýŷÿ", "y" },
	{ "ŹŻŽΖ", "Z" },
	{ "źżž", "z" },
	{ "Β", "B" },
};

/* What cannot be shown as it is. */
static const struct unseen {
	uint32_t c;
	const char *name;
} unseen[] = {
	{ '\t', "a tab" },
	{ 0xa0, "a no-break space" },
	{ 0xad, "a soft hyphen" },
	{ 0x200b, "a zero-width space" },
	{ 0x200c, "a zero-width non-joiner" },
	{ 0x200d, "a zero-width joiner" },
	{ 0x200e, "a left-to-right mark" },
	{ 0x200f, "a right-to-left mark" },
	{ 0x202f, "a narrow no-break space" },
	{ 0x2060, "a word joiner" },
	{ 0xfeff, "a byte order mark" },
};

static bool among(const char *set, const char *c, size_t bytes)
{
	const char *at = memmem(set, strlen(set), c, bytes);

	return at != NULL;
}

/* The same of ASCII: most texts have little else. */
static const unsigned char ascii_units[128] = {
	['\n'] = 1,	   ['\r'] = 1, [' ' ... 'Z'] = 1, ['_'] = 1,
	['a' ... 'z'] = 1, ['\f'] = 2, ['[' ... '^'] = 2, ['{' ... '~'] = 2,
};

/* Septets of the character in these bytes of UTF-8; 0 = GSM has it not. A character's bytes are
   found in a text of UTF-8 only where it stands. */
static size_t gsm_units(const char *c, size_t bytes)
{
	if (bytes == 1)
		return ascii_units[*c & 0x7f];
	return among(gsm_basic, c, bytes) ? 1 : among(gsm_extended, c, bytes) ? 2 : 0;
}

static size_t ucs2_units(uint32_t c)
{
	return c > 0xffff ? 2 : 1;
}

/* Finds the encoding: fills encoding and culprit. */
static int survey(const char *text, size_t len, struct sms_count *out, struct err *e)
{
	size_t place = 0;
	uint32_t c;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next(text + i, len - i, &c);
		if (n == 0 || c == 0)
			return err_set(e, ERR_INVALID, "the text is no UTF-8, or has a NUL in it");
		place++;
		if (out->culprit || gsm_units(text + i, n))
			continue;
		out->encoding = SMS_UCS2;
		out->culprit = c;
		out->culprit_at = place;
	}
	return OK;
}

/* Fills segments of capacity units one after the other, and returns how many are begun; *used is
   what stands in the last one. */
static size_t fill(const char *text, size_t len, enum sms_encoding encoding, size_t capacity,
		   size_t *used)
{
	size_t segments = len ? 1 : 0;
	uint32_t c;

	*used = 0;
	for (size_t i = 0, n; i < len; i += n) {
		size_t units;

		n = utf8_next(text + i, len - i, &c);
		units = encoding == SMS_GSM ? gsm_units(text + i, n) : ucs2_units(c);
		if (*used + units > capacity) {
			segments++;
			*used = 0;
		}
		*used += units;
	}
	return segments;
}

int sms_text_count(const char *text, size_t len, struct sms_count *out, struct err *e)
{
	struct sms_count count = { .encoding = SMS_GSM };
	const struct sizes *size;
	size_t used;
	int r;

	if ((r = survey(text, len, &count, e)) < 0)
		return r;
	size = &sizes[count.encoding];
	fill(text, len, count.encoding, SIZE_MAX, &count.units);
	if (count.units <= size->single) {
		count.segments = len > 0;
		count.room = size->single - count.units;
	} else {
		count.segments = fill(text, len, count.encoding, size->joined, &used);
		count.room = size->joined - used;
	}
	*out = count;
	return OK;
}

const char *sms_encoding_word(enum sms_encoding encoding)
{
	return encoding == SMS_GSM ? "gsm" : "ucs2";
}

const char *sms_text_name(uint32_t c, char out[SMS_NAME_SIZE])
{
	char shown[5] = "";

	for (size_t i = 0; i < ARRAY_LEN(unseen); i++)
		if (unseen[i].c == c) {
			snprintf(out, SMS_NAME_SIZE, "%s (U+%04X)", unseen[i].name, (unsigned)c);
			return out;
		}
	utf8_encode(c, shown);
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		snprintf(out, SMS_NAME_SIZE, "a control character (U+%04X)", (unsigned)c);
	else
		snprintf(out, SMS_NAME_SIZE, "'%s' (U+%04X)", shown, (unsigned)c);
	return out;
}

static const struct look_alike *look_alike_of(const char *c, size_t bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++)
		if (among(look_alikes[i].of, c, bytes))
			return &look_alikes[i];
	return NULL;
}

/* Appends one character; false where GSM has nothing like it. */
static bool plain_add(const char *c, size_t bytes, struct buf *out)
{
	const struct look_alike *l;

	if (gsm_units(c, bytes)) {
		buf_add(out, c, bytes);
		return true;
	}
	l = look_alike_of(c, bytes);
	if (l)
		buf_str(out, l->as);
	return l != NULL;
}

bool sms_text_plain(const char *text, size_t len, struct buf *out)
{
	size_t start = out->len;
	uint32_t c;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next(text + i, len - i, &c);
		if (n && plain_add(text + i, n, out))
			continue;
		out->len = start;
		buf_add(out, text, len);
		return false;
	}
	return true;
}
