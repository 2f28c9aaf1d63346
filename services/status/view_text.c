#include "view_text.h"

#include <ctype.h>
#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "utf8.h"

#define CYRILLIC_IO 0x451 /* ё */
#define CYRILLIC_IE 0x435 /* е */

/* Simple lower case of one character: the C library's own table for UTF-8, whatever the locale of
   the process. */
static uint32_t lower(uint32_t c)
{
	static _Atomic(locale_t) utf8;
	locale_t at = utf8;

	if (c < 0x80)
		return (uint32_t)tolower((int)c);
	if (!at) {
		at = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		utf8 = at; /* two threads at once: one of two equal tables stays unused */
	}
	c = at ? (uint32_t)towlower_l((wint_t)c, at) : c;
	return c == CYRILLIC_IO ? CYRILLIC_IE : c;
}

void view_text_fold(const char *in, struct buf *out)
{
	size_t left = strlen(in);
	char bytes[4];

	while (left) {
		uint32_t c;
		size_t n = utf8_next(in, left, &c);

		if (n)
			buf_add(out, bytes, utf8_encode(lower(c), bytes));
		n = n ? n : 1;
		in += n;
		left -= n;
	}
}

/* Bytes of letters and digits: everything beyond ASCII counts. */
static bool in_word(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || isalnum(u);
}

bool view_text_has(const char *text, const char *word, bool whole)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		bool begins = at == text || !in_word(at[-1]) || !in_word(word[0]);
		bool ends = !in_word(at[n]) || !n || !in_word(word[n - 1]);

		if (begins && (ends || !whole))
			return true;
	}
	return false;
}
