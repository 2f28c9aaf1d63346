#include "csv_write.h"

#include <string.h>

#define BOM "\xef\xbb\xbf"

void csv_write_begin(struct buf *out)
{
	buf_str(out, BOM);
}

static bool is_formula(const char *s)
{
	if (*s == '+')
		return s[1 + strspn(s + 1, "0123456789 ()")] != '\0';
	return *s && strchr("=-@\t\r", *s);
}

void csv_write_cell(struct buf *out, bool first, const char *text)
{
	bool formula = is_formula(text);

	if (!first)
		buf_byte(out, ',');
	if (!formula && !text[strcspn(text, "\",\r\n;")]) {
		buf_str(out, text);
		return;
	}
	buf_byte(out, '"');
	if (formula)
		buf_byte(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buf_byte(out, '"');
		buf_byte(out, *text);
	}
	buf_byte(out, '"');
}

void csv_write_end(struct buf *out)
{
	buf_str(out, "\r\n");
}
